"""Sources of a run are read into two clustered Parquet files, a file of rejects, and counts."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection as Connection

from scoring.disk import disk_faults
from scoring.entities import Progress, RelationSet, silent
from scoring.entities.buckets import bucket_count
from scoring.errors import InputError
from scoring.records.link.accounting import (
    HEADER,
    FileCounts,
    SourceCounts,
    count_sources,
    write_rejects,
)
from scoring.records.link.cluster import cluster_enterprises, cluster_records
from scoring.records.link.clustered_files import read_mark
from scoring.records.link.remarks import write_remarks
from scoring.records.link.resolve import of_assumed_days
from scoring.records.link.staged_buckets import StagedBuckets
from scoring.records.map.sources import SourceSpec, load_source_map
from scoring.records.read.canonical_rows import map_rows
from scoring.records.read.staging import DAMAGED, Source, open_staging, read_files
from scoring.sql.connect import connect
from scoring.sql.literals import literal
from scoring.sql.parquet_files import bucket_files, new_bucket_files

ENTERPRISES, RECORDS, REJECTS = "enterprises.parquet", "records.parquet", "rejects.csv"
REMARKS = "remarks.csv"
"""Names of the files that are written."""


class ArrowTable(Protocol):
    """Anything that gives an Arrow stream: a pyarrow table, a pandas or polars frame."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


@dataclass(frozen=True)
class Intake:
    """What was read.

    Attributes:
        enterprises: Clustered Parquet (``sql.parquet_files``) of canonical columns, each bucket by
            ``enterprise_id`` and ``known_on``.
        records: Clustered Parquet of canonical columns and what linking adds, each bucket by
            ``enterprise_id``, ``record_id`` and ``known_on``.
        rejects: CSV (UTF-8 with BOM) of rejected rows: source, file, row, column, value, code,
            sentence_zh, sentence_en.
        sources: Counts by the text of each source.
        covers: Kinds that the sources cover together.
        n_enterprises: Enterprises (not versions).
        n_records: Rows of ``records``: versions, and copies of branch records.
        remarks: CSV of what was taken in but is remarkable, and of rows that no emit took, if there
            are any.
    """

    enterprises: Path
    records: Path
    rejects: Path
    sources: dict[str, SourceCounts]
    covers: frozenset[str]
    n_enterprises: int
    n_records: int
    remarks: Path | None = None


def read_sources(
    specs: Sequence[SourceSpec],
    out: Path,
    *,
    today: date | None = None,
    threads: int = 2,
    memory: str = "700MB",
    progress: Progress = silent,
    relations: RelationSet | None = None,
) -> Intake:
    """Reads sources into ``out``: maps, checks, merges versions, finds acts, sorts by enterprise.

    The result does not depend on the order of rows nor on the number of threads. A canonical folder
    that this function has written itself is linked, not read again.

    Args:
        specs: At least one source.
        out: An existing folder; nothing outside it is written.
        today: The clock's day: nothing that happened may lie after it; without one any day may.
        threads: Threads of the database.
        memory: Its buffers; the rest spills into ``out`` while it runs. The process takes about 0.6
            GB beyond them.
        progress: Called with a step and the share done.
        relations: How the records of an enterprise stand to each other; ``None``: by their act alone.

    Raises:
        InputError: A file is damaged, does not fit its map, or an enterprise has too many records.
        SourceMapError: A map is not valid.
        EnvironmentRefusedError: Memory or disk do not suffice.
    """
    if not specs:
        raise InputError("sources_not_given")
    sources = [Source(spec, load_source_map(spec.map), today) for spec in dict.fromkeys(specs)]
    with disk_faults(out):
        ready = _already_clustered(sources[0], out, relations) if len(sources) == 1 else None
    if ready:
        progress("cluster", 1.0)
        return ready
    work = out / ".work"
    try:
        with disk_faults(out):
            work.mkdir(parents=True, exist_ok=True)
            with open_staging(work, threads, memory) as connection:
                _stage_sources(connection, sources, work, progress)
                return _cluster(connection, sources, out, work, progress, relations)
    except DAMAGED as error:
        raise InputError("data_file_unreadable", reason=str(error).partition("\n")[0]) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _stage_sources(connection: Connection, sources: Sequence[Source], work: Path, progress: Progress) -> None:
    """Reads all sources, one after the other, then maps their rows into as many buckets as they need."""
    number = 0
    for index, source in enumerate(sources):
        progress("read", index / len(sources) / 2)
        number = read_files(source, work, number)
    files = chain.from_iterable(source.all_files() for source in sources)
    buckets = bucket_count(sum(file.rows for file in files))
    for index, source in enumerate(sources):
        progress("read", 0.5 + index / len(sources) / 2)
        source.buckets = buckets
        map_rows(connection, source, work)
    progress("read", 1.0)


