"""What a generation of linked facts holds, and how it is seen that it is whole and of this store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, select

from scoring.engine.kept_texts import CODE_SHA256
from scoring.policy.law.applied import lists_content
from scoring.store.tables.orm import AuditEvent, Head

MANIFEST = "manifest.json"
"""Name of the file, of which the first line is the digest of the rest."""


def made_by() -> str:
    """Digest of everything but facts that linked facts and results follow from: code, closed lists, engine."""
    return hashlib.sha256("\n".join((CODE_SHA256, lists_content(), version("duckdb"))).encode()).hexdigest()


@dataclass(frozen=True)
class Moment:
    """A state of a store.

    Attributes:
        seq: The last fact.
        event: The last log entry.
        leaf: Hash of that entry, by which the log is known again.
    """

    seq: int
    event: int
    leaf: str

    @classmethod
    def of(cls, connection: Connection) -> Moment:
        """The state that a connection sees."""
        head = connection.execute(select(Head.seq, Head.event)).one()
        return cls(head.seq, head.event, leaf_of(connection, head.event))

    def is_past_of(self, connection: Connection) -> bool:
        """Whether the store was in this state once."""
        head = connection.execute(select(Head.seq, Head.event)).one()
        return (
            self.seq <= head.seq and self.event <= head.event and self.leaf == leaf_of(connection, self.event)
        )


def leaf_of(connection: Connection, event: int) -> str:
    """Hash of a log entry as text; empty where there is none."""
    leaf = connection.execute(select(AuditEvent.leaf_hash).where(AuditEvent.seq == event)).scalar()
    return bytes(leaf or b"").hex()


@dataclass(frozen=True)
class Manifest:
    """What a generation holds.

    Attributes:
        made_by: ``made_by`` of the programme that wrote it.
        moment: The state of the store.
        left_out: Versions that were about to be deleted then, which it does not hold.
        files: Digest of each of its files.
    """

    made_by: str
    moment: Moment
    left_out: tuple[int, ...]
    files: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Writes it into a folder, with its digest."""
        text = json.dumps(asdict(self))
        (folder / MANIFEST).write_text(f"{_sha256_of(text)}\n{text}", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The manifest of a folder, if it and all its files are as they were written, by this programme."""
        try:
            digest, _, text = (folder / MANIFEST).read_text(encoding="utf-8").partition("\n")
            if digest != _sha256_of(text):
                return None
            content = json.loads(text)
            manifest = cls(
                content["made_by"],
                Moment(**content["moment"]),
                tuple(content["left_out"]),
                content["files"],
            )
            is_whole = manifest.made_by == made_by() and manifest.files == _digests(folder, manifest.files)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return manifest if is_whole else None

    def of_files(self, folder: Path) -> Manifest:
        """The same of the files that lie in a folder."""
        return replace(self, files=_digests(folder, (path.name for path in folder.glob("*.parquet"))))


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Digest of each of some files."""
    digest_of = {}
    for name in names:
        with (folder / name).open("rb") as file:
            digest_of[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digest_of


def _sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
