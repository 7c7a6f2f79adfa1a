"""The bytes that a row's digest is over, made so that SQL writes the same ones.

A cell is ``name=length:text``, ``name=integer`` or ``name=xhex``, a line each, in the order of the
names; the length counts bytes of UTF-8. Nothing is escaped, so that nobody needs a library of JSON,
and no two rows have the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

Cell = str | int | bool | date | bytes | None
"""What a column of the store holds."""


class RowForm:
    """The content of rows of one table, or of one part of its columns.

    Args:
        columns: All columns of the table, in the order in which ``encode`` gets their values.
        part: Those that belong to the part; all by default.
    """

    def __init__(self, columns: Sequence[str], part: Sequence[str] | None = None) -> None:
        self.names = sorted(columns if part is None else part)
        self._columns = [(columns.index(name), f"{name}=".encode()) for name in self.names]

    def encode(self, values: Sequence[Cell]) -> bytes:
        """The content of one row: days as ISO text, true and false as 1 and 0.

        SQLite keeps days and truth values that way, so both databases give the same bytes. Nulls
        are left out: a column that a later migration adds leaves older digests as they are.

        Raises:
            TypeError: A value is of another type.
            ValueError: Half a surrogate pair in a text.
        """
        return b"".join(
            key + _line(values[position]) for position, key in self._columns if values[position] is not None
        )


def _line(value: Cell) -> bytes:
    if type(value) is str:
        text = value.encode()
        return b"%d:%b\n" % (len(text), text)
    if isinstance(value, int):
        return b"%d\n" % value
    if type(value) is date:
        return b"10:%b\n" % value.isoformat().encode()
    if type(value) is bytes:
        return b"x%b\n" % value.hex().encode()
    raise TypeError(f"{type(value).__name__}: a row holds texts, days, integers, bytes and nulls")