def _cluster(
    connection: Connection,
    sources: Sequence[Source],
    out: Path,
    work: Path,
    progress: Progress,
    relations: RelationSet | None,
) -> Intake:
    """Links what is staged, writes the clustered files and the rejects, and counts."""
    enterprises, records, rejects = out / ENTERPRISES, out / RECORDS, out / REJECTS
    covers = frozenset(chain.from_iterable(source.map.covered() for source in sources))
    staged = _staged_rows(sources)
    progress("cluster", 0.0)
    n_enterprises = cluster_enterprises(connection, staged, enterprises, covers, relations)
    progress("cluster", 0.2)
    cluster_records(connection, staged, records, work, of_assumed_days(sources), relations, progress)
    progress("cluster", 1.0)
    progress("count", 0.0)
    counts = count_sources(connection, sources, relations)
    write_rejects(connection, sources, rejects)
    remarks = write_remarks(connection, sources, out / REMARKS)
    progress("count", 1.0)
    n_records = sum(pq.read_metadata(file).num_rows for file in bucket_files(records))
    return Intake(enterprises, records, rejects, counts, covers, n_enterprises, n_records, remarks)


def _staged_rows(sources: Sequence[Source]) -> StagedBuckets:
    """Staged files of all sources."""
    staged = StagedBuckets([], [], [])
    for bucket in range(sources[0].buckets):
        by_list: dict[bool, list[Path]] = {True: [], False: []}
        for source in sources:
            by_list[not source.map.create_enterprises] += source.staged(enterprises=True, bucket=bucket)
        records = (source.staged(enterprises=False, bucket=bucket) for source in sources)
        staged.listed.append(by_list[True])
        staged.created.append(by_list[False])
        staged.records.append(list(chain.from_iterable(records)))
    return staged


def _already_clustered(source: Source, out: Path, relations: RelationSet | None) -> Intake | None:
    """A canonical folder with the mark: its files are linked or copied, no row is looked at."""
    folder = source.spec.path
    paths = [folder / ENTERPRISES, folder / RECORDS]
    if source.map.id != "canonical" or not all(path.exists() for path in paths):
        return None
    try:
        enterprise_mark, record_mark = (read_mark(path, relations) for path in paths)
    except (pa.ArrowException, OSError) as error:
        raise InputError("parquet_damaged", place=str(folder), reason=str(error)) from error
    if enterprise_mark is None or record_mark is None or enterprise_mark.text != record_mark.text:
        return None
    mark = json.loads(enterprise_mark.text)
    # Hard links cost nothing, and nobody writes into these files again: a new one takes their place.
    for path in paths:
        files = bucket_files(path)
        for file, target in zip(files, new_bucket_files(out / path.name, len(files)), strict=True):
            _link(file, target)
    rejects = out / REJECTS
    rejects.write_text(",".join(HEADER) + "\r\n", encoding="utf-8-sig", newline="")
    counts = _all_accepted(enterprise_mark.rows, record_mark.rows)
    return Intake(
        enterprises=out / ENTERPRISES,
        records=out / RECORDS,
        rejects=rejects,
        sources={str(source.spec): counts},
        covers=frozenset(mark["covers"]),
        n_enterprises=mark["enterprises"],
        n_records=record_mark.rows,
    )


