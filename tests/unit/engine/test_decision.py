"""From points to a band, in the fixed order: gates, sum, clipping, band, hysteresis, caps, vetoes."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import Row, World, bands, enterprise, indicator, make_policy, per_unit, record, rule

MANY = per_unit(*range(0, 210, 10))  # ten points for each honour
GIVES = indicator("honours", bins=MANY)
TAKES = indicator("accidents", kind="accident", bins=per_unit(*range(0, -210, -10)))
LISTED = indicator("listed", kind="serious_violation_listing")
OWED = indicator("owed", kind="tax_arrears", aggregate="weighted_sum", age_weights=[[365, 50]])


def honours(enterprise_id: str, n: int, kind: str = "honour") -> list[Row]:
    """So many records of a kind."""
    return [record(enterprise_id, f"{enterprise_id}-{kind}-{i}", kind=kind) for i in range(n)]


def with_counts(world: World, kind: str, *counts: int) -> World:
    """One enterprise for each count, called by it, with so many records of the kind."""
    return world.holds(
        [enterprise(f"e{n}") for n in counts], [r for n in counts for r in honours(f"e{n}", n, kind)]
    )


def test_gate_stops(world: World) -> None:
    """Who passes no gate has no points, band, colour, reasons, caps or vetoes, and no contributions."""
    here = {"indicator": "honours", "at_least": 1}
    policy = make_policy(
        GIVES,
        gates=[rule("gone", any=[{"enterprise": "status", "in": ["revoked"]}])],
        caps=[rule("cap", all=[here], band="B")],
        vetoes=[rule("veto", all=[here], band="D")],
    )
    world.holds(
        [enterprise(status="revoked")], honours("e1", 12)
    )  # more than the scale holds: no ``scale_limit`` either
    score = world.scores(policy)["e1"]
    expected = {"points": None, "band": None, "colour": None, "status": "not_rated", "status_reason": "gone"}
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
    """``begins`` holds for codes that start with one of the words, ``outside`` for all others and for no code at all."""
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
    assert kept == {name for name, score in world.scores(policy).items() if score["status_reason"] != "trade"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"status": "revoked"}, "first"),
        ({"status": "revoked", "size_band": "micro"}, "first"),
        ({"size_band": "micro"}, "second"),
        ({"status": "revoked", "entity_type": "sole_trader"}, "outside_scheme"),
        ({"entity_type": None}, "outside_scheme"),
        ({"status": None}, None),
    ],
)
def test_first_gate_is_the_reason(world: World, changes: Row, reason: str | None) -> None:
    """Of several gates the first is named; being outside the scheme goes before all; an unknown attribute closes none."""
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
    """What the scale cuts off is shown as ``scale_limit``, so that base and contributions make the points."""
    policy = make_policy(GIVES, TAKES)
    with_counts(world, kind, n)
    found = world.contributions(policy)[f"e{n}"]
    assert (points, limit) == (world.scores(policy)[f"e{n}"]["points"], found.get("scale_limit"))
    assert points == policy.scale.base + sum(found.values())


def test_bands_begin_at_their_edge(world: World) -> None:
    """The first point of a band is in it, one less is in the next."""
    edges = {"e0": "A", "e1": "B", "e50": "B", "e51": "C", "e100": "C", "e101": "D", "e150": "D"}
    step = indicator("accidents", kind="accident", bins=per_unit(*range(0, -151, -1)))
    counts = [int(name[1:]) for name in edges]
    scores = with_counts(world, "accident", *counts).scores(
        make_policy(step, scale={"base": 150, "low": 0, "high": 200})
    )
    assert edges == {e: row["band"] for e, row in scores.items()}
    assert ["blue", "green", "yellow", "red"] == [scores[e]["colour"] for e in ("e0", "e1", "e51", "e101")]


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
    assert {"e0": "A", "e13": "A", "e14": "B", "e27": "B", "e28": "C", "e40": "C"} == {
        e: row["band"] for e, row in scores.items()
    }
    assert [None] * 6 == [row["colour"] for row in scores.values()]


@pytest.mark.parametrize(
    ("n", "prior", "band", "held"),
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
    world: World, n: int, prior: str | None, band: str, held: bool
) -> None:
    """A better band is reached only where the points without the margin would reach it; a fall is never held up."""
    policy = make_policy(indicator("honours", bins=per_unit(*range(101))), upgrade_margin=10)
    score = with_counts(world, "honour", n).scores(policy, prior={f"e{n}": prior} if prior else {})[f"e{n}"]
    assert (band, ["hysteresis"] if held else []) == (score["band"], score["caps"])


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
    assert (
        band
        == with_counts(world, "accident", n).scores(policy, prior={f"e{n}": prior} if prior else {})[f"e{n}"][
            "band"
        ]
    )


def test_a_wide_margin_keeps_the_band(world: World) -> None:
    """A margin wider than a band holds an improvement back, and never takes away the band in effect."""
    policy = make_policy(GIVES, upgrade_margin=90)
    score = with_counts(world, "honour", 5).scores(policy, prior={"e5": "B"})["e5"]
    assert ("B", ["hysteresis"]) == (score["band"], score["caps"])


def test_limits_never_improve(world: World) -> None:
    """A cap or veto on a band better than the points give is reported and changes nothing; the worst of several holds."""
    here = [{"indicator": "listed", "at_least": 1}]
    policy = make_policy(
        TAKES,
        LISTED,
        caps=[rule("to_b", all=here, band="B")],
        vetoes=[rule("to_c", all=here, band="C"), rule("to_a", all=here, band="A")],
    )
    rows = [(0, "C"), (4, "C"), (6, "D")]
    records = [
        r
        for n, _ in rows
        for kind, m in (("accident", n), ("serious_violation_listing", 1))
        for r in honours(f"e{n}", m, kind)
    ]
    scores = world.holds([enterprise(f"e{n}") for n, _ in rows], records).scores(policy)
    assert {f"e{n}": band for n, band in rows} == {e: row["band"] for e, row in scores.items()}
    assert [(["to_b"], ["to_c", "to_a"])] * 3 == [(row["caps"], row["vetoes"]) for row in scores.values()]
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
    """A rule takes effect for exactly those whose values meet its conditions; what is unknown meets neither bound."""
    others = indicator("recent", aggregate="days_since"), indicator("missing", kind="accident")
    policy = make_policy(GIVES, *others, caps=[rule("cap", **conditions, band="D")])
    sizes = [None, "micro", "small", "large"]
    world.holds(
        [enterprise(f"e{n}", size_band=size) for n, size in enumerate(sizes)],
        [r for n in range(4) for r in honours(f"e{n}", n)],
    )
    scores = world.covering("honour").scores(policy)
    assert [f"e{n}" for n in counts] == [e for e, row in scores.items() if row["caps"] == ["cap"]]


def test_condition_on_money_is_in_fen(world: World) -> None:
    """A condition on a weighted sum is compared in fen, to the hundredth."""
    policy = make_policy(OWED, caps=[rule("debtor", all=[{"indicator": "owed", "at_least": 50}], band="C")])
    records = [
        record(e, f"r-{e}", kind="tax_arrears", amount_fen=fen) for e, fen in (("e1", 99), ("e2", 100))
    ]
    scores = world.holds([enterprise("e1"), enterprise("e2")], records).scores(policy)
    assert {"e1": [], "e2": ["debtor"]} == {e: row["caps"] for e, row in scores.items()}


def test_first_fitting_bin_gives_the_points(world: World) -> None:
    """Each value takes the first bin that holds it, edges included; what is unknown takes the policy's ``unknown``."""
    bins = [{"upto": 0, "points": 5}, {"upto": 2, "points": 7}, {"points": 11}]
    policy = make_policy(indicator("honours", bins=bins, unknown=3))
    with_counts(world, "honour", 0, 1, 2, 3)
    assert [5, 7, 7, 11] == [points["honours"] for points in world.contributions(policy).values()]
    assert [3, 7, 7, 11] == [points["honours"] for points in world.covering().contributions(policy).values()]


def test_one_band_is_enough(world: World) -> None:
    """A scheme with a single band puts everyone in it."""
    world.holds([enterprise()], [])
    assert "only" == world.scores(make_policy(bands=bands(("only", 0))))["e1"]["band"]
