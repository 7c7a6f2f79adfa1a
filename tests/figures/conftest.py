"""A store that has lived some months, and what it holds as plain tables, counted by nobody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest
from figure_stores import LAST, FigureStore, figure_store, live_on, lively_rows

from scoring.store.tables.database import Database


@pytest.fixture(scope="session")
def lived_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store as a file, to be copied."""
    folder = tmp_path_factory.mktemp("figures")
    harness = figure_store(folder, lively_rows())
    live_on(harness)
    harness.database.close()
    return folder / "figures.db"


@pytest.fixture
def lived(lived_store: Path, tmp_path: Path) -> Iterator[FigureStore]:
    """A copy of it to write to."""
    harness = copy_of(lived_store, tmp_path)
    yield harness
    harness.database.close()


@pytest.fixture(scope="module")
def shown(lived_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FigureStore]:
    """A copy of it to read from."""
    harness = copy_of(lived_store, tmp_path_factory.mktemp("shown"))
    yield harness
    harness.database.close()


def copy_of(store: Path, folder: Path) -> FigureStore:
    """A harness over a copy of a store, on its last day."""
    file = folder / "sise.db"
    shutil.copyfile(store, file)
    harness = FigureStore(Database(str(file)), LAST, folder)
    harness.reuse()
    return harness


@pytest.fixture(scope="module")
def tables(shown: FigureStore) -> Mapping[str, pd.DataFrame]:
    """Facts, assessments and steps as the store has them; the tables of counts are not looked at."""
    names = ("record_version", "enterprise_version", "assessment", "score_run", "step")
    with shown.database.read() as connection:
        read = {name: pd.read_sql(f"SELECT * FROM {name}", connection) for name in names}
    days = ("occurred_on", "decided_on", "known_on", "restored_on", "as_of", "done_on", "masked_from")
    for table in read.values():
        for day in set(days) & set(table.columns):
            table[day] = pd.to_datetime(table[day])
    assessment = read["assessment"]
    assessment["by_field"] = [
        {field: band for field, _, band in json.loads(text or "[]")} for text in assessment["fields"]
    ]
    return read
