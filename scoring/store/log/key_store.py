"""Private keys by purpose, in a folder outside the database's reach.

Whoever can write to the database, and not to this folder, can sign nothing in its name.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scoring.errors import InputError
from scoring.store.log.note import Signer, valid_signature
from scoring.store.log.verify_proof import Key

Purpose = Literal["entries", "codes"]
"""What a key is for: entries of the log, or codes that are scanned."""


@dataclass(frozen=True)
class KeyStore:
    """A folder with one private key for each purpose, ``entries.key`` and the like.

    Attributes:
        folder: The folder.
    """

    folder: Path

    def signer(self, purpose: Purpose) -> Signer | None:
        """The key of a purpose; ``None`` where there is none.

        Raises:
            InputError: It is no private key, or others than its owner can read it.
        """
        file = self.folder / f"{purpose}.key"
        if not file.exists():
            return None
        if os.name != "nt" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise InputError("key_readable_by_others", place=str(file), file=file)
        return Signer.read(file.read_text(encoding="utf-8"), str(file))


def sign_entry(signer: Signer, number: int, leaf: bytes) -> bytes:
    """The signature of an entry, over its number and its leaf, which names the key."""
    return signer.private.sign(_message(number, leaf))


def is_signed(public: Key, number: int, leaf: bytes, signature: bytes) -> bool:
    """Whether a key has signed an entry, whose leaf hash was recomputed."""
    return valid_signature(public.public, _message(number, leaf), signature)


def _message(number: int, leaf: bytes) -> bytes:
    # Words in front that no checkpoint begins with: a key signs one kind of thing and not another.
    return b"sise entry signature v1\n%d\n%b\n" % (number, leaf.hex().encode())
