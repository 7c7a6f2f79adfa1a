"""What would help under relations between records: a re-check of each open finding, and what it ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from worlds import DAY, Row, World, ago, enterprise, indicator, make_policy, per_unit, record, version_of

from scoring.assess.assessor import Assessor
from scoring.engine.duckdb import DuckEngine
from scoring.explain.outlook.look_ahead import look_ahead

OPEN = indicator(
    "open",
    kind="inspection",
    select={"result": ["problem"], "state": ["open"]},
    direction="adverse",
    bins=per_unit(0, -60, -90),
)
POLICY = make_policy(OPEN, relations="enforcement-2026")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world that a test fills by ``holds``."""
    with DuckEngine() as engine:
        yield World(engine, tmp_path)


def finding(record_id: str, age: int) -> Row:
    """An open finding of food safety."""
    return record(
        record_id=record_id, kind="inspection", result="problem", field="food", age=age, authority="局"
    )


def steps(world: World, *records: Row) -> list[tuple[str, str | None]]:
    """The way to a better grade: what to do, about which record."""
    world.holds([enterprise()], records)
    version = version_of(POLICY)
    assessor = Assessor(world.engine, version, world.covers, world.tables)
    assessed = assessor.full("e1", DAY)
    path = look_ahead(assessor, assessed).outlook.path
    return [(step.kind, step.record_id) for step in path.steps] if path else []


def test_each_open_finding_is_checked_again(world: World) -> None:
    """Of two findings in one field both must pass for the best grade within reach; each step names its finding."""
    assert {("reinspect", "old"), ("reinspect", "new")} == set(
        steps(world, finding("old", 60), finding("new", 30))
    )


def test_a_mended_finding_needs_no_step(world: World) -> None:
    """What was closed is not asked for again."""
    closed = {**finding("old", 60), "closed_on": ago(5)}
    passed = {**finding("passed", 5), "result": "no_problem", "occasion": "followup", "recheck_of": "old"}
    assert [("reinspect", "new")] == steps(world, closed, passed, finding("new", 30))
