"""Proposed edges: the shares asked for where points can be parted, and a reason where they cannot."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from worlds import bands, indicator, make_policy, rule

from scoring.analysis.impact.ladder import Heap
from scoring.analysis.impact.tune import proposal, tune
from scoring.assess.folder import score_sources
from scoring.cli import arguments
from scoring.errors import UsageError
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import resolve

SHARES = {"A": Fraction(15), "B": Fraction(70), "C": Fraction(13), "D": Fraction(2)}
HIGH = make_policy(
    scale={"base": 1000, "low": 0, "high": 2000}, bands=bands(("A", 1500), ("B", 1000), ("C", 500), ("D", 0))
)
LOW = make_policy(
    scale={"base": 0, "low": 0, "high": 2000}, bands=bands(("A", 0), ("B", 500), ("C", 1000), ("D", 1500))
)
CAPPED = make_policy(
    indicator("x"),
    caps=[rule("low", all=[{"indicator": "x", "at_least": 1}], band="C")],
    scale={"base": 1000, "low": 0, "high": 2000},
    bands=bands(("A", 1500), ("B", 1000), ("C", 500), ("D", 0)),
)


def reached(found: dict[str, Any], of: str = "reached") -> list[int]:
    """Numbers by band."""
    return [band[of]["n"] for band in found["bands"]]


@pytest.mark.parametrize("policy", [HIGH, LOW], ids=["high-is-best", "low-is-best"])
@pytest.mark.parametrize("n", [7, 100, 1001])
def test_without_ties_every_share_is_met(policy: Policy, n: int) -> None:
    """With all points different each band has its share within one enterprise, whichever end of the scale is best."""
    found = proposal([Heap(points=3 + p, limit=0, n=1) for p in range(n)], policy, SHARES)
    wanted = [n * share / 100 for share in SHARES.values()]
    assert [] == [pair for pair in zip(reached(found), wanted, strict=True) if abs(pair[0] - pair[1]) > 1]
    assert [] == found["notes"]


@pytest.mark.parametrize("policy", [HIGH, LOW], ids=["high-is-best", "low-is-best"])
@pytest.mark.parametrize(
    "points", [[5] * 40, [0] * 10 + [2000] * 10, [7] * 30 + [8] * 30, list(range(3)) * 20]
)
@pytest.mark.parametrize("shares", [(25, 25, 25, 25), (0, 0, 0, 100), (100, 0, 0, 0), (0, 50, 50, 0)])
def test_edges_stay_a_policy(policy: Policy, points: list[int], shares: tuple[int, ...]) -> None:
    """Whatever the points and shares, edges are in order, apart and on the scale, and nobody is lost."""
    heaps = [Heap(p, 0, n) for p, n in Counter(points).items()]
    found = proposal(heaps, policy, dict(zip("ABCD", map(Fraction, shares), strict=True)))
    edges = [band["proposed"] for band in found["bands"]]
    assert sorted(set(edges), reverse=policy.higher_is_better) == edges
    assert 0 <= min(edges) <= max(edges) <= 2000
    assert len(points) == sum(reached(found)) == sum(map(sum, found["matrix"]))
    moved = tuple(b.model_copy(update={"from_": e}) for b, e in zip(policy.bands, edges, strict=True))
    changed = policy.model_copy(update={"bands": moved})
    assert (
        Policy.model_validate(changed.model_dump(by_alias=True)).higher_is_better == policy.higher_is_better
    )


def test_ties_are_named() -> None:
    """Where a share cuts through enterprises with equal points, the points and their number are named."""
    found = proposal([Heap(900, 0, 5), Heap(800, 0, 60), Heap(700, 0, 35)], HIGH, SHARES)
    note = found["notes"][0]
    assert ("A", "ties") == (note["band"], note["kind"])
    assert "60 enterprises share 800 points" in note["text"]["en"]
    assert "60 户同为 800 分" in note["text"]["zh"]


def test_caps_are_named_and_not_bargained_with() -> None:
    """Edges ignore caps; what a cap takes out of a band and brings into another is told."""
    heaps = [Heap(points=3 + p, limit=2 if p >= 90 else 0, n=1) for p in range(100)]
    found = proposal(heaps, CAPPED, SHARES)
    assert [15, 70, 13, 2] == reached(found, "by_points")
    assert [5, 70, 23, 2] == reached(found)
    texts = {note["band"]: note["text"]["en"] for note in found["notes"]}
    assert "take out 10" in texts["A"]
    assert "bring in 10" in texts["C"]


def test_it_does_what_it_says(trial: Any, tmp_path: Any) -> None:
    """Scored again under a policy with the proposed edges, a district has the bands and moves that the proposal told."""
    found = tune(trial.sources, trial.new, date(2026, 9, 30), SHARES)
    before = trial.scores("new")["band"]
    assert [int((before == band).sum()) for band in SHARES] == reached(found, "now")
    policy = trial.new.policy
    edges = {band["id"]: band["proposed"] for band in found["bands"]}
    tuned = policy.model_copy(
        update={"bands": tuple(b.model_copy(update={"from_": edges[b.id]}) for b in policy.bands)}
    )
    version = resolve(tuned, path="tuned.toml", text=trial.new.text)
    score_sources(trial.sources, version, date(2026, 9, 30), tmp_path / "out")
    after = (
        pd.read_parquet(tmp_path / "out" / "scores.parquet").set_index("enterprise_id").sort_index()["band"]
    )
    assert [int((after == band).sum()) for band in SHARES] == reached(found)
    rated = before.notna()
    assert int((before[rated] != after[rated]).sum()) == found["moved"]
    assert [[int(((before == a) & (after == b)).sum()) for b in SHARES] for a in SHARES] == found["matrix"]


@pytest.mark.parametrize(
    "text", ["A=15,B=70,C=13", "A=15,B=70,C=13,D=3", "A=15,B=70,C=13,E=2", "A=-5,B=70,C=13,D=22"]
)
def test_shares_that_do_not_fit(trial: Any, text: str) -> None:
    """Shares that miss a band, name a strange one, are negative or do not make 100 are refused with an example."""
    with pytest.raises(UsageError, match="--shares A=25,B=25,C=25,D=25"):
        tune(trial.sources, trial.new, date(2026, 9, 30), arguments.shares(text))


@pytest.mark.parametrize("text", ["", "A", "A=x", "=5", "A=1/0", "A=5,A=95"])
def test_shares_that_are_none(text: str) -> None:
    """What is not BAND=PERCENT, each band once, is refused with an example."""
    with pytest.raises(UsageError, match="A=15,B=70,C=13,D=2"):
        arguments.shares(text)


def test_shares_are_exact() -> None:
    """Decimals and percent signs are taken as they are written."""
    assert {"A": Fraction(1, 10), "B": Fraction(999, 10)} == arguments.shares("A=0.1%, B=99.9")
