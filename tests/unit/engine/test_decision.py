"""From points to a band, in the fixed order.

Gates, sum, clipping, band, hysteresis, caps, vetoes.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from worlds import Row, World, bands, enterprise, indicator, make_policy, per_unit, record, rule

# Ten points for each honour.
MANY = per_unit(*range(0, 210, 10))
GIVES = indicator("honours", bins=MANY)
TAKES = indicator("accidents", kind="accident", bins=per_unit(*range(0, -210, -10)))
LISTED = indicator("listed", kind="serious_violation_listing")
OWED = indicator("owed", kind="tax_arrears", aggregate="weighted_sum", age_weights=[[365, 50]])


def honours(enterprise_id: str, n: int, kind: str = "honour") -> list[Row]:
    """So many records of a kind."""
    ids = [f"{enterprise_id}-{kind}-{number}" for number in range(n)]
    return [record(enterprise_id, record_id, kind=kind) for record_id in ids]


def with_counts(world: World, kind: str, *counts: int) -> World:
    """One enterprise for each count, called by it, with so many records of the kind."""
    records = chain.from_iterable(honours(f"e{count}", count, kind) for count in counts)
    return world.holds([enterprise(f"e{count}") for count in counts], list(records))


def test_gate_stops(world: World) -> None:
    """Who passes no gate has no points, band, colour, reasons, caps, vetoes or contributions."""
    here = {"indicator": "honours", "at_least": 1}
    policy = make_policy(
        GIVES,
        gates=[rule("gone", any=[{"enterprise": "status", "in": ["revoked"]}])],
        caps=[rule("cap", all=[here], band="B")],
        vetoes=[rule("veto", all=[here], band="D")],
    )
    # More than the scale holds: there is no ``scale_limit`` either.
    world.holds([enterprise(status="revoked")], honours("e1", 12))
    score = world.scores(policy)["e1"]
    nothing = {"points": None, "band": None, "colour": None}
    expected = {**nothing, "status": "not_rated", "status_reason": "gone"}
    assert expected == {name: score[name] for name in expected}
    assert ([], [], []) == (score["reasons"], score["caps"], score["vetoes"])
    assert {} == world.contributions(policy)


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ("begins", {"none", "C2", "D13", "c13"}),
        ("outside", {"C13", "C1310", "C14"}),
    ],
)
def test_gates_by_the_beginning_of_a_code(world: World, test: str, kept: set[str]) -> None:
    """``begins`` holds for codes that start with a word of it, ``outside`` for all others and for none."""
    policy = make_policy(
        GIVES, gates=[rule("trade", any=[{"enterprise": "industry_code", test: ["C13", "C14"]}])]
    )
    named = {
        "C13": "C13",
        "C1310": "C1310",
        "C14": "C14",
        "C2": "C2",
        "D13": "D13",
        "c13": "c13",
        "none": None,
    }
    world.holds([enterprise(name, industry_code=code) for name, code in named.items()], [])
    scores = world.scores(policy)
    assert kept == {name for name, score in scores.items() if score["status_reason"] != "trade"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"status": "revoked"}, "first"),
        ({"status": "revoked", "size_band": "micro"}, "first"),
        ({"size_band": "micro"}, "second"),
        ({"status": "revoked", "entity_type": "sole_trader"}, "outside_scheme"),
        ({"entity_type": None, "status": "revoked"}, "type_unknown"),
        ({"status": None}, None),
    ],
)
def test_first_gate_is_the_reason(world: World, changes: Row, reason: str | None) -> None:
    """Of several gates the first is named; a type that is unknown or outside the scheme goes before all.

    An unknown attribute closes none.
    """
    gates = [
        rule("first", any=[{"enterprise": "status", "in": ["revoked"]}]),
        rule("second", any=[{"enterprise": "size_band", "in": ["micro", "small"]}]),
    ]
    world.holds([enterprise(**changes)], [])
    assert reason == world.scores(make_policy(GIVES, gates=gates))["e1"]["status_reason"]


@pytest.mark.parametrize(
    ("kind", "n", "points", "limit"),
    [
        ("honour", 10, 200, None),
        ("honour", 11, 200, -10),
        ("honour", 20, 200, -100),
        ("accident", 10, 0, None),
        ("accident", 12, 0, 20),
    ],
)
def test_clipping_is_a_contribution(world: World, kind: str, n: int, points: int, limit: int | None) -> None:
    """What the scale cuts off is a contribution, so that base and contributions make the points."""
    policy = make_policy(GIVES, TAKES)
    with_counts(world, kind, n)
    contributions = world.contributions(policy)[f"e{n}"]
    score = world.scores(policy)[f"e{n}"]
    assert (points, limit) == (score["points"], contributions.get("scale_limit"))
    assert points == policy.scale.base + sum(contributions.values())


def test_bands_begin_at_their_edge(world: World) -> None:
    """The first point of a band is in it, one less is in the next."""
    edges = {"e0": "A", "e1": "B", "e50": "B", "e51": "C", "e100": "C", "e101": "D", "e150": "D"}
    step = indicator("accidents", kind="accident", bins=per_unit(*range(0, -151, -1)))
    counts = [int(name[1:]) for name in edges]
    scores = with_counts(world, "accident", *counts).scores(
        make_policy(step, scale={"base": 150, "low": 0, "high": 200})
    )
    assert edges == {name: row["band"] for name, row in scores.items()}
    colours = [scores[name]["colour"] for name in ("e0", "e1", "e51", "e101")]
    assert ["blue", "green", "yellow", "red"] == colours


def low_is_best(**changes: Any) -> Row:
    """New York's letters: A from 0, B from 14, C from 28, a point for each violation."""
    step = indicator("violations", kind="accident", bins=per_unit(*range(41)))
    return {
        "steps": step,
        "scale": {"base": 0, "low": 0, "high": 100},
        "bands": bands(("A", 0), ("B", 14), ("C", 28)),
        **changes,
    }


