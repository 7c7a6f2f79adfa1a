"""A source into the store: whole or not at all, and only what is new.

One log entry binds all its rows.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from scoring.assess.not_looked_at import NOT_LOOKED_AT, list_not_looked_at
from scoring.disk import private_file, scratch_folder
from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.accounting import SourceCounts
from scoring.records.link.new_versions import NewVersions, ReadingOptions, read_new_versions
from scoring.records.link.resolve import Fact
from scoring.records.link.said_anew import Changes
from scoring.records.map.source_map import SourceMap
from scoring.records.map.sources import SourceSpec, load_source_map
from scoring.records.read.files import resolve
from scoring.store.facts.deletion import overdue_on
from scoring.store.facts.first_numbers import FirstNumbers
from scoring.store.facts.past_days import list_past
from scoring.store.facts.stored_facts import TABLES, StoredFacts, schema
from scoring.store.log.canonical_json import Json, dumps
from scoring.store.tables.bulk import insert_sealed
from scoring.store.tables.database import Database
from scoring.store.tables.orm import ImportRun, SourceMapVersion
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

BATCH = 50_000
"""Rows that are sealed and inserted together."""
LAST_STEP = 0.98
"""Share of the storing that is done when the rows are in: the commit is left."""


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        enterprises: New versions of enterprises.
        records: New versions of records.
        known: Versions that the store held already.
        corrections: New versions that correct a record, on the ground of a file.
        changes: What is new, changed, contradicting or missing.
        not_looked_at: Groups of new records that the policy cannot see (``list_not_looked_at``).
        past: New records that were known on a day scored before (``list_past``).
        counts: What became of the rows; ``None`` when the same files had been imported before and
            were not read again.
    """

    enterprises: int
    records: int
    known: int
    counts: SourceCounts | None
    corrections: int = 0
    changes: Changes = field(default_factory=Changes)
    not_looked_at: Sequence[Mapping[str, Any]] = ()
    past: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything was new."""
        return bool(self.enterprises or self.records or self.corrections)


@dataclass(frozen=True)
class Lists:
    """Where the lists of an import go, each if there is anything in it.

    Attributes:
        rejects: The refused rows.
        remarks: What is remarkable.
        changes: What is new, changed, contradicting or missing.
        not_looked_at: New records that the policy cannot see.
        past: New records that were known on a day scored before.
    """

    rejects: Path | None = None
    remarks: Path | None = None
    changes: Path | None = None
    not_looked_at: Path | None = None
    past: Path | None = None

    def keep(self, brought: NewVersions) -> None:
        """Copies the lists that have rows."""
        changes = brought.changed
        said_anew = changes.new or changes.changed or changes.conflicting or changes.missing
        if self.rejects and brought.counts.rejected:
            _copy(brought.rejects, self.rejects)
        if self.remarks and brought.remarks:
            _copy(brought.remarks, self.remarks)
        if self.changes and said_anew:
            _copy(brought.changes, self.changes)


def _copy(rows: Path, target: Path) -> None:
    """Copies rows of a store to a file that nobody else can read."""
    private_file(target)
    shutil.copyfile(rows, target)


@dataclass(frozen=True)
class _Given:
    """A source as it lies there: where, its map, and its files with their digests."""

    spec: SourceSpec
    map: SourceMap
    files: list[dict[str, str]]

    @cached_property
    def map_text(self) -> bytes:
        """Canonical JSON of the map."""
        return dumps(self.map.model_dump(mode="json", by_alias=True, exclude_none=True))

    @cached_property
    def map_sha256(self) -> str:
        """Digest of the map."""
        return hashlib.sha256(self.map_text).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Digest of the map and all files: the same again brings nothing new."""
        return hashlib.sha256(dumps({"map": self.map_sha256, "files": self.files})).hexdigest()


