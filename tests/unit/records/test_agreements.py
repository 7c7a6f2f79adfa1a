"""What an enterprise states of itself is borne out by a later visit in its field that says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from linking import linked_together
from relating import RELATIONS, Row, day, linked, row


def stated(at: int = 0, **changes: object) -> Row:
    """A self-inspection in food."""
    return row("stated", "self_inspection", at, **{"result": "no_problem", **changes})


def visit(record_id: str, at: int, result: str = "no_problem", **changes: object) -> Row:
    """A visit in food."""
    return row(record_id, "inspection", at, result=result, **changes)


@pytest.mark.parametrize(
    ("statement", "visits", "agreed_at"),
    [
        (stated(), [visit("v", 60)], 61),
        (stated(), [visit("v", 365)], 366),
        (stated(), [visit("v", 366)], None),
        (stated(), [visit("v", 0)], None),
        (stated(), [visit("v", 60, field="fire")], None),
        (stated(), [visit("v", 60, withdrawn_on=day(90))], None),
        (stated(), [visit("v", 60, "problem")], None),
        (stated(result="problem"), [visit("v", 60, "problem")], 61),
        (stated(result="problem"), [visit("v", 60)], 61),
        (stated(), [visit("other", 30, "problem"), visit("v", 60)], 61),
        (stated(field=None), [visit("v", 60, field=None)], None),
    ],
)
def test_when_a_visit_bears_it_out(
    statement: Row, visits: list[Row], agreed_at: int | None, tmp_path: Path
) -> None:
    """The day on which the visit is known, whether one enterprise is linked or many; else never."""
    expected = None if agreed_at is None else day(agreed_at)
    together = linked_together([statement, *visits], ["e"], tmp_path, RELATIONS)["e"]
    of_many = {record["record_id"]: record["closed_on"] for record in together}
    assert expected == linked(statement, *visits)["stated"]["closed_on"] == of_many["stated"]


def test_what_becomes_known_later_takes_nothing_back() -> None:
    """A visit that found a problem and became known afterwards leaves the day as it is."""
    late = visit("late", 30, "problem", known_on=day(200))
    borne_out = linked(stated(), visit("v", 60))["stated"]["closed_on"]
    assert borne_out == linked(stated(), visit("v", 60), late)["stated"]["closed_on"] == day(61)
