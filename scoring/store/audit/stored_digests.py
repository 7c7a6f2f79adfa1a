"""The rows of a table, whatever they hold, and whether the content of each gives its digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Column, Connection, Table

from scoring.store.log.entry import sealed_columns, sealer_of
from scoring.store.tables.bulk import FETCH, stream_parts

KINDS: dict[type, tuple[frozenset[type], pa.DataType]] = {
    str: (frozenset({str, type(None)}), pa.string()),
    date: (frozenset({str, type(None)}), pa.string()),
    int: (frozenset({int, type(None)}), pa.int64()),
    bool: (frozenset({int, bool, type(None)}), pa.int64()),
    bytes: (frozenset({bytes, type(None)}), pa.binary()),
}
"""Type of a column -> types of the cells that a row of ours can hold there, and what Arrow calls it."""
FEW = 200
"""Up to so many rows the way to SQL takes longer than hashing them here."""


class StoredRow(NamedTuple):
    """A row as far as its entry is concerned; ``is_sound`` where its content gives its digest."""

    event: Any
    key: Any
    digest: Any
    is_sound: bool


def stored_rows(connection: Connection, table: Table) -> Iterator[StoredRow]:
    """Rows in the order of their events, and within an event in that of their keys."""
    # Numbers rise from event to event; keys that are texts do not.
    columns = [table.c[name] for name in (*sealed_columns(table), "salt", "digest")]
    key_column = next(iter(table.primary_key))
    is_numbered = issubclass(key_column.type.python_type, int)
    in_order = key_column.name if is_numbered else f"event, {key_column.name}"
    names = [column.name for column in columns]
    key_position, event_position = names.index(key_column.name), names.index("event")
    wanted = ", ".join(_selected(column, connection) for column in columns)
    for rows in stream_parts(connection, f"SELECT {wanted} FROM {table.name} ORDER BY {in_order}", FETCH):
        for row, is_sound in zip(rows, _sound(table, columns, rows), strict=True):
            yield StoredRow(row[event_position], row[key_position], row[-1], is_sound)


def _selected(column: Column[Any], connection: Connection) -> str:
    """A column as its content has it: of PostgreSQL a day as text, for it has days that Python has not."""
    is_day = column.type.python_type is date and connection.dialect.name != "sqlite"
    return f"CAST({column.name} AS TEXT)" if is_day else column.name


def _sound(table: Table, columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> list[bool]:
    """Of each row whether it is one that the programme can have written, with its digest."""
    kinds = [KINDS[column.type.python_type] for column in columns]
    cells = list(zip(*rows, strict=True))
    is_typed = all(
        set(map(type, column)) <= allowed for column, (allowed, _) in zip(cells, kinds, strict=True)
    )
    if is_typed and len(rows) > FEW:
        try:
            typed = zip(cells[:-2], kinds, strict=False)
            arrays = [pa.array(_whole(column, kind), kind) for column, (_, kind) in typed]
            table_rows = pa.Table.from_arrays(arrays, names=list(sealed_columns(table)))
            digests = sealer_of(table).digests(cells[-2], table_rows)
            return [digest == stored for digest, stored in zip(digests, cells[-1], strict=True)]
        except (UnicodeEncodeError, OverflowError, pa.ArrowException):
            # One text that is none is in the way of all: each row is looked at by itself.
            pass
    return [_is_sound(table, kinds, row) for row in rows]


def _whole(cells: Sequence[Any], kind: pa.DataType) -> Sequence[Any]:
    """Cells with the truth values of PostgreSQL as 0 and 1."""
    if pa.types.is_integer(kind) and bool in set(map(type, cells)):
        return [int(cell) if isinstance(cell, bool) else cell for cell in cells]
    return cells


def _is_sound(table: Table, kinds: Sequence[tuple[frozenset[type], pa.DataType]], row: Sequence[Any]) -> bool:
    """The same of one row by itself."""
    if not all(type(cell) in allowed for cell, (allowed, _) in zip(row, kinds, strict=True)):
        return False
    *content, salt, digest = row
    try:
        return bool(sealer_of(table).digest(salt, content) == digest)
    except (TypeError, ValueError):
        return False
