"""Signatures of entries, by a key outside the database's reach: whoever writes to the database alone can sign nothing."""

from __future__ import annotations

from scoring.store.log.note import Signer, valid_signature
from scoring.store.log.verify_proof import Key


def sign_entry(signer: Signer, number: int, leaf: bytes) -> bytes:
    """The signature of an entry, over its number and its leaf, which names the key."""
    return signer.private.sign(_message(number, leaf))


def is_signed(public: Key, number: int, leaf: bytes, signature: bytes) -> bool:
    """Whether a key has signed an entry, whose leaf hash was recomputed."""
    return valid_signature(public.public, _message(number, leaf), signature)


def _message(number: int, leaf: bytes) -> bytes:
    # Words in front that no checkpoint begins with: a key signs one kind of thing and not another.
    return b"sise entry signature v1\n%d\n%b\n" % (number, leaf.hex().encode())
