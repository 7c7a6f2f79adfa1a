"""Clustered Parquet files: one external sort each, and a mark by which they are known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import (
    CODED_COLUMNS,
    ENTERPRISE_COLUMNS,
    LINKED_COLUMNS,
    RECORD_COLUMNS,
    RelationSet,
)
from scoring.errors import InputError
from scoring.records.link.inheritance import INHERITED
from scoring.records.link.resolve import has_rows
from scoring.records.map.mapping import SQL_TYPES, enum_of
from scoring.rules import RULES
from scoring.sql.literals import literal
from scoring.sql.parquet_files import bucket_files

MARK_NAME = "sise.clustered"
VERSION = 3
FEW_VALUES = 20_000
"""Values of a column up to which it is held as an ENUM."""
ROW_GROUP = 122_880
"""Small enough that one enterprise is read in milliseconds, large enough to compress."""


def write_sorted(
    connection: Connection,
    view: str,
    columns: Iterable[str],
    order: str,
    target: Path,
    empty: Container[str] = (),
) -> None:
    """Writes one Parquet file by one sort.

    The order is total, so the bytes do not depend on threads or on the order of input.

    Args:
        connection: Connection with the variable ``mark``.
        view: What is sorted.
        columns: Its columns.
        order: The order, in SQL.
        target: The file.
        empty: Columns in which nothing stands, which are not carried through the sort.
    """
    column_types = {**RECORD_COLUMNS, **ENTERPRISE_COLUMNS, **LINKED_COLUMNS}
    narrowed: dict[str, str] = {}
    restored: dict[str, str] = {}
    for column in columns:
        if column in empty:
            restored[column] = f"NULL::{SQL_TYPES[column_types[column]]} AS {column}"
            continue
        narrowed[column] = column
        restored[column] = column
    if "act_id" in narrowed:  # most acts are their only record: not carried twice
        narrowed["act_id"] = "nullif(act_id, record_id) AS act_id"
        restored["act_id"] = "coalesce(act_id, record_id) AS act_id"
    connection.execute(
        f"""
        COPY (
            SELECT {", ".join(restored.values())}
            FROM (SELECT {", ".join(narrowed.values())} FROM {view} ORDER BY {order})
        )
        TO {literal(str(target))} (
            FORMAT parquet,
            COMPRESSION zstd,
            ROW_GROUP_SIZE {ROW_GROUP},
            KV_METADATA {{'{MARK_NAME}': getvariable('mark')}}
        )
        """
    )


def narrow_types(connection: Connection) -> dict[str, str]:
    """Types of few bytes in which the columns of records are held that have few values.

    The copies of branch records have a ``scope`` of their own, so it stays a text.

    Args:
        connection: Connection with ``given_records`` and ``offices``; gets the ENUM types.
    """
    types = {column: enum_of(column) for column in RECORD_COLUMNS if column in CODED_COLUMNS}
    del types["scope"]
    for column, table in (("source", "given_records"), ("authority", "offices")):
        values = connection.execute(
            f"""
            SELECT DISTINCT {column}
            FROM {table}
            WHERE {column} IS NOT NULL
            ORDER BY 1
            LIMIT {FEW_VALUES + 1}
            """
        ).fetchall()
        if 0 < len(values) <= FEW_VALUES:
            listed = ", ".join(literal(value) for (value,) in values)
            connection.execute(f"CREATE TYPE few_{column} AS ENUM ({listed})")
            types[column] = f"few_{column}"
    if "authority" in types:
        connection.execute("ALTER TABLE offices ALTER authority TYPE few_authority")
    return types


def empty_columns(connection: Connection, stages: Sequence[Path]) -> set[str]:
    """Columns of the linked records in which nothing stands.

    Args:
        connection: Connection with ``linked_records``.
        stages: Staged records.
    """
    # These are filled in while records are linked, even where no staged row has them.
    filled_by = (
        ("known_until", "closed_records"),
        ("known_until", "inherited_records"),
        ("scope", "branches"),
    )
    filled = {column for column, table in filled_by if has_rows(connection, table)}
    looked_at = RECORD_COLUMNS.keys() - filled
    footers = [pq.read_metadata(path) for path in stages]
    empty = {column for column in looked_at if _is_empty(footers, column)}
    if not has_rows(connection, "inherited_records"):
        empty.update(INHERITED)
    return empty


def _is_empty(footers: Iterable[pq.FileMetaData], column: str) -> bool:
    """Whether the statistics of staged files prove that a column is empty."""
    for footer in footers:
        position = footer.schema.names.index(column)
        for group_number in range(footer.num_row_groups):
            row_group = footer.row_group(group_number)
            statistics = row_group.column(position).statistics
            if statistics is None or not statistics.has_null_count:
                return False
            if statistics.null_count != row_group.num_rows:
                return False
    return True


WRITER = "DuckDB"


class FilesMark(NamedTuple):
    """The mark of a clustered table as it stands in each of its files, and the rows of the table."""

    text: str
    rows: int


def make_mark(
    covers: frozenset[str], enterprises: int, relations: RelationSet | None, buckets: int = 1
) -> str:
    """The mark as JSON: format version, closed lists, relations, covered kinds, number of enterprises and of buckets."""
    lists_sha256 = hashlib.sha256((RULES / "kinds.toml").read_bytes()).hexdigest()
    # Files of before there were buckets are one.
    parted = {"buckets": buckets} if buckets > 1 else {}
    return json.dumps(
        parted
        | {
            "version": VERSION,
            "kinds": lists_sha256,
            "relations": relations and relations.model_dump(mode="json"),
            "covers": sorted(covers),
            "enterprises": enterprises,
        },
        sort_keys=True,
    )


def read_mark(path: Path, relations: RelationSet | None) -> FilesMark | None:
    """The mark of a table that was clustered here, or ``None`` for any other.

    Args:
        path: The table: a file, or a folder of buckets.
        relations: The relations that are wanted; without, any will do.

    Raises:
        InputError: It was clustered under other closed lists or relations, or changed since: whoever changes a file
            may keep its mark, but DuckDB is then no longer named as its writer.
    """
    files = bucket_files(path)
    footers = [pq.read_metadata(file) for file in files]
    marks: list[bytes | None] = [(footer.metadata or {}).get(MARK_NAME.encode()) for footer in footers]
    texts = {mark.decode(errors="replace") for mark in marks if mark is not None}
    if not texts or None in marks:
        return None
    text = texts.pop()
    if texts or not all(str(footer.created_by).startswith(WRITER) for footer in footers):
        raise InputError("clustered_changed", place=str(path))
    if not _is_present(text, relations):
        raise InputError("clustered_before", place=str(path))
    if len(files) != json.loads(text).get("buckets", 1):
        raise InputError("clustered_changed", place=str(path))
    return FilesMark(text, sum(footer.num_rows for footer in footers))


def _is_present(mark_text: str, relations: RelationSet | None) -> bool:
    """Whether a mark is of this format, of the present closed lists and of the relations that are wanted."""
    try:
        mark = json.loads(mark_text)
        stored = None if mark["relations"] is None else RelationSet.model_validate(mark["relations"])
        is_ours = mark_text == make_mark(
            frozenset(mark["covers"]), mark["enterprises"], stored, mark.get("buckets", 1)
        )
        return is_ours and relations in (None, stored)
    except (ValueError, TypeError, KeyError):
        return False