def _all_accepted(enterprises: int, records: int) -> SourceCounts:
    """Counts of a clustered folder: its rows were checked when it was written."""
    rows_by_file = {ENTERPRISES: enterprises, RECORDS: records}
    total = enterprises + records
    return SourceCounts(
        rows_in=total,
        accepted=total,
        rejected=0,
        merged=0,
        out_of_scope=0,
        records=records,
        enterprises=enterprises,
        files={file_name: FileCounts(count, count, 0, 0, 0) for file_name, count in rows_by_file.items()},
    )


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def write_tables(
    enterprises: ArrowTable,
    records: ArrowTable,
    out: Path,
    *,
    threads: int = 2,
    memory: str = "700MB",
    relations: RelationSet | None = None,
) -> Intake:
    """Reads tables in memory, through the same checks and clustering as the canonical map.

    Args:
        enterprises: Canonical columns, at least ``enterprise_id`` and ``name``.
        records: Canonical columns, at least ``record_id``, ``enterprise_id`` and ``kind``; dates as
            dates, amounts as whole fen.
        out: An existing folder.
        threads: Threads of the database.
        memory: Its memory.
        relations: As of ``read_sources``.

    Raises:
        InputError: A column is missing, unknown or there twice, or a cell of a DataFrame is not of
            its column's type; names the first.
    """
    folder = out / "given"
    try:
        with disk_faults(out):
            folder.mkdir(parents=True, exist_ok=True)
            for fact, rows in (("enterprises", enterprises), ("records", records)):
                pq.write_table(_arrow(fact, rows), folder / f"{fact}.parquet", compression="lz4")
        return read_sources(
            [SourceSpec("canonical", folder)], out, threads=threads, memory=memory, relations=relations
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arrow(fact: str, rows: ArrowTable) -> pa.Table:
    """A table as Arrow; a DataFrame passes its contract first."""
    if type(rows).__module__.partition(".")[0] != "pandas":
        return pa.table(rows)
    from scoring.records.read.dataframes import arrow_of  # half a second that only DataFrames need

    return arrow_of(rows, fact)


def id_ranges(enterprises: Path, size: int = 250_000) -> list[tuple[str, str]]:
    """Bounds (both inclusive) of ranges of enterprises of a clustered table: bucket by bucket, in order of id.

    Args:
        enterprises: The clustered table.
        size: Most enterprises of a range.
    """
    if size < 1:
        raise InputError("id_range_too_small", size=size)
    with connect() as connection:
        by_file = (_ranges_of_file(connection, file, size) for file in bucket_files(enterprises))
        return list(chain.from_iterable(by_file))


def _ranges_of_file(connection: Connection, enterprises: Path, size: int) -> list[tuple[str, str]]:
    numbered_rows = f"read_parquet({literal(str(enterprises))}, file_row_number = TRUE)"
    # Ids of the first and the last row of every range: reading all ids would take the longest.
    bounds = connection.execute(
        f"""
        SELECT file_row_number, enterprise_id
        FROM {numbered_rows}
        WHERE file_row_number % ? = 0
            OR (file_row_number + 1) % ? = 0
            OR file_row_number = (SELECT count(*) - 1 FROM {numbered_rows})
        ORDER BY 1
        """,
        [size, size],
    ).fetchall()
    ids_by_row = {int(row_number): str(enterprise_id) for row_number, enterprise_id in bounds}
    last_row = max(ids_by_row, default=-1)
    ranges: list[tuple[str, str]] = []
    for first_row in range(0, last_row + 1, size):
        lowest: str | None = ids_by_row[first_row]
        highest = ids_by_row[min(first_row + size - 1, last_row)]
        # Further versions of the enterprise that ended the range before belong to that range.
        if ranges and lowest == ranges[-1][1]:
            lowest = connection.execute(
                f"SELECT min(enterprise_id) FROM {numbered_rows} WHERE enterprise_id > ?", [lowest]
            ).fetchall()[0][0]
        if lowest is not None and lowest <= highest:
            ranges.append((lowest, highest))
    return ranges
