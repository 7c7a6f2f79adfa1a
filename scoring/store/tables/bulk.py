"""Millions of rows in and out, as Arrow.

SQLite takes and gives them by ``executemany`` and cursors, PostgreSQL by ``COPY``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Table

from scoring.store.log.sealing import OPENED, RowSealer
from scoring.store.tables.database import raw_of

FETCH = 20_000
"""Rows that Python holds at once."""
BLOCK = 8 << 20
"""Bytes of ``COPY`` that Arrow parses at once."""
T = TypeVar("T")


def in_parts(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Values in parts of a size: one ``IN (…)`` names only so many on either database."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


class SealedRows(NamedTuple):
    """Arrow rows of a table, each with a salt and its digest.

    Attributes:
        table: Its name.
        rows: All its columns but ``salt`` and ``digest``.
        salts: The salts.
        digests: The digests.
    """

    table: str
    rows: pa.Table
    salts: list[bytes]
    digests: list[bytes]


def seal_rows(table: str, rows: pa.Table) -> SealedRows:
    """Gives Arrow rows their salts and digests; a few ten thousand rows at a time."""
    salts, digests = RowSealer(rows.column_names, OPENED.get(table, ())).seal_table(rows)
    return SealedRows(table, rows, salts, digests)


def insert_sealed(connection: Connection, sealed: SealedRows) -> list[bytes]:
    """Adds sealed rows to their table, in their order; gives the digests.

    Args:
        connection: A writing one.
        sealed: The rows.
    """
    table, rows, salts, digests = sealed
    names = rows.column_names
    columns = ", ".join((*names, "salt", "digest"))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * (len(names) + 2))
        cells = [_cells(rows.column(name)) for name in names]
        raw_of(connection).executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",
            zip(*cells, salts, digests, strict=True),
        )
    else:
        whole = rows.append_column("salt", pa.array(salts, pa.binary()))
        whole = whole.append_column("digest", pa.array(digests, pa.binary()))
        _copy_in(connection, f"{table} ({columns})", whole)
    return digests


def _copy_in(connection: Connection, target: str, rows: pa.Table) -> None:
    """Arrow rows into a table of PostgreSQL, named with its columns."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_binary(field.type):
            rows = rows.set_column(place, field.name, _hex(rows.column(place).to_pylist()))
    sink = io.BytesIO()
    pa_csv.write_csv(rows, sink, pa_csv.WriteOptions(include_header=False))
    with (
        raw_of(connection).cursor() as cursor,
        cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(sink.getbuffer())


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Values as canonical JSON and SQLite know them: days as ISO text, truth values as 0 and 1."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return list(column.cast(pa.int8()).to_pylist())
    return list((column.cast(pa.string()) if pa.types.is_date(kind) else column).to_pylist())


def _hex(values: Sequence[bytes]) -> pa.Array:
    """Bytes as PostgreSQL reads them in text."""
    return pa.array(["\\x" + value.hex() for value in values], pa.string())


def stream_rows(connection: Connection, text: str) -> Iterator[Sequence[Any]]:
    """Rows of a query as the driver gives them, some ten thousand at a time."""
    for rows in stream_parts(connection, text):
        yield from rows


def stream_parts(connection: Connection, text: str, size: int = FETCH) -> Iterator[Sequence[Sequence[Any]]]:
    """The same in parts of a size."""
    streamed = {"stream_results": True, "max_row_buffer": size}
    yield from connection.exec_driver_sql(text, execution_options=streamed).partitions(size)


def read_rows(
    connection: Connection, text: str, schema: pa.Schema, parameters: Sequence[object] = ()
) -> Iterator[pa.Table]:
    """Rows of a query, some ten thousand at a time; without rows, none.

    Args:
        connection: A reading or writing one.
        text: SQL with the columns of ``schema``, in that order; ``?`` stands for a parameter.
        schema: Names and types: text, int64, date32, bool or binary.
        parameters: What the marks stand for.
    """
    if connection.dialect.name != "sqlite":
        yield from _copied_out(connection, text.replace("?", "%s"), schema, parameters)
        return
    # By the driver itself: SQLAlchemy would make an object of every row.
    cursor = raw_of(connection).execute(text, tuple(parameters))
    while rows := cursor.fetchmany(FETCH):
        columns = zip(zip(*rows, strict=True), schema, strict=True)
        arrays = [_array(cells, field.type) for cells, field in columns]
        yield pa.Table.from_arrays(arrays, schema=schema)


def _array(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Cells of SQLite as Arrow."""
    if pa.types.is_date(kind):
        return pa.array(cells, pa.string()).cast(kind)
    return pa.array(map(bool, cells), kind) if pa.types.is_boolean(kind) else pa.array(cells, kind)


def _copied_out(
    connection: Connection, text: str, schema: pa.Schema, parameters: Sequence[object]
) -> Iterator[pa.Table]:
    """Rows of a query of PostgreSQL: ``COPY`` out as CSV, parsed by Arrow in blocks."""
    convert = pa_csv.ConvertOptions(
        column_types={field.name: _type_in_csv(field.type) for field in schema},
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    read = pa_csv.ReadOptions(column_names=schema.names)
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    with (
        raw_of(connection).cursor() as cursor,
        cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT csv)", tuple(parameters) or None) as copy,
    ):
        for block in _blocks(copy):
            table = pa_csv.read_csv(io.BytesIO(block), read, parse, convert)
            columns = [_restored(table.column(field.name), field.type) for field in schema]
            yield pa.Table.from_arrays(columns, schema=schema)


def _type_in_csv(kind: pa.DataType) -> pa.DataType:
    """Type as which Arrow reads a column: bytes and truth values stand in PostgreSQL's own form."""
    return pa.string() if pa.types.is_binary(kind) or pa.types.is_boolean(kind) else kind


def _blocks(copy: Any) -> Iterator[bytes]:
    """Whole rows, some megabytes together: PostgreSQL sends a row a message."""
    rows: list[bytes] = []
    size = 0
    for message in copy:
        rows.append(bytes(message))
        size += len(rows[-1])
        if size >= BLOCK:
            yield b"".join(rows)
            rows, size = [], 0
    if rows:
        yield b"".join(rows)


def _restored(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    """A column of PostgreSQL's CSV in its own type."""
    if pa.types.is_binary(kind):
        texts = column.to_pylist()
        return pa.array([None if text is None else bytes.fromhex(text[2:]) for text in texts], kind)
    if pa.types.is_boolean(kind):
        return pa.array([None if text is None else text == "t" for text in column.to_pylist()], kind)
    return column


def upsert(connection: Connection, table: Table, rows: pa.Table) -> None:
    """Puts Arrow rows of all columns in the place of those with the same key, or adds them."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    columns = ", ".join(names)
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    on_conflict = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {replaced}"
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        cells = [_cells(rows.column(name)) for name in names]
        raw_of(connection).executemany(
            f"INSERT INTO {table.name} ({columns}) VALUES ({marks}) {on_conflict}",
            zip(*cells, strict=True),
        )
        return
    # ``COPY`` replaces nothing: the rows arrive in a table of their own and are taken from there.
    connection.exec_driver_sql(f"CREATE TEMP TABLE arriving (LIKE {table.name}) ON COMMIT DROP")
    _copy_in(connection, f"arriving ({columns})", rows.select(names))
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM arriving {on_conflict}"
    )
    connection.exec_driver_sql("DROP TABLE arriving")
