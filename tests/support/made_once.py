"""What takes long to make and is the same for all who need it: made once in a run, by the worker that needs it first."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest


def run_folder(temporary: pytest.TempPathFactory) -> Path:
    """The folder of this run, which all its workers share."""
    own = temporary.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that nobody may change.

    Args:
        temporary: Temporary folders of this worker.
        name: The folder's name, one for everything of its kind in the whole suite.
        make: Fills an empty folder with it; called unless another worker has done so, with no other worker meanwhile.
    """
    shared = run_folder(temporary)
    folder = shared / f"once-{name}"
    with (shared / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            # Renamed when it is whole: what fails half-way is made anew by the next.
            unfinished = Path(tempfile.mkdtemp(prefix=f"once-{name}-", dir=shared))
            try:
                make(unfinished)
            except BaseException:
                shutil.rmtree(unfinished)
                raise
            unfinished.rename(folder)
    return folder
