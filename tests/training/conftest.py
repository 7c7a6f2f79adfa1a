"""A small synthetic district, and one model trained on it for all tests that only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_once import made_once
from trained_model import TrainedModel, defined

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.analysis.training.pipeline import train_table
from scoring.analysis.training.train import source_of
from scoring.assess.dataset import open_sources
from scoring.entities import silent
from scoring.records.map.sources import SourceSpec

ENTERPRISES = 3_000


@pytest.fixture(scope="session")
def district_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of a district of 3,000 enterprises, which nobody may change."""
    plan = DistrictPlan(enterprises=ENTERPRISES)
    return made_once(tmp_path_factory, "training-district", lambda folder: write_district(plan, folder))


@pytest.fixture(scope="session")
def small() -> str:
    """The text of an ordering model on the district.

    It has own shares and records, rates by township, and two origins of half a year.
    """
    return (Path(__file__).parent / "small.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def trained(
    district_folder: Path, small: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrainedModel]:
    """The small model, trained once."""
    definition = defined(small, tmp_path_factory.mktemp("definition"))
    with open_sources([SourceSpec("canonical", district_folder)], silent) as data:
        source = source_of(definition, data.engine, data.tables, data.covers)
        table, ready = train_table(definition, source)
        yield TrainedModel(definition, data, source, table, ready)
