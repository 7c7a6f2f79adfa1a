"""What stands in a field, a header or a file where somebody wants to do harm."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache

BOUNDARY = "----sise"
VALUES: tuple[bytes, ...] = (
    b"",
    b" ",
    b"\x00",
    b"a\x00b",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\xc0\xaf",
    "\u202e\u200b\ufeff".encode(),
    "𠮷👍\u0301".encode() * 40,
    "衢州".encode("gbk"),
    "衢州".encode("utf-16"),
    b"\r\nSet-Cookie: x=1\r\n\r\n<p>",
    b"-1",
    b"0",
    b"1e400",
    b"NaN",
    b"9" * 400,
    b"999999999999999999999",
    b"0x10",
    "１２３".encode(),
    b"true",
    b"null",
    b"[]",
    b'{"a": [1]}',
    b"2026-02-30",
    b"9999-99-99",
    b"0000-00-00",
    b"+002026-01-01",
    b"2026-09-30T00:00:00Z",
    b"0001-01-01",
    b"9999-12-31",
    b"../../../etc/passwd",
    b"file:///etc/passwd",
    b"'; DROP TABLE step; --",
    b"{{7*7}}${7*7}<%=7*7%>",
    b"%s%n%x%(a)s{0}{a.b}",
    b"<script>window.__ran=1</script>",
    b"=cmd|'/c calc'!A1",
    b"town:target",
    b"source:target:first",
    b"single:target",
    b"withdrawn",
    b"answer",
    b"confirm",
    b"330802-market",
    b"330802-fire",
    b"x" * 3_999,
    b"\xe5" * 5_000,
    b"y" * 20_000,
)
"""What stands in a field."""
NAMES: tuple[str, ...] = (
    *(
        "kind",
        "ground",
        "document",
        "record",
        "reason",
        "matter",
        "office",
        "outcome",
        "column",
        "value",
        "on",
    ),
    *("how", "witness", "person", "seen", "paper", "name", "password", "code", "again", "secret", "digits"),
    *(
        "next",
        "csrf_token",
        "column:result",
        "column:enterprise_id",
        "column:known_on",
        "column:",
        "column:\x00",
    ),
    *("", "\x00", "a[]", "a[b][c]", "__class__", "𠮷", "x" * 300),
)
"""Names of fields, real and other ones."""
COLUMNS: tuple[bytes, ...] = (
    b"amount_fen",
    b"decided_on",
    b"severity",
    b"kind",
    b"authority",
    b"enterprise_id",
    b"known_on",
    b"source",
    b"result",
    b"no_such_column",
)
"""What an answer or a correction may name as a column."""
HEADERS: tuple[tuple[str, str], ...] = (
    ("Accept-Language", "zh;q=2,,;;=," * 50),
    ("Accept-Language", "\xff\xfe" * 20),
    ("Accept-Language", "x" * 4_000),
    ("Cookie", "sise_session=" + "A" * 4_000),
    ("Cookie", 'sise_session="\\000"; session=eyJ.broken.x; a=b; ;;;='),
    ("Cookie", "session=.eJwrSS0uUbIy0lEqLU4tykvMTQUAM-4GWw.x.y"),
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "br, gzip, x"),
    ("Transfer-Encoding", "chunked"),
    ("Expect", "100-continue"),
    ("X-Forwarded-For", "' OR 1=1"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Referer", "javascript:alert(1)"),
    ("Origin", "null"),
    ("Range", "bytes=0-,-1,5-2"),
    ("If-None-Match", '"' * 100),
    ("If-Modified-Since", "yesterday"),
    ("Accept", "*/*;q=\x7f"),
    ("Host", "127.0.0.1:99999999"),
    ("Host", "evil.example"),
    ("Host", ""),
)
QUERIES: tuple[bytes, ...] = (
    b"lang=en&lang=zh&lang=",
    b"lang=%00",
    b"q=%ED%A0%80&colour=red'&area=%FF&field=%00&order=worst&offset=-9",
    b"offset=" + b"9" * 300,
    b"offset=1e9&q=" + b"a%20" * 400,
    b"q=%25%5F%5C%27%22*%28%5B&offset=0x1",
    b"next=//evil.example&code=%00",
    b"procedure=objection'&overdue=%00",
    b"record=source%3Atarget%3Afirst&reason=%3Cb%3E",
    b"&&&===&%=%&%zz",
    b"a=1" * 2_000,
)


@cache
def _zip_bomb() -> bytes:
    """A hundred kilobytes that unpack to a hundred megabytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100_000_000))
    return packed.getvalue()


@cache
def _png_bomb() -> bytes:
    """A picture of 50,000 by 50,000 points in some kilobytes."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(2_000_000), 9)), (b"IEND", b""))
    packed = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        packed += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return packed


@cache
def _pdf_bomb() -> bytes:
    """A paper with a stream that unpacks to fifty megabytes."""
    stream = zlib.compress(zlib.compress(bytes(50_000_000), 9), 9)
    head = b"%%PDF-1.7\n1 0 obj<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n" % len(stream)
    return head + stream + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


FILES: Mapping[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a scan": lambda: b"%PDF-1.4 " + b"scan" * 500,
    "a zip bomb": _zip_bomb,
    "a picture bomb": _png_bomb,
    "a paper bomb": _pdf_bomb,
    "a picture that is a page": lambda: b"GIF89a/*" + b"<script>window.__ran=1</script>" + b"*/=1;",
    "a paper that is a zip": lambda: b"%PDF-1.4\n" + _zip_bomb()[:2_000],
    "XML without end": lambda: b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 500 + b'">]><a>' + b"&b;" * 300,
    "pickled": lambda: base64.b64decode("gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjARlY2hvlIWUUpQu"),
    "parts in a part": lambda: f"--{BOUNDARY}\r\n".encode() * 200,
    "a megabyte": lambda: bytes(range(256)) * 4_096,
    "thirteen megabytes": lambda: bytes(13 * 1024 * 1024),
}
"""What is uploaded."""
