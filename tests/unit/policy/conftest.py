"""An empty world with an open engine, for policies that are run and not only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from worlds import World

from scoring.engine.duckdb import DuckEngine


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    """One engine for a module: it keeps nothing but views."""
    with DuckEngine() as engine:
        yield engine


@pytest.fixture
def world(engine: DuckEngine, tmp_path: Path) -> World:
    """A world that a test fills by ``holds``."""
    return World(engine, tmp_path)
