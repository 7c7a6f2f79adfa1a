"""A worse grade is proposed first, and what the policy names needs a person's review."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from worlds import DAY, World, ago, enterprise, indicator, make_policy, record, version_of

from scoring.assess.assessor import Assessor
from scoring.assess.frames import frame_prior
from scoring.engine.cases import Relations
from scoring.explain.build import explain
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.policy.language.schema import Policy

POLICY = make_policy(
    indicator(
        "penalties",
        kind="administrative_penalty",
        bins=[{"upto": 0, "points": 60}, {"upto": 1, "points": 20}, {"points": -40}],
    ),
    worsening_notice_workdays=5,
    review={"fall_of_bands": 2, "to": ["D"]},
)
PENALTY: dict[str, Any] = {"kind": "administrative_penalty", "procedure": "ordinary"}


def with_band(world: World, band: str, policy: Policy) -> Relations:
    """The tables of the world with this band in effect for its enterprise."""
    frame = pd.DataFrame({"enterprise_id": ["e1"], "band": [band]})
    return world.engine.with_prior(world.tables, frame_prior(frame, policy))


@pytest.mark.parametrize(
    ("prior", "penalties", "words"),
    [
        # As before: nothing is pending. Better takes effect at once.
        ("A", 0, None),
        ("B", 0, None),
        # One band down, then two.
        ("A", 1, "Proposed: from"),
        ("A", 2, "needs review"),
        ("B", 2, "Proposed: from"),
    ],
)
def test_worse_grades_wait(world: World, prior: str, penalties: int, words: str | None) -> None:
    """Only a fall waits, as proposed; a fall of two bands needs review besides.

    Both sentences name the notice.
    """
    world.holds([enterprise()], [record(record_id=f"r{number}", **PENALTY) for number in range(penalties)])
    assessor = Assessor(world.engine, version_of(POLICY), world.covers, with_band(world, prior, POLICY))
    pending = explain(assessor.full("e1", DAY), version_of(POLICY)).pending
    assert (words is None) == (pending is None)
    if pending is not None and words is not None:
        assert (True, True, True) == (
            words in pending["en"],
            "5 working days" in pending["en"],
            "拟调整" in pending["zh"],
        )


@pytest.mark.parametrize("margin", [0, 10])
@pytest.mark.parametrize("prior", ["A", "B", "C", "D"])
def test_the_forecast_takes_any_prior(world: World, prior: str, margin: int) -> None:
    """Whatever band was in effect, and with or without a margin, every day is forecast.

    Without one it changes nothing.
    """
    policy = POLICY.model_copy(update={"upgrade_margin": margin})
    penalties = [record(record_id=f"r{number}", age=300, **PENALTY) for number in range(2)]
    world.holds([enterprise()], penalties)
    outlooks = []
    for tables in (with_band(world, prior, policy), world.tables):
        assessor = Assessor(world.engine, version_of(policy), world.covers, tables)
        outlooks.append(look_ahead(assessor, assessor.full("e1", DAY), 200).outlook)
    after_band, plain = outlooks
    assert [ago(-65)] == [turn.on for turn in plain.turns]
    assert margin > 0 or (after_band.turns, after_band.path) == (plain.turns, plain.path)


UNDONE = make_policy(
    indicator(
        "penalties",
        kind="administrative_penalty",
        aggregate="count",
        window_days=365,
        bins=[{"upto": 0, "points": 0}, {"points": -60}],
    ),
    indicator(
        "defaults", kind="judgment_default", window_days=730, bins=[{"upto": 0, "points": 0}, {"points": -60}]
    ),
    finality="zhejiang-11",
)


def test_a_path_tells_what_will_undo_it(world: World) -> None:
    """A penalty that becomes final soon ends the grade that a cure brings, and the path says when."""
    final = DAY + timedelta(days=20)
    penalty = record(record_id="soon", age=30, severity="serious", final_on=final, **PENALTY)
    world.holds([enterprise()], [record(record_id="default", age=30, kind="judgment_default"), penalty])
    assessor = Assessor(world.engine, version_of(UNDONE), world.covers, world.tables)
    path = look_ahead(assessor, assessor.full("e1", DAY), 100).outlook.path
    assert path is not None and path.on is not None
    assert (["cure"], True, final - timedelta(days=1)) == (
        [step.kind for step in path.steps],
        path.on < final,
        path.lasts_until,
    )


def test_a_path_goes_by_the_band_in_effect(world: World) -> None:
    """Points that only just reach a grade do not clear the margin.

    The path promises nothing, whatever band was in effect before.
    """
    policy = UNDONE.model_copy(update={"upgrade_margin": 120})
    world.holds([enterprise()], [record(record_id="default", age=30, kind="judgment_default")])
    for prior in "ABCD":
        tables = with_band(world, prior, policy)
        assessor = Assessor(world.engine, version_of(policy), world.covers, tables)
        path = look_ahead(assessor, assessor.full("e1", DAY), 100).outlook.path
        assert path is not None
        assert () == path.steps, prior
