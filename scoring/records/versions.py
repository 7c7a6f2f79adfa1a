"""Stored versions into the clustered files that the engine scores: the store keeps facts as they came, all else is derived here."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType
from scoring.records.cluster import cluster_enterprises, cluster_records
from scoring.records.quoting import literal
from scoring.records.staging import EMIT_BITS, connect
from scoring.records.storage import storage_faults


def cluster_versions(
    enterprises: Iterable[pa.Table], records: Iterable[pa.Table], covers: frozenset[str], out: Path, *, threads: int = 2,
    memory: str = "600MB",
) -> tuple[Path, Path]:
    """Clustered enterprises and records of stored versions; of two versions of one day the one with the greater ``seq`` counts.

    Args:
        enterprises: Tables of ``seq``, canonical columns and ``created``.
        records: Tables of ``seq`` and canonical columns.
        covers: Kinds that the store's sources cover.
        out: An existing folder.
        threads: Threads of DuckDB.
        memory: Its buffers.
    """
    work = out / ".work"
    targets = out / "enterprises.parquet", out / "records.parquet"
    try:
        with storage_faults(out):
            work.mkdir(parents=True, exist_ok=True)
            staged = _staged(enterprises, records, work)
            with connect(work, threads, memory) as con:
                for stages, key in ((staged[:1], "enterprise_id"), (staged[2:], "record_id")):
                    _drop_replaced(con, stages[0], key)
                cluster_enterprises(con, staged[:1], staged[1:2], targets[0], covers)
                cluster_records(con, staged[2:], targets[1])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return targets


def _staged(enterprises: Iterable[pa.Table], records: Iterable[pa.Table], work: Path) -> list[Path]:
    """Staged Parquet of listed and of created enterprises and of records."""
    paths = [work / f"{name}.parquet" for name in ("listed", "created", "told")]
    with ExitStack() as stack:
        listed, created, told = (
            stack.enter_context(pq.ParquetWriter(path, _form(columns), compression="lz4"))
            for path, columns in zip(paths, (ENTERPRISE_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS), strict=True)
        )
        for table in enterprises:
            made = table.column("created")
            listed.write_table(_row(table.filter(pc.invert(made)), ENTERPRISE_COLUMNS))
            created.write_table(_row(table.filter(made), ENTERPRISE_COLUMNS))
        for table in records:
            told.write_table(_row(table, RECORD_COLUMNS))
    return paths


def _form(columns: Mapping[str, ColumnType]) -> pa.Schema:
    types = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
    return pa.schema([*((name, types[kind]) for name, kind in columns.items()), ("_rid", pa.int64())])


def _row(table: pa.Table, columns: Mapping[str, ColumnType]) -> pa.Table:
    """Canonical columns and ``_rid``, which is ``seq`` where the clustering keeps the row of a file."""
    return table.append_column("_rid", pc.shift_left(table.column("seq"), EMIT_BITS)).select([*columns, "_rid"])


def _drop_replaced(con: duckdb.DuckDBPyConnection, staged: Path, key: str) -> None:
    """Leaves out versions that a later one of the same day replaces."""
    rows = f"read_parquet({literal(str(staged))})"
    con.execute(
        f"INSERT INTO fault SELECT s._rid, 'known_on', 'replaced', '' FROM {rows} s JOIN (SELECT {key}, known_on, max(_rid) AS last "
        f"FROM {rows} GROUP BY ALL HAVING count(*) > 1) t ON t.{key} = s.{key} AND t.known_on IS NOT DISTINCT FROM s.known_on "
        f"WHERE s._rid < t.last"
    )
