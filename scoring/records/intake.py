"""The door: sources in, two clustered Parquet files, a rejects file and counts out."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.disk import disk_faults
from scoring.entities import Progress, silent
from scoring.errors import InputError
from scoring.records.link.accounting import HEADER, FileCounts, SourceCounts, count_sources, write_rejects
from scoring.records.link.cluster import cluster_enterprises, cluster_records, read_mark
from scoring.records.map.sources import SourceSpec, load_source_map
from scoring.records.read.staging import Source, map_rows, open_staging, read_files
from scoring.sql.connect import connect
from scoring.sql.literals import literal


class ArrowTable(Protocol):
    """Anything that gives an Arrow stream: a pyarrow table, a pandas or polars frame."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


@dataclass(frozen=True)
class Intake:
    """What was read.

    Attributes:
        enterprises: Clustered Parquet of canonical columns, sorted by (``enterprise_id``, ``known_on``).
        records: Clustered Parquet of canonical columns and ``act_rank``, sorted by (``enterprise_id``, ``record_id``, ``known_on``).
        rejects: CSV (UTF-8 with BOM) of refused rows: source, file, row, column, value, code, sentence_zh, sentence_en.
        sources: Counts by the text of each source.
        covers: Kinds that the sources cover together.
        n_enterprises: Enterprises (not versions).
        n_records: Rows of ``records``: versions, and copies of branch records.
    """

    enterprises: Path
    records: Path
    rejects: Path
    sources: dict[str, SourceCounts]
    covers: frozenset[str]
    n_enterprises: int
    n_records: int


def read_sources(
    specs: Sequence[SourceSpec],
    out: Path,
    *,
    threads: int = 2,
    memory: str = "700MB",
    progress: Progress = silent,
) -> Intake:
    """Reads sources into ``out``: maps, checks, merges versions, finds acts, sorts by enterprise.

    The result does not depend on the order of rows nor on the number of threads. A canonical folder that this function has written
    itself is linked, not read again.

    Args:
        specs: At least one source.
        out: An existing folder; nothing outside it is written.
        threads: Threads of the database.
        memory: Its buffers; the rest spills into ``out`` while it runs. The process takes about 0.6 GB beyond them.
        progress: Called with a step and the share done.

    Raises:
        InputError: A file is damaged, does not fit its map, or an enterprise has too many records.
        SourceMapError: A map is not valid.
        EnvironmentRefusedError: Memory or disk do not suffice.
    """
    if not specs:
        raise InputError(
            "没有给出任何来源；例如 canonical:./district",
            "no source is given; for example canonical:./district",
        )
    sources = [Source(spec, load_source_map(spec.map)) for spec in dict.fromkeys(specs)]
    with disk_faults(out):
        ready = _already_clustered(sources[0], out) if len(sources) == 1 else None
    if ready:
        progress("cluster", 1.0)
        return ready
    work = out / ".work"
    try:
        with disk_faults(out):
            work.mkdir(parents=True, exist_ok=True)
            with open_staging(work, threads, memory) as con:
                return _run(con, sources, out, work, progress)
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
        raise InputError(
            f"数据文件损坏或无法读取：{error}", f"a data file is damaged or cannot be read: {error}"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(
    con: duckdb.DuckDBPyConnection, sources: Sequence[Source], out: Path, work: Path, progress: Progress
) -> Intake:
    number = 0
    for index, source in enumerate(sources):
        progress("read", index / len(sources))
        number = read_files(source, work, number)
        map_rows(con, source, work)
    covers = frozenset().union(*(source.map.covered() for source in sources))
    enterprises, records, rejects = (
        out / name for name in ("enterprises.parquet", "records.parquet", "rejects.csv")
    )
    progress("read", 1.0)
    progress("cluster", 0.0)
    listed, created, told = (
        _stages(sources, *which) for which in ((True, False), (True, True), (False, None))
    )
    n_enterprises = cluster_enterprises(con, listed, created, enterprises, covers)
    progress("cluster", 0.2)
    cluster_records(con, told, records)
    progress("cluster", 1.0)
    progress("count", 0.0)
    counts = count_sources(con, sources)
    write_rejects(con, sources, rejects)
    progress("count", 1.0)
    return Intake(
        enterprises, records, rejects, counts, covers, n_enterprises, pq.read_metadata(records).num_rows
    )


def _stages(sources: Sequence[Source], enterprises: bool, created: bool | None) -> list[Path]:
    """Staged files of enterprises (listed or created) or of records, of all sources."""
    return [
        path
        for source in sources
        for _, path, is_enterprise in source.stages
        if is_enterprise == enterprises and (created is None or source.map.create_enterprises == created)
    ]


def _already_clustered(source: Source, out: Path) -> Intake | None:
    """A canonical folder with the mark: hard links (or copies) of its files, no row is looked at."""
    folder = source.spec.path
    paths = [folder / "enterprises.parquet", folder / "records.parquet"]
    if source.map.id != "canonical" or not all(path.is_file() for path in paths):
        return None
    try:
        marks = [read_mark(path) for path in paths]
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"Parquet 文件损坏：{error}", f"a Parquet file is damaged: {error}", str(folder)
        ) from error
    if marks[0] is None or marks[1] is None or marks[0][0] != marks[1][0]:
        return None
    mark = json.loads(marks[0][0])
    rows = [marks[0][1], marks[1][1]]
    linked = [_link(path, out / path.name) for path in paths]
    rejects = out / "rejects.csv"
    rejects.write_text(",".join(HEADER) + "\r\n", encoding="utf-8-sig", newline="")
    counts = SourceCounts(
        sum(rows),
        sum(rows),
        0,
        0,
        0,
        rows[1],
        rows[0],
        files={path.name: FileCounts(n, n, 0, 0, 0) for path, n in zip(paths, rows, strict=True)},
    )
    return Intake(
        linked[0],
        linked[1],
        rejects,
        {str(source.spec): counts},
        frozenset(mark["covers"]),
        mark["enterprises"],
        rows[1],
    )


