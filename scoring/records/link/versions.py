"""Stored versions into the clustered files that the engine scores: a store keeps facts as they came, all else is derived."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.disk import disk_faults
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType
from scoring.records.link.acts import link_records
from scoring.records.link.cluster import cluster_enterprises, cluster_records
from scoring.records.link.resolve import COLUMNS, KEYS, Fact, Stage, resolve_enterprises
from scoring.records.read.staging import EMIT_BITS, open_staging
from scoring.sql.connect import connect
from scoring.sql.literals import literal

ARROW_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
Row = Mapping[str, Any]
"""A stored version: ``seq``, canonical columns and, of an enterprise, ``created``."""


def cluster_versions(
    enterprises: Iterable[pa.Table],
    records: Iterable[pa.Table],
    covers: frozenset[str],
    out: Path,
    *,
    threads: int = 2,
    memory: str = "600MB",
) -> tuple[Path, Path]:
    """Clustered enterprises and records of stored versions; of two of one day the one with the greater ``seq`` counts.

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
            staged = _stage_versions(enterprises, records, work)
            with open_staging(work, threads, memory) as connection:
                _drop_replaced(connection, staged.listed, "enterprises")
                _drop_replaced(connection, staged.records, "records")
                cluster_enterprises(connection, [staged.listed], [staged.created], targets[0], covers)
                cluster_records(connection, [staged.records], targets[1])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return targets


class _Staged(NamedTuple):
    """Staged Parquet of stored versions."""

    listed: Path
    created: Path
    records: Path


def _stage_versions(enterprises: Iterable[pa.Table], records: Iterable[pa.Table], work: Path) -> _Staged:
    staged = _Staged(*(work / f"{name}.parquet" for name in _Staged._fields))
    columns = (ENTERPRISE_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS)
    with ExitStack() as stack:
        listed, created, linked = (
            stack.enter_context(pq.ParquetWriter(path, _schema(names), compression="lz4"))
            for path, names in zip(staged, columns, strict=True)
        )
        for table in enterprises:
            is_created = table.column("created")
            listed.write_table(_with_row_id(table.filter(pc.invert(is_created)), ENTERPRISE_COLUMNS))
            created.write_table(_with_row_id(table.filter(is_created), ENTERPRISE_COLUMNS))
        for table in records:
            linked.write_table(_with_row_id(table, RECORD_COLUMNS))
    return staged


def _schema(columns: Mapping[str, ColumnType]) -> pa.Schema:
    fields = [(name, ARROW_TYPES[kind]) for name, kind in columns.items()]
    return pa.schema([*fields, ("_rid", pa.int64())])


def _with_row_id(table: pa.Table, columns: Mapping[str, ColumnType]) -> pa.Table:
    """Canonical columns and ``_rid``: here ``seq`` stands where the clustering keeps the row of a file."""
    row_ids = pc.shift_left(table.column("seq"), EMIT_BITS)
    return table.append_column("_rid", row_ids).select([*columns, "_rid"])


def _drop_replaced(connection: duckdb.DuckDBPyConnection, stage: Stage, fact: Fact) -> None:
    """Leaves out versions that a later one of the same day replaces."""
    key = KEYS[fact]
    rows = f"read_parquet({literal(str(stage))})" if isinstance(stage, Path) else stage
    connection.execute(
        f"""
        INSERT INTO fault
        SELECT s._rid, 'known_on', 'replaced', ''
        FROM {rows} s
        JOIN (
            SELECT {key}, known_on, max(_rid) AS last
            FROM {rows}
            GROUP BY ALL
            HAVING count(*) > 1
        ) t ON t.{key} = s.{key} AND t.known_on IS NOT DISTINCT FROM s.known_on
        WHERE s._rid < t.last
        """
    )


