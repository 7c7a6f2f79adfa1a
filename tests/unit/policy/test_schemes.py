"""Other people's schemes, written as policies and run on every case: expectations are literal rows of the published tables."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, combinations, product
from pathlib import Path

import pytest
from worlds import Row, World, enterprise, record

from scoring.policy.language.schema import Policy
from scoring.policy.load import load_policy

SCORES = (0, 5, 10, 15, 20, 25)
CONFIDENCE = (0, 5, 10, 20, 30)
FHRS_TABLE = (
    # lowest total, highest total, no component above, rating
    (0, 15, 5, "5"),
    (20, 20, 10, "4"),
    (25, 30, 10, "3"),
    (35, 40, 15, "2"),
    (45, 50, 20, "1"),
)
"""The published table, best first; whoever fits no row is rated 0."""
FHRS_KINDS = ("hygiene_score", "structure_score", "management_score")

CIRCUMSTANCES: dict[str, Row] = {
    "intentional_breach": {"kind": "administrative_penalty", "severity": "serious", "field": "food"},
    "failed_sample": {"kind": "sampling_test", "result": "unqualified", "field": "food"},
    "bad_effect_on_society": {"kind": "serious_violation_listing", "severity": "serious"},
    "food_accident": {"kind": "accident", "severity": "minor", "field": "food"},
    "recall_missed": {"kind": "rectification_order", "result": "broken", "field": "food"},
    "refusal": {"kind": "inspection_refusal"},
}
NEAR_MISSES: tuple[Row, ...] = (
    {"kind": "administrative_penalty", "severity": "minor", "field": "food"},
    {"kind": "administrative_penalty", "severity": "serious", "field": "fire"},
    {"kind": "sampling_test", "result": "qualified", "field": "food"},
    {"kind": "sampling_test", "result": "unqualified", "field": "drugs"},
    {"kind": "accident", "severity": "serious", "field": "work_safety"},
    {"kind": "rectification_order", "severity": "serious", "field": "food"},
    {"kind": "inspection_refusal", "age": 365},
    {"kind": "complaint", "result": "unsubstantiated", "field": "food"},
)


def fhrs(hygiene: int, structure: int, confidence: int) -> str:
    """The rating by the table: the total picks the row, and the highest component can push further down."""
    total, highest = hygiene + structure + confidence, max(hygiene, structure, confidence)
    fitting = (rating for _, most, no_more, rating in FHRS_TABLE if total <= most and highest <= no_more)
    return next(fitting, "0")


def scheme(name: str) -> Policy:
    """The policy of a scheme."""
    return load_policy(name, None).policy


def scored(enterprise_id: str, **hundredths: int) -> list[Row]:
    """Records of scores by kind."""
    return [
        record(enterprise_id, f"{enterprise_id}-{kind}", kind=kind, value_x100=value)
        for kind, value in hundredths.items()
    ]


def facts(enterprise_id: str, *rows: Row) -> list[Row]:
    """Other records of an enterprise."""
    return [record(enterprise_id, f"{enterprise_id}-{number}", **row) for number, row in enumerate(rows)]


def run(world: World, policy: Policy, cases: dict[str, list[Row]]) -> dict[str, Row]:
    """The scores of all cases, each an enterprise, in one query."""
    records = list(chain.from_iterable(cases.values()))
    return world.holds(map(enterprise, cases), records).scores(policy)


def subsets(names: Collection[str]) -> list[tuple[str, ...]]:
    """All selections of some of the names, from none of them to all."""
    by_size = (combinations(names, size) for size in range(len(names) + 1))
    return list(chain.from_iterable(by_size))


def bands(world: World, policy: Policy, cases: dict[str, list[Row]]) -> dict[str, str | None]:
    """The bands of all cases."""
    return {name: score["band"] for name, score in run(world, policy, cases).items()}


def test_every_fhrs_rating(world: World) -> None:
    """All 180 triples of component scores get the rating of the published table."""
    cases, expected = {}, {}
    for triple in product(SCORES, SCORES, CONFIDENCE):
        name = "-".join(map(str, triple))
        cases[name] = scored(
            name, **{kind: score * 100 for kind, score in zip(FHRS_KINDS, triple, strict=True)}
        )
        expected[name] = fhrs(*triple)
    assert expected == bands(world, scheme("uk-fhrs"), cases)


@pytest.mark.parametrize(
    ("triple", "rating"),
    [
        ((5, 5, 5), "5"),
        ((10, 5, 0), "4"),
        ((10, 0, 0), "4"),
        ((10, 10, 0), "4"),
        ((10, 10, 10), "3"),
        ((15, 0, 0), "2"),
        ((15, 15, 10), "2"),
        ((20, 0, 0), "1"),
        ((20, 20, 10), "1"),
        ((25, 0, 0), "0"),
        ((0, 0, 30), "0"),
        ((20, 20, 20), "0"),
    ],
)
def test_fhrs_by_hand(triple: tuple[int, int, int], rating: str) -> None:
    """The test's own reading of the table gives the ratings that a person reads from it."""
    assert rating == fhrs(*triple)


def test_fhrs_awaits_every_component(world: World) -> None:
    """An establishment of which a component is not known awaits its inspection, whatever the others say."""
    cases = {}
    for known in subsets(FHRS_KINDS)[:-1]:
        name = "-".join(known) or "none"
        cases[name] = scored(name, **dict.fromkeys(known, 0))
    scores = run(world, scheme("uk-fhrs"), cases)
    assert {"awaiting_inspection"} == {score["status_reason"] for score in scores.values()}


