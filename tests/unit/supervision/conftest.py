"""A street of six enterprises and the table that puts them in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lists import FACTS, STREET, sourced, table_file
from worlds import DAY, World

from scoring.administration.supervision.ranking import ranking
from scoring.administration.supervision.visit_list import Ranking
from scoring.assess.dataset import Dataset
from scoring.engine.duckdb import DuckEngine


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The street and its facts, in an engine of their own."""
    with DuckEngine() as engine:
        yield World(engine, tmp_path_factory.mktemp("street")).holds(STREET, FACTS)


@pytest.fixture(scope="session")
def street(world: World) -> Dataset:
    """The street as sources that were read."""
    return sourced(world)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The table, as the path that names the model."""
    return table_file(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def listed(street: Dataset, tiny: str) -> Ranking:
    """The street in order."""
    return ranking(tiny, street, DAY)
