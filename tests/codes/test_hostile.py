"""What libraries of CBOR take, and a code must not: bombs, expressions, dates, two texts of one value."""

from __future__ import annotations

from time import thread_time

import cbor2
import pytest
from code_authority import HOST, NOW, CodeAuthority

from scoring.administration.credential import verify_code
from scoring.administration.credential.code_address import read_address
from scoring.administration.credential.not_a_code import CodeReason, NotACode
from scoring.administration.credential.plain_cbor import MOST_ITEMS, dump, is_plain, load
from scoring.administration.credential.profile import encode
from scoring.administration.credential.verdict import check

AUTHORITY = CodeAuthority()
CONTENT = read_address(AUTHORITY.code()).content
HOSTILE: dict[str, bytes] = {
    "regular expression": bytes.fromhex("d823") + cbor2.dumps("(" * 90 + "a*" + ")*" * 90 + "b"),
    "date": cbor2.dumps(cbor2.CBORTag(0, "2026-99-99T99:99:99Z")),
    "epoch out of range": cbor2.dumps(cbor2.CBORTag(1, 2**63)),
    "number of 200 bytes": b"\xc2\x58\xc8" + b"\xff" * 200,
    "decimal with a huge exponent": bytes.fromhex("c4821b7fffffffffffffff01"),
    "big float with a huge exponent": bytes.fromhex("c5821b7fffffffffffffff03"),
    "fraction by zero": bytes.fromhex("d81e820100"),
    "shared value of itself": bytes.fromhex("d81c81d81d00"),
    "list of 2^60": bytes.fromhex("9b1000000000000000"),
    "map of 2^60": bytes.fromhex("bb1000000000000000"),
    "text of 2^60": bytes.fromhex("7b1000000000000000"),
    "lists within lists": b"\x81" * 400 + b"\x00",
    "maps as keys": b"\xa1" * 200 + b"\x00" * 201,
    "no length": bytes.fromhex("9f0102ff"),
    "text of pieces": bytes.fromhex("7f6161ff"),
    "simple value": bytes.fromhex("f8ff"),
    "null": b"\xf6",
    "not a number": bytes.fromhex("f97e00"),
    "reserved head": b"\x1c",
    "text that is no UTF-8": bytes.fromhex("61ff"),
    "key twice": bytes.fromhex("a201020103"),
    "bytes behind": bytes.fromhex("0100"),
    "number written longer": bytes.fromhex("1801"),
    "keys out of order": bytes.fromhex("a202000100"),
    "cut": bytes.fromhex("4401"),
    "nothing": b"",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_values_are_no_code(hostile: bytes) -> None:
    """Whatever stands in a code, as the whole or in a part, it is refused within ten milliseconds, here and by the file."""
    trust = verify_code.read_trust(AUTHORITY.trust.signed(AUTHORITY.root), AUTHORITY.root.key.text())
    with pytest.raises(NotACode):
        load(hostile)
    for content in (hostile, CONTENT[:1] + hostile, *_inside(hostile)):
        text = encode(HOST, content) if content else f"HTTPS://{HOST}/Q/"
        before = thread_time()
        verdict = check(text, AUTHORITY.trust, NOW)
        assert thread_time() - before < 0.010
        assert verdict.reason is CodeReason.WRONG_FORMAT
        assert verify_code.check(text, trust, NOW)["reason"] == "wrong_format"


def _inside(hostile: bytes) -> list[bytes]:
    """The envelope of a code with a hostile part."""
    parts = [cbor2.dumps(part) for part in cbor2.loads(CONTENT[1:])]
    whole = [CONTENT[:2] + b"".join([*parts[:place], hostile, *parts[place + 1 :]]) for place in range(4)]
    inner = [
        CONTENT[:2] + b"".join([*parts[:place], cbor2.dumps(hostile), *parts[place + 1 :]])
        for place in (0, 2)
    ]
    return [*whole, *inner]


def test_plain_values_are_read() -> None:
    """What a code is made of is read, up to as many items as it may have."""
    for value in (0, 23, 24, 2**64 - 1, -1, -(2**64), b"", b"x" * 300, "中文", [], {}, {1: [2, {"a": b"b"}]}):
        assert load(dump(value)) == value
    assert is_plain(dump([0] * (MOST_ITEMS - 1))) and not is_plain(dump([0] * MOST_ITEMS))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "https://www.example.com/",
        "weixin://dl/business/?t=abc",
        "javascript:alert(1)",
        "WIFI:S:free;T:WPA;P:12345678;;",
        "HTTPS://SISE.EXAMPLE.GOV.CN/Q/",
        "HTTPS://SISE.EXAMPLE.GOV.CN/Q/" + "A" * 700,
        "HTTPS://ＳＩＳＥ.EXAMPLE.GOV.CN/Q/AAAA",
        "HTTPS://SISE.EXAMPLE.GOV.CN/Q/٣٣٣٣٣٣٣٣",
        "\ud800",
        "\x00" * 20,
    ],
)
def test_foreign_texts_are_no_code(text: str) -> None:
    """What any other QR code may hold is refused in one of two ways."""
    expected = CodeReason.WRONG_FORMAT if text else CodeReason.UNREADABLE
    assert check(text, AUTHORITY.trust, NOW).reason is expected
