"""Millions of rows in and out: ``executemany`` and cursors on SQLite, ``COPY`` on PostgreSQL, Arrow on this side."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Table

from scoring.store.log.canonical_json import RowForm
from scoring.store.log.sealing import new_salts
from scoring.store.tables.database import raw_of

FETCH = 20_000
"""Rows that Python holds at once."""


def insert_sealed(connection: Connection, table: str, rows: pa.Table) -> list[bytes]:
    """Adds Arrow rows to a table, in their order, each with a salt and its digest.

    Args:
        connection: A writing one.
        table: Its name.
        rows: All its columns but ``salt`` and ``digest``; a few ten thousand rows at a time.

    Returns:
        The digests.
    """
    names = rows.column_names
    cells = [_cells(rows.column(name)) for name in names]
    salts = new_salts(rows.num_rows)
    encode = RowForm(names).encode
    digests = [
        sha256(salt + encode(row)).digest() for salt, row in zip(salts, zip(*cells, strict=True), strict=True)
    ]
    columns = ", ".join((*names, "salt", "digest"))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * (len(names) + 2))
        raw_of(connection).executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})", zip(*cells, salts, digests, strict=True)
        )
        return digests
    sink = io.BytesIO()
    whole = rows.append_column("salt", _hex(salts)).append_column("digest", _hex(digests))
    pa_csv.write_csv(whole, sink, pa_csv.WriteOptions(include_header=False))
    with (
        raw_of(connection).cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(sink.getbuffer())
    return digests


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Values as canonical JSON and SQLite know them: days as ISO text, truth values as 0 and 1."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return list(column.cast(pa.int8()).to_pylist())
    return list((column.cast(pa.string()) if pa.types.is_date(kind) else column).to_pylist())


def _hex(values: Sequence[bytes]) -> pa.Array:
    """Bytes as PostgreSQL reads them in text."""
    return pa.array(["\\x" + value.hex() for value in values], pa.string())


def read_rows(
    connection: Connection, text: str, schema: pa.Schema, parameters: Sequence[object] = ()
) -> Iterator[pa.Table]:
    """Rows of a query, some ten thousand at a time; without rows, none.

    Args:
        connection: A reading or writing one.
        text: SQL whose columns are those of ``schema``, in that order; ``?`` stands for a parameter.
        schema: Names and types: text, int64, date32, bool or binary.
        parameters: What the marks stand for.
    """
    if connection.dialect.name == "sqlite":
        cursor = raw_of(connection).execute(text, tuple(parameters))
        while rows := cursor.fetchmany(FETCH):
            columns = zip(zip(*rows, strict=True), schema, strict=True)
            yield pa.Table.from_arrays([_array(cells, field.type) for cells, field in columns], schema=schema)
        return
    yield from _copied(connection, text.replace("?", "%s"), schema, parameters)


def _array(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind):
        return pa.array(cells, pa.string()).cast(kind)
    return pa.array(map(bool, cells), kind) if pa.types.is_boolean(kind) else pa.array(cells, kind)


def _copied(
    connection: Connection, text: str, schema: pa.Schema, parameters: Sequence[object]
) -> Iterator[pa.Table]:
    """``COPY`` out as CSV, parsed by Arrow in blocks."""
    texts = {
        f.name: pa.string() if pa.types.is_binary(f.type) or pa.types.is_boolean(f.type) else f.type
        for f in schema
    }
    convert = pa_csv.ConvertOptions(
        column_types=texts, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
    )
    read, parse = pa_csv.ReadOptions(column_names=schema.names), pa_csv.ParseOptions(newlines_in_values=True)
    with (
        raw_of(connection).cursor() as cursor,
        cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT csv)", tuple(parameters) or None) as copy,
    ):
        for block in _blocks(copy):
            table = pa_csv.read_csv(io.BytesIO(block), read, parse, convert)
            yield pa.Table.from_arrays(
                [_restored(table.column(f.name), f.type) for f in schema], schema=schema
            )


def _blocks(copy: Any, size: int = 8 << 20) -> Iterator[bytes]:
    """Whole rows, some megabytes together: PostgreSQL sends a row a message."""
    parts: list[bytes] = []
    held = 0
    for part in copy:
        parts.append(bytes(part))
        held += len(parts[-1])
        if held >= size:
            yield b"".join(parts)
            parts, held = [], 0
    if parts:
        yield b"".join(parts)


def _restored(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    if pa.types.is_binary(kind):
        return pa.array(
            [None if text is None else bytes.fromhex(text[2:]) for text in column.to_pylist()], kind
        )
    if pa.types.is_boolean(kind):
        return pa.array([None if text is None else text == "t" for text in column.to_pylist()], kind)
    return column


def upsert(connection: Connection, table: Table, rows: pa.Table) -> None:
    """Puts Arrow rows of all columns in the place of those with the same primary key, or beside the others."""
    names = [column.name for column in table.columns]
    keys = ", ".join(column.name for column in table.primary_key.columns)
    rest = ", ".join(f"{name} = excluded.{name}" for name in names if name not in table.primary_key.columns)
    columns = ", ".join(names)
    cells = [_cells(rows.column(name)) for name in names]
    if connection.dialect.name == "sqlite":
        text = f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT ({keys}) DO UPDATE SET {rest}"
        raw_of(connection).executemany(text, zip(*cells, strict=True))
        return
    connection.exec_driver_sql(f"CREATE TEMP TABLE arriving (LIKE {table.name}) ON COMMIT DROP")
    sink = io.BytesIO()
    pa_csv.write_csv(rows.select(names), sink, pa_csv.WriteOptions(include_header=False))
    with (
        raw_of(connection).cursor() as cursor,
        cursor.copy(f"COPY arriving ({columns}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(sink.getbuffer())
    text = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM arriving ON CONFLICT ({keys}) DO UPDATE SET {rest}"
    connection.exec_driver_sql(text)
    connection.exec_driver_sql("DROP TABLE arriving")
