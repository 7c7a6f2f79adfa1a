"""Salts and digests of rows, and everything else in the store that is left to chance.

A row's digest is that of its salt and its content. The log keeps the digest when the law has the row
deleted; without the salt nobody finds the row again by trying.

Where the law may have a row deleted, its digest is over two parts, each with half of the salt: the
one that shows that it was due is opened by the deletion, the other stays closed for good.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from scoring.sql.connect import connect
from scoring.store.log.row_content import Cell, RowForm
from scoring.store.log.verify_proof import commitment, row_digest

SALT_BYTES = 16
"""Of each part of a row."""
NOT_SEALED = frozenset({"salt", "digest"})
"""Columns of a row that its digest does not cover: it is checked by them."""
OPENED = {
    "record_version": (
        "seq",
        "first_seq",
        "enterprise_id",
        "kind",
        "field",
        "severity",
        "info_class",
        "occurred_on",
        "decided_on",
        "known_on",
    )
}
"""Columns of a table that a lawful deletion opens, to show that it was due."""


class Seals(NamedTuple):
    """Salt and digest of each of some rows, in their order."""

    salts: list[bytes]
    digests: list[bytes]


class Opening(NamedTuple):
    """What stays of a row whose deletion is to be proven.

    Attributes:
        content: The part that is opened.
        salt: Its half of the salt.
        closed: The commitment to the other part.
    """

    content: bytes
    salt: bytes
    closed: bytes

    @property
    def digest(self) -> bytes:
        """The digest of the row that it was."""
        return row_digest(self.closed, commitment(self.salt, self.content))


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess."""
    return secrets.token_bytes(count)


def new_salts(count: int, length: int = SALT_BYTES) -> list[bytes]:
    """Salts for so many rows or entries."""
    pool = random_bytes(length * count)
    return [pool[start : start + length] for start in range(0, len(pool), length)]


class RowSealer:
    """Gives the rows of one table their salts and digests.

    Args:
        columns: All columns of the table but ``NOT_SEALED``, in the order in which rows come.
        opened: Those that a lawful deletion opens, if the digest has two parts.
    """

    def __init__(self, columns: Sequence[str], opened: Sequence[str] = ()) -> None:
        self.columns, self.opened = list(columns), opened
        self._open = RowForm(self.columns, opened) if opened else None
        self._closed = RowForm(self.columns, [name for name in columns if name not in opened])
        self.salt_bytes = SALT_BYTES * (2 if opened else 1)

    def seal(self, rows: Sequence[Sequence[Cell]]) -> Seals:
        """New salts for some rows, and their digests."""
        salts = new_salts(len(rows), self.salt_bytes)
        return Seals(salts, [self.digest(salt, row) for salt, row in zip(salts, rows, strict=True)])

    def seal_table(self, rows: pa.Table) -> Seals:
        """The same for Arrow rows of the table's columns."""
        salts = new_salts(rows.num_rows, self.salt_bytes)
        return Seals(salts, self.digests(salts, rows))

    def digest(self, salt: bytes, row: Sequence[Cell]) -> bytes:
        """The digest of a row with its salt.

        Raises:
            TypeError: A cell that no row of the store can hold, or a salt that is none.
            ValueError: A text that UTF-8 refuses.
        """
        if self._open is None:
            return commitment(salt, self._closed.encode(row))
        return self.opening(salt, row).digest

    def opening(self, salt: bytes, row: Sequence[Cell]) -> Opening:
        """What a deletion leaves of a row whose digest has two parts."""
        closed = commitment(salt[SALT_BYTES:], self._closed.encode(row))
        return Opening(self.opened_content(row), salt[:SALT_BYTES], closed)

    def opened_content(self, row: Sequence[Cell]) -> bytes:
        """The part of a row that a deletion opens; nothing where there is one part alone."""
        return self._open.encode(row) if self._open else b""

    def content(self, row: Sequence[Cell]) -> bytes:
        """What the digest of a row is over, beside its salt and the part that a deletion opens."""
        return self._closed.encode(row)

    def digests(self, salts: Sequence[bytes], rows: pa.Table) -> list[bytes]:
        """Digests of Arrow rows with their salts, computed by DuckDB."""
        kinds = {name: rows.schema.field(name).type for name in self.columns}
        salted = rows.append_column("salt", pa.array(salts, pa.binary()))
        with connect(1) as connection:
            connection.register("rows_to_seal", salted)
            digests = connection.execute(f"SELECT {self._in_sql(kinds)} AS digest FROM rows_to_seal")
            return list(digests.to_arrow_table().column("digest").to_pylist())

    def _in_sql(self, kinds: dict[str, pa.DataType]) -> str:
        """The digest as an expression of SQL over Arrow columns of some types."""
        closed = content_in_sql({name: kinds[name] for name in self._closed.names})
        if self._open is None:
            return _hash_in_sql(f"salt || {closed}")
        opened = content_in_sql({name: kinds[name] for name in self._open.names})
        first, second = f"salt[1:{SALT_BYTES}]", f"salt[{SALT_BYTES + 1}:]"
        parts = f"{_hash_in_sql(f'{first} || {opened}')} || {_hash_in_sql(f'{second} || {closed}')}"
        return _hash_in_sql(f"'\\x01'::BLOB || {parts}")


def content_in_sql(kinds: dict[str, pa.DataType]) -> str:
    """The content of a row (see ``RowForm``) as an expression of DuckDB, for columns in order."""
    lines = ", ".join(f"'{name}=' || {_line_in_sql(name, kind)} || chr(10)" for name, kind in kinds.items())
    # What is null makes its line null, and ``concat`` leaves that out.
    return f"encode(concat({lines}))"


def _line_in_sql(name: str, kind: pa.DataType) -> str:
    column = f'"{name}"'
    if pa.types.is_boolean(kind):
        return f"CAST({column} AS TINYINT)"
    if pa.types.is_integer(kind):
        return column
    if pa.types.is_binary(kind):
        return f"'x' || lower(hex({column}))"
    text = column if pa.types.is_string(kind) else f"CAST({column} AS VARCHAR)"
    return f"strlen({text}) || ':' || {text}"


def _hash_in_sql(content: str) -> str:
    return f"unhex(sha256({content}))"
