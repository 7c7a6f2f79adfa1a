"""Canonical JSON (RFC 8785) of what the audit log commits to.

Everything that decides is an integer, so floats are refused: of the rest, two programmes can only
ever write the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Json = str | int | bool | None | Mapping[str, "Json"] | Sequence["Json"]

SAFE_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 7493)."""

compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON without blanks. Of lists of texts and integers it is canonical JSON, and far quicker."""


def dumps(value: Json) -> bytes:
    """UTF-8 bytes of a value: no blanks, keys in order of UTF-16 code units, shortest escapes.

    Raises:
        TypeError: A value, or a key, that canonical JSON of integers does not know.
        ValueError: An integer beyond ``SAFE_INTEGER``, or half a surrogate pair in a text.
    """
    return compact(_ordered(value)).encode("utf-8")


def _ordered(value: Json) -> Json:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return _safe(value)
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, (list, tuple)):
        return [_ordered(element) for element in value]
    known_types = "text, integer, true, false, null, list or object"
    raise TypeError(f"{type(value).__name__}: expected {known_types}")


def _safe(value: int) -> int:
    if abs(value) > SAFE_INTEGER:
        raise ValueError(f"{value}: beyond 2^53 - 1, JSON readers would round it")
    return value


def _utf16(key: str) -> bytes:
    if not isinstance(key, str):
        raise TypeError(f"{key!r}: a key is text")
    return key.encode("utf-16-be")
