"""What a source says anew of what a store holds: new, changed, contradicting and missing records, listed."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import ENTERPRISE_COLUMNS
from scoring.records.link.already_stored import LATEST, NOT_COMPARED, FactStore, columns_given
from scoring.records.link.resolve import FILE_BITS, has_rows, live_rows
from scoring.records.map.reasons import harmless
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS
from scoring.records.read.staging import Source
from scoring.sql.literals import literal

HEADER = ("what", "record_id", "enterprise_id", "column", "before", "after", "file", "row", "settle_by")
BATCH_ROWS = 10_000


@dataclass
class Changes:
    """How many records a source says something new of.

    Attributes:
        new: Records that the store did not hold.
        changed: Records and enterprises of which it takes in another version.
        conflicting: Rows that contradict the store and were refused.
        missing: Records of the source that the store holds and a complete file no longer has.
    """

    new: int = 0
    changed: int = 0
    conflicting: int = 0
    missing: int = 0


@dataclass
class _Listing:
    """The open list."""

    writer: Any
    files: Mapping[int, str]
    counts: Changes = field(default_factory=Changes)

    def add(self, what: str, row: Mapping[str, Any], cells: Sequence[object] = ("", "", "")) -> None:
        """Writes one line: a record, or one of its columns."""
        row_id = row.get("_rid")
        place: tuple[object, object] = ("", "")
        if row_id is not None:
            place = (self.files.get(row_id >> FILE_BITS, ""), (row_id >> EMIT_BITS) & ((1 << ROW_BITS) - 1))
        settle_by = _command(row, cells) if what == "conflict" else ""
        shown = [harmless("" if cell is None else str(cell)) for cell in cells]
        record_id = harmless(str(row.get("record_id") or ""))
        self.writer.writerow((what, record_id, row["enterprise_id"], *shown, *place, settle_by))


def _command(row: Mapping[str, Any], cells: Sequence[object]) -> str:
    """The command that takes the new value for the right one."""
    column, _before, after = cells
    value = shlex.quote(f"{column}={'' if after is None else after}")
    return f"sise record correct {shlex.quote(row['record_id'])} {value} --ground …"


def list_changes(
    connection: Connection, source: Source, store: FactStore, target: Path, *, again: bool
) -> Changes:
    """Writes what a source says anew, a line for each record or column.

    Args:
        connection: Connection on which enterprises and records are compared with the store.
        source: The source.
        store: The store.
        target: The file (CSV, UTF-8 with BOM).
        again: Whether the map was imported before: of a first import everything is new, and nothing
            is missing.
    """
    files = {file.number: file.name for file in source.all_files()}
    with target.open("w", encoding="utf-8-sig", newline="") as changes:
        listing = _Listing(csv.writer(changes), files)
        listing.writer.writerow(HEADER)
        staged = source.staged(enterprises=False)
        compared = columns_given(source.map)
        live = f"SELECT * FROM ({live_rows(connection, staged, 'records')}) ANTI JOIN merged_records USING (_rid)"
        listing.counts.changed += _list_enterprises(connection, listing)
        listing.counts.changed += _list_pairs(connection, "changed", live, compared, listing)
        paths = ", ".join(literal(str(path)) for path in staged)
        if paths:
            refused = f"SELECT * FROM read_parquet([{paths}]) WHERE _rid IN ({_CONFLICTING})"
            listing.counts.conflicting = _list_pairs(connection, "conflict", refused, compared, listing)
        if again:
            unheard = f"({live}) ANTI JOIN stored_records USING (record_id)"
            listing.counts.new = _list_ids(connection, "new", f"SELECT * FROM {unheard}", listing)
        if again and source.map.complete and paths:
            connection.register("stored_of_source", store.of_source(source.map.id))
            missing = f"""
                SELECT record_id, enterprise_id, NULL::BIGINT AS _rid
                FROM stored_of_source
                ANTI JOIN read_parquet([{paths}]) USING (record_id)
                """
            listing.counts.missing = _list_ids(connection, "missing", missing, listing)
            connection.unregister("stored_of_source")
    return listing.counts


_CONFLICTING = "SELECT id FROM fault WHERE code = 'conflict' AND col = 'record_id'"


def _list_ids(connection: Connection, what: str, rows: str, listing: _Listing) -> int:
    """Lists records as they are; returns how many."""
    cursor = connection.execute(f"SELECT record_id, enterprise_id, _rid FROM ({rows}) ORDER BY ALL")
    count = 0
    while batch := cursor.fetchmany(BATCH_ROWS):
        for record_id, enterprise_id, row_id in batch:
            listing.add(what, {"record_id": record_id, "enterprise_id": enterprise_id, "_rid": row_id})
        count += len(batch)
    return count


def _list_pairs(
    connection: Connection, what: str, rows: str, compared: Sequence[str], listing: _Listing
) -> int:
    """Lists the columns in which given rows differ from the latest stored version; returns the rows."""
    pairs = f"""
        SELECT t, h
        FROM ({rows}) t
        JOIN (
            SELECT DISTINCT ON (record_id) *
            FROM stored_records
            ORDER BY record_id, {LATEST}
        ) h USING (record_id)
        ORDER BY t.record_id, t._rid
        """
    count = 0
    # Against an empty store nothing can differ, and its first import is the largest.
    if not has_rows(connection, "stored_records"):
        return count
    for given, stored in _fetched(connection, pairs):
        count += 1
        for column in compared:
            if given[column] != stored[column]:
                listing.add(what, given, (column, stored[column], given[column]))
    return count


def _list_enterprises(connection: Connection, listing: _Listing) -> int:
    """Lists what a register says anew of enterprises; returns how many."""
    pairs = f"""
        SELECT t, h
        FROM (SELECT * FROM given_enterprises SEMI JOIN changed_enterprises USING (_rid)) t
        JOIN (
            SELECT DISTINCT ON (enterprise_id) *
            FROM stored_given_enterprises
            ORDER BY enterprise_id, {LATEST}
        ) h USING (enterprise_id)
        ORDER BY t.enterprise_id, t._rid
        """
    count = 0
    compared = [column for column in ENTERPRISE_COLUMNS if column not in ("enterprise_id", *NOT_COMPARED)]
    for given, stored in _fetched(connection, pairs):
        count += 1
        for column in compared:
            if given[column] != stored[column]:
                listing.add("changed", given, (column, stored[column], given[column]))
    return count


def _fetched(connection: Connection, pairs: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    cursor = connection.execute(pairs)
    while batch := cursor.fetchmany(BATCH_ROWS):
        yield from batch
