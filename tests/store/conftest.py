"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import postgres
import pytest
from made_once import made_once
from made_stores import STORE, copy_to_server, made_store, opened
from sqlalchemy.engine import make_url
from stores import DAY, StoreHarness, lived, ready

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.store.keep.transfer import backup

ENTERPRISES = int(os.environ.get("SISE_STORE_ENTERPRISES", "120"))
RESTORED = int(os.environ.get("SISE_RESTORED", "5"))
BACKUP = "backup.db"


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


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A canonical folder of a small synthetic district, which nobody may change."""
    plan = DistrictPlan(enterprises=ENTERPRISES, as_of=DAY)
    return made_once(tmp_path_factory, "small-district", lambda folder: write_district(plan, folder))


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without facts, which nobody may change."""
    return made_store(tmp_path_factory, "empty-store", lambda harness: ready(harness.database, harness.clock))


@pytest.fixture(scope="session")
def scored_folder(district: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the district is scored, which nobody may change."""

    def fill(harness: StoreHarness) -> None:
        ready(harness.database, harness.clock)
        harness.take(district)
        harness.score()
        harness.adopt()
        backup(harness.database, Path(harness.database.place).with_name(BACKUP))

    return made_store(tmp_path_factory, "scored-store", fill)


@pytest.fixture(scope="session")
def scored_file(scored_folder: Path) -> Path:
    """A backup of a store in which the district is scored."""
    return scored_folder / BACKUP


@pytest.fixture(scope="session")
def lived_folder(scored_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That store after some years, as ``lived`` makes them; nobody may change it."""

    def fill(harness: StoreHarness) -> None:
        shutil.copyfile(scored_folder / STORE, harness.database.place)
        lived(harness, RESTORED)

    return made_store(tmp_path_factory, "lived-store", fill)


@pytest.fixture(scope="session")
def on_server(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], str]]:
    """Gives the name of a database of the server to which a store that was made is copied, once."""
    with ExitStack() as stack:

        @cache
        def copied(made: Path) -> str:
            address = stack.enter_context(postgres.fresh(request.getfixturevalue("pg_server")))
            copy_to_server(made, address)
            return str(make_url(address).database)

        yield copied


@pytest.fixture
def copy_of(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[Path], StoreHarness]]:
    """Opens a copy of a store that was made, on the database of the test."""
    with ExitStack() as stack:

        def copy(made: Path) -> StoreHarness:
            address = str(tmp_path / "sise.db")
            if engine == "postgresql":
                server, template = (request.getfixturevalue(name) for name in ("pg_server", "on_server"))
                address = stack.enter_context(postgres.fresh(server, template(made)))
            return stack.enter_context(opened(made, address, tmp_path))

        yield copy


@pytest.fixture
def empty(copy_of: Callable[[Path], StoreHarness], empty_folder: Path) -> StoreHarness:
    """A store without facts."""
    return copy_of(empty_folder)


@pytest.fixture
def scored(copy_of: Callable[[Path], StoreHarness], scored_folder: Path) -> StoreHarness:
    """A store in which the district is scored."""
    return copy_of(scored_folder)


@pytest.fixture
def aged(copy_of: Callable[[Path], StoreHarness], lived_folder: Path) -> StoreHarness:
    """A store in which the district was scored for years, with records restored and deleted."""
    return copy_of(lived_folder)
