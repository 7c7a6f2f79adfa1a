"""Codes as texts: what is written is of one form, and what is not byte for byte of this form is
no code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scoring.administration.credential.code_address import CodeAddress, read_address
from scoring.administration.credential.code_claims import Claims, read_claims
from scoring.administration.credential.envelope import (
    Envelope,
    headers,
    open_envelope,
    seal,
    to_be_signed,
)
from scoring.administration.credential.not_a_code import NotACode
from scoring.administration.credential.plain_cbor import dump, load

OPAQUE_BYTES = 16
"""Of the random id of an opaque code."""
MOST_IN_QR = 311
"""Characters that QR version 10 holds at level M in alphanumeric mode."""


class CodeKey(Protocol):
    """What signs codes."""

    @property
    def cose(self) -> int:
        """COSE number of its algorithm."""
        ...

    @property
    def key_id(self) -> bytes:
        """Key id, 4 bytes."""
        ...

    def sign(self, messages: Sequence[bytes]) -> list[bytes]:
        """A signature over each message, 64 bytes each."""
        ...


@dataclass(frozen=True)
class SignedCode:
    """A signed code as it was read: its host, what it says, and what is to be checked."""

    host: str
    claims: Claims
    envelope: Envelope


@dataclass(frozen=True)
class OpaqueCode:
    """A code that says nothing but where to ask: its host and its random id."""

    host: str
    token: bytes


def sign_codes(claims: Sequence[Claims], key: CodeKey) -> list[bytes]:
    """Signed codes as bytes, in order; ``encode`` makes texts of them."""
    protected = headers(key.cose, key.key_id)
    payloads = [dump(of_one.as_map()) for of_one in claims]
    signatures = key.sign([to_be_signed(protected, payload) for payload in payloads])
    return [seal(protected, *signed) for signed in zip(payloads, signatures, strict=True)]


def encode(host: str, content: bytes) -> str:
    """The text of a code: of a signed one, or of a random id."""
    return CodeAddress(host, content).text


def decode(text: str) -> SignedCode | OpaqueCode:
    """What a text says, if it is a code; whether a signed one holds is another question
    (``check``).

    Raises:
        NotACode: It is not byte for byte what ``encode`` writes.
    """
    host, content = read_address(text)
    if len(content) == OPAQUE_BYTES:
        return OpaqueCode(host, content)
    envelope = open_envelope(content)
    if envelope.kind is not None:
        raise NotACode
    return SignedCode(host, read_claims(load(envelope.payload)), envelope)
