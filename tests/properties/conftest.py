"""The world in which every example of a property is played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from worlds import World

from scoring.engine.duckdb import DuckEngine


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One engine and one folder; each example writes its own tables."""
    with DuckEngine() as engine:
        yield World(engine, tmp_path_factory.mktemp("stage"))
