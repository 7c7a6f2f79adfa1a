"""CBOR as codes use it: numbers, bytes, texts, lists and maps, deterministic (RFC 8949, 4.2), and
nothing else.

The library reads more than that: it compiles regular expressions, makes dates, and takes a key
twice or bytes behind the end. So what has no place in a code is refused before the library sees
it, and what the library has read must be what it would write.
"""

from __future__ import annotations

from typing import Any

import cbor2

from scoring.administration.credential.not_a_code import NotACode

MOST_ITEMS = 48
"""Items in one value, of which the deepest lies so many levels deep at most."""
_BYTES, _TEXT, _LIST, _MAP = 2, 3, 4, 5


def dump(value: Any) -> bytes:
    """A value as deterministic CBOR."""
    return cbor2.dumps(value, canonical=True)


def load(content: bytes) -> Any:
    """The value of deterministic CBOR without tags, floating numbers, and simple values.

    Raises:
        NotACode: It is none.
    """
    if not is_plain(content):
        raise NotACode
    try:
        value = cbor2.loads(content)
        same = dump(value) == content
    except (cbor2.CBORError, ValueError, TypeError):
        raise NotACode from None
    # A number written longer than needed, keys out of order or twice: whatever it is, there is
    # one way to write it.
    if not same:
        raise NotACode
    return value


def is_plain(content: bytes) -> bool:
    """Whether bytes are one item of known kinds up to the last byte, by the heads of its items
    alone."""
    place, end, open_items, items = 0, len(content), 1, 0
    while open_items:
        if place >= end or items == MOST_ITEMS:
            return False
        kind, count = content[place] >> 5, content[place] & 31
        place += 1
        if kind > _MAP or count > 27:
            return False
        if count > 23:
            width = 1 << (count - 24)
            count = int.from_bytes(content[place : place + width], "big")
            place += width
        open_items, items = open_items - 1, items + 1
        if kind in (_BYTES, _TEXT):
            place += count
        elif kind == _LIST:
            open_items += count
        elif kind == _MAP:
            open_items += 2 * count
    return place == end
