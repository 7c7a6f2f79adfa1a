"""A query taken apart at its named parts, for an engine that writes a part anew wherever it is named.

Spark does: relations name each other over eleven parts, which makes of one reading of the records sixteen
hundred. Parts that are computed once keep it at a few.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

MOST_READINGS = 4
"""Tables that a part may come to read, the parts within it written out, before it is computed once."""

_OPENING = re.compile(r"(?:WITH|,)\s+`(\w+)`\s+AS\s+\(")
_SIGNS = re.compile(r"'(?:[^'\\]|\\.)*'|`[^`]*`|[()]")
_TABLE = re.compile(r"(?:FROM|JOIN)\s+`(\w+)`")


class QueryPart(NamedTuple):
    """A named part of a query.

    Attributes:
        name: Its name.
        text: What it selects, which may name parts before it.
        is_wide: Whether it is to be computed once, however often it is named.
    """

    name: str
    text: str
    is_wide: bool


class QueryParts(NamedTuple):
    """A query: its named parts in order, and what is asked of them at last."""

    parts: tuple[QueryPart, ...]
    last: str


def parts_of(query: str) -> QueryParts:
    """Takes apart ``WITH `a` AS (...), `b` AS (...) SELECT ...``; a query without parts has only its last text.

    Args:
        query: As ``compile.sql`` writes it for Spark: names stand in backticks.
    """
    texts: dict[str, str] = {}
    rest = 0
    while opening := _OPENING.match(query, rest):
        rest = _closing(query, opening.end())
        texts[opening[1]] = query[opening.end() : rest - 1]
        rest += len(query[rest:]) - len(query[rest:].lstrip())
    return QueryParts(tuple(_parts(texts)), query[rest:])


def _closing(query: str, start: int) -> int:
    """The place behind the parenthesis that closes the one before ``start``."""
    depth = 1
    for sign in _SIGNS.finditer(query, start):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if depth == 0:
            return sign.end()
    raise ValueError("the query has a parenthesis that nothing closes")


def _parts(texts: dict[str, str]) -> Iterator[QueryPart]:
    readings: dict[str, int] = {}
    for name, text in texts.items():
        tables = Counter(_TABLE.findall(text))
        count = sum(readings.get(table, 1) * times for table, times in tables.items())
        is_wide = count > MOST_READINGS
        readings[name] = 1 if is_wide else count
        yield QueryPart(name, text, is_wide)
