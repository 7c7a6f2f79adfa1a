"""Records that wait for an authority: findings to be checked again, and checks of unknown findings."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from casework import FOREIGN, OWN, Counter, row_of

from scoring.administration.casework.waiting_records import WaitingPage, waiting_records
from scoring.store.people.grants import Grant
from scoring.store.snapshot.follow_ups import NAME_FINDING, RECHECK

EVERYWHERE = Grant("", "supervisor", "t")
FOUND = {"occurred_on": "2026-09-01", "known_on": "2026-09-02"}
ORDER = {
    "kind": "rectification_order",
    "result": "",
    "decided_on": "2026-09-03",
    "occurred_on": "",
    "known_on": "2026-09-04",
}
PASSED = {
    "result": "no_problem",
    "occasion": "followup",
    "occurred_on": "2026-09-20",
    "known_on": "2026-09-21",
    "severity": "",
}


def found(name: str, record_id: str, **more: Any) -> dict[str, Any]:
    """A finding, or what follows it, of an enterprise of the town."""
    return {
        **row_of(name),
        "record_id": record_id,
        "document_no": f"检〔2026〕{record_id}号",
        **FOUND,
        **more,
    }


@pytest.fixture
def waiting(counter: Counter) -> Counter:
    """A finding that only stands, one reported as mended, an order, one re-checked, and a re-check of one of two."""
    alone, foreign = "finding-a", "finding-foreign"
    rows = [
        found(alone, "stands"),
        found(alone, "reported", field="fire", mended_on="2026-09-08"),
        found(alone, "ordered", field="drugs", **ORDER),
        found(alone, "checked", field="environment"),
        found(alone, "order-of-checked", field="environment", refers_to="checked", **ORDER),
        found(alone, "check", field="environment", refers_to="checked", **PASSED),
        found(foreign, "one"),
        found(foreign, "two"),
        found(foreign, "of-which", **PASSED),
    ]
    counter.take(counter.file("waiting", *rows))
    counter.score()
    return counter


def waits(town: Counter, need: str, *grants: Grant, most: int = 50) -> WaitingPage:
    """What waits for the holder of some grants."""
    with town.database.read() as connection:
        return waiting_records(connection, need, grants or [EVERYWHERE], most)


def test_what_was_ordered_or_reported_waits(waiting: Counter) -> None:
    """With its last day first; what was checked waits no more, and of what only stands nobody was told to come back."""
    page = waits(waiting, RECHECK)
    ids = [record.record_id for record in page.records]
    assert (2, ["source:reported", "source:ordered"]) == (
        page.total,
        [f"source:{i.rpartition(':')[2]}" for i in ids],
    )
    reported, ordered = page.records
    assert (date(2026, 9, 21), None) == (reported.due_on, ordered.due_on)
    assert (0, 5) == (reported.overdue_by(date(2026, 9, 21)), reported.overdue_by(date(2026, 9, 29)))
    assert 1 == len(waits(waiting, RECHECK, most=1).records) < waits(waiting, RECHECK, most=1).total


def test_a_check_of_one_of_several_waits_for_its_finding(waiting: Counter) -> None:
    """Once somebody says which it was, it waits no more."""
    page = waits(waiting, NAME_FINDING)
    assert ["of-which"] == [record.record_id.rpartition(":")[2] for record in page.records]


def test_others_areas_and_authorities_are_left_out(waiting: Counter) -> None:
    """Asked in the query: a grant of another district sees nothing, one of an authority its own records alone."""
    assert 0 == waits(waiting, RECHECK, Grant("", "supervisor", "t", areas=frozenset({"330803"}))).total
    assert 2 == waits(waiting, RECHECK, Grant("", "supervisor", "t", areas=frozenset({"330802"}))).total
    assert 2 == waits(waiting, RECHECK, Grant("", "inspector", "t", departments=frozenset({OWN}))).total
    assert 0 == waits(waiting, RECHECK, Grant("", "inspector", "t", departments=frozenset({FOREIGN}))).total
    assert (
        1 == waits(waiting, NAME_FINDING, Grant("", "inspector", "t", departments=frozenset({FOREIGN}))).total
    )


def test_a_re_check_that_arrives_ends_the_wait(waiting: Counter) -> None:
    """The next batch finds what is new; one that sees the same facts leaves the list as it is."""
    waiting.score()
    assert 2 == waits(waiting, RECHECK).total
    check = found(
        "finding-a",
        "later",
        field="drugs",
        refers_to="ordered",
        **{**PASSED, "occurred_on": "2026-09-24", "known_on": "2026-09-25"},
    )
    waiting.take(waiting.file("later", check))
    waiting.score()
    assert ["reported"] == [record.record_id.rpartition(":")[2] for record in waits(waiting, RECHECK).records]
