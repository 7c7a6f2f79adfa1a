"""Canonical JSON (RFC 8785) of what the audit log commits to.

Everything that decides is an integer, so floats are refused: of the rest, two programmes can only ever write the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from json.encoder import encode_basestring

Cell = str | int | bool | date | bytes | None
"""What a column of the store holds."""
Json = str | int | bool | None | Mapping[str, "Json"] | Sequence["Json"]

SAFE_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 7493)."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumps(value: Json) -> bytes:
    """UTF-8 bytes of a value: no blanks, keys in the order of their UTF-16 code units, shortest escapes.

    Raises:
        TypeError: A value, or a key, that canonical JSON of integers does not know.
        ValueError: An integer beyond ``SAFE_INTEGER``, or half a surrogate pair in a text.
    """
    return _encode(_ordered(value)).encode("utf-8")


def _ordered(value: Json) -> Json:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return _safe(value)
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    raise TypeError(f"{type(value).__name__}: expected text, integer, true, false, null, list or object")


def _safe(value: int) -> int:
    if abs(value) > SAFE_INTEGER:
        raise ValueError(f"{value}: beyond 2^53 - 1, JSON readers would round it")
    return value


def _utf16(key: str) -> bytes:
    if not isinstance(key, str):
        raise TypeError(f"{key!r}: a key is text")
    return key.encode("utf-16-be")


class RowForm:
    """Canonical JSON of the rows of one table, quickly: what ``dumps`` gives for the row without its nulls.

    Nulls are left out so that a column added by a later migration leaves the digests of older rows as they are.

    Args:
        columns: Names of the columns, in the order in which ``encode`` gets their values.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        keys = sorted(range(len(columns)), key=lambda i: _utf16(columns[i]))
        self._keys = [(i, f"{encode_basestring(columns[i])}:") for i in keys]

    def encode(self, values: Sequence[Cell]) -> bytes:
        """UTF-8 bytes of one row: days as ISO text, true and false as 1 and 0, which is how SQLite keeps them, bytes in hex.

        Raises:
            TypeError: A value is of another type.
            ValueError: As for ``dumps``.
        """
        parts = [key + _literal(values[i]) for i, key in self._keys if values[i] is not None]
        return f"{{{','.join(parts)}}}".encode()


def _literal(value: Cell) -> str:
    if type(value) is str:
        return encode_basestring(value)
    if isinstance(value, int):
        return str(_safe(int(value)))
    if type(value) is date:
        return f'"{value.isoformat()}"'
    if type(value) is bytes:
        return f'"{value.hex()}"'
    raise TypeError(f"{type(value).__name__}: a row holds texts, days, integers, bytes and nulls")
