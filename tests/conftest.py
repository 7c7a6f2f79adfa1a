"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scoring.batch import score_sources
from scoring.policy.load import load_policy
from scoring.records.intake import SourceSpec
from scoring.synthetic import DistrictPlan, write_district

ROOT = Path(__file__).resolve().parents[1]


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
def results_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder of a small synthetic district: 3,000 enterprises under the demonstration policy on 2026-09-30."""
    district, out = tmp_path_factory.mktemp("district"), tmp_path_factory.mktemp("results") / "out"
    plan = DistrictPlan(enterprises=3_000)
    write_district(plan, district)
    score_sources([SourceSpec("canonical", district)], load_policy("quzhou-demo", plan.as_of), plan.as_of, out)
    return out
