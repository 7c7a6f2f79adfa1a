"""A worse colour waits, a better one does not, and only facts and time move either."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from stores import StoreHarness

from scoring.errors import StoreError, UsageError
from scoring.store.keep.due import due
from scoring.store.standing.reviewing import proposals, take_step

LISTING = {
    "kind": "serious_violation_listing",
    "severity": "serious",
    "decided_on": "2026-09-30",
    "record_id": "own:1",
}
AFTER = date(2026, 10, 20)
"""Well after the notice period of a proposal of 30 September,
the National Day holidays included.
"""


def step(
    harness: StoreHarness, kind: str, enterprise_id: str, actor: str, record_id: str | None = None
) -> int:
    """One step about the open proposal of an enterprise."""
    return take_step(
        harness.database,
        harness.version,
        kind,
        enterprise_id,
        "test",
        harness.day,
        actor,
        harness.clock,
        record_id=record_id,
    )


@pytest.fixture
def falling(scored: StoreHarness) -> tuple[StoreHarness, str]:
    """A store with a proposed fall from blue to red, and whose."""
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, **LISTING)
    return scored, enterprise_id


def shown(harness: StoreHarness, enterprise_id: str) -> tuple[object, bool]:
    """The colour in effect, and whether a proposal is open."""
    standing = harness.standing(enterprise_id)
    return standing["colour"], bool(standing["proposed"])


def test_a_worse_colour_is_proposed(falling: tuple[StoreHarness, str]) -> None:
    """A fall to red is stored as proposed, with the end of its notice after five working days and
    two reviewers.
    """
    harness, enterprise_id = falling
    latest = harness.latest(enterprise_id)
    assert ("blue", True) == shown(harness, enterprise_id)
    assert ("red", "proposed", 2, date(2026, 10, 13)) == tuple(
        latest[column] for column in ("colour", "state", "reviewers", "notice_until")
    )


def test_time_alone_does_not_paint_red(falling: tuple[StoreHarness, str]) -> None:
    """Long after the notice period a fall that nobody has reviewed is still proposed;
    `due` says what it waits for.
    """
    harness, enterprise_id = falling
    harness.go_to(AFTER)
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)
    waits = {
        due_thing.enterprise_id: due_thing.waits
        for due_thing in due(harness.database, harness.version, AFTER)
        if due_thing.kind == "proposal"
    }
    assert ("review",) == waits[enterprise_id]


def test_two_reviewers_and_the_notice(falling: tuple[StoreHarness, str]) -> None:
    """Confirmed by two people it takes effect after the notice period, on no day before."""
    harness, enterprise_id = falling
    for actor in ("a", "b"):
        step(harness, "confirm", enterprise_id, actor)
    for day, colour in ((date(2026, 10, 13), "blue"), (date(2026, 10, 14), "red")):
        harness.go_to(day)
        harness.score()
        assert colour == shown(harness, enterprise_id)[0]


def test_one_reviewer_is_not_two(falling: tuple[StoreHarness, str]) -> None:
    """The same person cannot confirm twice, and one confirmation is not enough for red."""
    harness, enterprise_id = falling
    step(harness, "confirm", enterprise_id, "a")
    with pytest.raises(StoreError):
        step(harness, "confirm", enterprise_id, "a")
    harness.go_to(AFTER)
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)


def test_a_statement_waits_for_its_answer(falling: tuple[StoreHarness, str]) -> None:
    """A filed statement holds a confirmed fall back until it is answered."""
    harness, enterprise_id = falling
    for actor in ("a", "b"):
        step(harness, "confirm", enterprise_id, actor)
    step(harness, "statement", enterprise_id, "enterprise")
    harness.go_to(AFTER)
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)
    step(harness, "answer", enterprise_id, "a")
    harness.score()
    assert ("red", False) == shown(harness, enterprise_id)


def test_a_returned_fact_holds_the_fall(falling: tuple[StoreHarness, str]) -> None:
    """A returned fact undoes what was confirmed before; withdrawn by its owner,
    it takes the proposal away.
    """
    harness, enterprise_id = falling
    for actor in ("a", "b"):
        step(harness, "confirm", enterprise_id, actor)
    step(harness, "return", enterprise_id, "c", "own:1")
    harness.go_to(AFTER)
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)
    harness.enter(harness.facts.end("withdrawn", "own:1", harness.day, "wrong enterprise"))
    assert ("blue", False) == shown(harness, enterprise_id)


def test_a_new_fact_asks_for_new_reviews(falling: tuple[StoreHarness, str]) -> None:
    """What was confirmed counts for the facts that were there: another fact,
    and it is asked again.
    """
    harness, enterprise_id = falling
    for actor in ("a", "b"):
        step(harness, "confirm", enterprise_id, actor)
    harness.go_to(date(2026, 10, 9))
    harness.add(enterprise_id, **LISTING | {"record_id": "own:2"})
    harness.go_to(AFTER)
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)


def test_an_emergency_takes_effect_at_once(scored: StoreHarness) -> None:
    """With an emergency ground on file a fall takes effect the same day, and the log says why."""
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, emergency="poisoning", **LISTING)
    assert ("red", False) == shown(scored, enterprise_id)
    with scored.database.read() as connection:
        assert "poisoning" in str(
            connection.exec_driver_sql("SELECT payload FROM audit_event ORDER BY seq DESC").scalars().first()
        )


def test_an_emergency_put_on_file_later(falling: tuple[StoreHarness, str]) -> None:
    """An emergency ground filed on an open proposal is applied by the next scoring."""
    harness, enterprise_id = falling
    step(harness, "emergency", enterprise_id, "a")
    harness.score()
    assert ("red", False) == shown(harness, enterprise_id)


def test_better_is_at_once(scored: StoreHarness) -> None:
    """The restoration of the record behind a red takes effect the day it is entered."""
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, emergency="fire", **LISTING)
    scored.go_to(scored.day + timedelta(days=1))
    scored.enter(scored.facts.end("restored", "own:1", scored.day, "decision"))
    colour, proposed = shown(scored, enterprise_id)
    assert (
        colour in ("blue", "green") and not proposed
    )  # a margin keeps those near the edge of the best band below it


def test_steps_need_a_proposal_and_a_ground(falling: tuple[StoreHarness, str]) -> None:
    """No step without an open proposal, without a ground, or about another enterprise's record."""
    harness, enterprise_id = falling
    with pytest.raises(StoreError):
        step(harness, "confirm", harness.one("green"), "a")
    with pytest.raises(UsageError):
        take_step(
            harness.database, harness.version, "confirm", enterprise_id, "", harness.day, "a", harness.clock
        )
    with pytest.raises(StoreError):
        step(harness, "return", enterprise_id, "a", "nobody's")
    with harness.database.read() as connection:
        assert [enterprise_id] == [
            proposal.enterprise_id for proposal in proposals(connection, harness.version)
        ]


def test_time_alone_changes_colours_and_due_says_so(scored: StoreHarness) -> None:
    """What `due` lists for a day in a year is what the batch of that day changes."""
    day = scored.day + timedelta(days=200)
    scored_before = scored.digest()
    listed = {
        due_thing.enterprise_id
        for due_thing in due(scored.database, scored.version, day)
        if due_thing.kind == "colour"
    }
    assert scored_before == scored.digest()
    with scored.database.read() as connection:
        bands = dict(connection.exec_driver_sql("SELECT enterprise_id, band FROM standing").all())
    scored.go_to(day)
    scored.score()
    with scored.database.read() as connection:
        latest_bands = connection.exec_driver_sql(
            "SELECT s.enterprise_id, a.band FROM standing s JOIN assessment a ON a.number = s.latest"
        ).all()
    assert (
        listed
        == {enterprise_id for enterprise_id, band in latest_bands if bands[enterprise_id] != band}
        != set()
    )


def test_looking_back_changes_no_colour(scored: StoreHarness) -> None:
    """A batch as of a day before the last one is refused, and nothing is changed."""
    before = scored.digest()
    scored.day -= timedelta(days=1)
    with pytest.raises(StoreError):
        scored.score()
    assert before == scored.digest()
