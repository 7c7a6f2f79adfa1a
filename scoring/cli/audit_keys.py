"""The key by which the log is signed: of a file, or of the folder of keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.credential.issuing_office import KEYS
from scoring.administration.keys.key_store import KeyStore
from scoring.cli.options import today
from scoring.errors import InputError, UsageError
from scoring.store.log.note import Signer

LogPrivateKey = Annotated[
    Path | None,
    typer.Option(
        "--key",
        envvar="SISE_AUDIT_PRIVATE_KEY",
        help="私钥文件，缺省用 SISE_KEYS 中用途为 checkpoints 的密钥 · private key; else that for checkpoints in SISE_KEYS",
    ),
]


def checkpoint_signer(key: Path | None) -> Signer:
    """The key of the log: that of a file, else that of the folder of keys.

    Raises:
        UsageError: There is neither.
    """
    if key is not None:
        return Signer.read(text_of(key), str(key))
    folder = os.environ.get(KEYS)
    signer = KeyStore(Path(folder)).note_signer("checkpoints", today()) if folder else None
    if signer is None:
        raise UsageError("checkpoint_key_missing")
    return signer


def text_of(path: Path) -> str:
    """The text of a key, checkpoint or request.

    Raises:
        InputError: There is none, or it is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("audit_file_missing", path=path) from None
    except UnicodeDecodeError:
        raise InputError("audit_file_no_text", place=str(path)) from None
