"""An empty world with an open engine for each test module that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from worlds import World

from scoring.engine.duckdb import DuckEngine


@pytest.fixture(scope="session")
def engine() -> Iterator[DuckEngine]:
    """One engine for the whole run: it keeps nothing but views."""
    with DuckEngine() as engine:
        yield engine


@pytest.fixture
def world(engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that a test fills by ``holds``."""
    return World(engine, tmp_path_factory.mktemp("world"))
