"""A scored store of a small district, with an administrator and some officers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from oidc import Provider, provided
from oidc_visits import BERT, Visit
from stores import StoreHarness, ready

from scoring.administration.identity.provider_links import link_subject
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.store.people.clock import confirm_clock
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


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The provider; each test finds it honest."""
    with provided(require_nonce=True) as served:
        yield served


@pytest.fixture
def now(store: StoreHarness, provider: Provider) -> StoreHarness:
    """The store on the day of the provider, with an inspector whom it knows as ``BERT``; he has a telephone."""
    provider.host = provider.client = provider.edit = None
    provider.instead, provider.waits = {}, 0.0
    store.clock.now = datetime.now(UTC)
    confirm_clock(store.database, "anna", store.clock)
    give_grant(store.database, Grant("bert", "inspector", "test"), "anna", store.clock)
    link_subject(store.database, "bert", "sso", BERT, "anna", store.clock)
    return store


@pytest.fixture
def visit(now: StoreHarness, provider: Provider, tmp_path: Path) -> Visit:
    """A visit where the provider always asks for a second factor."""
    return Visit(now, provider, tmp_path, "second_factor = true")
