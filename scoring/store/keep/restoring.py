"""A backup put back.

It is verified first, and whoever puts it back says how much of the present log is discarded. What
was deleted or restored by law after it was made is deleted and restored again before the store
opens; the state that it replaces is kept as a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from scoring.entities import RECORD_COLUMNS
from scoring.errors import SiseError, StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.audit.log_entries import UNREADABLE
from scoring.store.audit.verify import verify
from scoring.store.facts.deletion import OverdueVersion, due_on, remove
from scoring.store.facts.family import FactRow
from scoring.store.keep.transfer import backup, put_in_place, unpacked
from scoring.store.standing.policies import stored_version
from scoring.store.standing.recording import MakeFact, NewFact, Recorder
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, Head, RecordVersion, ScoreRun
from scoring.store.tables.visible import VisibleRecord
from scoring.store.tables.writing import Clock, begin_writing

HIDDEN_BY_LAW = ("restored", "masked")
"""What a backup may not bring back: a record restored, or hidden by a court."""


class LostEntry(NamedTuple):
    """An entry of the present log that a backup does not have.

    Attributes:
        number: The entry.
        kind: What happened.
        actor: Who did it.
        at: When.
        what: The record, where the entry names one.
        rows: How many rows it brought, by table.
    """

    number: int
    kind: str
    actor: str
    at: str
    what: str
    rows: Mapping[str, int]


@dataclass(frozen=True)
class SinceBackup:
    """What the present store knows beyond a backup.

    Attributes:
        last_event: The last entry of its log.
        lost: Its entries behind the backup's.
        erased: Day -> numbers of the backup's versions that were deleted since, as due by that day.
        restored: Versions of records that were restored, or masked by a court, since.
    """

    last_event: int = 0
    lost: Sequence[LostEntry] = ()
    erased: Mapping[date, Sequence[int]] = field(default_factory=dict)
    restored: Sequence[FactRow] = ()

    @property
    def deletions(self) -> int:
        """How many versions are deleted again."""
        return sum(map(len, self.erased.values()))


class _LastBatch(NamedTuple):
    """The policy and day of the last batch, as the store keeps them."""

    version: ResolvedPolicy
    as_of: date


@dataclass(frozen=True)
class Restoration:
    """A backup that is sound and ready to be put in the place of the store's rows.

    Attributes:
        since: What the store knows beyond it.
    """

    since: SinceBackup
    _copy: Database
    _database: Database

    def put_in_place(self, discard: int, actor: str, clock: Clock, keep: Path | None = None) -> Path | None:
        """Does it, whole or not at all.

        Args:
            discard: How many entries of the present log are given up.
            actor: Who restores.
            clock: The time.
            keep: File for the state that is replaced; by default beside the store's own.

        Returns:
            That file; nothing where the store was empty.

        Raises:
            UsageError: The store is no file, and no file for its state is named.
            StoreError: That is not how many entries would be lost, or somebody has written meanwhile.
        """
        lost = len(self.since.lost)
        if discard != lost:
            raise StoreError("restore_discards_entries", lost=lost, discard=discard)
        kept = None
        if self.since.last_event:
            kept = keep or _beside(self._database, clock)
            backup(self._database, kept)
        _apply(self._copy, self.since, actor, clock)
        put_in_place(self._copy, self._database, self.since.last_event or None)
        return kept


@contextmanager
def prepared(file: Path, database: Database) -> Iterator[Restoration]:
    """A backup, verified and compared with the store that it is to replace.

    Args:
        file: The backup.
        database: The store, which may be empty.

    Raises:
        InputError: There is no such file.
        StoreError: It is no backup, is not sound, or is not one of this store; or the store holds what
            nobody can compare it with.
    """
    with unpacked(file) as copy:
        copy.signer, copy.codes = database.signer, database.codes
        with copy.read() as connection:
            findings = verify(connection).findings
        if findings:
            raise StoreError("backup_not_sound", place=str(file), count=len(findings), backup=file)
        try:
            since = _since_backup(database, copy)
        except SiseError:
            raise
        except UNREADABLE as error:
            raise StoreError("store_unreadable_for_restore", place=database.place) from error
        yield Restoration(since, copy, database)


def _beside(database: Database, clock: Clock) -> Path:
    """The file for the state that is replaced, for example ``sise.db.replaced-20261128T091500Z``."""
    if not database.is_sqlite:
        raise UsageError("replaced_place_missing")
    place = Path(database.place)
    return place.with_name(f"{place.name}.replaced-{clock().astimezone(UTC):%Y%m%dT%H%M%SZ}")


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
        leaves = _leaves(connection, head.event)
    with database.read() as connection:
        present = connection.execute(select(Head)).one()
        if present.event == 0:
            return SinceBackup()
        # All of them: one entry rewritten in the middle is another log as well.
        if present.event < head.event or _leaves(connection, head.event) != leaves:
            raise StoreError("backup_of_another_store")
        later = connection.execute(
            select(AuditEvent).where(AuditEvent.seq > head.event).order_by(AuditEvent.seq)
        ).all()
        return SinceBackup(
            last_event=present.event,
            lost=[_lost(entry) for entry in later],
            erased=_erased([entry.payload for entry in later if entry.kind == "erased"], head.seq),
            restored=_restorations(connection, head.seq),
        )


def _leaves(connection: Connection, last_event: int) -> list[bytes]:
    """Leaf hashes of the log up to an entry."""
    leaves = select(AuditEvent.leaf_hash).where(AuditEvent.seq <= last_event).order_by(AuditEvent.seq)
    return list(connection.execute(leaves).scalars())


def _lost(entry: Any) -> LostEntry:
    payload = json.loads(entry.payload or "{}")
    rows = {table: brought["count"] for table, brought in json.loads(entry.sealed).items()}
    return LostEntry(entry.seq, entry.kind, entry.actor, entry.at, str(payload.get("record_id", "")), rows)


def _erased(payloads: Sequence[str], last_fact: int) -> dict[date, list[int]]:
    """Versions of the backup that entries say were deleted, by the day by which they were due."""
    by_day: dict[date, list[int]] = {}
    for day, numbers in chain.from_iterable(json.loads(payload)["due"].items() for payload in payloads):
        # A number beyond the backup's last is of a fact that it does not hold.
        known = [seq for seq in numbers if seq <= last_fact]
        if known:
            by_day.setdefault(date.fromisoformat(day), []).extend(known)
    return by_day


def _restorations(connection: Connection, seq: int) -> list[FactRow]:
    """Versions by which records were restored or masked after a number, in order."""
    events = select(AuditEvent.seq).where(AuditEvent.kind.in_(map("record {}".format, HIDDEN_BY_LAW)))
    restorations = connection.execute(
        select(VisibleRecord)
        .where(VisibleRecord.seq > seq, VisibleRecord.event.in_(events))
        .order_by(VisibleRecord.seq)
    ).mappings()
    return [dict(version) for version in restorations]


def _apply(copy: Database, since: SinceBackup, actor: str, clock: Clock) -> None:
    """Deletes and restores in a copy of a backup what the store has deleted and restored since."""
    numbers = list(chain.from_iterable(since.erased.values()))
    erased = select(RecordVersion).where(RecordVersion.seq.in_(numbers)).order_by(RecordVersion.seq)
    # An older state goes on in the present: whoever puts it back has looked at the clock.
    with begin_writing(copy, actor, clock, vouched=True) as writing:
        versions = [OverdueVersion(row) for row in writing.connection.execute(erased).mappings()]
        emptied_entries = remove(writing, versions)
        there = {version.seq: version for version in versions}
        by_day = {day: _among(there, numbers) for day, numbers in since.erased.items()}
        discarded = {"discarded": len(since.lost), "restored": len(since.restored)}
        writing.log("backup restored", {**discarded, **due_on(by_day), "entries": emptied_entries})
    recorder, last_batch = Recorder(copy, actor, clock), _last_batch(copy)
    if last_batch is None:
        return
    for version in since.restored:
        if _knows(copy, version["record_id"]):
            columns = {column: version[column] for column in RECORD_COLUMNS}
            kind = "restored" if version["restored_on"] else "masked"
            fact = NewFact(kind, columns, version["ground"], version["document"])
            as_of = max(last_batch.as_of, version["known_on"])
            recorder.record(_always(fact), last_batch.version, as_of)


def _among(versions: Mapping[int, OverdueVersion], numbers: Sequence[int]) -> list[OverdueVersion]:
    """Those of some versions that have these numbers."""
    return [versions[seq] for seq in numbers if seq in versions]


def _always(fact: NewFact) -> MakeFact:
    return lambda connection: fact


def _knows(copy: Database, record_id: str) -> bool:
    """Whether a store has a version of a record."""
    query = select(VisibleRecord.seq).where(VisibleRecord.record_id == record_id)
    with copy.read() as connection:
        return connection.execute(query).first() is not None


def _last_batch(copy: Database) -> _LastBatch | None:
    with copy.read() as connection:
        last_run = connection.execute(select(ScoreRun).order_by(ScoreRun.event.desc()).limit(1)).first()
        if last_run is None:
            return None
        return _LastBatch(stored_version(connection, last_run.rules_sha256), last_run.as_of)
