"""Stored versions into the clustered files that the engine scores: the store keeps facts as they came, all else is derived here."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.disk import disk_faults
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType
from scoring.records.link.cluster import (
    Stage,
    cluster_enterprises,
    cluster_records,
    link_records,
    resolve_enterprises,
)
from scoring.records.read.staging import EMIT_BITS, open_staging
from scoring.sql.connect import connect
from scoring.sql.literals import literal


def cluster_versions(
    enterprises: Iterable[pa.Table],
    records: Iterable[pa.Table],
    covers: frozenset[str],
    out: Path,
    *,
    threads: int = 2,
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
        with disk_faults(out):
            work.mkdir(parents=True, exist_ok=True)
            staged = _staged(enterprises, records, work)
            with open_staging(work, threads, memory) as con:
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
            for path, columns in zip(
                paths, (ENTERPRISE_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS), strict=True
            )
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
    return table.append_column("_rid", pc.shift_left(table.column("seq"), EMIT_BITS)).select(
        [*columns, "_rid"]
    )


def _drop_replaced(con: duckdb.DuckDBPyConnection, staged: Stage, key: str) -> None:
    """Leaves out versions that a later one of the same day replaces."""
    rows = f"read_parquet({literal(str(staged))})" if isinstance(staged, Path) else staged
    con.execute(
        f"INSERT INTO fault SELECT s._rid, 'known_on', 'replaced', '' FROM {rows} s JOIN (SELECT {key}, known_on, max(_rid) AS last "
        f"FROM {rows} GROUP BY ALL HAVING count(*) > 1) t ON t.{key} = s.{key} AND t.known_on IS NOT DISTINCT FROM s.known_on "
        f"WHERE s._rid < t.last"
    )


Row = Mapping[str, Any]


class Linker:
    """Derives from the stored versions of one enterprise and its branches what ``cluster_versions`` derives from all.

    One connection, used by one thread at a time; the tables of one call are rolled back at its end.
    """

    def __init__(self) -> None:
        self._con = connect(threads=1)
        self._con.execute("CREATE TABLE fault (id BIGINT, col VARCHAR, code VARCHAR, val VARCHAR)")

    def link(
        self, enterprises: Sequence[Row], records: Sequence[Row], enterprise_id: str
    ) -> tuple[list[Row], list[Row]]:
        """Versions of one enterprise and its records (with ``act_rank``), as the engine takes them.

        Args:
            enterprises: ``seq``, canonical columns and ``created`` of the enterprise and its branches.
            records: ``seq`` and canonical columns of their records.
            enterprise_id: The enterprise.
        """
        if _is_plain(enterprises, records):
            return _linked(closed(enterprises, "enterprise_id"), closed(records, "record_id"), enterprise_id)
        made = [row for row in enterprises if row["created"]]
        self._con.begin()
        try:
            for name, columns, rows in (
                ("g_listed", ENTERPRISE_COLUMNS, [row for row in enterprises if not row["created"]]),
                ("g_created", ENTERPRISE_COLUMNS, made),
                ("g_told", RECORD_COLUMNS, records),
            ):
                told = [{**row, "_rid": row["seq"] << EMIT_BITS} for row in rows]
                self._con.register(name, pa.Table.from_pylist(told, schema=_form(columns)))
            _drop_replaced(self._con, "g_listed", "enterprise_id")
            _drop_replaced(self._con, "g_told", "record_id")
            resolve_enterprises(self._con, ["g_listed"], ["g_created"])
            link_records(self._con, ["g_told"])
            return (
                self._rows("resolved", ENTERPRISE_COLUMNS, "known_on NULLS FIRST", enterprise_id),
                self._rows(
                    "ranked", [*RECORD_COLUMNS, "act_rank"], "record_id, known_on NULLS FIRST", enterprise_id
                ),
            )
        finally:
            self._con.rollback()

    def _rows(self, view: str, names: Iterable[str], order: str, enterprise_id: str) -> list[Row]:
        text = f"SELECT {', '.join(names)} FROM {view} WHERE enterprise_id = ? ORDER BY {order}"
        return list(self._con.execute(text, [enterprise_id]).to_arrow_table().to_pylist())


def _is_plain(enterprises: Sequence[Row], records: Sequence[Row]) -> bool:
    """Whether nobody is known by a record alone and no act has several records: then linking needs no database, a tenth of the time."""
    if any(row["created"] for row in enterprises) or any(
        row["basis_document_no"] is not None for row in records
    ):
        return False
    pairs = {(row["enterprise_id"], row["act_id"], row["record_id"]) for row in records}
    return len(pairs) == len({pair[:2] for pair in pairs})


def _linked(
    enterprises: Sequence[Row], records: Sequence[Row], enterprise_id: str
) -> tuple[list[Row], list[Row]]:
    """Closed versions of the enterprise and its records, those of its branches under its name (``cluster._with_acts``)."""
    parents = {
        row["enterprise_id"]: row["parent_id"] for row in enterprises
    }  # by the latest version: they are in order of days
    found: list[Row] = []
    for row in records:
        own = row["enterprise_id"]
        if own not in parents:
            continue
        if own == enterprise_id:
            found.append({**row, "act_rank": 0})
        elif parents[own] == enterprise_id and enterprise_id in parents:
            copied = {name: f"{row[name]}@{own}" for name in ("record_id", "act_id")}
            found.append({**row, **copied, "enterprise_id": enterprise_id, "scope": "branch", "act_rank": 0})
    found.sort(key=lambda row: (row["record_id"], row["known_on"] or date.min))
    return [row for row in enterprises if row["enterprise_id"] == enterprise_id], found


def closed(rows: Sequence[Row], key: str) -> list[Row]:
    """Versions in order of id and day, each closed by the next; of one day the one with the greatest ``seq``."""
    last = {(row[key], row["known_on"]): row for row in sorted(rows, key=lambda row: row["seq"])}
    order = sorted(last.values(), key=lambda row: (row[key], row["known_on"] or date.min))
    found: list[Row] = []
    for row, following in zip(order, [*order[1:], None], strict=False):
        until = following["known_on"] if following is not None and following[key] == row[key] else None
        given = row["known_until"]
        found.append(
            {**row, "known_until": min((day for day in (until, given) if day is not None), default=None)}
        )
    return found