def _link(source: Path, target: Path) -> Path:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
    return target


def write_tables(
    enterprises: ArrowTable, records: ArrowTable, out: Path, *, threads: int = 2, memory: str = "700MB"
) -> Intake:
    """Tables in memory, through the same checks and clustering as the canonical map.

    Args:
        enterprises: Canonical columns, at least ``enterprise_id`` and ``name``.
        records: Canonical columns, at least ``record_id``, ``enterprise_id`` and ``kind``; dates as dates, amounts as whole fen.
        out: An existing folder.
        threads: Threads of the database.
        memory: Its memory.

    Raises:
        InputError: A column is missing, unknown or there twice, or a cell of a DataFrame is not of its column's type; names the first.
    """
    folder = out / "given"
    try:
        with disk_faults(out):
            folder.mkdir(parents=True, exist_ok=True)
            for name, table in (("enterprises", enterprises), ("records", records)):
                pq.write_table(_arrow(name, table), folder / f"{name}.parquet", compression="lz4")
        return read_sources([SourceSpec("canonical", folder)], out, threads=threads, memory=memory)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arrow(name: str, table: ArrowTable) -> pa.Table:
    """A table as Arrow; a DataFrame passes its contract first."""
    if type(table).__module__.partition(".")[0] != "pandas":
        return pa.table(table)
    from scoring.records.read.dataframes import arrow_of  # half a second that only DataFrames need

    return arrow_of(table, name)


def id_ranges(enterprises: Path, size: int = 250_000) -> list[tuple[str, str]]:
    """Bounds (both inclusive) of ranges of at most ``size`` enterprises of a clustered file, in order of id."""
    if size < 1:
        raise InputError(
            f"每段企业数须至少为1，收到 {size}", f"a range holds at least 1 enterprise, got {size}"
        )
    table = f"read_parquet({literal(str(enterprises))}, file_row_number = TRUE)"
    with connect() as con:
        rows = con.execute(
            f"SELECT file_row_number, enterprise_id FROM {table} WHERE file_row_number % ? = 0 OR (file_row_number + 1) % ? = 0 "
            f"OR file_row_number = (SELECT count(*) - 1 FROM {table}) ORDER BY 1",
            [size, size],
        ).fetchall()
        ids = {int(row): str(who) for row, who in rows}
        ranges: list[tuple[str, str]] = []
        for start in range(0, max(ids, default=-1) + 1, size):
            low, high = ids[start], ids[min(start + size - 1, max(ids))]
            if (
                ranges and low == ranges[-1][1]
            ):  # further versions of the enterprise that ended the range before
                low = con.execute(
                    f"SELECT min(enterprise_id) FROM {table} WHERE enterprise_id > ?", [low]
                ).fetchall()[0][0]
            if low is not None and low <= high:
                ranges.append((low, high))
    return ranges