def import_source(
    database: Database,
    spec: SourceSpec,
    actor: str,
    clock: Clock,
    *,
    lists: Lists = Lists(),
    accept_corrections: bool = False,
    policy: ResolvedPolicy | None = None,
    progress: Progress = silent,
) -> Imported:
    """Adds what a source brings that the store does not hold.

    Args:
        database: The store.
        spec: The source.
        actor: Who imports.
        clock: The time.
        lists: Where refused rows, remarks and changes go.
        accept_corrections: Whether rows that say something new of a stored record are corrections,
            where their day of becoming known is assumed; else they are refused as conflicts.
        policy: By which it is asked whether anything looks at the new records.
        progress: Called with a step and the share done.

    Raises:
        InputError: The source cannot be read.
        EnvironmentRefusedError: The database or the disk refuses.
    """
    given, again = _as_begun(database, _given(spec))
    known_count = None if accept_corrections else _known_before(database, given)
    if known_count is not None:
        return Imported(0, 0, known_count, None)
    with scratch_folder() as folder, ExitStack() as stack:
        transactions: list[Writing] = []

        def lock() -> StoredFacts:
            """The store, once the files are read: comparing and storing alone hold the lock."""
            writing = stack.enter_context(begin_writing(database, actor, clock))
            transactions.append(writing)
            return StoredFacts(writing.connection)

        import_day = day_in_china(clock())
        options = ReadingOptions(accept_corrections, again)
        overdue = overdue_on(import_day)
        brought = read_new_versions(
            spec, Path(folder), lock, overdue, import_day, given.map, options, progress
        )
        brought_records = (brought.records, brought.corrections)
        past = list_past(transactions[0].connection, brought_records, lists.past)
        _store(transactions[0], given, brought, progress)
        lists.keep(brought)
        unseen = _unseen(brought, policy, lists)
    progress("store", 1.0)
    return _imported(brought, unseen, past)


def _imported(brought: NewVersions, unseen: Sequence[Mapping[str, Any]], past: int) -> Imported:
    return Imported(
        enterprises=brought.n_enterprises,
        records=brought.n_records,
        known=brought.n_known,
        counts=brought.counts,
        corrections=brought.n_corrections,
        changes=brought.changed,
        not_looked_at=unseen,
        past=past,
    )


def _unseen(brought: NewVersions, policy: ResolvedPolicy | None, lists: Lists) -> Sequence[Mapping[str, Any]]:
    """Groups of new records that a policy cannot see; they are listed where that is asked for."""
    if policy is None or not brought.n_records:
        return ()
    listed = brought.records.with_name(NOT_LOOKED_AT)
    unseen = list_not_looked_at(brought.records, policy, listed)
    if unseen and lists.not_looked_at:
        _copy(listed, lists.not_looked_at)
    return unseen


def _as_begun(database: Database, given: _Given) -> tuple[_Given, bool]:
    """A source with the ids by which its map began in this store, and whether it did begin.

    Ids of another making would be other records: the store keeps those that it has.
    """
    used_before = select(SourceMapVersion.content).where(SourceMapVersion.map_id == given.map.id)
    with database.read() as connection:
        contents = [json.loads(content) for content in connection.execute(used_before).scalars()]
    ids = {content.get("ids", "as_written") for content in contents}
    if "as_written" in ids and "ids" not in given.map.model_fields_set:
        source_map = given.map.model_copy(update={"ids": "as_written"})
        return replace(given, map=source_map), True
    return given, bool(contents)


def _known_before(database: Database, given: _Given) -> int | None:
    """How many versions the same files brought, if they were the last of their map and nothing was refused."""
    # A row that was refused may be accepted now, because its enterprise is known by now; and what other
    # files of the map have said since may contradict it.
    last_run = (
        select(
            ImportRun.fingerprint,
            ImportRun.rejected,
            ImportRun.enterprises,
            ImportRun.records,
            ImportRun.known,
        )
        .where(ImportRun.map_sha256 == given.map_sha256)
        .order_by(ImportRun.seq.desc())
        .limit(1)
    )
    with database.read() as connection:
        last = connection.execute(last_run).first()
    if last is None or last.rejected or last.fingerprint != given.fingerprint:
        return None
    return int(last.enterprises + last.records + last.known)


