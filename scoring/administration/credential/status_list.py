"""The list of what became of codes: a signed token status list (IETF draft, as a CWT) of two bits
a code.

The numbers are ours where the draft has others: 0 valid, 1 superseded, 2 revoked, 3 under review.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scoring.administration.credential.code_claims import (
    DAY,
    ISSUED,
    ISSUER,
    LAST_SECOND,
    SUBJECT,
    is_issuer,
)
from scoring.administration.credential.envelope import headers, open_envelope, seal, to_be_signed
from scoring.administration.credential.not_a_code import NotACode
from scoring.administration.credential.plain_cbor import dump, load
from scoring.administration.credential.profile import CodeKey
from scoring.administration.keys.trust_list import TrustedKey, TrustList
from scoring.errors import InputError

TYPE = "application/statuslist+cwt"
LIST, TIME_TO_LIVE = 65533, 65534
"""Claims of the draft: ``status_list`` and ``ttl``."""
BITS, PER_BYTE = 2, 4
MOST_BYTES = 2 << 20
"""Of a list that is unpacked, and of one that is read at all."""
SUPERSEDED, REVOKED, UNDER_REVIEW = 1, 2, 3
SKEW = 600
"""Seconds by which the clocks of issuer and verifier may differ."""


@dataclass(frozen=True)
class StatusList:
    """What became of the codes of one issuer.

    Attributes:
        issuer: The issuer.
        issued: When it was made, in POSIX seconds.
        lives: Seconds after which a newer one is to be fetched.
        packed: Two bits a code, the lowest of a byte first.
    """

    issuer: str
    issued: int
    lives: int
    packed: bytes

    def state(self, index: int) -> int | None:
        """What became of a code; ``None``: the list does not reach so far."""
        place, shift = divmod(index, PER_BYTE)
        return self.packed[place] >> BITS * shift & 3 if place < len(self.packed) else None

    def count(self) -> int:
        """How many codes are not valid."""
        return sum(1 for index in range(PER_BYTE * len(self.packed)) if self.state(index))


def pack_states(states: Mapping[int, int], length: int) -> bytes:
    """Two bits for each of so many codes; those that are not named are valid."""
    packed = bytearray(-(-length // PER_BYTE))
    for index, state in states.items():
        place, shift = divmod(index, PER_BYTE)
        packed[place] |= state << BITS * shift
    return bytes(packed)


def status_token(statuses: StatusList, address: str, key: CodeKey) -> bytes:
    """The list as a signed token.

    Args:
        statuses: The list.
        address: Where it is served (``sub``).
        key: The key of tokens.
    """
    protected = headers(key.cose, key.key_id, TYPE)
    packed = {"bits": BITS, "lst": zlib.compress(statuses.packed, 9)}
    claims = {
        ISSUER: statuses.issuer,
        SUBJECT: address,
        ISSUED: statuses.issued,
        LIST: packed,
        TIME_TO_LIVE: statuses.lives,
    }
    payload = dump(claims)
    (signature,) = key.sign([to_be_signed(protected, payload)])
    return seal(protected, payload, signature)


def read_status_list(token: bytes, trust: TrustList, at: int, place: str = "") -> StatusList:
    """The list of a token that a trusted key has signed.

    Args:
        token: The token.
        trust: Whom to trust.
        at: The present moment, in POSIX seconds.
        place: Where it was read, for refusals.

    Raises:
        InputError: It is damaged, signed by a key that is not trusted with it, or made later than
            this moment.
    """
    try:
        if len(token) > MOST_BYTES:
            raise NotACode
        envelope = open_envelope(token)
        if envelope.kind != TYPE:
            raise NotACode
        statuses = _read(load(envelope.payload))
    except NotACode:
        raise InputError("status_list_damaged", place=place) from None
    keys = [
        key for key in trust.by_id.get(envelope.key_id, ()) if _may_sign(key, envelope.algorithm, statuses)
    ]
    if not any(key.check and key.check(envelope.message, envelope.signature) for key in keys):
        raise InputError("status_list_of_other_key", place=place, key=envelope.key_id.hex())
    if statuses.issued > at + SKEW:
        raise InputError("status_list_ahead", place=place, hours=(statuses.issued - at) // 3600)
    return statuses


def _may_sign(key: TrustedKey, algorithm: int, statuses: StatusList) -> bool:
    is_of_tokens = key.purpose == "tokens" and key.cose == algorithm and key.withdrawn is None
    return is_of_tokens and key.holds_in(statuses.issuer[3:]) and key.signs_at(statuses.issued)


def _read(claims: Any) -> StatusList:
    """The list, if its claims are these and in this form.

    Raises:
        NotACode: They are not.
    """
    known = {ISSUER, SUBJECT, ISSUED, LIST, TIME_TO_LIVE}
    if not isinstance(claims, dict) or set(claims) != known or not is_issuer(claims[ISSUER]):
        raise NotACode
    packed, issued, lives = claims[LIST], claims[ISSUED], claims[TIME_TO_LIVE]
    if not isinstance(packed, dict) or set(packed) != {"bits", "lst"} or packed["bits"] != BITS:
        raise NotACode
    if not isinstance(issued, int) or not isinstance(lives, int) or not isinstance(claims[SUBJECT], str):
        raise NotACode
    if not (0 <= issued <= LAST_SECOND and 0 < lives <= 366 * DAY):
        raise NotACode
    return StatusList(claims[ISSUER], issued, lives, _unpacked(packed["lst"]))


def _unpacked(content: Any) -> bytes:
    """A list as it was before it was made small, never more than ``MOST_BYTES``."""
    if not isinstance(content, bytes):
        raise NotACode
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(content, MOST_BYTES + 1)
    except zlib.error:
        raise NotACode from None
    if len(unpacked) > MOST_BYTES or not unpacker.eof or unpacker.unused_data:
        raise NotACode
    return unpacked
