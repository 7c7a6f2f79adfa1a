"""Texts of SQL, kept from one process to the next: to write one takes a second or two.

A text follows from the rules and from the code alone. Both are in its name, so that a changed rule or a changed
line of code finds none. They are kept for the account that runs the program, in a folder that nobody else may
write (``SISE_CACHE``, else the account's cache folder); where there is none, each process writes its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from scoring.disk import cache_folder, is_own
from scoring.policy.law.applied import lists_content
from scoring.policy.resolved import ResolvedPolicy

MOST_KEPT = 100
"""So many texts are kept, those read last; each has up to 300 kB."""
_SUFFIX = ".sql"
_LIBRARIES = ("ibis-framework", "sqlglot")


def kept_text(resolved: ResolvedPolicy, name: str, write: Callable[[], str]) -> str:
    """The text of that name for some rules, from a file if it was written before.

    Args:
        resolved: The rules.
        name: What the text is, with everything else that it follows from.
        write: Writes it.
    """
    key = "\n".join((name, resolved.rules_sha256, CODE_SHA256, lists_content()))
    path = cache_folder() / f"{_digest(key)}{_SUFFIX}"
    kept = _read(path)
    if kept is not None:
        return kept
    text = write()
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_own(path.parent):
            _keep(path, text)
    return text


def _read(path: Path) -> str | None:
    """A kept text, unless it is missing, damaged or not one's own."""
    try:
        if not is_own(path.parent):
            return None
        digest, _, text = path.read_text(encoding="utf-8").partition("\n")
        if digest != _digest(text):
            return None
    except (OSError, UnicodeDecodeError):
        return None
    with suppress(OSError):  # the folder may be one that is only read
        os.utime(path)
    return text


def _keep(path: Path, text: str) -> None:
    # Whole or not at all: another process may read it at the same time.
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=_SUFFIX, delete=False) as file:
        file.write(f"{_digest(text)}\n{text}")
    Path(file.name).replace(path)
    for old in sorted(path.parent.glob(f"*{_SUFFIX}"), key=_read_at)[:-MOST_KEPT]:
        old.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _read_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process was faster to remove it
        return 0.0


def _code_sha256() -> str:
    """Of all code that could have a say in a text."""
    digest = sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(version(library).encode())
    return digest.hexdigest()


# Now, and not when a text is wanted: by then newer code may lie in the files than the one that runs.
CODE_SHA256 = _code_sha256()