class Linker:
    """Derives from the stored versions of one enterprise and its branches what ``cluster_versions`` derives from all.

    One connection, used by one thread at a time; the tables of one call are rolled back at its end.
    """

    def __init__(self) -> None:
        self._connection = connect(threads=1)
        self._connection.execute("CREATE TABLE fault (id BIGINT, col VARCHAR, code VARCHAR, val VARCHAR)")

    def link(
        self, enterprises: Sequence[Row], records: Sequence[Row], enterprise_id: str
    ) -> tuple[list[Row], list[Row]]:
        """Versions of one enterprise and its records (with ``act_rank``), as the engine takes them.

        Args:
            enterprises: ``seq``, canonical columns and ``created`` of the enterprise and its branches.
            records: ``seq`` and canonical columns of their records.
            enterprise_id: The enterprise.
        """
        # Linking plain records without the database takes a tenth of the time.
        if _is_plain(enterprises, records):
            return _link_plain(
                closed(enterprises, "enterprise_id"), closed(records, "record_id"), enterprise_id
            )
        self._connection.begin()
        try:
            self._register("listed_stage", "enterprises", [row for row in enterprises if not row["created"]])
            self._register("created_stage", "enterprises", [row for row in enterprises if row["created"]])
            self._register("record_stage", "records", records)
            _drop_replaced(self._connection, "listed_stage", "enterprises")
            _drop_replaced(self._connection, "record_stage", "records")
            resolve_enterprises(self._connection, ["listed_stage"], ["created_stage"])
            link_records(self._connection, ["record_stage"])
            return (
                self._rows("resolved_enterprises", ENTERPRISE_COLUMNS, "known_on NULLS FIRST", enterprise_id),
                self._rows(
                    "ranked_records",
                    [*RECORD_COLUMNS, "act_rank"],
                    "record_id, known_on NULLS FIRST",
                    enterprise_id,
                ),
            )
        finally:
            self._connection.rollback()

    def _register(self, name: str, fact: Fact, rows: Sequence[Row]) -> None:
        """Rows as a table that stands for a staged file."""
        staged = [{**row, "_rid": row["seq"] << EMIT_BITS} for row in rows]
        self._connection.register(name, pa.Table.from_pylist(staged, schema=_schema(COLUMNS[fact])))

    def _rows(self, view: str, names: Iterable[str], order: str, enterprise_id: str) -> list[Row]:
        query = f"SELECT {', '.join(names)} FROM {view} WHERE enterprise_id = ? ORDER BY {order}"
        return list(self._connection.execute(query, [enterprise_id]).to_arrow_table().to_pylist())


def _is_plain(enterprises: Sequence[Row], records: Sequence[Row]) -> bool:
    """Whether nobody is known by a record alone, no record rests on another and no act has several records."""
    if any(row["created"] for row in enterprises):
        return False
    if any(row["basis_document_no"] is not None for row in records):
        return False
    records_of_acts = {(row["enterprise_id"], row["act_id"], row["record_id"]) for row in records}
    acts = {(owner, act) for owner, act, _ in records_of_acts}
    return len(records_of_acts) == len(acts)


def _link_plain(
    enterprises: Sequence[Row], records: Sequence[Row], enterprise_id: str
) -> tuple[list[Row], list[Row]]:
    """Closed versions of the enterprise and its records, those of its branches under its name, as ``acts`` has them."""
    # They are in order of days, so the latest version of an enterprise says whose branch it is.
    parents = {row["enterprise_id"]: row["parent_id"] for row in enterprises}
    linked: list[Row] = []
    for row in records:
        owner = row["enterprise_id"]
        if owner not in parents:
            continue
        if owner == enterprise_id:
            linked.append({**row, "act_rank": 0})
        elif parents[owner] == enterprise_id and enterprise_id in parents:
            copied = {name: f"{row[name]}@{owner}" for name in ("record_id", "act_id")}
            linked.append({**row, **copied, "enterprise_id": enterprise_id, "scope": "branch", "act_rank": 0})
    linked.sort(key=lambda row: (row["record_id"], row["known_on"] or date.min))
    return [row for row in enterprises if row["enterprise_id"] == enterprise_id], linked


def closed(rows: Sequence[Row], key: str) -> list[Row]:
    """Versions in order of id and day, each closed by the next; of one day the one with the greatest ``seq``."""
    by_day = {(row[key], row["known_on"]): row for row in sorted(rows, key=lambda row: row["seq"])}
    ordered = sorted(by_day.values(), key=lambda row: (row[key], row["known_on"] or date.min))
    versions: list[Row] = []
    for row, following in zip(ordered, [*ordered[1:], None], strict=False):
        days = [row["known_until"]]
        if following is not None and following[key] == row[key]:
            days.append(following["known_on"])
        known_until = min((day for day in days if day is not None), default=None)
        versions.append({**row, "known_until": known_until})
    return versions
