"""Files and folders that are written whole or not at all, and what the disk may refuse."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import duckdb
import platformdirs

from scoring.errors import EnvironmentRefusedError, InputError, SiseError

try:
    import fcntl
except ImportError:
    # Windows has no such locks: there nothing is swept.
    fcntl = None  # type: ignore[assignment]

LOCKS = fcntl is not None
"""Whether the system has locks on folders."""

SCRATCH_FOLDER = "sise-scratch-"
"""How the names of folders with temporary copies begin."""
SCRATCH = "scratch"
"""Folder for what is needed only while writing; it is removed before the rename."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula.

In full width too: an East Asian Excel reads those as the same.
"""
REFUSALS = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM}
WORDS = (
    "No space left",
    "Could not write",
    "Read-only file system",
    "Permission denied",
    "Disk quota exceeded",
    "File too large",
)
"""How DuckDB and Arrow word what the disk refused, for they do not always give its number."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder among the temporary ones for copies of facts, gone at the end of the block.

    Whoever is killed leaves it behind: so each begins by removing those of others that are gone.
    """
    sweep_scratch()
    made = Path(tempfile.mkdtemp(prefix=f"new-{SCRATCH_FOLDER}"))
    # Named as one only when it is locked: in between somebody else would sweep it.
    lock, folder = lock_folder(made), made.with_name(made.name.removeprefix("new-"))
    try:
        made.rename(folder)
        yield folder
    finally:
        for place in (made, folder):
            shutil.rmtree(place, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep_scratch() -> None:
    """Removes the scratch folders of processes that are gone."""
    for left in Path(tempfile.gettempdir()).glob(f"{SCRATCH_FOLDER}*"):
        with suppress(OSError):
            if left.is_symlink() or left.stat().st_uid != os.geteuid():
                continue
            lock = lock_folder(left)
            if lock is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(lock)


def lock_folder(folder: Path, *, shared: bool = False) -> int | None:
    """Locks a folder until the descriptor that it gives is closed.

    Args:
        folder: The folder.
        shared: Whether others may lock it in the same way at the same time.

    Returns:
        The descriptor; ``None`` where somebody else has the lock, or where the system has none.
    """
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def cache_folder() -> Path:
    """Where an account keeps what it can make again: ``SISE_CACHE``, else its folder of caches."""
    chosen = os.environ.get("SISE_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("sise")


def is_own(folder: Path) -> bool:
    """Whether nobody but this account may write into a folder."""
    if os.name == "nt":  # a folder of the account is its own there
        return True
    state = folder.stat()
    return state.st_uid == os.getuid() and not state.st_mode & 0o022


def private_file(path: Path) -> None:
    """Makes an empty file for its owner alone, unless there is one."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


@contextmanager
def atomic_folder(out: Path) -> Iterator[Path]:
    """A new folder beside ``out``.

    It takes the place of ``out`` when the block ends well, and is gone when it does not.

    Raises:
        EnvironmentRefusedError: The disk is full or the folder not writable.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place and not in /tmp: a rename does not cross file systems.
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        folder.chmod(0o755)
    except OSError as error:
        raise _no_room(out, error) from error
    try:
        yield folder
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)
        _replace(folder, out)
    except EnvironmentRefusedError:
        raise
    except OSError as error:
        raise _no_room(out, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to.

    It takes the place of ``path`` when the block ends well, and is gone when it does not.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        # On the disk before the rename: after a loss of power the name may else lead to a cut file.
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def refuse_foreign(out: Path, mark: str) -> None:
    """Refuses a folder with somebody's files.

    Only an empty one is replaced, or an older result, which has the file ``mark``.

    Raises:
        InputError: The folder holds something else.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / mark).is_file()):
        # A name that is free: to propose the very folder that was refused would help nobody.
        free = next(f"{out}-{number}" for number in count(2) if not Path(f"{out}-{number}").exists())
        raise InputError("folder_foreign", place=str(out), other=free)


@contextmanager
def disk_faults(place: Path) -> Iterator[None]:
    """Turns a refusal of the disk, from Python, Arrow or DuckDB, into one that says what to do.

    Args:
        place: The folder that is written to.

    Raises:
        EnvironmentRefusedError: No space, no permission, a read-only disk or too little memory.
    """
    try:
        yield
    except SiseError:
        raise
    except duckdb.OutOfMemoryException as error:
        raise EnvironmentRefusedError("memory_full", place=str(place), reason=str(error)) from error
    except (OSError, duckdb.IOException) as error:
        reason = str(error)
        if getattr(error, "errno", None) not in REFUSALS and not any(word in reason for word in WORDS):
            raise
        raise EnvironmentRefusedError("disk_refused", place=str(place), reason=reason) from error


def spreadsheet_cell(value: str) -> str:
    """A text for a cell of CSV or Excel: what would run as a formula is shown as it is."""
    return "'" + value if value.startswith(FORMULA) else value


def _replace(folder: Path, out: Path) -> None:
    if out.exists():
        # A folder that is not empty cannot be renamed over: the old one steps aside first.
        former = folder.with_name(folder.name + "-old")
        out.rename(former)
        folder.rename(out)
        shutil.rmtree(former)
    else:
        folder.rename(out)


def _no_room(out: Path, error: OSError) -> EnvironmentRefusedError:
    reason = error.strerror or str(error)
    return EnvironmentRefusedError("results_not_written", place=str(out), reason=reason)
