"""Private keys of codes: in a file, or in a machine that signs and never gives its key away."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scoring.administration.keys.algorithms import Algorithm, check_of
from scoring.administration.keys.sm2 import new_private_key, public_key_of, sign_sm2
from scoring.errors import EnvironmentRefusedError
from scoring.store.log.sealing import random_bytes

KEY_ID_BYTES = 4
PATIENCE = 600
"""Seconds that a signing programme may take for one batch."""


class CodeSigner(Protocol):
    """Whatever signs codes: a file, a security module, a signature server.

    Attributes:
        algorithm: Its algorithm.
        public: Its public key.
    """

    @property
    def algorithm(self) -> Algorithm:
        """Its algorithm."""
        ...

    @property
    def public(self) -> bytes:
        """Its public key."""
        ...

    def sign(self, messages: Sequence[bytes]) -> list[bytes]:
        """A signature over each message, 64 bytes each."""
        ...


def key_id_of(public: bytes) -> bytes:
    """The id of a public key: the first four bytes of its SHA-256."""
    return sha256(public).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True)
class FileSigner:
    """A private key that was read from a file."""

    algorithm: Algorithm
    private: bytes

    @classmethod
    def generate(cls, algorithm: Algorithm) -> FileSigner:
        """A new key."""
        # Any 32 bytes that nobody can guess are a private key of Ed25519 (RFC 8032, 5.1.5).
        fresh = new_private_key(random_bytes(48)) if algorithm is Algorithm.SM2 else random_bytes(32)
        return cls(algorithm, fresh)

    @property
    def public(self) -> bytes:
        """Its public key."""
        if self.algorithm is Algorithm.SM2:
            return public_key_of(self.private)
        return Ed25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def sign(self, messages: Sequence[bytes]) -> list[bytes]:
        """A signature over each message."""
        if self.algorithm is Algorithm.SM2:
            public = self.public
            return [sign_sm2(self.private, public, message) for message in messages]
        return list(map(Ed25519PrivateKey.from_private_bytes(self.private).sign, messages))


@dataclass(frozen=True)
class ProgrammeSigner:
    """A key that a programme signs with: the driver of a security module, the client of a
    signature server.

    It gets the messages in hexadecimal on stdin, a line each, and prints the signatures likewise.

    Attributes:
        algorithm: Its algorithm.
        public: Its public key.
        command: The programme and its arguments.
    """

    algorithm: Algorithm
    public: bytes
    command: tuple[str, ...]

    def sign(self, messages: Sequence[bytes]) -> list[bytes]:
        """A signature over each message.

        Raises:
            EnvironmentRefusedError: The programme fails, or what it printed is not this key's.
        """
        if not messages:
            return []
        lines = "".join(f"{message.hex()}\n" for message in messages)
        try:
            # The register, which its owner alone can write, names the programme.
            done = subprocess.run(  # noqa: S603
                self.command, input=lines, capture_output=True, text=True, check=True, timeout=PATIENCE
            )
            signatures = [bytes.fromhex(line) for line in done.stdout.split()]
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise EnvironmentRefusedError(
                "signer_failed", command=self.command[0], reason=str(error)
            ) from error
        # A module with another key in it would print thousands of codes that nobody accepts.
        is_own = len(signatures) == len(messages) and check_of(self.algorithm, self.public)(
            messages[-1], signatures[-1]
        )
        if not is_own:
            raise EnvironmentRefusedError("signer_of_other_key", command=self.command[0])
        return signatures