def _given(spec: SourceSpec) -> _Given:
    source_map = load_source_map(spec.map)
    paths: list[Path] = []
    for file in source_map.files.values():
        paths += resolve(file, spec.path)
    # Two tables of a map may stand in one file.
    files = [{"name": path.name, "sha256": _sha256(path)} for path in dict.fromkeys(paths)]
    return _Given(spec, source_map, files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _store(writing: Writing, given: _Given, brought: NewVersions, progress: Progress) -> None:
    """Writes rows, run and log entry; nothing at all without news by a map that was used before."""
    stored_map = select(SourceMapVersion.sha256).where(SourceMapVersion.sha256 == given.map_sha256)
    is_new_map = writing.connection.execute(stored_map).first() is None
    row_count = brought.n_enterprises + brought.n_records + brought.n_corrections
    if not row_count and not is_new_map:
        return
    if is_new_map:
        writing.insert(SourceMapVersion, [_map_row(given)])
    stored_count = 0
    fact_files: Sequence[tuple[Fact, Path]] = (
        ("enterprises", brought.enterprises),
        ("records", brought.records),
        ("records", brought.corrections),
    )
    first_numbers = FirstNumbers(writing.connection, brought.records)
    for fact, path in fact_files:
        for batch in pq.ParquetFile(path).iter_batches(BATCH):
            rows = _numbered(writing, fact, pa.Table.from_batches([batch]))
            if fact == "records":
                rows = first_numbers.add_to(rows)
            writing.binds(TABLES[fact], insert_sealed(writing.connection, TABLES[fact], rows))
            stored_count += batch.num_rows
            progress("store", LAST_STEP * stored_count / row_count)
    import_run = _run_row(writing, given, brought)
    writing.insert(ImportRun, [import_run])
    writing.log(
        "import",
        {
            "source": str(given.spec),
            "map": given.map_sha256,
            "files": given.files,
            "known": brought.n_known,
            "seq": import_run["seq"],
        },
    )


def _numbered(writing: Writing, fact: Fact, rows: pa.Table) -> pa.Table:
    """Rows of a source with their ``seq`` and ``event``."""
    fact_numbers = writing.seqs(rows.num_rows)
    form = schema(fact)
    numbered = rows.add_column(0, "seq", pa.array(fact_numbers, pa.int64())).select(form.names).cast(form)
    if "ground" in rows.column_names:
        numbered = numbered.append_column("ground", rows.column("ground"))
    event_numbers = pa.repeat(pa.scalar(writing.next_event, pa.int64()), rows.num_rows)
    return numbered.append_column("event", event_numbers)


def _map_row(given: _Given) -> dict[str, Any]:
    return {
        "sha256": given.map_sha256,
        "map_id": given.map.id,
        "status": given.map.status,
        "covers": json.dumps(sorted(given.map.covered())),
        "content": given.map_text.decode(),
    }


def _run_row(writing: Writing, given: _Given, brought: NewVersions) -> dict[str, Any]:
    counts = brought.counts
    rows_by_file = {file_name: file.rows_in for file_name, file in counts.files.items()}
    files: Json = [{**file, "rows": rows_by_file.get(file["name"], 0)} for file in given.files]
    return {
        "seq": writing.seqs(1)[0],
        "source": str(given.spec),
        "map_sha256": given.map_sha256,
        "fingerprint": given.fingerprint,
        "files": dumps(files).decode(),
        "rows_in": counts.rows_in,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "merged": counts.merged,
        "out_of_scope": counts.out_of_scope,
        "enterprises": brought.n_enterprises,
        "records": brought.n_records + brought.n_corrections,
        "known": brought.n_known,
    }
