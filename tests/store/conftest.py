"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import postgres
import pytest
from stores import DAY, StoreHarness, ready

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.store.keep.transfer import backup, put_in_place, unpacked
from scoring.store.tables.database import Database

ENTERPRISES = int(os.environ.get("SISE_STORE_ENTERPRISES", "120"))


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """A PostgreSQL server."""
    with postgres.server() as address:
        yield address


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Which database."""
    return str(request.param)


@pytest.fixture
def address(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of an empty database."""
    if engine == "sqlite":
        yield str(tmp_path / "sise.db")
        return
    with postgres.fresh(request.getfixturevalue("pg_server")) as address:
        yield address


@pytest.fixture
def empty(address: str, tmp_path: Path) -> Iterator[StoreHarness]:
    """A store without facts."""
    database = Database(address)
    harness = StoreHarness(database, folder=tmp_path)
    ready(database, harness.clock)
    yield harness
    database.close()


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A canonical folder of a small synthetic district."""
    folder = tmp_path_factory.mktemp("district")
    write_district(DistrictPlan(enterprises=ENTERPRISES, as_of=DAY), folder)
    return folder


@pytest.fixture(scope="session")
def scored_file(district: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a store in which the district is scored."""
    folder = tmp_path_factory.mktemp("scored")
    database = Database(str(folder / "made.db"))
    harness = StoreHarness(database)
    ready(database, harness.clock)
    harness.take(district)
    harness.score()
    harness.adopt()
    backup(database, folder / "scored.db")
    database.close()
    return folder / "scored.db"


@pytest.fixture
def scored(empty: StoreHarness, scored_file: Path) -> StoreHarness:
    """A store in which the district is scored."""
    with ExitStack() as stack:
        put_in_place(stack.enter_context(unpacked(scored_file)), empty.database)
    return empty
