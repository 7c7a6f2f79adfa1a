"""A scored store of a small district, with an administrator and some officers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stores import StoreHarness, ready

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.store.people.grants import Grant, give_grant
from scoring.store.tables.database import Database

DISTRICT = 150


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the store: scored, and ``anna`` its administrator."""
    folder = tmp_path_factory.mktemp("identity")
    harness = StoreHarness(Database(str(folder / "sise.db")))
    ready(harness.database, harness.clock)
    write_district(DistrictPlan(enterprises=DISTRICT, as_of=harness.day), folder / "district")
    harness.take(folder / "district")
    harness.score()
    give_grant(harness.database, Grant("anna", "admin", "setting up"), "tester", harness.clock)
    harness.database.close()
    return folder / "sise.db"


@pytest.fixture
def store(prepared: Path, tmp_path: Path) -> Iterator[StoreHarness]:
    """A copy of it for one test."""
    place = tmp_path / "sise.db"
    shutil.copyfile(prepared, place)
    harness = StoreHarness(Database(str(place)))
    yield harness
    harness.database.close()
