"""A backup put back.

What was deleted or restored by law after it was made is deleted and restored again before the store
opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from scoring.entities import RECORD_COLUMNS
from scoring.errors import StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.deletion import OverdueVersion, remove
from scoring.store.facts.family import FactRow
from scoring.store.keep.transfer import put_in_place, unpacked
from scoring.store.standing.policies import stored_version
from scoring.store.standing.recording import MakeFact, NewFact, Recorder
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, Erased, Head, RecordVersion, ScoreRun
from scoring.store.tables.writing import Clock, begin_writing


@dataclass(frozen=True)
class SinceBackup:
    """What the present log says that a backup does not know.

    Attributes:
        erased: Numbers of versions that were deleted since its last entry.
        restored: Versions of records that were restored since.
    """

    erased: Sequence[int] = ()
    restored: Sequence[FactRow] = field(default=())


class _LastBatch(NamedTuple):
    """The policy and day of the last batch, as the store keeps them."""

    version: ResolvedPolicy
    as_of: date


def restore(file: Path, database: Database, actor: str, clock: Clock) -> SinceBackup:
    """Puts a backup in the place of the store's rows.

    Args:
        file: A backup.
        database: The store, which may be empty; what its log has on deletions and restorations is
            applied to the backup first.
        actor: Who restores.
        clock: The time.

    Returns:
        What was applied.

    Raises:
        InputError: There is no such file.
        StoreError: It is no backup, or not one of this store.
    """
    with unpacked(file) as copy:
        since = _since_backup(database, copy)
        _apply(copy, since, actor, clock)
        put_in_place(copy, database)
    return since


def _since_backup(database: Database, copy: Database) -> SinceBackup:
    """What the store knows beyond a copy of its backup.

    Raises:
        StoreError: The copy is of another store.
    """
    if migrate.revision(database) is None:
        return SinceBackup()
    migrate.require_current(database)
    with copy.read() as connection:
        head = connection.execute(select(Head)).one()
        last_leaf = _leaf(connection, head.event)
    with database.read() as connection:
        present = connection.execute(select(Head)).one()
        if present.event == 0:
            return SinceBackup()
        if present.event < head.event or _leaf(connection, head.event) != last_leaf:
            raise StoreError("backup_of_another_store")
        # A number beyond the backup's last is of a fact that it does not hold.
        erased = (
            select(Erased.seq).where(Erased.event > head.event, Erased.seq <= head.seq).order_by(Erased.seq)
        )
        return SinceBackup(connection.execute(erased).scalars().all(), _restorations(connection, head.seq))


def _leaf(connection: Connection, event: int) -> bytes | None:
    """Leaf hash of a log entry."""
    return connection.execute(select(AuditEvent.leaf_hash).where(AuditEvent.seq == event)).scalar()


def _restorations(connection: Connection, seq: int) -> list[FactRow]:
    """Versions by which records were restored after a number, in order."""
    events = select(AuditEvent.seq).where(AuditEvent.kind == "record restored")
    restorations = connection.execute(
        select(RecordVersion)
        .where(RecordVersion.seq > seq, RecordVersion.event.in_(events))
        .order_by(RecordVersion.seq)
    ).mappings()
    return [dict(version) for version in restorations]


def _apply(copy: Database, since: SinceBackup, actor: str, clock: Clock) -> None:
    """Deletes and restores in a copy of a backup what the store has deleted and restored since."""
    erased = select(RecordVersion).where(RecordVersion.seq.in_(since.erased))
    with begin_writing(copy, actor, clock) as writing:
        erased_versions = writing.connection.execute(erased).mappings().all()
        emptied_entries = remove(writing, [OverdueVersion(version) for version in erased_versions])
        writing.log(
            "backup restored",
            {"erased": list(since.erased), "restored": len(since.restored), "entries": emptied_entries},
        )
    recorder, last_batch = Recorder(copy, actor, clock), _last_batch(copy)
    if last_batch is None:
        return
    for version in since.restored:
        if _knows(copy, version["record_id"]):
            columns = {column: version[column] for column in RECORD_COLUMNS}
            fact = NewFact("restored", columns, version["ground"], version["document"])
            as_of = max(last_batch.as_of, version["known_on"])
            recorder.record(_always(fact), last_batch.version, as_of)


def _always(fact: NewFact) -> MakeFact:
    return lambda connection: fact


def _knows(copy: Database, record_id: str) -> bool:
    """Whether a store has a version of a record."""
    query = select(RecordVersion.seq).where(RecordVersion.record_id == record_id)
    with copy.read() as connection:
        return connection.execute(query).first() is not None


def _last_batch(copy: Database) -> _LastBatch | None:
    with copy.read() as connection:
        last_run = connection.execute(select(ScoreRun).order_by(ScoreRun.event.desc()).limit(1)).first()
        if last_run is None:
            return None
        return _LastBatch(stored_version(connection, last_run.policy_sha256), last_run.as_of)
