"""Characters of a cell that nobody sees and nobody typed: left out when a file is read, and counted."""

from __future__ import annotations

import re

INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
"""Characters without width or with a direction alone; what web pages and chat programs leave in a copied text."""
EDGES = "\\s\u00a0\u2000-\u200a\u202f\u205f\u3000\x00-\x1f\x7f-\x9f"
"""Blanks and control characters, which mean nothing around a text."""
QUOTED = re.compile(r'="([^"]*)"|\'([0-9][0-9A-Za-z]{5,})')
"""How a text is kept from becoming a number in a spreadsheet: ``="0571"`` or ``'0571…``."""
SUSPECT = re.compile(f"[{INVISIBLE}]|^[{EDGES}=']|[{EDGES}]$")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_EDGES = re.compile(f"^[{EDGES}]+|[{EDGES}]+$")
SUSPECT_BYTES = (
    b"\xe2\x80",
    b"\xe2\x81",
    b"\xc2",
    b"\xef\xbb\xbf",
    b"\xef\xbf\xb9",
    b"\xd8\x9c",
    b'="',
    b"'",
)
"""Beginnings of such characters in UTF-8: a file without any of them needs no second look."""
PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\r\n" + bytes(range(0x80, 0x100))


def clean(text: str) -> str:
    """A text without invisible characters, blanks around it, or the marks that keep it a text."""
    # Most texts hold nothing of the kind: one look tells.
    if not SUSPECT.search(text):
        return text
    visible = _EDGES.sub("", _INVISIBLE.sub("", text))
    if quoted := QUOTED.fullmatch(visible):
        return quoted[1] if quoted[1] is not None else quoted[2]
    return visible
