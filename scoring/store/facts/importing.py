"""A source into the store: whole or not at all, only what is new, with one log entry over all its rows."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from scoring.entities import Progress, silent
from scoring.records.link.accounting import SourceCounts
from scoring.records.link.new_versions import NewVersions, read_new_versions
from scoring.records.link.resolve import Fact
from scoring.records.map.source_map import SourceMap
from scoring.records.map.sources import SourceSpec, load_source_map
from scoring.records.read.files import resolve
from scoring.store.facts.deletion import overdue_on
from scoring.store.facts.stored_facts import TABLES, StoredFacts, schema
from scoring.store.log.canonical_json import Json, dumps
from scoring.store.tables.bulk import insert_sealed
from scoring.store.tables.database import Database
from scoring.store.tables.orm import ImportRun, SourceMapVersion
from scoring.store.tables.writing import Clock, Writing, day_in_china, writing

BATCH = 50_000
"""Rows that are sealed and inserted together."""


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        enterprises: New versions of enterprises.
        records: New versions of records.
        known: Versions that the store held already.
        counts: What became of the rows; ``None`` when the same files had been imported before and were not read again.
    """

    enterprises: int
    records: int
    known: int
    counts: SourceCounts | None

    @property
    def changed(self) -> bool:
        """Whether anything was new."""
        return bool(self.enterprises or self.records)


@dataclass(frozen=True)
class _Given:
    """A source as it lies there: the map, its digest, the files and the fingerprint of all."""

    spec: SourceSpec
    map: SourceMap
    sha256: str
    files: list[dict[str, str]]

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(dumps({"map": self.sha256, "files": self.files})).hexdigest()


def import_source(
    database: Database,
    spec: SourceSpec,
    actor: str,
    clock: Clock,
    *,
    rejects: Path | None = None,
    progress: Progress = silent,
) -> Imported:
    """Adds what a source brings that the store does not hold.

    Args:
        database: The store.
        spec: The source.
        actor: Who imports.
        clock: The time.
        rejects: Where the refused rows go, if there are any.
        progress: Called with a step and the share done.

    Raises:
        InputError: The source cannot be read.
        EnvironmentRefusedError: The database or the disk refuses.
    """
    given = _given(spec)
    with database.read() as connection:
        before = connection.execute(
            select(ImportRun.enterprises, ImportRun.records, ImportRun.known).where(
                ImportRun.fingerprint == given.fingerprint, ImportRun.rejected == 0
            )
        ).first()
    if before:
        return Imported(0, 0, sum(before), None)
    with tempfile.TemporaryDirectory(prefix="sise-") as folder, ExitStack() as stack:
        entered: list[Writing] = []

        def held() -> StoredFacts:
            entered.append(stack.enter_context(writing(database, actor, clock)))
            return StoredFacts(entered[0].connection)

        day = day_in_china(clock())
        new_versions = read_new_versions(spec, Path(folder), held, overdue_on(day), day, progress=progress)
        _store(entered[0], given, new_versions, progress)
        if rejects and new_versions.counts.rejected:
            shutil.copyfile(new_versions.rejects, rejects)
        stack.close()
    progress("store", 1.0)
    return Imported(
        new_versions.n_enterprises, new_versions.n_records, new_versions.n_known, new_versions.counts
    )


def _given(spec: SourceSpec) -> _Given:
    source_map = load_source_map(spec.map)
    text = dumps(source_map.model_dump(mode="json", by_alias=True, exclude_none=True))
    paths = [path for file in source_map.files.values() for path in resolve(file, spec.path)]
    files = [{"name": path.name, "sha256": _digest(path)} for path in dict.fromkeys(paths)]
    return _Given(spec, source_map, hashlib.sha256(text).hexdigest(), files)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _store(w: Writing, given: _Given, new_versions: NewVersions, progress: Progress) -> None:
    """Rows, run and log entry; without news, and by a map that was used before, nothing at all."""
    new_map = (
        w.connection.execute(
            select(SourceMapVersion.sha256).where(SourceMapVersion.sha256 == given.sha256)
        ).first()
        is None
    )
    total = new_versions.n_enterprises + new_versions.n_records
    if not total and not new_map:
        return
    if new_map:
        w.insert(SourceMapVersion, [_map_row(given)])
    done = 0
    facts: Mapping[Fact, Path] = {"enterprises": new_versions.enterprises, "records": new_versions.records}
    for fact, path in facts.items():
        for batch in pq.ParquetFile(path).iter_batches(BATCH):
            w.binds(
                TABLES[fact],
                insert_sealed(w.connection, TABLES[fact], _numbered(w, fact, pa.Table.from_batches([batch]))),
            )
            done += batch.num_rows
            progress("store", 0.98 * done / total)
    run = _run_row(w, given, new_versions)
    w.insert(ImportRun, [run])
    w.log(
        "import",
        {
            "source": str(given.spec),
            "map": given.sha256,
            "files": given.files,
            "known": new_versions.n_known,
            "seq": run["seq"],
        },
    )


def _numbered(w: Writing, fact: Fact, rows: pa.Table) -> pa.Table:
    """Arrived rows with their ``seq`` and ``event``."""
    seqs = w.seqs(rows.num_rows)
    form = schema(fact)
    whole = rows.add_column(0, "seq", pa.array(seqs, pa.int64())).select(form.names).cast(form)
    return whole.append_column("event", pa.repeat(pa.scalar(w.next_event, pa.int64()), rows.num_rows))


def _map_row(given: _Given) -> dict[str, Any]:
    content = dumps(given.map.model_dump(mode="json", by_alias=True, exclude_none=True)).decode()
    covers = json.dumps(sorted(given.map.covered()))
    return {
        "sha256": given.sha256,
        "map_id": given.map.id,
        "status": given.map.status,
        "covers": covers,
        "content": content,
    }


def _run_row(w: Writing, given: _Given, new_versions: NewVersions) -> dict[str, Any]:
    counts = new_versions.counts
    rows = {name: of.rows_in for name, of in counts.files.items()}
    files: Json = [{**file, "rows": rows.get(file["name"], 0)} for file in given.files]
    return {
        "seq": w.seqs(1)[0],
        "source": str(given.spec),
        "map_sha256": given.sha256,
        "fingerprint": given.fingerprint,
        "files": dumps(files).decode(),
        "rows_in": counts.rows_in,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "merged": counts.merged,
        "out_of_scope": counts.out_of_scope,
        "enterprises": new_versions.n_enterprises,
        "records": new_versions.n_records,
        "known": new_versions.n_known,
    }
