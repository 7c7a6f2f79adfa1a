"""Every aggregate: its value, its edges, and when it is unknown."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from worlds import Row, World, enterprise, indicator, make_policy, record

from scoring.entities import MAX_AMOUNT_FEN
from scoring.policy.language.aggregates import LATEST_BASE

WEIGHTS = [[180, 100], [300, 60]]
BAD = ["problem", "violation"]
PROBLEMS = {"kind": "inspection", "select": {"result": BAD}, "aggregate": "share"}
VISITS = {**PROBLEMS, "among": {"kind": ["inspection"], "result": [*BAD, "no_problem"]}}
SCORE = {"kind": "public_credit_score", "aggregate": "latest", "of": "value_x100"}
PREVIOUS, MEAN = {**SCORE, "aggregate": "previous"}, {**SCORE, "aggregate": "mean"}
LONGEST = {**SCORE, "window_days": 36_500}
GRAVITY = {"kind": "accident", "of": "severity"}


def ages(*days: int, **changes: Any) -> list[Row]:
    """Records of these ages, alike in all else."""
    return [{"age": age, **changes} for age in days]


def visits(**results: int) -> list[Row]:
    """So many inspections with each result."""
    rows: list[Row] = []
    for result, count in results.items():
        rows += [{"kind": "inspection", "result": result}] * count
    return rows


def levels(*severities: str | None, age: int = 3) -> list[Row]:
    """Accidents of these severities."""
    return [{"kind": "accident", "severity": severity, "age": age} for severity in severities]


def valued(age: int, value: int | None) -> Row:
    """A public credit score of this age."""
    return {"kind": "public_credit_score", "value_x100": value, "age": age}


def fines(*fen: int | None, age: int = 3) -> list[Row]:
    """Tax arrears of these amounts."""
    return [{"kind": "tax_arrears", "amount_fen": amount, "age": age} for amount in fen]


SUM = {"kind": "tax_arrears", "aggregate": "sum"}
WEIGHTED_COUNT = {"aggregate": "weighted_count", "age_weights": WEIGHTS}
WEIGHTED_SUM = {"kind": "tax_arrears", "aggregate": "weighted_sum", "age_weights": WEIGHTS}
SEVERE = {"kind": "accident", "select": {"severity": ["serious"]}}
BRANCH = {"select": {"scope": ["branch"]}}
BOTH = {"select": {"scope": ["own", "branch"]}}
OFFICES = [{"authority": authority} for authority in ("A", "B", "A", None)]

CASES: list[tuple[str, Row, list[Row], int | None]] = [
    ("count of none", {}, [], 0),
    ("count", {}, ages(0, 1, 2), 3),
    ("count in the window", {}, ages(0, 364), 2),
    ("count past the window", {}, ages(365, 366), 0),
    ("count in a window of a day", {"window_days": 1}, ages(0, 1), 1),
    ("count in the longest window", {"window_days": 36_500}, ages(36_499, 36_500), 1),
    (
        "count of several kinds",
        {"kind": ["honour", "accident"]},
        [*ages(1), *levels("minor"), *visits(problem=1)],
        2,
    ),
    ("count by severity", SEVERE, levels("minor", "serious", "serious"), 2),
    ("null severity never matches", SEVERE, levels(None), 0),
    (
        "null result never matches",
        {"kind": "inspection", "select": {"result": ["problem"]}},
        [{"kind": "inspection"}],
        0,
    ),
    (
        "keys are and",
        {"kind": "accident", "select": {"severity": ["serious"], "field": ["fire"]}},
        levels("serious"),
        0,
    ),
    (
        "information class",
        {"select": {"info_class": ["minor", "general"]}},
        [{"info_class": info_class} for info_class in ("minor", "serious", None)],
        1,
    ),
    ("own is meant", {}, [{"scope": "own"}, {"scope": "branch"}], 1),
    ("no scope is own", {}, [{"scope": None}], 1),
    ("branches alone", BRANCH, [{"scope": "own"}, {"scope": "branch"}, {"scope": None}], 1),
    ("both scopes", BOTH, [{"scope": "own"}, {"scope": "branch"}, {"scope": None}], 3),
    ("weighted count of none", WEIGHTED_COUNT, [], 0),
    ("weighted count, full", WEIGHTED_COUNT, ages(0, 179), 200),
    ("weighted count, less", WEIGHTED_COUNT, ages(180, 299), 120),
    ("weighted count, nothing", WEIGHTED_COUNT, ages(300, 364, 365), 0),
    ("sum of none", SUM, [], 0),
    ("sum", SUM, fines(1, 20, 300), 321),
    ("sum skips what is not known", SUM, fines(5, None), 5),
    ("sum of the greatest", SUM, fines(*[MAX_AMOUNT_FEN] * 40), 40 * MAX_AMOUNT_FEN),
    ("weighted sum, full", WEIGHTED_SUM, fines(123), 123),
    ("weighted sum, less", WEIGHTED_SUM, fines(200, age=200), 120),
    ("weighted sum drops the fraction of a fen", WEIGHTED_SUM, fines(199, age=200), 119),
    ("weighted sum of none", WEIGHTED_SUM, [], 0),
    ("weighted sum past the weights", WEIGHTED_SUM, fines(200, age=300), 0),
    ("max severity", {**GRAVITY, "aggregate": "max"}, levels("minor", "serious", "general"), 3),
    ("max of the least", {**GRAVITY, "aggregate": "max"}, levels("minor"), 1),
    ("max of none", {**GRAVITY, "aggregate": "max"}, [], None),
    ("max of unknown gravity", {**GRAVITY, "aggregate": "max"}, levels(None), None),
    (
        "max of values",
        {**SCORE, "aggregate": "max"},
        [valued(9, -500), valued(1, -700), valued(2, None)],
        -500,
    ),
    ("latest", SCORE, [valued(9, 900), valued(1, 100), valued(5, 500)], 100),
    ("latest negative", SCORE, [valued(9, 900), valued(1, -1)], -1),
    ("latest zero", SCORE, [valued(9, 900), valued(1, 0)], 0),
    ("latest very negative", SCORE, [valued(1, -MAX_AMOUNT_FEN)], -MAX_AMOUNT_FEN),
    ("latest very great", SCORE, [valued(1, MAX_AMOUNT_FEN), valued(2, -1)], MAX_AMOUNT_FEN),
    ("latest of one day is the greatest", SCORE, [valued(4, 7), valued(4, 9), valued(4, 8)], 9),
    ("latest that has a value", SCORE, [valued(1, None), valued(4, 9)], 9),
    ("latest of none", SCORE, [], None),
    ("latest in the window", LONGEST, [valued(36_499, -3), valued(36_500, 5)], -3),
    (
        "latest severity",
        {**GRAVITY, "aggregate": "latest"},
        [*levels("minor", age=1), *levels("serious", age=2)],
        1,
    ),
    ("previous", PREVIOUS, [valued(9, 900), valued(1, 100), valued(5, 500)], 500),
    ("previous of one day", PREVIOUS, [valued(1, 100), valued(1, 900)], None),
    ("previous day's greatest", PREVIOUS, [valued(1, 5), valued(4, -7), valued(4, -9)], -7),
    ("previous that has a value", PREVIOUS, [valued(1, 5), valued(3, None), valued(4, 9)], 9),
    ("previous in the window", PREVIOUS, [valued(1, 5), valued(365, 9)], None),
    ("min of values", {**SCORE, "aggregate": "min"}, [valued(9, -500), valued(1, 700)], -500),
    ("min of none", {**SCORE, "aggregate": "min"}, [], None),
    ("mean", MEAN, [valued(9, 100), valued(1, 201), valued(2, None)], 150),
    ("mean below nothing", MEAN, [valued(9, -100), valued(1, -201)], -150),
    ("mean of none", MEAN, [valued(2, None)], None),
    ("mean severity", {**GRAVITY, "aggregate": "mean"}, levels("minor", "serious", None), 2),
    (
        "by occasion",
        {"kind": "inspection", "select": {"occasion": ["random", "unknown"]}},
        [{"kind": "inspection", "occasion": why} for why in ("random", "routine", None, "campaign")],
        2,
    ),
    ("days since", {"aggregate": "days_since"}, ages(7, 3, 30), 3),
    ("days since today", {"aggregate": "days_since"}, ages(0), 0),
    ("days since, at the edge", {"aggregate": "days_since"}, ages(364, 365), 364),
    ("days since none", {"aggregate": "days_since"}, ages(365), None),
    ("distinct", {"aggregate": "distinct"}, OFFICES, 2),
    (
        "distinct in the window",
        {"aggregate": "distinct", "window_days": 5},
        [{"authority": "A"}, {"authority": "B", "age": 5}],
        1,
    ),
    ("distinct of none", {"aggregate": "distinct"}, [{"authority": None}], 0),
    ("share of a third", VISITS, visits(problem=1, no_problem=2), 3_333),
    ("share of two thirds", VISITS, visits(problem=1, violation=1, no_problem=1), 6_666),
    ("share of none", VISITS, visits(no_problem=4), 0),
    ("share of all", VISITS, visits(violation=3), 10_000),
    ("share of a seventh", VISITS, visits(problem=1, no_problem=6), 1_428),
    ("share exactly", VISITS, visits(problem=7, no_problem=9), 4_375),
    ("share without a whole", VISITS, visits(no_activity=3), None),
    (
        "share needs both",
        {**VISITS, "among": {"kind": ["inspection"], "result": ["no_problem"]}},
        visits(problem=3, no_problem=2),
        0,
    ),
    (
        "share in the window",
        VISITS,
        [*visits(problem=1), {"kind": "inspection", "result": "no_problem", "age": 365}],
        10_000,
    ),
]
NAMES = [re.sub(r"\W+", "_", name) for name, *_ in CASES]
POLICY = make_policy(
    *[indicator(name, **changes) for name, (_, changes, *_) in zip(NAMES, CASES, strict=True)]
)


@pytest.fixture(scope="module")
def full(engine, tmp_path_factory) -> World:
    """One enterprise for each case, with its records."""
    world = World(engine, tmp_path_factory.mktemp("indicators"))
    records = []
    for name, (*_, rows, _) in zip(NAMES, CASES, strict=True):
        records += [record(f"e_{name}", f"{name}-{number}", **row) for number, row in enumerate(rows)]
    return world.holds([enterprise(f"e_{name}") for name in NAMES], records)


@pytest.fixture(scope="module")
def values(full: World) -> dict[str, dict[str, int | None]]:
    """Values of every case under every indicator, from one query."""
    return full.values(POLICY)


@pytest.mark.parametrize("number", range(len(CASES)), ids=NAMES)
def test_value(values: dict[str, dict[str, int | None]], number: int) -> None:
    """The value of an indicator over the records of its case."""
    assert CASES[number][-1] == values[f"e_{NAMES[number]}"][NAMES[number]]


def test_an_uncovered_kind_is_unknown_unless_recorded(full: World) -> None:
    """Where no source covers the kind, no record is unknown, and a record still counts."""
    values = full.covering().values(POLICY)
    counted = {"count", "weighted_count", "sum", "weighted_sum", "distinct"}
    expected: dict[str, int | None] = {}
    for of_policy, (*_, of_covered) in zip(POLICY.indicators, CASES, strict=True):
        unknown = of_covered == 0 and of_policy.aggregate in counted
        expected[of_policy.id] = None if unknown else of_covered
    assert expected == {name: values[f"e_{name}"][name] for name in NAMES}


def test_every_kind_must_be_covered(world: World) -> None:
    """An indicator of two kinds is zero only if the sources cover both."""
    policy = make_policy(indicator("both", kind=["honour", "accident"]))
    world.holds([enterprise()], [])
    coverages = (("honour",), ("accident",), ("honour", "accident"))
    values = [world.covering(*kinds).values(policy)["e1"]["both"] for kinds in coverages]
    assert [None, None, 0] == values


def test_share_is_exact(world: World) -> None:
    """Basis points are the floor of the exact quotient for every share of up to 40 visits."""
    expected, records = {}, []
    for whole, hits in product(range(1, 41), range(41)):
        if hits <= whole:
            name = f"e{hits}-{whole}"
            expected[name] = hits * 10_000 // whole
            rows = visits(problem=hits, no_problem=whole - hits)
            records += [record(name, f"{name}-{number}", **row) for number, row in enumerate(rows)]
    world.holds([enterprise(name) for name in expected], records)
    values = world.values(make_policy(indicator("share", **VISITS)))
    assert expected == {name: of_enterprise["share"] for name, of_enterprise in values.items()}


def test_latest_has_room_for_every_value() -> None:
    """The packed integer holds any lawful value beside the longest window within 64 bits."""
    greatest = 36_500 * LATEST_BASE + MAX_AMOUNT_FEN + LATEST_BASE // 2
    assert (True, True) == (MAX_AMOUNT_FEN < LATEST_BASE // 2, greatest < 2**63)


def test_weighted_sum_is_compared_in_hundredths(world: World) -> None:
    """A bin's edge in fen holds to the hundredth: one hundredth above it is in the next bin."""
    bins = [{"upto": 119, "points": 1}, {"upto": 120, "points": 2}, {"points": 3}]
    policy = make_policy(indicator("owed", **WEIGHTED_SUM, bins=bins))
    amounts = {"e1": 198, "e2": 199, "e3": 200, "e4": 201}
    records = [record(name, f"r-{name}", **fines(fen, age=200)[0]) for name, fen in amounts.items()]
    world.holds([enterprise(name) for name in amounts], records)
    points = {name: given["owed"] for name, given in world.contributions(policy).items()}
    assert {"e1": 1, "e2": 2, "e3": 2, "e4": 3} == points


def test_weights_are_traced(world: World) -> None:
    """An explanation is told the percent that a record counts for, by its age."""
    policy = make_policy(indicator("weighted", aggregate="weighted_count", age_weights=WEIGHTS))
    days = [0, 179, 180, 299, 300, 364, 365]
    world.holds([enterprise()], [record(record_id=f"r{age}", age=age) for age in days])
    expected = dict(zip(days, [100, 100, 60, 60, 0, 0, 0], strict=True))
    assert expected == {row["age"]: row["weights"].get("weighted", 0) for row in world.traced(policy)}
