"""Stores that are made once in a run, and copies of them for tests to change, on either database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest
from made_once import made_once
from stores import DAY, StoreHarness

from scoring.store.keep.transfer import put_in_place, unpacked
from scoring.store.snapshot.generations import root_of
from scoring.store.tables.database import Database

STORE = "sise.db"
CLOCK = "clock"


def made_store(
    temporary: pytest.TempPathFactory,
    name: str,
    fill: Callable[[StoreHarness], object],
    day: date = DAY,
) -> Path:
    """The folder of a store in a file, made once in a run: with its linked facts, and the time at its end.

    Args:
        temporary: Temporary folders of this worker.
        name: See ``made_once``.
        fill: Makes schema, accounts and facts of it.
        day: The day on which that begins.
    """

    def make(folder: Path) -> None:
        with closing(Database(str(folder / STORE))) as database:
            harness = StoreHarness(database, day)
            fill(harness)
        (folder / CLOCK).write_text(harness.clock.now.isoformat(), encoding="utf-8")

    return made_once(temporary, name, make)


def copy_to_server(made: Path, address: str) -> None:
    """Puts a store that was made into an empty database of a server."""
    with closing(Database(address)) as database, unpacked(made / STORE) as store:
        put_in_place(store, database)


@contextmanager
def opened(made: Path, address: str, folder: Path) -> Iterator[StoreHarness]:
    """A copy of a store that was made, to be changed.

    Args:
        made: What ``made_store`` gave.
        address: Where to put it: a file to be, or a database of a server that holds its rows.
        folder: A folder of the test.
    """
    with closing(Database(address)) as database:
        if database.is_sqlite:
            shutil.copyfile(made / STORE, database.place)
        linked = root_of(Database(str(made / STORE)))
        if linked.is_dir():
            # As if it had been scored here. Dated now: those of servers that were used longest ago are removed.
            shutil.copytree(linked, root_of(database))
            os.utime(root_of(database))
        now = datetime.fromisoformat((made / CLOCK).read_text(encoding="utf-8"))
        harness = StoreHarness(database, now.date(), folder)
        harness.clock.now = now
        yield harness
