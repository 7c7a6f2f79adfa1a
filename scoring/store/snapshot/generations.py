"""Folders of files that never change, one generation after the other; the newest is in use.

A generation is written beside its place and renamed into it, so it is there whole or not at all. Whoever uses one
holds a shared lock on its folder; older ones go when nobody does.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scoring.disk import LOCKS, cache_folder, is_own, lock_folder
from scoring.entities import RelationSet
from scoring.store.tables.database import Database

MOST_SETS = 2
"""Sets of relations of which a store keeps its linked facts: those used last."""
MOST_STORES = 4
"""Databases on servers of which an account keeps linked facts: those used last."""
_OF_SERVERS = "snapshots"
"""Folder among the account's caches for what is kept of databases on servers."""
_NEW = ".new-"
"""How the name of a generation begins that is being written."""


@dataclass
class Generation:
    """A folder that stays until it is closed."""

    folder: Path
    _lock: int | None

    def close(self) -> None:
        """Lets others remove it when there is a newer one."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def place_of(database: Database, relations: RelationSet | None) -> Path:
    """The folder of a store's generations under a set of relations: beside a file, else among the account's caches."""
    text = json.dumps(relations and relations.model_dump(mode="json"), sort_keys=True)
    return root_of(database) / hashlib.sha256(text.encode()).hexdigest()[:16]


def drop_generations(database: Database) -> None:
    """Removes what is kept of a store: facts that are no longer there may stand in it."""
    shutil.rmtree(root_of(database), ignore_errors=True)


def root_of(database: Database) -> Path:
    """The folder of all that is kept of a store."""
    if database.is_sqlite:
        return Path(f"{database.place}.snapshot")
    return cache_folder() / _OF_SERVERS / hashlib.sha256(database.place.encode()).hexdigest()[:16]


def make_place(place: Path) -> None:
    """Makes a folder for generations, which is the account's alone, unless it is there."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.mkdir(mode=0o700, exist_ok=True)


def newest_generation(place: Path) -> Generation | None:
    """The newest generation that is the account's own; the caller closes it."""
    for number in reversed(_numbers(place)):
        folder = place / str(number)
        with suppress(OSError):
            lock = lock_folder(folder, shared=True)
            # Whoever removes a folder has locked it for himself alone.
            if (lock is not None or not LOCKS) and is_own(place) and is_own(folder):
                return Generation(folder, lock)
            Generation(folder, lock).close()
    return None


def write_generation(
    place: Path, write: Callable[[Path], None], former: Generation | None = None
) -> Generation:
    """Makes a new generation; the caller closes it.

    Args:
        place: The folder of generations.
        write: Writes the files into a folder.
        former: The generation in whose place it comes; it is closed when the files are written.
    """
    make_place(place)
    folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=place))
    generation = Generation(folder, lock_folder(folder, shared=True))
    try:
        write(folder)
        generation.folder = _published(folder, place)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        generation.close()
        raise
    finally:
        # Before the sweep, which else would take it for one that somebody uses.
        if former is not None:
            former.close()
    _sweep(place)
    return generation


def _published(folder: Path, place: Path) -> Path:
    """A written folder under the next number that is free."""
    number = max(_numbers(place), default=0) + 1
    while True:
        # Another process may take a number between the look and the renaming: no folder with files is renamed over.
        try:
            return folder.rename(place / str(number))
        except OSError:
            if not (place / str(number)).exists():
                raise
            number += 1


def _sweep(place: Path) -> None:
    """Removes what nobody uses: older and unfinished generations, and all of the places used longest ago."""
    os.utime(place)
    os.utime(place.parent)
    for folder in [*(place / str(number) for number in _numbers(place)[:-1]), *place.glob(f"{_NEW}*")]:
        _remove_unused(folder)
    for unused in _used_longest_ago(place.parent, MOST_SETS):
        _remove_unused_within(unused)
    if place.parent.parent.name == _OF_SERVERS:
        for store in _used_longest_ago(place.parent.parent, MOST_STORES):
            for unused in store.iterdir():
                if unused.is_dir():
                    _remove_unused_within(unused)
            if not any(left.is_dir() for left in store.iterdir()):
                shutil.rmtree(store, ignore_errors=True)


def _remove_unused_within(place: Path) -> None:
    for folder in place.iterdir():
        _remove_unused(folder)
    with suppress(OSError):
        place.rmdir()


def _remove_unused(folder: Path) -> None:
    with suppress(OSError):
        lock = lock_folder(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _used_longest_ago(root: Path, most: int) -> list[Path]:
    """Folders beyond so many, by the time at which they were used last."""
    used_at: dict[Path, float] = {}
    for folder in root.iterdir():
        with suppress(OSError):
            if folder.is_dir():
                used_at[folder] = folder.stat().st_mtime
    return sorted(used_at, key=used_at.__getitem__)[:-most]


def _numbers(place: Path) -> list[int]:
    """The numbers of the generations, the oldest first."""
    if not place.is_dir():
        return []
    return sorted(int(folder.name) for folder in place.iterdir() if folder.name.isdecimal())
