"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import warm
from made_once import made_once
from made_stores import STORE, made_store
from stores import StoreHarness, ready

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.assess.folder import score_sources
from scoring.policy.load import load_policy
from scoring.records.intake import SourceSpec

ROOT = Path(__file__).resolve().parents[1]
# Texts of SQL are kept for all workers, and for the next run; not with those of the account.
os.environ.setdefault("SISE_CACHE", str(ROOT / ".pytest_cache" / "texts"))
# Where it is set, as in many containers, each of the many processes of the tests would translate the project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real public records, kept beside the repository and never in it; absent, the test is skipped (under CI: fails)."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        reason = "the real records are not beside the repository (../shared/data)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def warm_python() -> Iterator[str]:
    """Address of a process that has the libraries loaded and runs commands in its children."""
    with warm.warmed(ROOT) as address:
        yield address


LONG = (
    *("test_parts.py", "test_spark.py", "test_daily.py", "test_recording.py", "test_kept_counts.py"),
    *("test_decision.py", "test_sequences.py", "test_stories.py", "test_truth.py", "test_notebooks.py"),
    *("test_recipes.py", "test_wheel.py", "test_console_blocks.py", "test_single.py"),
)
"""Modules that take longest: begun first, no worker is left alone with one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the long modules first."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONG)))


PLAN = DistrictPlan(enterprises=int(os.environ.get("SISE_DISTRICT", "3000")))
"""A small synthetic district; a campaign makes it greater."""


@pytest.fixture(scope="session")
def district_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small district as files, which nobody may change."""
    return made_once(tmp_path_factory, "district", lambda folder: write_district(PLAN, folder))


@pytest.fixture(scope="session")
def results_folder(district_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder of the small district under the demonstration policy on 2026-09-30, which nobody may change."""
    sources, policy = [SourceSpec("canonical", district_folder)], load_policy("quzhou-demo", PLAN.as_of)
    made = made_once(
        tmp_path_factory, "results", lambda folder: score_sources(sources, policy, PLAN.as_of, folder / "out")
    )
    return made / "out"


@pytest.fixture(scope="session")
def scored_store(district_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a store in which the small district is scored under the demonstration policy on 2026-09-30.

    All workers read it; who changes something takes a copy.
    """

    def fill(harness: StoreHarness) -> None:
        ready(harness.database, harness.clock)
        harness.take(district_folder)
        harness.score()
        harness.adopt()

    return str(made_store(tmp_path_factory, "scored-district", fill, PLAN.as_of) / STORE)
