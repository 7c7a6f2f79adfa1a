"""Codes changed in every way that somebody might try: as texts, as bytes, and in their CBOR."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cbor2

from scoring.administration.credential.code_address import CodeAddress, base32, read_address
from scoring.administration.credential.plain_cbor import dump

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519: a signature with it added to its second half is the same one to a careless verifier."""
LOOK_ALIKE = {
    "O": "0",
    "I": "1",
    "B": "8",
    "S": "5",
    "A": "\u0410",
    "E": "\u0395",
    "Q": "O",
    "2": "Z",
    "H": "\uff28",
}
BLANKS = (" ", "\n", "\t", "\u00a0", "\u200b", "\ufeff", "\r\n", "\x00")
TAGS = (
    b"",
    b"\xd1",
    b"\xd3",
    b"\xd8\x12",
    b"\xd8\x3d\xd2",
    b"\xd2\xd2",
    b"\xd9\x00\x12",
    b"\xc0",
    b"\xd8\x23",
)
ALGORITHMS = (-8, -7, -37, -70001, -19 - 2**32, 5, 0, -53, "Ed25519", None, [-19])
CLAIMS = (1, 2, 4, 6, 7, -65537, 0, 3, 5, 8, -65538, 38, "iss")
Random = random.Random
Change = Callable[[Random, str], str]


def text_flip(rng: Random, text: str) -> str:
    """One bit of one letter."""
    place = rng.randrange(len(text))
    return text[:place] + chr(ord(text[place]) ^ 1 << rng.randrange(7)) + text[place + 1 :]


def text_letter(rng: Random, text: str) -> str:
    """Another letter of base32 in one place of the code."""
    place = rng.randrange(text.index("/Q/") + 3, len(text))
    return text[:place] + rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") + text[place + 1 :]


def text_cut(rng: Random, text: str) -> str:
    """Something cut off or out."""
    start = rng.randrange(len(text))
    return text[:start] + text[start + rng.randrange(1, 40) :] if rng.random() < 0.5 else text[:start]


def text_more(rng: Random, text: str) -> str:
    """Something added: blanks, padding, letters, another code."""
    more = rng.choice((*BLANKS, "=", "======", "A", "AAAAAAAA", "?x=1", "#", "/", "%20", text, text[-8:]))
    place = rng.choice((0, len(text), rng.randrange(len(text))))
    return text[:place] + more + text[place:]


def text_case(rng: Random, text: str) -> str:
    """Letters in lower case."""
    start = rng.choice((0, 8, len(text) - 1, rng.randrange(len(text))))
    return text[:start] + text[start:].lower() if rng.random() < 0.5 else text[:start].lower() + text[start:]


def text_alike(rng: Random, text: str) -> str:
    """A letter that looks the same."""
    places = [place for place, letter in enumerate(text) if letter in LOOK_ALIKE]
    place = rng.choice(places)
    return text[:place] + LOOK_ALIKE[text[place]] + text[place + 1 :]


def text_host(rng: Random, text: str) -> str:
    """Another scheme, host or path."""
    _, _, rest = text.partition("://")
    host, _, code = rest.partition("/Q/")
    return rng.choice(
        (
            f"HTTP://{host}/Q/{code}",
            f"HTTPS://{host}.EVIL.EXAMPLE/Q/{code}",
            f"HTTPS://{host}@EVIL.EXAMPLE/Q/{code}",
            f"HTTPS://{host}:443/Q/{code}",
            f"HTTPS://{host}./Q/{code}",
            f"HTTPS://XN--{host}/Q/{code}",
            f"HTTPS://{host}//Q/{code}",
            f"HTTPS://{host}/q/{code}",
            f"HTTPS://{host}/Q/X/{code}",
            f"javascript:{code}",
            code,
        )
    )