def test_low_can_be_best(world: World) -> None:
    """On a scale where low is best the bands begin at their edge from below."""
    settings = low_is_best()
    policy = make_policy(settings.pop("steps"), **settings)
    scores = with_counts(world, "accident", 0, 13, 14, 27, 28, 40).scores(policy)
    expected = {"e0": "A", "e13": "A", "e14": "B", "e27": "B", "e28": "C", "e40": "C"}
    assert expected == {name: row["band"] for name, row in scores.items()}
    assert [None] * 6 == [row["colour"] for row in scores.values()]


@pytest.mark.parametrize(
    ("n", "prior", "band", "kept_back"),
    [
        (50, "B", "B", True),
        (59, "B", "B", True),
        (60, "B", "A", False),
        (50, None, "A", False),
        (50, "A", "A", False),
        (0, "A", "B", False),
        (0, "C", "C", True),
        (9, "D", "C", True),
        (10, "C", "B", False),
        (50, "D", "B", True),
        (60, "D", "A", False),
        (49, "B", "B", False),
    ],
)
def test_upgrade_must_clear_the_margin(
    world: World, n: int, prior: str | None, band: str, kept_back: bool
) -> None:
    """A better band is reached only where the points without the margin would reach it.

    A fall is never held up.
    """
    policy = make_policy(indicator("honours", bins=per_unit(*range(101))), upgrade_margin=10)
    bands_before = {f"e{n}": prior} if prior else {}
    score = with_counts(world, "honour", n).scores(policy, prior=bands_before)[f"e{n}"]
    assert (band, ["hysteresis"] if kept_back else []) == (score["band"], score["caps"])


@pytest.mark.parametrize(
    ("n", "prior", "band"),
    [
        (13, "B", "B"),
        (9, "B", "B"),
        (8, "B", "A"),
        (13, None, "A"),
        (14, "A", "B"),
        (22, "C", "B"),
        (23, "C", "C"),
        (27, "C", "C"),
    ],
)
def test_margin_where_low_is_best(world: World, n: int, prior: str | None, band: str) -> None:
    """Where low is best the margin counts downwards."""
    settings = low_is_best(upgrade_margin=5)
    policy = make_policy(settings.pop("steps"), **settings)
    bands_before = {f"e{n}": prior} if prior else {}
    scores = with_counts(world, "accident", n).scores(policy, prior=bands_before)
    assert band == scores[f"e{n}"]["band"]


def test_a_wide_margin_keeps_the_band(world: World) -> None:
    """A margin wider than a band holds an improvement back and never takes the band in effect."""
    policy = make_policy(GIVES, upgrade_margin=90)
    score = with_counts(world, "honour", 5).scores(policy, prior={"e5": "B"})["e5"]
    assert ("B", ["hysteresis"]) == (score["band"], score["caps"])


