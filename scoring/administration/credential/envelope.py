"""COSE_Sign1 (RFC 9052) as codes use it: tag 18, an empty unprotected header, and nothing that
could be written otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scoring.administration.credential.not_a_code import NotACode
from scoring.administration.credential.plain_cbor import dump, load

TAG = 0xD2
"""COSE_Sign1, tag 18, in the one byte in which it is written."""
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
    return dump(["Signature1", protected, b"", payload])


def seal(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The COSE_Sign1."""
    return bytes([TAG]) + dump([protected, {}, payload, signature])


def open_envelope(content: bytes) -> Envelope:
    """Takes a COSE_Sign1 apart.

    Raises:
        NotACode: It is not byte for byte as ``seal`` writes one.
    """
    if content[:1] != bytes([TAG]):
        raise NotACode
    parts = load(content[1:])
    if not isinstance(parts, list) or len(parts) != 4 or parts[1] != {}:
        raise NotACode
    protected, _unprotected, payload, signature = parts
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
        raise NotACode
    if len(signature) != SIGNATURE:
        raise NotACode
    header = _read_headers(protected)
    message = to_be_signed(protected, payload)
    return Envelope(header.algorithm, header.key_id, header.kind, payload, message, signature)


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