def byte_flip(rng: Random, content: bytes) -> bytes:
    """One to three bits."""
    changed = bytearray(content)
    for _ in range(rng.randrange(1, 4)):
        changed[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def byte_any(rng: Random, content: bytes) -> bytes:
    """Bytes replaced, taken out, put in, doubled or turned round."""
    start = rng.randrange(len(content))
    end = min(len(content), start + rng.randrange(1, 9))
    middle = rng.choice(
        (
            b"",
            rng.randbytes(rng.randrange(1, 9)),
            content[start:end] * 2,
            content[start:end][::-1],
            bytes(end - start),
        )
    )
    return content[:start] + middle + content[end:]


def byte_trail(rng: Random, content: bytes) -> bytes:
    """Bytes behind the end, or the code twice."""
    return content + rng.choice((b"\0", b"\xf6", b"\xa0", content, rng.randbytes(rng.randrange(1, 30))))


def byte_tag(rng: Random, content: bytes) -> bytes:
    """Another tag, two, none, or one written longer."""
    return rng.choice(TAGS) + content[1:]


def signature_twin(rng: Random, content: bytes) -> bytes:
    """The second half of the signature plus the order of the group, once or more often."""
    half = int.from_bytes(content[-32:], "little") + ORDER * rng.randrange(1, 15)
    return content[:-32] + (half % 2**256).to_bytes(32, "little")


def unprotected(rng: Random, content: bytes) -> bytes:
    """Something in the unprotected header, which nobody has signed."""
    protected, _empty, payload, signature = _parts(content)
    label = rng.choice((1, 4, 16, 33, 7, "x"))
    header = rng.choice(
        ({label: rng.choice((-19, b"abcd", "t", []))}, [], b"", None, 0, {1: -19, 4: b"abcd"})
    )
    return bytes([content[0]]) + cbor2.dumps([protected, header, payload, signature])


def protected(rng: Random, content: bytes) -> bytes:
    """Another algorithm, key id or label in the protected header."""
    header = cbor2.loads(_parts(content)[0])
    what = rng.randrange(5)
    if what == 0:
        header[1] = rng.choice(ALGORITHMS)
    elif what == 1:
        header[4] = rng.choice((rng.randbytes(4), header[4] + b"\0", header[4][:3], header[4].hex(), 0))
    elif what == 2:
        header[rng.choice((2, 3, 5, 16, 33, "alg"))] = rng.choice((1, [1], "application/statuslist+cwt"))
    elif what == 3:
        header.pop(rng.choice((1, 4)))
    encoded = dump(header) if what < 4 else rng.choice((b"", b"\xa0", _longer(rng, _parts(content)[0])))
    return _with(content, 0, encoded)


def claims(rng: Random, content: bytes) -> bytes:
    """Other claims, which the signature is not over."""
    said = cbor2.loads(_parts(content)[2])
    name = rng.choice(CLAIMS)
    if name in said and rng.random() < 0.2:
        said.pop(name)
    elif name in said and name == -65537 and rng.random() < 0.8:
        values = list(said[name])
        values[rng.randrange(len(values))] += rng.choice((-1, 1, 2, 1000))
        said[name] = values
    else:
        said[name] = rng.choice((0, 1, -1, 2**40, "x", b"x", [], {}, True, None, 1.5, rng.randbytes(8)))
    return _with(content, 2, dump(said))


def recoded(rng: Random, content: bytes) -> bytes:
    """The same values written in another way: longer heads, no lengths, keys twice or out of order, floating numbers."""
    place = rng.choice((0, 2))
    inner = _parts(content)[place]
    items = list(cbor2.loads(inner).items())
    what = rng.randrange(5)
    if what == 0:
        return _with(content, place, _longer(rng, inner))
    if what == 1:
        return _with(content, place, b"\xbf" + inner[1:] + b"\xff")
    if what == 2:
        return _with(content, place, _map([*items, rng.choice(items)]))
    if what == 3:
        rng.shuffle(items)
        return _with(content, place, _map(items))
    return bytes([content[0]]) + b"\x9f" + content[2:] + b"\xff"


def _map(items: Sequence[tuple[Any, Any]]) -> bytes:
    return bytes([0xA0 | len(items)]) + b"".join(cbor2.dumps(part) for pair in items for part in pair)


def _longer(rng: Random, encoded: bytes) -> bytes:
    """One head of an item with a byte more than it needs."""
    place = rng.randrange(len(encoded))
    kind, count = encoded[place] >> 5, encoded[place] & 31
    if count < 24:
        return encoded[:place] + bytes([kind << 5 | 24, count]) + encoded[place + 1 :]
    return encoded[:place] + bytes([kind << 5 | min(count + 1, 27), 0]) + encoded[place + 1 :]


def _parts(content: bytes) -> list[Any]:
    return list(cbor2.loads(content[1:]))


def _with(content: bytes, place: int, part: bytes) -> bytes:
    """The envelope with another part, under the old signature."""
    parts = _parts(content)
    parts[place] = part
    return bytes([content[0]]) + cbor2.dumps(parts)


TEXTS: tuple[Change, ...] = (text_flip, text_letter, text_cut, text_more, text_case, text_alike, text_host)
BYTES: tuple[Callable[[Random, bytes], bytes], ...] = (
    byte_flip,
    byte_any,
    byte_trail,
    byte_tag,
    signature_twin,
    unprotected,
    protected,
    claims,
    recoded,
)


def mutations(texts: Sequence[str], count: int, seed: int) -> Iterator[tuple[str, str]]:
    """So many changed codes, each with the name of what was done to it; none is one of the codes themselves."""
    rng, originals = random.Random(seed), frozenset(texts)
    made = 0
    while made < count:
        text, kind = rng.choice(texts), rng.choice((*TEXTS, *BYTES))
        changed = _changed(rng, text, kind)
        if changed not in originals:
            made += 1
            yield kind.__name__, changed


def _changed(rng: Random, text: str, kind: Any) -> str:
    if kind in TEXTS:
        return str(kind(rng, text))
    address = read_address(text)
    content = kind(rng, address.content)
    # Now and then the bytes are spelled with bits behind them.
    spelled = CodeAddress(address.host, content).text
    return spelled if rng.random() < 0.95 else f"{spelled}{base32(rng.randbytes(1))[0]}"
