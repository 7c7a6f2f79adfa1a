"""The days of every law, at both ends of what can be reckoned."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from policy_forms import write_small_district

from scoring.assess.folder import score_sources
from scoring.engine.snapshot import days_of
from scoring.errors import UsageError
from scoring.policy.load import list_policies, load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.workdays import FIRST_DAY, LAST_DAY


@pytest.mark.parametrize(
    "version", list_policies(), ids=lambda version: f"{version.policy.id}@{version.policy.version}"
)
@pytest.mark.parametrize("as_of", [FIRST_DAY, LAST_DAY])
def test_the_first_and_the_last_day(version: ResolvedPolicy, as_of: date) -> None:
    """The days of every law can be reckoned at both ends; beyond them a sentence refuses."""
    assert all(isinstance(day, date) for day in days_of(version.law, as_of).values())
    for beyond in (date.min, FIRST_DAY - timedelta(days=1), LAST_DAY + timedelta(days=1), date.max):
        with pytest.raises(UsageError, match="outside the days"):
            days_of(version.law, beyond)


def test_a_library_call_beyond_all_days(tmp_path: Path) -> None:
    """Who calls the library with such a day is told so too."""
    version = load_policy("quzhou-demo@2026-04-01", None)
    source = SourceSpec("canonical", write_small_district(version, tmp_path / "district"))
    for beyond in (date.min, date.max):
        with pytest.raises(UsageError, match="outside the days"):
            score_sources([source], version, beyond, tmp_path / "out")
    assert not (tmp_path / "out").exists()
