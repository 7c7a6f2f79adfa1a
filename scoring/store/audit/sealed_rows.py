"""The rows of a table against their digests, and those of each entry against what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, islice, pairwise
from typing import Any

from sqlalchemy import Connection, Table

from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.log_entries import NAMED, Brought
from scoring.store.audit.stored_digests import StoredRow, stored_rows
from scoring.store.log.merkle import Frontier, leaf_hash
from scoring.store.log.sealing import NOT_SEALED
from scoring.store.tables.bulk import stream_rows
from scoring.store.tables.orm import Base

ERASED_AS = {"record_version": "record"}
"""What ``erased`` calls the rows of a table."""


@dataclass
class CheckedTable:
    """What was looked at in a table and what is wrong there."""

    rows: int = 0
    findings: list[AuditFinding] = field(default_factory=list)


class _EventRows:
    """The sound rows of one event in one table, in the order of their keys."""

    def __init__(self) -> None:
        self.tree = Frontier()
        self.keys: list[Any] = []

    def add(self, row: StoredRow) -> None:
        """Takes the next row."""
        self.tree.append(leaf_hash(row.digest))
        self.keys.append(row.key)

    def gaps(self) -> str:
        """Numbers that are missing between those that are there; empty where keys are texts."""
        # An event numbers its rows of a table without gaps.
        numbers = [key for key in self.keys if isinstance(key, int)]
        missing = chain.from_iterable(range(low + 1, high) for low, high in pairwise(numbers))
        return ", ".join(map(str, islice(missing, NAMED)))


_NO_ROWS = _EventRows()


def sealed_tables() -> list[Table]:
    """The tables whose rows the log commits to."""
    needed = {"event", *NOT_SEALED}
    return [table for table in Base.metadata.sorted_tables if needed <= set(table.columns.keys())]


def check_table(
    connection: Connection, table: Table, brought: Mapping[int, Brought], broken: set[int]
) -> CheckedTable:
    """Recomputes the digests of a table's rows and compares them with the entries of the log.

    Args:
        connection: A reading one.
        table: One of ``sealed_tables``.
        brought: Entry -> what it commits to of this table.
        broken: Entries that are not as they were written: their rows cannot be compared.
    """
    checked, rows_by_event = CheckedTable(), dict[int, _EventRows]()
    for stored_row in _rows_in_order(connection, table):
        checked.rows += 1
        if not stored_row.is_sound:
            checked.findings.append(AuditFinding("changed", table.name, str(stored_row.key)))
        elif stored_row.event not in broken:
            rows_by_event.setdefault(stored_row.event, _EventRows()).add(stored_row)
    unsound = len(checked.findings)
    # What a broken entry says of its rows is worth nothing.
    comparable = {number: rows for number, rows in brought.items() if number not in broken}
    checked.findings += _lacking(table.name, rows_by_event, comparable, unsound)
    for event_number, event_rows in rows_by_event.items():
        expected = comparable.get(event_number, Brought(0, ""))
        checked.findings += _not_brought(table.name, event_number, event_rows, expected)
    return checked


def _rows_in_order(connection: Connection, table: Table) -> Iterable[StoredRow]:
    """All rows that a table has had; of some of them the law has left the digest alone."""
    rows = stored_rows(connection, table)
    if table.name not in ERASED_AS:
        return rows
    return merge(rows, _erased_rows(connection, table.name), key=lambda row: row.key)


def _erased_rows(connection: Connection, table: str) -> Iterator[StoredRow]:
    """What is left of the rows that the law had deleted from a table: digests in their places."""
    columns = "brought_by, seq, row_digest"
    statement = f"SELECT {columns} FROM erased WHERE fact = '{ERASED_AS[table]}' ORDER BY seq"
    for event_number, fact_number, digest in stream_rows(connection, statement):
        is_sound = type(event_number) is int and type(digest) is bytes
        yield StoredRow(event_number, fact_number, digest, is_sound)


def _lacking(
    table: str, rows_by_event: Mapping[int, _EventRows], brought: Mapping[int, Brought], unsound: int
) -> Iterator[AuditFinding]:
    """Entries that brought more rows than there are."""
    lacking: dict[int, int] = {}
    for event_number, (row_count, _) in brought.items():
        present = rows_by_event.get(event_number, _NO_ROWS).tree.size
        if row_count > present:
            lacking[event_number] = row_count - present
    # Rows that lack because they are unsound have been named already.
    if sum(lacking.values()) <= unsound:
        return
    for event_number, missing_count in lacking.items():
        numbers = rows_by_event.get(event_number, _NO_ROWS).gaps()
        yield AuditFinding("removed", table, numbers or f"× {missing_count}", str(event_number))


def _not_brought(table: str, event: int, rows: _EventRows, brought: Brought) -> Iterator[AuditFinding]:
    """Sound rows of an event that its entry does not commit to."""
    # Whoever inserts takes a number that is free, which is behind the others.
    if rows.tree.size > brought.rows:
        for key in rows.keys[brought.rows - rows.tree.size :]:
            yield AuditFinding("inserted", table, str(key), str(event))
    elif rows.tree.size == brought.rows and rows.tree.root().hex() != brought.root:
        yield AuditFinding("rewritten", table, f"{rows.keys[0]}–{rows.keys[-1]}", str(event))
