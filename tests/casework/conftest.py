"""One scored town at the counter, and copies of it to write to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from casework import DAY, Counter, make_counter

from scoring.store.keep.transfer import backup
from scoring.store.tables.database import Database

NAMES = (
    "penalty-a",
    "penalty-b",
    "penalty-foreign",
    "finding-a",
    "finding-b",
    "finding-foreign",
    "listing-a",
    "listing-foreign",
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town as everybody finds it: every fall is proposed and nobody was told."""
    folder = tmp_path_factory.mktemp("counter")
    harness = make_counter(folder, NAMES)
    backup(harness.database, folder / "copy.db")
    harness.database.close()
    return folder / "copy.db"


@pytest.fixture(scope="session")
def fallen(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town after every fall took effect, served and confirmed by two."""
    folder = tmp_path_factory.mktemp("fallen")
    harness = opened(made, folder)
    for name in NAMES:
        harness.serve(f"town:{name}")
    for name in ("listing-a", "listing-foreign"):
        for reviewer in ("anna", "bert"):
            harness.step("confirm", f"town:{name}", reviewer)
    harness.go_to(FALLEN)
    harness.score()
    backup(harness.database, folder / "copy.db")
    harness.database.close()
    return folder / "copy.db"


FALLEN = DAY.replace(month=10, day=15)
"""The day after the notices of the town are over: the National Day holidays lie between."""


def opened(made: Path, folder: Path, day: object = DAY) -> Counter:
    """A copy of a town to write to."""
    file = folder / "town.db"
    shutil.copyfile(made, file)
    harness = Counter(Database(str(file)), day, folder)  # type: ignore[arg-type]
    harness.reuse()
    return harness


@pytest.fixture
def counter(made: Path, tmp_path: Path) -> Iterator[Counter]:
    """The town in which falls are proposed, to write to."""
    harness = opened(made, tmp_path)
    yield harness
    harness.database.close()


@pytest.fixture
def after(fallen: Path, tmp_path: Path) -> Iterator[Counter]:
    """The town in which falls are in effect, to write to."""
    harness = opened(fallen, tmp_path, FALLEN)
    yield harness
    harness.database.close()