def test_limits_never_improve(world: World) -> None:
    """A cap or veto on a band better than the points give is reported and changes nothing.

    The worst of several holds.
    """
    here = [{"indicator": "listed", "at_least": 1}]
    policy = make_policy(
        TAKES,
        LISTED,
        caps=[rule("to_b", all=here, band="B")],
        vetoes=[rule("to_c", all=here, band="C"), rule("to_a", all=here, band="A")],
    )
    expected = {"e0": "C", "e4": "C", "e6": "D"}
    records = []
    for name in expected:
        records += honours(name, int(name[1:]), "accident")
        records += honours(name, 1, "serious_violation_listing")
    scores = world.holds([enterprise(name) for name in expected], records).scores(policy)
    assert expected == {name: row["band"] for name, row in scores.items()}
    limits = [(row["caps"], row["vetoes"]) for row in scores.values()]
    assert [(["to_b"], ["to_c", "to_a"])] * 3 == limits
    assert [100, 60, 40] == [row["points"] for row in scores.values()]


@pytest.mark.parametrize(
    ("conditions", "counts"),
    [
        ({"all": [{"indicator": "honours", "at_least": 2}]}, [2, 3]),
        ({"all": [{"indicator": "honours", "at_most": 1}]}, [0, 1]),
        ({"all": [{"indicator": "honours", "at_least": 1, "at_most": 2}]}, [1, 2]),
        ({"any": [{"indicator": "honours", "at_most": 0}, {"indicator": "honours", "at_least": 3}]}, [0, 3]),
        ({"all": [{"indicator": "recent", "unknown": True}]}, [0]),
        ({"all": [{"indicator": "recent", "at_most": 0}]}, [1, 2, 3]),
        ({"all": [{"indicator": "recent", "at_least": 0}]}, [1, 2, 3]),
        ({"all": [{"enterprise": "size_band", "in": ["micro", "small"]}]}, [1, 2]),
        ({"all": [{"enterprise": "size_band", "in": ["micro"]}]}, [1]),
        (
            {
                "all": [{"indicator": "honours", "at_least": 1}],
                "any": [{"enterprise": "size_band", "in": ["small", "large"]}],
            },
            [2, 3],
        ),
        ({"all": [{"indicator": "missing", "unknown": True}, {"indicator": "honours", "at_least": 3}]}, [3]),
    ],
)
def test_conditions(world: World, conditions: Row, counts: list[int]) -> None:
    """A rule takes effect for exactly those whose values meet its conditions.

    What is unknown meets neither bound.
    """
    others = indicator("recent", aggregate="days_since"), indicator("missing", kind="accident")
    policy = make_policy(GIVES, *others, caps=[rule("cap", **conditions, band="D")])
    sizes = [None, "micro", "small", "large"]
    enterprises = [enterprise(f"e{count}", size_band=size) for count, size in enumerate(sizes)]
    records = chain.from_iterable(honours(f"e{count}", count) for count in range(4))
    world.holds(enterprises, list(records))
    scores = world.covering("honour").scores(policy)
    capped = [name for name, row in scores.items() if row["caps"] == ["cap"]]
    assert [f"e{count}" for count in counts] == capped


def test_condition_on_money_is_in_fen(world: World) -> None:
    """A condition on a weighted sum is compared in fen, to the hundredth."""
    debtor = rule("debtor", all=[{"indicator": "owed", "at_least": 50}], band="C")
    below = record("e1", "r1", kind="tax_arrears", amount_fen=99)
    reached = record("e2", "r2", kind="tax_arrears", amount_fen=100)
    world.holds([enterprise("e1"), enterprise("e2")], [below, reached])
    scores = world.scores(make_policy(OWED, caps=[debtor]))
    assert {"e1": [], "e2": ["debtor"]} == {name: row["caps"] for name, row in scores.items()}


def test_first_fitting_bin_gives_the_points(world: World) -> None:
    """Each value takes the first bin that holds it, edges included.

    What is unknown takes the policy's ``unknown``.
    """
    bins = [{"upto": 0, "points": 5}, {"upto": 2, "points": 7}, {"points": 11}]
    policy = make_policy(indicator("honours", bins=bins, unknown=3))
    with_counts(world, "honour", 0, 1, 2, 3)
    covered = world.contributions(policy).values()
    assert [5, 7, 7, 11] == [points["honours"] for points in covered]
    uncovered = world.covering().contributions(policy).values()
    assert [3, 7, 7, 11] == [points["honours"] for points in uncovered]


def test_one_band_is_enough(world: World) -> None:
    """A scheme with a single band puts everyone in it."""
    world.holds([enterprise()], [])
    assert "only" == world.scores(make_policy(bands=bands(("only", 0))))["e1"]["band"]
