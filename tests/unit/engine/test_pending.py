"""A worse grade is proposed first, and what the policy names needs a person's review."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from worlds import DAY, World, ago, enterprise, indicator, make_policy, record, version_of

from scoring.assess.assessor import Assessor
from scoring.assess.frames import frame_prior
from scoring.explain.build import explain
from scoring.explain.outlook.look_ahead import look_ahead

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


@pytest.mark.parametrize(
    ("prior", "penalties", "words"),
    [
        ("A", 0, None),  # as before: nothing is pending
        ("B", 0, None),  # better takes effect at once
        ("A", 1, "Proposed: from"),  # one band down
        ("A", 2, "needs review"),  # two bands down
        ("B", 2, "Proposed: from"),
    ],
)
def test_worse_grades_wait(world: World, prior: str, penalties: int, words: str | None) -> None:
    """Only a fall waits, as proposed; a fall of two bands needs review besides; both sentences name the notice."""
    world.holds([enterprise()], [record(record_id=f"r{n}", **PENALTY) for n in range(penalties)])
    tables = world.tables
    frame = pd.DataFrame({"enterprise_id": ["e1"], "band": [prior]})
    assessor = Assessor(
        world.engine,
        version_of(POLICY),
        world.covers,
        world.engine.with_prior(tables, frame_prior(frame, POLICY)),
    )
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
    """Whatever band was in effect, and with or without a margin, every day is forecast; without one it changes nothing."""
    policy = POLICY.model_copy(update={"upgrade_margin": margin})
    world.holds([enterprise()], [record(record_id=f"r{n}", age=300, **PENALTY) for n in range(2)])
    frame = pd.DataFrame({"enterprise_id": ["e1"], "band": [prior]})
    tables = world.engine.with_prior(world.tables, frame_prior(frame, policy))
    assessors = [
        Assessor(world.engine, version_of(policy), world.covers, found) for found in (tables, world.tables)
    ]
    told, plain = (look_ahead(a, a.full("e1", DAY), 200).outlook for a in assessors)
    assert [ago(-65)] == [turn.on for turn in plain.turns]
    assert margin > 0 or (told.turns, told.path) == (plain.turns, plain.path)


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
    """A penalty that becomes final soon ends the grade that a cure brings, and the path says after which day."""
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
    """Points that only just reach a grade do not clear the margin: the path promises nothing, whatever band was in effect before."""
    policy = UNDONE.model_copy(update={"upgrade_margin": 120})
    world.holds([enterprise()], [record(record_id="default", age=30, kind="judgment_default")])
    for prior in "ABCD":
        tables = world.engine.with_prior(
            world.tables, frame_prior(pd.DataFrame({"enterprise_id": ["e1"], "band": [prior]}), policy)
        )
        assessor = Assessor(world.engine, version_of(policy), world.covers, tables)
        path = look_ahead(assessor, assessor.full("e1", DAY), 100).outlook.path
        assert path is not None
        assert () == path.steps, prior
