"""Files of private keys: one line, readable by their owner alone, never written in the place of
another key."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

from scoring.administration.keys.algorithms import Algorithm
from scoring.administration.keys.code_keys import FileSigner, key_id_of
from scoring.errors import InputError, UsageError
from scoring.store.log.note import PRIVATE
from scoring.store.log.verify_proof import decoded

OF_CODES = 0xFF
"""Type of signature of keys that sign no notes, which C2SP signed-note leaves to everybody; the
algorithm's name follows."""


def write_private(file: Path, text: str) -> None:
    """Writes a private key into a new file.

    Raises:
        UsageError: There is a file of this name: what that key signed could not be signed again.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError("key_file_exists", place=str(file)) from None
    with open(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)


def read_private(file: Path) -> str:
    """The text of a private key.

    Raises:
        InputError: There is no such file, it is no text, or others than its owner can read it.
    """
    try:
        if os.name != "nt" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise InputError("key_readable_by_others", place=str(file), file=file)
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("key_file_missing", place=str(file)) from None
    except UnicodeDecodeError:
        raise InputError("audit_private_key_invalid", place=str(file)) from None


def code_key_text(name: str, signer: FileSigner) -> str:
    """A private key of codes as one line."""
    material = bytes([OF_CODES]) + signer.algorithm.encode() + b"\0" + signer.private
    key_id = key_id_of(signer.public).hex()
    return f"{PRIVATE}{name}+{key_id}+{base64.b64encode(material).decode()}\n"


def read_code_key(text: str, place: str) -> FileSigner:
    """Reads what ``code_key_text`` wrote.

    Raises:
        InputError: It is none, or it is the key of notes.
    """
    head, _, key_text = text.strip().partition(PRIVATE)
    try:
        _name, key_id, material = key_text.split("+", 2)
        raw = decoded(material)
        algorithm, _, private = raw[1:].partition(b"\0")
        if head or raw[0] != OF_CODES or len(private) != 32:
            raise ValueError("no key of codes")
        signer = FileSigner(Algorithm(algorithm.decode()), private)
        if key_id_of(signer.public).hex() != key_id:
            raise ValueError("the id does not belong to the key")
    except (ValueError, IndexError):
        raise InputError("code_key_invalid", place=place) from None
    return signer
