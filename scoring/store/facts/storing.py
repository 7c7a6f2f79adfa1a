"""New versions into the store: few in one transaction, many in parts between which others write.

Readers see them whole or not at all. A run that was killed goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Select, func, literal, select

from scoring.entities import Progress
from scoring.errors import StoreError
from scoring.records.link.new_versions import NewVersions
from scoring.records.link.resolve import KEYS, Fact
from scoring.store.facts.arriving_visits import is_overtaken, open_differences
from scoring.store.facts.disputes import marked
from scoring.store.facts.first_numbers import FirstNumbers
from scoring.store.facts.given_source import GivenSource
from scoring.store.facts.import_runs import has_map, store_run
from scoring.store.facts.same_visits import VisitDifference
from scoring.store.facts.stored_facts import TABLES, schema
from scoring.store.log.canonical_json import Json, dumps
from scoring.store.tables.bulk import SealedRows, in_parts, insert_sealed, seal_rows
from scoring.store.tables.database import Database
from scoring.store.tables.kept_views import forget_views
from scoring.store.tables.orm import (
    AuditEvent,
    EnterpriseVersion,
    Head,
    ImportPart,
    ImportRun,
    RecordVersion,
)
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord, numbered_from
from scoring.store.tables.writing import Clock, Writing, begin_writing

PART = 5_000
"""Rows that are stored together: the lock is held for a fraction of a second."""
BEGUN, STORED = "import begun", "import part"
"""Kinds of the entries of an import that is stored in parts: where it begins or goes on, and its parts."""
NO_POLICY = ""
"""Of a case that a file opens: it is about a record, under whatever policy."""
LAST_STEP = 0.98
"""Share of the storing that is done when the rows are in: the run is left."""


class OvertakenError(Exception):
    """Somebody has stored a version of what an import brings, since the two were compared."""


class Compared(NamedTuple):
    """What a source brings, and with which state of the store it was compared.

    Attributes:
        given: The source.
        brought: What it brings.
        seq: The last fact that it was compared with.
        day: The day of the import.
        accepts_corrections: Whether corrections were accepted.
        differences: Visits that it tells of differently than who recorded them here.
        last_visit: The last visit recorded here that it was held against.
    """

    given: GivenSource
    brought: NewVersions
    seq: int
    day: date
    accepts_corrections: bool
    differences: Sequence[VisitDifference] = ()
    last_visit: int = 0

    @property
    def n_rows(self) -> int:
        """How many versions are to be stored."""
        return self.brought.n_enterprises + self.brought.n_records + self.brought.n_corrections

    def parts(self, size: int) -> Iterator[tuple[Fact, pa.Table]]:
        """The versions, by enterprise, so many at a time."""
        brought = self.brought
        fact_files: Sequence[tuple[Fact, Path]] = (
            ("enterprises", brought.enterprises),
            ("records", brought.records),
            ("records", brought.corrections),
        )
        for fact, path in fact_files:
            for batch in pq.ParquetFile(path).iter_batches(size):
                yield fact, pa.Table.from_batches([batch])


def store_versions(
    database: Database, actor: str, clock: Clock, compared: Compared, progress: Progress
) -> None:
    """Stores what a source brings, with its run; nothing at all without news by a map that was used before.

    Args:
        database: The store.
        actor: Who imports.
        clock: The time.
        compared: What is stored.
        progress: Called with ``store`` and the share done.

    Raises:
        OvertakenError: It must be compared anew. What was stored of it is never seen.
        StoreError: Another process goes on with this import.
        EnvironmentRefusedError: The database or the disk refuses.
    """
    if compared.n_rows > PART:
        _InParts(database, actor, clock, compared).store(progress)
        return
    with begin_writing(database, actor, clock) as writing:
        store_at_once(writing, compared)


def store_at_once(writing: Writing, compared: Compared) -> None:
    """The same in one transaction, which the caller has begun.

    Raises:
        OvertakenError: It must be compared anew; the caller's transaction must end with this error.
    """
    is_new = compared.n_rows or compared.differences
    if not is_new and has_map(writing.connection, compared.given):
        return
    numbers = FirstNumbers(compared.brought.continued)
    for fact, rows in compared.parts(PART):
        sealed = _sealed(writing.connection, fact, rows, numbers, Last(writing.seq, writing.event))
        _insert(writing, sealed)
    _require_not_overtaken(writing.connection, compared.seq, select(literal(writing.next_event)))
    _settle_visits(writing, compared)
    store_run(writing, compared.given, compared.brought)


def _settle_visits(writing: Writing, compared: Compared) -> None:
    """Opens a case for each visit of which a file tells something else than who recorded it here.

    Raises:
        OvertakenError: One was recorded meanwhile.
    """
    if is_overtaken(writing.connection, compared.brought, compared.last_visit):
        raise OvertakenError
    open_differences(writing, NO_POLICY, compared.differences)


class Last(NamedTuple):
    """The last numbers of a fact and of a log entry that were given."""

    seq: int
    event: int


class _InParts:
    """An import that is stored in parts, each with a log entry of its own."""

    def __init__(self, database: Database, actor: str, clock: Clock, compared: Compared) -> None:
        self._database, self._actor, self._clock, self._compared = database, actor, clock, compared
        with self._writing() as writing:
            begun = self._begun_before(writing.connection)
            self._is_resumed = begun is not None
            self._begun = writing.next_event if begun is None else begun
            self._numbers = FirstNumbers(compared.brought.continued)
            self._add_part(writing, BEGUN, self._what())

    def store(self, progress: Progress) -> None:
        """Stores the parts that are not there yet, and then the run, from which on they are seen."""
        stored_count = 0
        for fact, rows in self._compared.parts(PART):
            new = self._not_stored(fact, rows) if self._is_resumed else rows
            if new.num_rows:
                self._store_part(fact, new)
            stored_count += rows.num_rows
            progress("store", LAST_STEP * stored_count / self._compared.n_rows)
        with self._writing() as writing:
            self._require_own(writing.connection)
            since = _first_compared(writing.connection, self._begun)
            _require_not_overtaken(writing.connection, since, _events_of(self._begun))
            _settle_visits(writing, self._compared)
            store_run(writing, self._compared.given, self._compared.brought, self._begun)

    def _writing(self) -> AbstractContextManager[Writing]:
        return begin_writing(self._database, self._actor, self._clock)

    def _what(self) -> dict[str, Json]:
        """What the entry says with which the import begins: a run of anything else is another one."""
        given = self._compared.given
        return {
            "source": str(given.spec),
            "map": given.map_sha256,
            "files": [dict(file) for file in given.files],
            "day": self._compared.day.isoformat(),
            "corrections": self._compared.accepts_corrections,
        }

    def _begun_before(self, connection: Connection) -> int | None:
        """The entry with which this import began, if it was the last, did not end and was not overtaken."""
        query = select(ImportPart.begun).order_by(ImportPart.event.desc()).limit(1)
        begun = connection.execute(query).scalar()
        ended = select(ImportRun.seq).where(ImportRun.begun == begun)
        if begun is None or connection.execute(ended).first() is not None:
            return None
        said = connection.execute(select(AuditEvent.payload).where(AuditEvent.seq == begun)).scalar()
        if said is None or json.loads(said) != json.loads(dumps(self._what())):
            return None
        try:
            _require_not_overtaken(connection, _first_compared(connection, begun), _events_of(begun))
        except OvertakenError:
            return None
        return int(begun)

    def _store_part(self, fact: Fact, rows: pa.Table) -> None:
        # The rows are sealed before the lock is taken, with the numbers that they will have if nobody else
        # writes meanwhile: he must wait for the rest alone.
        with self._database.read() as connection:
            last = Last(*connection.execute(select(Head.seq, Head.event)).one())
            sealed = _sealed(connection, fact, rows, self._numbers, last)
        with self._writing() as writing:
            self._require_own(writing.connection)
            now = Last(writing.seq, writing.event)
            if now != last:
                sealed = _sealed(writing.connection, fact, rows, self._numbers, now)
            _insert(writing, sealed)
            self._add_part(writing, STORED, {"begun": self._begun}, rows.num_rows)

    def _add_part(self, writing: Writing, kind: str, payload: dict[str, Json], n_rows: int = 0) -> None:
        """Stores that a part was stored, with its log entry."""
        numbers = {"after_seq": writing.seq - n_rows, "last_seq": writing.seq}
        part = {"begun": self._begun, **numbers, "compared": self._compared.seq}
        writing.insert(ImportPart, [part])
        self._last_part = writing.log(kind, payload)

    def _require_own(self, connection: Connection) -> None:
        """Refuses to go on with what somebody else goes on with.

        Raises:
            StoreError: Another process has stored a part of this run.
        """
        last = select(func.max(ImportPart.event)).where(ImportPart.begun == self._begun)
        if connection.execute(last).scalar_one() != self._last_part:
            raise StoreError("import_elsewhere", source=str(self._compared.given.spec))

    def _not_stored(self, fact: Fact, rows: pa.Table) -> pa.Table:
        """Those of some versions that this run has not stored yet."""
        model, key = (EnterpriseVersion if fact == "enterprises" else RecordVersion), KEYS[fact]
        columns = model.__table__.c
        stored: set[tuple[str, date | None]] = set()
        with self._database.read() as connection:
            for ids in in_parts(rows.column(key).to_pylist()):
                query = select(columns[key], columns.known_on).where(
                    columns[key].in_(ids), columns.event.in_(_events_of(self._begun))
                )
                stored.update((row[0], row[1]) for row in connection.execute(query))
        versions = zip(rows.column(key).to_pylist(), rows.column("known_on").to_pylist(), strict=True)
        return rows.filter(pa.array([version not in stored for version in versions], pa.bool_()))


def _events_of(begun: int) -> Select[Any]:
    """The entries of the parts of a run."""
    return select(ImportPart.event).where(ImportPart.begun == begun)


def _require_not_overtaken(connection: Connection, seq: int, own: Select[Any]) -> None:
    """Refuses to store what was compared with a store that has changed in that very point.

    Args:
        connection: A writing one.
        seq: The last fact that it was compared with.
        own: The entries with whose rows it is stored.

    Raises:
        OvertakenError: Somebody has stored a version of the same enterprise or record since.
    """
    tables = (
        (VisibleEnterprise, EnterpriseVersion, "enterprise_id"),
        (VisibleRecord, RecordVersion, "record_id"),
    )
    for after, last in _numbers_of_others(connection, seq, own):
        for seen, stored, key in tables:
            newer = select(getattr(seen, key)).where(
                seen.seq > after, seen.seq <= last, seen.visible_seq > seq
            )
            newer = newer.where(seen.event.not_in(own)).distinct()
            for ids in in_parts(connection.execute(newer).scalars().all()):
                same = select(stored.seq).where(getattr(stored, key).in_(ids), stored.event.in_(own)).limit(1)
                if connection.execute(same).first() is not None:
                    raise OvertakenError


def _numbers_of_others(connection: Connection, seq: int, own: Select[Any]) -> Iterator[tuple[int, int]]:
    """Where versions of others stand that became visible after a fact: (number before the first, last number)."""
    head = connection.execute(select(Head.seq)).scalar_one()
    parts = select(ImportPart.after_seq, ImportPart.last_seq).where(ImportPart.event.in_(own))
    after = numbered_from(connection, seq)
    # A run holds most of the numbers meanwhile, millions; they are left out and not looked at.
    for part_after, part_last in connection.execute(parts.order_by(ImportPart.after_seq)):
        if part_after > after:
            yield after, part_after
        after = max(after, part_last)
    if head > after:
        yield after, head


def _first_compared(connection: Connection, begun: int) -> int:
    """The last fact with which the first rows of a run were compared."""
    first = select(func.min(ImportPart.compared)).where(ImportPart.begun == begun)
    return int(connection.execute(first).scalar_one())


def _sealed(
    connection: Connection, fact: Fact, rows: pa.Table, numbers: FirstNumbers, last: Last
) -> SealedRows:
    """Versions with the numbers that come after the last ones, sealed."""
    form = schema(fact)
    seqs = pa.array(range(last.seq + 1, last.seq + 1 + rows.num_rows), pa.int64())
    numbered = rows.add_column(0, "seq", seqs).select(form.names).cast(form)
    if "ground" in rows.column_names:
        numbered = numbered.append_column("ground", rows.column("ground"))
    events = pa.repeat(pa.scalar(last.event + 1, pa.int64()), rows.num_rows)
    numbered = numbered.append_column("event", events)
    if fact == "records":
        numbered = marked(connection, numbers.add_to(connection, numbered))
    return seal_rows(TABLES[fact], numbered)


def _insert(writing: Writing, sealed: SealedRows) -> None:
    """Adds rows that were sealed with the next numbers; what was kept of anybody is made again."""
    forget_views(writing.connection)
    writing.seqs(sealed.rows.num_rows)
    writing.binds(sealed.table, insert_sealed(writing.connection, sealed))
