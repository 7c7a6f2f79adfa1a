"""Writes a folder beside its place and renames it when it is complete, so that ``--out`` never holds half a result."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoring.errors import EnvironmentRefusedError, InputError

SCRATCH = "scratch"
"""Folder for what is needed only while writing; it is removed before the rename."""


@contextmanager
def beside(out: Path) -> Iterator[Path]:
    """A new folder beside ``out`` that takes its place when the block ends well, and is gone when it does not.

    Raises:
        EnvironmentRefusedError: The disk is full or the folder not writable.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        folder.chmod(0o755)
    except OSError as error:
        raise _no_room(out, error) from error
    try:
        yield folder
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)
        _replace(folder, out)
    except OSError as error:
        if isinstance(error, EnvironmentRefusedError):
            raise
        raise _no_room(out, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_foreign(out: Path, mark: str) -> None:
    """Refuses a folder with somebody's files: only an empty one or an older result, told by its file ``mark``, is replaced.

    Raises:
        InputError: The folder holds something else.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / mark).is_file()):
        raise InputError(
            zh="输出目录已有其他内容，未作任何改动；请给一个新目录或以前的结果目录，例如 --out out",
            en="the output folder holds something else and was left alone; name a new folder or an older result, e.g. --out out",
            place=str(out),
        )


def _replace(folder: Path, out: Path) -> None:
    if out.exists():
        old = folder.with_name(folder.name + "-old")
        out.rename(old)
        folder.rename(out)
        shutil.rmtree(old)
    else:
        folder.rename(out)


def _no_room(out: Path, error: OSError) -> EnvironmentRefusedError:
    return EnvironmentRefusedError(
        zh=f"无法写入结果（{error.strerror or error}）；请检查磁盘空间和目录权限，或换一个 --out",
        en=f"cannot write the results ({error.strerror or error}); check disk space and permissions, or choose another --out",
        place=str(out),
    )
