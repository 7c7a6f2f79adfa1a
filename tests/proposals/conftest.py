"""A town in which every kind of change is proposed, and copies of it to write to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from town import NOW, Town, make_town, serve_everybody

from scoring.store.keep.transfer import backup
from scoring.store.tables.database import Database


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the town, that nobody writes to."""
    folder = tmp_path_factory.mktemp("town")
    town = make_town(folder)
    backup(town.database, folder / "copy.db")
    town.database.close()
    return folder / "copy.db"


@pytest.fixture
def town(made: Path, tmp_path: Path) -> Iterator[Town]:
    """The town on the day on which everything is proposed, to write to."""
    yield from _opened(made, tmp_path)


@pytest.fixture(scope="session")
def unserved(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town as it was made, to read."""
    yield from _opened(made, tmp_path_factory.mktemp("unserved"))


@pytest.fixture(scope="session")
def served(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town in which every notice was served, to read."""
    for town in _opened(made, tmp_path_factory.mktemp("served")):
        serve_everybody(town)
        yield town


def _opened(made: Path, folder: Path) -> Iterator[Town]:
    file = folder / "town.db"
    file.write_bytes(made.read_bytes())
    harness = Town(Database(str(file)), NOW, folder)
    yield harness
    harness.database.close()
