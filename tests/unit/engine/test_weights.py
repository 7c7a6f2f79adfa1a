"""What a record counts by its gravity and state, shares of few visits, and penalties that are not usable yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from worlds import Row, World, ago, enterprise, indicator, make_policy, per_unit, record

from scoring.engine.results import DecidedRows
from scoring.policy.law.finality import Never
from scoring.policy.resolved import ResolvedPolicy, resolve

FINDINGS = indicator(
    "findings",
    kind="inspection",
    select={"result": ["problem", "violation", "corrected"]},
    direction="adverse",
    aggregate="weighted_count",
    age_weights=[[180, 100], [365, 50]],
    weights=[
        {"severity": ["minor", "unknown"], "state": ["open"], "percent": 30},
        {"severity": ["minor", "unknown"], "state": ["mended"], "percent": 5},
        {"severity": ["general", "serious"], "state": ["open"], "percent": 100},
        {"severity": ["general"], "state": ["mended"], "percent": 20},
    ],
    bins=[{"upto": 10, "points": 0}, {"points": -10}],
)
POLICY = make_policy(FINDINGS, relations="enforcement-2026")


@pytest.mark.parametrize(
    ("changes", "hundredths"),
    [
        ({"severity": "minor"}, 30),
        ({"severity": None}, 30),
        ({"severity": "serious"}, 100),
        ({"severity": "serious", "age": 200}, 50),
        ({"severity": "minor", "result": "corrected"}, 5),
        ({"severity": "general", "result": "corrected", "age": 200}, 10),
        ({"severity": "general", "closed_on": ago(3)}, 20),
        ({"severity": "serious", "result": "corrected"}, 0),
    ],
)
def test_a_record_is_weighed_by_its_row(world: World, changes: Row, hundredths: int) -> None:
    """The row that takes the record's severity and state says what it counts, faded by age; no row, nothing."""
    given = {"kind": "inspection", "result": "problem", **changes}
    world.holds([enterprise()], [record(**given)])
    assert hundredths == world.values(POLICY)["e1"]["findings"]


def test_a_share_of_few_is_unknown(world: World) -> None:
    """A share is known from its least number of records on."""
    share = indicator(
        "share",
        kind="inspection",
        select={"result": ["problem"]},
        among={"kind": ["inspection"]},
        aggregate="share",
        least_among=3,
        direction="adverse",
        bins=[{"upto": 0, "points": 0}, {"points": -10}],
    )
    policy = make_policy(share)
    visits = [record(record_id=f"v{n}", kind="inspection", result="problem") for n in range(3)]
    world.holds([enterprise()], visits[:2])
    assert world.values(policy)["e1"]["share"] is None
    world.holds([enterprise()], visits)
    assert 10_000 == world.values(policy)["e1"]["share"]


PENALTIES = indicator("penalties", kind="administrative_penalty", bins=per_unit(0, -10))
UNPUBLISHED = Never(
    id="unpublished",
    kinds=("administrative_penalty",),
    classes=("minor",),
    unless_known=("publish_until",),
    label={"zh": "未公示", "en": "not published"},
)
UNCLASSED = UNPUBLISHED.model_copy(update={"id": "unclassed", "classes": None, "unless_known": ("class",)})


def under(*never: Never) -> ResolvedPolicy:
    """A policy whose profile leaves such records out."""
    version = resolve(make_policy(PENALTIES))
    finality = version.law.finality.model_copy(update={"never": never})
    return replace(version, law=replace(version.law, finality=finality))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"severity": "minor"}, "unpublished"),
        ({"severity": "minor", "publish_until": ago(-9)}, None),
        ({"severity": "general"}, None),
        ({"severity": "general", "info_class": "minor"}, "unpublished"),
        ({}, "unclassed"),
        ({"info_class": "general"}, None),
    ],
)
def test_what_is_not_usable_yet(world: World, changes: dict[str, Any], rule: str | None) -> None:
    """Slight information counts where its publication is on record, a penalty of unknown class once it is classed."""
    world.holds([enterprise()], [record(kind="administrative_penalty", **changes)])
    version = under(UNPUBLISHED, UNCLASSED)
    traced = world.engine.trace(version, "e1", ago(0), world.tables)
    assert [rule] == [row["excluded"] for row in traced]
    batch = world.engine.batch(version, ago(0), world.covers, world.tables, [("", "\U0010ffff")])
    assert (rule is None) == (DecidedRows.of(next(iter(batch)), version.policy).points[0][0] < 0)
