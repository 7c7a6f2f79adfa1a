"""Clustered Parquet files: one external sort each, and the mark by which a file that was written here is known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq

from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.records.link.resolve import has_rows
from scoring.records.map.mapping import SQL_TYPES, enum_of
from scoring.rules import RULES
from scoring.sql.literals import literal

MARK = "sise.clustered"
VERSION = 1
FEW = 20_000
"""Values of a column up to which it is sorted as an ENUM."""
ROW_GROUP = 122_880
"""Rows of a row group: small enough that one enterprise is read in milliseconds, large enough to compress."""
EMPTY = "NULL"
"""How an empty column goes through the sort: not at all."""


def write_sorted(
    connection: duckdb.DuckDBPyConnection, view: str, sort_types: Mapping[str, str], order: str, target: Path
) -> None:
    """Writes one Parquet file by one external sort.

    The order is total, so the bytes do not depend on threads or on the order of input.

    Args:
        connection: Connection with the variable ``mark``.
        view: What is sorted.
        sort_types: Columns in order, each with the type in which it is sorted; empty for its own.
        order: The order, in SQL.
        target: The file.
    """
    kinds = {**RECORD_COLUMNS, **ENTERPRISE_COLUMNS}
    narrow: dict[str, str] = {}
    wide: dict[str, str] = {}
    for name, sort_type in sort_types.items():
        if sort_type == EMPTY:
            wide[name] = f"NULL::{SQL_TYPES[kinds[name]]} AS {name}"
            continue
        narrow[name] = f"CAST({name} AS {sort_type}) AS {name}" if sort_type else name
        wide[name] = f"CAST({name} AS VARCHAR) AS {name}" if sort_type else name
    if "act_id" in narrow:  # most acts are their only record: not carried twice
        narrow["act_id"] = "nullif(act_id, record_id) AS act_id"
        wide["act_id"] = "coalesce(act_id, record_id) AS act_id"
    target.unlink(missing_ok=True)  # it may be a hard link to somebody's input
    connection.execute(
        f"""
        COPY (
            SELECT {", ".join(wide.values())}
            FROM (SELECT {", ".join(narrow.values())} FROM {view} ORDER BY {order})
        )
        TO {literal(str(target))} (
            FORMAT parquet,
            COMPRESSION zstd,
            ROW_GROUP_SIZE {ROW_GROUP},
            KV_METADATA {{'{MARK}': getvariable('mark')}}
        )
        """
    )


def record_sort_types(connection: duckdb.DuckDBPyConnection, stages: Sequence[Path]) -> dict[str, str]:
    """How each column of the records goes through the sort: in one or two bytes where its values are few.

    The sort spills rows, so their width is its cost: 10 million rows take 7 s this way and 47 s as plain text.

    Args:
        connection: Connection with the view ``given_records``; gets the ENUM types.
        stages: Staged records.
    """
    sort_types = {name: enum_of(name) if name in CODED_COLUMNS else "" for name in RECORD_COLUMNS}
    sort_types["act_rank"] = ""
    for name in ("source", "authority"):
        values = connection.execute(
            f"SELECT DISTINCT {name} FROM given_records WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {FEW + 1}"
        ).fetchall()
        if 0 < len(values) <= FEW:
            listed = ", ".join(literal(value) for (value,) in values)
            connection.execute(f"CREATE TYPE few_{name} AS ENUM ({listed})")
            sort_types[name] = f"few_{name}"
    # These are filled in while records are linked, even where no staged row has them.
    filled_by = {"known_until": "closed_records", "scope": "branches"}
    filled = {name for name, table in filled_by.items() if has_rows(connection, table)}
    for name in RECORD_COLUMNS:
        if name not in filled and all(_is_empty(path, name) for path in stages):
            sort_types[name] = EMPTY
    return sort_types


def _is_empty(path: Path, column: str) -> bool:
    """Whether the statistics of a staged file prove that a column is empty."""
    metadata = pq.read_metadata(path)
    index = metadata.schema.names.index(column)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        statistics = group.column(index).statistics
        if statistics is None or not statistics.has_null_count or statistics.null_count != group.num_rows:
            return False
    return True


class Mark(NamedTuple):
    """The mark of a clustered file as it stands in it, and the rows of the file."""

    text: str
    rows: int


def make_mark(covers: frozenset[str], enterprises: int) -> str:
    """The mark of clustered files: format version, closed lists, covered kinds and number of enterprises, as JSON."""
    kinds = hashlib.sha256((RULES / "kinds.toml").read_bytes()).hexdigest()
    return json.dumps(
        {"version": VERSION, "kinds": kinds, "covers": sorted(covers), "enterprises": enterprises},
        sort_keys=True,
    )


def read_mark(path: Path) -> Mark | None:
    """The mark of a Parquet file that was written here under the present closed lists; else ``None``."""
    with pq.ParquetFile(path) as file:
        raw = (file.metadata.metadata or {}).get(MARK.encode())
        if raw is None:
            return None
        text = raw.decode()
        mark = json.loads(text)
        expected = make_mark(frozenset(mark.get("covers", [])), mark.get("enterprises", 0))
        return Mark(text, file.metadata.num_rows) if text == expected else None
