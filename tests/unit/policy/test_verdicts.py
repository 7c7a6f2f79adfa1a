"""The verdict beside a table: which month holds on a day, when it is too old, and what a policy makes of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from lists import table_file

from scoring.errors import ModelError
from scoring.policy.language.schema import Indicator
from scoring.policy.load import load_policy
from scoring.policy.tables import read_model
from scoring.policy.verdicts import beside, read_verdict, standing, standings, write_verdict

MONTHS = [
    {"month": "2026-04", "verdict": "ok"},
    {"month": "2026-05", "verdict": "do_not_use"},
    {"month": "2026-06", "verdict": "watch"},
    {"month": "2026-07", "verdict": "watch"},
]
REPORT = {"until": "2026-07-20", "verdict": "watch", "since": "2026-06", "months": MONTHS}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table with a verdict that worsened and recovered."""
    table = Path(table_file(tmp_path))
    write_verdict(beside(table), read_model(str(table)), REPORT)
    return table


@pytest.mark.parametrize(
    ("as_of", "verdict", "since"),
    [
        (date(2026, 4, 29), "cannot_tell", None),
        (date(2026, 4, 30), "ok", "2026-04"),
        (date(2026, 6, 29), "do_not_use", "2026-05"),
        (date(2026, 7, 19), "watch", "2026-06"),
        (date(2026, 7, 20), "watch", "2026-06"),
        (date(2027, 1, 20), "watch", "2026-06"),
        (date(2027, 1, 21), "cannot_tell", None),
    ],
)
def test_the_month_that_has_ended_holds(path: Path, as_of: date, verdict: str, since: str | None) -> None:
    """On a day the last month that has ended speaks, until it is older than the table allows."""
    known = standing(read_model(str(path)), beside(path), as_of)
    assert (verdict, since) == (known.verdict, known.since)
    assert all(known.words.values())


def test_a_policy_may_ask_for_a_younger_verdict(path: Path) -> None:
    """What the policy says of the age of a verdict counts instead of what the table says."""
    table = read_model(str(path))
    assert "watch" == standing(table, beside(path), date(2026, 8, 20), 31).verdict
    assert "cannot_tell" == standing(table, beside(path), date(2026, 8, 21), 31).verdict


def test_the_verdict_on_another_table_says_nothing(path: Path, tmp_path: Path) -> None:
    """A table trained anew is not judged by the verdict on the one before it."""
    kept = beside(path).read_bytes()
    other = Path(table_file(tmp_path, seed=2))
    beside(other).write_bytes(kept)
    assert (
        "about another one" in standing(read_model(str(other)), beside(other), date(2026, 7, 20)).words["en"]
    )


def test_a_damaged_verdict_is_a_sentence(path: Path) -> None:
    """What is no verdict is refused, and without a file there is none."""
    beside(path).write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot read the verdict"):
        read_verdict(beside(path))
    beside(path).unlink()
    assert read_verdict(beside(path)) is None


def _policy(path: Path, folder: Path) -> str:
    draft = (Path(__file__).parents[2] / "drafts" / "with-model.toml").read_text(encoding="utf-8")
    old = next(line for line in draft.splitlines() if line.startswith("model ="))
    file = folder / "policy.toml"
    file.write_text(draft.replace(old, f'model = "{path}"\nverdict_days = 60'), encoding="utf-8")
    return str(file)


def test_a_policy_reads_the_verdict_on_its_model(tmp_path: Path) -> None:
    """A policy whose model is not to be used is refused on the days of that verdict; else it is told."""
    shipped = read_model("district-demo")
    copy = tmp_path / "copied.json"
    copy.write_bytes(Path("scoring/rules/models/district-demo.json").read_bytes())
    policy = _policy(copy, tmp_path)
    months = [{"month": "2026-11", "verdict": "ok"}, {"month": "2026-12", "verdict": "do_not_use"}]
    report = {"until": "2026-12-31", "verdict": "do_not_use", "since": "2026-12", "months": months}
    write_verdict(beside(copy), shipped, report)
    version = load_policy(policy, date(2026, 12, 15))
    (known,) = standings(version.policy, version.tables, date(2026, 12, 15))
    assert ("ok", "2026-11") == (known.verdict, known.since)
    with pytest.raises(ModelError, match="verdict is do not use, since 2026-12"):
        load_policy(policy, date(2026, 12, 31))
    write_verdict(beside(copy), shipped, {**report, "verdict": "ok", "months": months[:1]})
    (known,) = standings(version.policy, version.tables, date(2027, 3, 2))
    assert "61 days ago, and 60 are allowed" in known.words["en"]


def test_the_age_of_a_verdict_goes_with_a_model_alone() -> None:
    """Any other indicator has no verdict that could be old."""
    fields = {
        "id": "x",
        "group": "g",
        "direction": "neutral",
        "label": {"zh": "甲", "en": "x"},
        "window_days": 1,
    }
    count = {
        "select": {"kind": ["honour"]},
        "aggregate": "count",
        "bins": [{"points": 0}],
        "verdict_days": 60,
    }
    with pytest.raises(ValueError, match="`verdict_days` goes with aggregate"):
        Indicator.model_validate({**fields, **count})
