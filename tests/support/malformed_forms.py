"""Forms as nobody fills them in: each a real one of ``access_table``, broken in a few ways that follow from its seed."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from urllib.parse import quote_from_bytes

from access_table import ACTIONS, Right

URLENCODED = "application/x-www-form-urlencoded"
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


@dataclass
class Sending:
    """One request as it is sent.

    Attributes:
        action: Which form it began as.
        method: ``POST``, or how the form's page is read.
        path: The address.
        query: What stands behind it, as bytes.
        content_type: As it is declared.
        body: What is sent.
        length: The declared length; ``None``: the true one.
        headers: Further headers.
        broken: In which ways it was broken.
    """

    action: str
    method: str
    path: str
    query: bytes = b""
    content_type: str | None = URLENCODED
    body: bytes = b""
    length: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


Fields = list[tuple[str, bytes]]


def sending(seed: int, fill: Callable[[str], str], token: str, action: str) -> Sending:
    """A request that follows from a seed.

    Args:
        seed: The seed.
        fill: Puts into an address or a value what belongs to the enterprise.
        token: The token of the form's page.
        action: Which form it is.
    """
    chance = Random(seed)
    right: Right = ACTIONS[action]
    fields: Fields = [(name, fill(value).encode()) for name, value in (right.form or {}).items()]
    fields.append(("csrf_token", token.encode()))
    sent = Sending(action, "POST", fill(right.path))
    for breaking in chance.choices(
        (_value, _value, _name, _column, _again, _missing, _many), k=chance.choice((0, 1, 1, 1, 2, 3))
    ):
        breaking(chance, fields)
        sent.broken.append(breaking.__name__)
    is_upload = right.endpoint == "desk.window" or chance.random() < 0.15
    if is_upload and chance.random() < 0.7:
        _multipart(chance, fields, sent)
    else:
        sent.body = _urlencoded(fields)
    for wrong in chance.choices(
        (_type, _length, _header, _query, _path, _method, _cut), k=chance.choice((0, 0, 0, 0, 1, 1, 2))
    ):
        wrong(chance, sent)
        sent.broken.append(wrong.__name__)
    return sent


def _urlencoded(fields: Fields) -> bytes:
    return "&".join(f"{quote_from_bytes(n.encode())}={quote_from_bytes(v)}" for n, v in fields).encode()


def _value(chance: Random, fields: Fields) -> None:
    """Another value in a field, its token excepted."""
    place = chance.randrange(len(fields))
    if fields[place][0] != "csrf_token" or chance.random() < 0.1:
        fields[place] = (fields[place][0], chance.choice(VALUES))


def _name(chance: Random, fields: Fields) -> None:
    """One more field."""
    fields.insert(chance.randrange(len(fields) + 1), (chance.choice(NAMES), chance.choice(VALUES)))


def _column(chance: Random, fields: Fields) -> None:
    """A column with a value, as an answer has them."""
    fields += [("column", chance.choice(COLUMNS)), ("value", chance.choice(VALUES))]


def _again(chance: Random, fields: Fields) -> None:
    """A field several times, with other values."""
    name = chance.choice(fields)[0]
    fields += [(name, chance.choice(VALUES)) for _ in range(chance.randint(1, 4))]


def _missing(chance: Random, fields: Fields) -> None:
    """A field that is not there."""
    if len(fields) > 1:
        fields.pop(chance.randrange(len(fields)))


def _many(chance: Random, fields: Fields) -> None:
    """Fields without end."""
    if chance.random() < 0.2:
        fields += [(f"f{number}", b"") for number in range(chance.choice((500, 1_001, 3_000)))]


def _type(chance: Random, sent: Sending) -> None:
    """Another type of content than what is sent."""
    sent.content_type = chance.choice(
        (
            None,
            "",
            "application/json",
            "text/plain; charset=utf-16",
            f"{URLENCODED}; charset=utf-7",
            f"{URLENCODED}; charset=no-such",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            f"multipart/form-data; boundary={'b' * 3_000}",
            "multipart/mixed; boundary=x",
            "x" * 500,
            "\xff/\xff",
        )
    )


def _length(chance: Random, sent: Sending) -> None:
    """Another length than the true one."""
    true = len(sent.body)
    sent.length = chance.choice(
        ("", "-1", "0", "abc", "1e3", str(true // 2), str(true + 50), "9" * 30, f"{true}, {true}")
    )


def _header(chance: Random, sent: Sending) -> None:
    """A header that nobody expects."""
    sent.headers.append(chance.choice(HEADERS))


def _query(chance: Random, sent: Sending) -> None:
    """Something behind the address."""
    sent.query = chance.choice(QUERIES)


def _path(chance: Random, sent: Sending) -> None:
    """Another address."""
    parts = sent.path.split("/")
    strange = (
        "",
        "..",
        "\x00",
        "𠮷" * 80,
        "%2e%2e",
        "town:target",
        "1e9",
        "-1",
        "9" * 40,
        "a'b\"c<d>",
        "\udcff",
    )
    parts[chance.randrange(1, len(parts))] = chance.choice(strange)
    sent.path = "/".join(parts)


def _method(chance: Random, sent: Sending) -> None:
    """Another method."""
    sent.method = chance.choice(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO"))


def _cut(chance: Random, sent: Sending) -> None:
    """A body that ends early, or goes on in nonsense."""
    middle = chance.randrange(len(sent.body) + 1)
    sent.body = sent.body[:middle] + chance.choice(
        (b"", b"\x00\xff" * 30, b"--" + BOUNDARY.encode() + b"\r\n")
    )


def _multipart(chance: Random, fields: Fields, sent: Sending) -> None:
    """The fields in parts, with a file, whole or broken."""
    parts = [_part(f'form-data; name="{name}"', value) for name, value in fields]
    name = chance.choice(
        ("scan.pdf", "", "../../x", "a\x00.png", "x" * 3_000, "证.pdf", 'a"; name="csrf_token', "a\r\nX: y")
    )
    content = chance.choice(tuple(FILES.values()))()
    disposition = chance.choice(
        (
            f'form-data; name="paper"; filename="{name}"',
            f'form-data; name="paper"; filename="{name}"; filename="again"',
            "form-data; name=paper; filename*=UTF-8''%FF%00",
            f'form-data; filename="{name}"',
            'form-data; name="ground"; filename="ground"',
            "attachment",
            "",
        )
    )
    parts.insert(chance.randrange(len(parts) + 1), _part(disposition, content))
    end = chance.choice(
        (f"--{BOUNDARY}--\r\n", f"--{BOUNDARY}--", "", f"--{BOUNDARY}", f"--{BOUNDARY}--junk")
    )
    sent.body = b"".join(parts) + end.encode()
    boundary = chance.choice((BOUNDARY, BOUNDARY, BOUNDARY, "other", f'"{BOUNDARY}"'))
    sent.content_type = f"multipart/form-data; boundary={boundary}"
    sent.broken.append("_multipart")


def _part(disposition: str, content: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + content + b"\r\n"


@cache
def _zip_bomb() -> bytes:
    """A hundred kilobytes that unpack to a hundred megabytes."""
    import zipfile

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
