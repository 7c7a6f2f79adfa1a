"""Forms as nobody fills them in: each a real one of ``access_table``, broken in a few ways that follow from its seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote_from_bytes

from access_table import ACTIONS, Right
from harmful_inputs import BOUNDARY, COLUMNS, FILES, HEADERS, NAMES, QUERIES, VALUES

URLENCODED = "application/x-www-form-urlencoded"


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