def test_fhrs_takes_the_latest_inspection(world: World) -> None:
    """A new inspection replaces the old one, for better and for worse."""
    cases: dict[str, list[Row]] = {"better": [], "worse": []}
    for name, values in (("better", {900: 2000, 30: 0}), ("worse", {900: 0, 30: 2000})):
        for kind, (age, value) in product(FHRS_KINDS, values.items()):
            cases[name].append(record(name, f"{name}-{kind}-{age}", kind=kind, value_x100=value, age=age))
    assert {"better": "5", "worse": "0"} == bands(world, scheme("uk-fhrs"), cases)


def test_every_new_york_grade(world: World) -> None:
    """All totals from 0 to 150: A to 13, B to 27, C from 28; without an inspection no grade."""
    expected = {f"t{total}": "A" if total <= 13 else "B" if total <= 27 else "C" for total in range(151)}
    cases = {name: scored(name, violation_score=int(name[1:]) * 100) for name in expected}
    assert {**expected, "none": None} == bands(world, scheme("nyc-grades"), {**cases, "none": []})


def test_every_new_york_score_is_the_record_s(world: World) -> None:
    """Points are the violation points themselves, in hundredths, and the latest inspection counts."""
    rows = [
        record("e", "old", kind="violation_score", value_x100=9000, age=400),
        *scored("e", violation_score=1300),
    ]
    score = run(world, scheme("nyc-grades"), {"e": rows})["e"]
    assert (1300, "A") == (score["points"], score["band"])


def food_grade(hundredths: int) -> str:
    """Grade of the 2016 measures: upper edges belong to the better grade."""
    return "A" if hundredths <= 3000 else "B" if hundredths <= 4500 else "C" if hundredths <= 6000 else "D"


def split(total: int) -> tuple[int, int]:
    """A total as static (at most 40) and dynamic points."""
    static = min(total // 2, 4000)
    return static, total - static


def test_every_food_edge(world: World) -> None:
    """All half points from 0 to 100 and every hundredth around each edge get the grade of the measures."""
    totals = set(range(0, 10_001, 50))
    for edge in (3000, 4500, 6000):
        totals.update(range(edge - 60, edge + 61))
    cases, expected = {}, {}
    for total in sorted(totals):
        name, (static, dynamic) = f"t{total}", split(total)
        cases[name] = scored(name, static_risk_score=static, dynamic_risk_score=dynamic)
        expected[name] = (total, food_grade(total))
    scores = run(world, scheme("food-risk-2016"), cases)
    assert expected == {name: (score["points"], score["band"]) for name, score in scores.items()}


def test_food_edges_by_hand() -> None:
    """The three edges of the measures as a person reads them."""
    totals = (2999, 3000, 3001, 4499, 4500, 4501, 5999, 6000, 6001)
    assert list("AABBBCCCD") == [food_grade(total) for total in totals]


def test_food_circumstances_raise_the_grade_once(world: World) -> None:
    """Each circumstance of article 28, alone and with any others, raises each grade by one, never beyond D."""
    totals = {"A": 2000, "B": 4000, "C": 5000, "D": 7000}
    worse = {"A": "B", "B": "C", "C": "D", "D": "D"}
    cases, expected = {}, {}
    for grade, total in totals.items():
        static, dynamic = split(total)
        for number, circumstances in enumerate(subsets(CIRCUMSTANCES)):
            name = f"{grade}{number}"
            rows = scored(name, static_risk_score=static, dynamic_risk_score=dynamic)
            cases[name] = rows + facts(name, *(CIRCUMSTANCES[code] for code in circumstances))
            expected[name] = (worse[grade] if circumstances else grade, sorted(circumstances))
    scores = run(world, scheme("food-risk-2016"), cases)
    assert expected == {name: (score["band"], sorted(score["caps"])) for name, score in scores.items()}


def test_food_grade_stays_without_circumstances(world: World) -> None:
    """What only resembles a circumstance (another field, a pass, a minor penalty, last year's refusal) raises nothing."""
    cases = {}
    for number, near_miss in enumerate(NEAR_MISSES):
        name = f"n{number}"
        rows = scored(name, static_risk_score=1000, dynamic_risk_score=1000)
        cases[name] = rows + facts(name, near_miss)
    scores = run(world, scheme("food-risk-2016"), cases)
    assert {("A", ())} == {(score["band"], tuple(score["caps"])) for score in scores.values()}


def test_new_food_operators_are_graded_on_the_static_score(world: World) -> None:
    """Without a dynamic score the static one decides; whoever was visited or has no static score is not graded."""
    visit: Row = {"kind": "inspection", "result": "no_problem", "field": "food"}
    cases = {
        "low": scored("low", static_risk_score=3000),
        "high": scored("high", static_risk_score=3001),
        "most": scored("most", static_risk_score=4000),
        "visited": scored("visited", static_risk_score=1000) + facts("visited", visit),
        "dynamic_only": scored("dynamic_only", dynamic_risk_score=1000),
        "nothing": [],
    }
    scores = run(world, scheme("food-risk-2016"), cases)
    assert {"low": "A", "high": "B", "most": "B", "visited": None, "dynamic_only": None, "nothing": None} == {
        name: score["band"] for name, score in scores.items()
    }
    assert ["no_dynamic_score", "no_static_score", "no_static_score"] == [
        scores[name]["status_reason"] for name in ("visited", "dynamic_only", "nothing")
    ]


def test_schemes_need_no_python() -> None:
    """No line of code names one of the schemes: they are files and nothing else."""
    root = Path(__file__).resolve().parents[3] / "scoring"
    names = re.compile("uk-fhrs|nyc-grades|food-risk-2016")
    assert [] == [path for path in root.rglob("*.py") if names.search(path.read_text("utf-8"))]
