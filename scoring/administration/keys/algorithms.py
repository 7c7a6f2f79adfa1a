"""The algorithms by which codes are signed. Which one a key is of stands beside the key, and
never in what it signed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from scoring.administration.keys.key_strength import require_strong_ed25519
from scoring.administration.keys.sm2 import Sm2PublicKey
from scoring.errors import InputError

Check = Callable[[bytes, bytes], bool]
"""(message, signature) -> whether it is valid."""


class Algorithm(StrEnum):
    """An algorithm of signatures of 64 bytes."""

    ED25519 = "ed25519"
    SM2 = "sm2"

    @property
    def cose(self) -> int:
        """Its number in COSE: of Ed25519 that of RFC 9864; of SM2 with SM3, which has none, a
        private one."""
        return {Algorithm.ED25519: -19, Algorithm.SM2: -70001}[self]

    @property
    def public_bytes(self) -> int:
        """Bytes of a public key: of SM2 both coordinates."""
        return {Algorithm.ED25519: 32, Algorithm.SM2: 64}[self]


def check_of(algorithm: Algorithm, public: bytes) -> Check:
    """What checks the signatures of a public key.

    Raises:
        InputError: It is no key on which all verifiers agree (``key_weak``).
    """
    if len(public) != algorithm.public_bytes:
        raise InputError("key_length", algorithm=algorithm, length=len(public), needed=algorithm.public_bytes)
    if algorithm is Algorithm.SM2:
        return Sm2PublicKey(public).is_signed
    require_strong_ed25519(public)
    # Made once: to read the key takes a third as long as to check a signature by it.
    key = Ed25519PublicKey.from_public_bytes(public)

    def check(message: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return check
