"""Scales where few points are good (letter grades of restaurants): the same checks with the sense turned around."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.policy.check.checks import check_file
from scoring.policy.load import read_policy_file

GOOD = (Path(__file__).resolve().parents[2] / "bad_rules" / "good.toml").read_text(encoding="utf-8")
EDITS = (
    ("base = 80", "base = 10"),
    ("points = -20 }, { points = -60 }", "points = 20 }, { points = 60 }"),
    ("{ points = 15 }", "{ points = -15 }"),
    ("from = 0", "from = 60"),
    ("from = 50", "from = 14"),
    ("from = 90", "from = 0"),
)


def _draft(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    text = GOOD
    for old, new in (*EDITS, *edits):
        text = text.replace(old, new, 1)
    path = tmp_path / "draft.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_low_is_best_is_recognised(tmp_path: Path) -> None:
    """The order of the bands tells which end is good, and the policy passes."""
    path = _draft(tmp_path)
    assert ([], False) == (check_file(path), read_policy_file(path).policy.higher_is_better)


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("{ points = 60 }", "{ points = 10 }", {"points_sense"}),
        ("points = 20 }", "points = -20 }", {"points_sense", "adverse_gives", "unknown_costs"}),
        ("{ points = -15 }", "{ points = 15 }", {"points_sense", "favourable_takes", "unknown_pays"}),
        ("from = 0", "from = 5", {"bands_gap"}),
        ("from = 14", "from = 70", {"bands_overlap"}),
        ("from = 60", "from = 95", set()),
    ],
)
def test_faults_on_a_scale_where_low_is_best(tmp_path: Path, old: str, new: str, codes: set[str]) -> None:
    """Points that run the wrong way, gaps and overlaps are found on such a scale too."""
    assert codes == {finding.code for finding in check_file(_draft(tmp_path, (old, new)))}
