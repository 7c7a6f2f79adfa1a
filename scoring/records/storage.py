"""A full disk or a closed folder is a fault of the machine, not of the data: told apart in one place."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from scoring.errors import EnvironmentRefusedError, SiseError

REFUSALS = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM}
WORDS = (
    "No space left",
    "Could not write",
    "Read-only file system",
    "Permission denied",
    "Disk quota exceeded",
    "File too large",
)


@contextmanager
def storage_faults(place: Path) -> Iterator[None]:
    """Turns a refusal of the disk, from Python, Arrow or DuckDB, into an error that says what to do.

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
        raise EnvironmentRefusedError(
            f"内存或临时空间不足：{error}", f"not enough memory or scratch space: {error}", str(place)
        ) from error
    except (OSError, duckdb.IOException) as error:
        if getattr(error, "errno", None) not in REFUSALS and not any(word in str(error) for word in WORDS):
            raise
        raise EnvironmentRefusedError(
            f"无法写入（或无权访问）：{error}；请检查磁盘空间和目录权限",
            f"cannot write (or not allowed to): {error}; check the free space and the permissions of the folder",
            str(place),
        ) from error
