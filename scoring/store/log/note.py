"""Checkpoints as C2SP signed notes.

The log signs its size and root; a witness signs that it has seen them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from scoring.errors import InputError, UsageError
from scoring.store.log.sealing import random_bytes
from scoring.store.log.verify_proof import (
    LOG,
    WITNESS,
    Key,
    ProofError,
    cosigned,
    decoded,
    open_note,
    read_checkpoint,
)

PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True)
class Checkpoint:
    """A log's state at one size.

    Attributes:
        origin: The log's name, which is its key's name.
        size: Number of leaves.
        root: Root of the Merkle tree, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed (C2SP tlog-checkpoint)."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Signer:
    """A private key with its name and its type of signature: the log's or a witness's."""

    name: str
    kind: int
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str, *, witness: bool = False) -> Signer:
        """A new key.

        Raises:
            UsageError: The name is empty or holds a blank or a plus sign.
        """
        if not name or "+" in name or name.split() != [name]:
            raise UsageError("audit_key_name_invalid", name=name)
        # Any 32 bytes that nobody can guess are a private key (RFC 8032, 5.1.5).
        private = Ed25519PrivateKey.from_private_bytes(random_bytes(32))
        return cls(name, WITNESS if witness else LOG, private)

    @classmethod
    def read(cls, text: str, place: str = "") -> Signer:
        """Reads what ``text`` wrote.

        Raises:
            InputError: It is no private key of a signed note.
        """
        head, _, key_text = text.strip().partition(PRIVATE)
        try:
            key_name, key_id, material = key_text.split("+", 2)
            key_material = decoded(material)
            signer = cls(key_name, key_material[0], Ed25519PrivateKey.from_private_bytes(key_material[1:]))
            if head or signer.kind not in (LOG, WITNESS) or signer.key.id.hex() != key_id:
                raise ProofError("the id does not belong to the key")
        except (ValueError, IndexError):
            raise InputError("audit_private_key_invalid", place=place) from None
        return signer

    @property
    def key(self) -> Key:
        """The key that checks this one's signatures."""
        return Key(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def text(self) -> str:
        """The private key in one line, to be kept from everybody else."""
        material = base64.b64encode(bytes([self.kind]) + self.private.private_bytes_raw()).decode()
        return f"{PRIVATE}{self.name}+{self.key.id.hex()}+{material}\n"

    def line(self, text: str, seconds: int) -> str:
        """Signature line over a note's text; a witness's says at which POSIX time."""
        stamp = seconds.to_bytes(8, "big") if self.kind == WITNESS else b""
        message = cosigned(text.encode(), seconds) if self.kind == WITNESS else text.encode()
        signature = self.key.id + stamp + self.private.sign(message)
        return f"— {self.name} {base64.b64encode(signature).decode()}\n"


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """The checkpoint as a note that the log has signed."""
    text = checkpoint.text()
    return f"{text}\n{signer.line(text, 0)}"


def countersign(note: str, log: Key, witness: Signer, seconds: int) -> str:
    """The note with the witness's signature below the log's.

    Whether the log only grew is for the caller to know.

    Args:
        note: Checkpoint that the log has signed.
        log: The log's key.
        witness: The witness's key.
        seconds: POSIX time of the countersignature.

    Raises:
        InputError: The log has not signed this note.
    """
    return note + witness.line(_opened(note, [log]), seconds)


def open_checkpoint(note: str, keys: list[Key], place: str = "") -> Checkpoint:
    """The checkpoint of a note that every one of the keys has signed; the first is the log's.

    Raises:
        InputError: A signature is missing or not valid, or the note is no checkpoint of this log.
    """
    text = _opened(note, keys, place)
    try:
        checkpoint = Checkpoint(*read_checkpoint(text))
    except ProofError as error:
        raise InputError("audit_checkpoint_invalid", place=place, reason=str(error)) from None
    if checkpoint.origin != keys[0].name:
        raise InputError(
            "audit_checkpoint_of_another_log",
            place=place,
            origin=checkpoint.origin,
            name=keys[0].name,
        )
    return checkpoint


def read_key(text: str, place: str = "") -> Key:
    """A verifier key, ``name+id+base64``.

    Raises:
        InputError: It is none.
    """
    try:
        return Key.read(text)
    except ProofError as error:
        raise InputError("audit_public_key_invalid", place=place, reason=str(error)) from None


def _opened(note: str, keys: list[Key], place: str = "") -> str:
    """Text of a note that every key has signed."""
    try:
        return open_note(note, keys, valid_signature)
    except ProofError as error:
        raise InputError("audit_checkpoint_invalid", place=place, reason=str(error)) from None


def valid_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """The library's check of a signature, which is quicker than that of ``verify_proof``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
