"""COSE_Sign1 (RFC 9052) as codes use it: tag 18, an empty unprotected header, and nothing that
could be written otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scoring.administration.credential.not_a_code import NotACode
from scoring.administration.credential.plain_cbor import dump, load

_BEGIN, _EMPTY = b"\xd2\x84", b"\xa0"
"""Tag 18 and a list of four; the unprotected header, which is empty."""
_CONTEXT = b"\x84\x6aSignature1"
_BYTES = 0x40
_WIDTHS = {1: 24, 2: 25, 4: 26}
_BY_HEAD = {24: (1, 24), 25: (2, 256), 26: (4, 65_536)}
"""Of longer bytes: what their head says -> bytes of the length, and the least length that is written so."""
ALGORITHM, KEY_ID, TYPE = 1, 4, 16
"""Labels of headers (RFC 9052, 3.1; RFC 9596)."""
SIGNATURE = 64
"""Bytes of a signature, of Ed25519 and of SM2 alike."""
KEY_ID_BYTES = 4


@dataclass(frozen=True)
class Envelope:
    """A COSE_Sign1 as it was read; whether its signature holds is for the key to say.

    Attributes:
        algorithm: COSE number of the algorithm that it names.
        key_id: Key id, 4 bytes.
        kind: Its type, where one is named.
        payload: What is signed.
        message: The bytes that the signature is over.
        signature: The signature, 64 bytes.
    """

    algorithm: int
    key_id: bytes
    kind: str | None
    payload: bytes
    message: bytes
    signature: bytes


def headers(algorithm: int, key_id: bytes, kind: str | None = None) -> bytes:
    """The protected header: which algorithm, which key, and the type where there is one."""
    return dump({ALGORITHM: algorithm, KEY_ID: key_id, **({} if kind is None else {TYPE: kind})})


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The bytes that are signed (Sig_structure, RFC 9052, 4.4)."""
    return _to_be_signed(_item(protected), _item(payload))


def seal(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The COSE_Sign1."""
    return _BEGIN + _item(protected) + _EMPTY + _item(payload) + _item(signature)


def open_envelope(content: bytes) -> Envelope:
    """Takes a COSE_Sign1 apart.

    Raises:
        NotACode: It is not byte for byte as ``seal`` writes one.
    """
    if not content.startswith(_BEGIN):
        raise NotACode
    # Every byte has its one place, so the few that frame the parts need no library.
    protected, first = _read_item(content, len(_BEGIN))
    payload, second = _read_item(content, first + 1)
    signature, end = _read_item(content, second)
    if content[first : first + 1] != _EMPTY or end != len(content) or len(signature) != SIGNATURE:
        raise NotACode
    header = _read_headers(protected)
    message = _to_be_signed(content[len(_BEGIN) : first], content[first + 1 : second])
    return Envelope(header.algorithm, header.key_id, header.kind, payload, message, signature)


def _to_be_signed(protected_item: bytes, payload_item: bytes) -> bytes:
    return _CONTEXT + protected_item + b"\x40" + payload_item


def _item(content: bytes) -> bytes:
    """Bytes as an item of CBOR."""
    length = len(content)
    width = 0 if length < 24 else 1 if length < 256 else 2 if length < 65_536 else 4
    head = bytes([_BYTES | (_WIDTHS[width] if width else length)])
    return head + (length.to_bytes(width, "big") if width else b"") + content


def _read_item(content: bytes, place: int) -> tuple[bytes, int]:
    """The bytes of an item and where it ends, if it is written as ``_item`` writes it."""
    count = content[place] - _BYTES if place < len(content) else -1
    start = place + 1
    if count in _BY_HEAD:
        width, least = _BY_HEAD[count]
        start += width
        count = int.from_bytes(content[place + 1 : start], "big")
        if count < least:
            raise NotACode
    elif not 0 <= count < 24:
        raise NotACode
    # Cut short, it ends before its end.
    return content[start : start + count], start + count


class _Headers(NamedTuple):
    """What a protected header says."""

    algorithm: int
    key_id: bytes
    kind: str | None


@lru_cache(maxsize=64)
def _read_headers(protected: bytes) -> _Headers:
    """What a protected header says; the codes of one key have the same, so the last few are
    kept."""
    header = load(protected)
    if not isinstance(header, dict) or set(header) - {TYPE} != {ALGORITHM, KEY_ID}:
        raise NotACode
    algorithm, key_id, kind = header[ALGORITHM], header[KEY_ID], header.get(TYPE)
    if not isinstance(algorithm, int) or not isinstance(key_id, bytes) or len(key_id) != KEY_ID_BYTES:
        raise NotACode
    if TYPE in header and not isinstance(kind, str):
        raise NotACode
    return _Headers(algorithm, key_id, kind)
