"""With what the last batch under a policy was computed: who changes nothing of it need not compute all again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from scoring.disk import atomic_file, is_own, private_file
from scoring.store.snapshot.generations import root_of
from scoring.store.snapshot.manifest import leaf_of, made_by
from scoring.store.tables.database import Database


@dataclass(frozen=True)
class LastBatch:
    """A batch that was finished.

    Attributes:
        event: Its log entry.
        leaf: Hash of that entry, by which the store is known again.
        seq: The last fact that it saw.
        covers: Kinds that the sources covered, in order.
        not_looked_at: Groups of records that its policy cannot see; ``None``: nobody asked.
        made_by: ``made_by`` of the programme that ran it.
    """

    event: int
    leaf: str
    seq: int
    covers: Sequence[str]
    not_looked_at: Sequence[Mapping[str, Any]] | None
    made_by: str

    @classmethod
    def of(
        cls,
        connection: Connection,
        event: int,
        seq: int,
        covers: frozenset[str],
        not_looked_at: Sequence[Mapping[str, Any]] | None,
    ) -> LastBatch:
        """A batch of this programme."""
        return cls(event, leaf_of(connection, event), seq, sorted(covers), not_looked_at, made_by())

    def keep(self, database: Database, policy_id: str) -> None:
        """Keeps it beside the linked facts of its store, if something can be kept there."""
        text = json.dumps(asdict(self), ensure_ascii=False)
        with suppress(OSError):
            target = _file(database, policy_id)
            with atomic_file(target) as part:
                private_file(part)
                part.write_text(f"{_digest(text)}\n{text}", encoding="utf-8")


def read_last_batch(
    database: Database, connection: Connection, policy_id: str, event: int, covers: frozenset[str]
) -> LastBatch | None:
    """The last batch of a policy, if it is the one with this log entry, by this programme and for these kinds."""
    try:
        file = _file(database, policy_id)
        if not is_own(file.parent):
            return None
        digest, _, text = file.read_text(encoding="utf-8").partition("\n")
        if digest != _digest(text):
            return None
        last = LastBatch(**json.loads(text))
    except (OSError, ValueError, TypeError):
        return None
    kept = (last.event, last.leaf, last.made_by, last.covers)
    return last if kept == (event, leaf_of(connection, event), made_by(), sorted(covers)) else None


def _file(database: Database, policy_id: str) -> Path:
    return root_of(database) / f"batch-{_digest(policy_id)[:16]}.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
