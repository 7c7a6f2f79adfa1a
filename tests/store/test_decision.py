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
"""Well after the notice period of a proposal of 30 September, the National Day holidays included."""


def step(tried: StoreHarness, kind: str, who: str, actor: str, record_id: str | None = None) -> int:
    """One step about the open proposal of an enterprise."""
    return take_step(
        tried.database, tried.version, kind, who, "test", tried.day, actor, tried.clock, record_id=record_id
    )


@pytest.fixture
def falling(scored: StoreHarness) -> tuple[StoreHarness, str]:
    """A store with a proposed fall from blue to red, and whose."""
    who = scored.one("blue")
    scored.add(who, **LISTING)
    return scored, who


def shown(tried: StoreHarness, who: str) -> tuple[object, bool]:
    """The colour in effect, and whether a proposal is open."""
    row = tried.standing(who)
    return row["colour"], bool(row["proposed"])


def test_a_worse_colour_is_proposed(falling: tuple[StoreHarness, str]) -> None:
    """A fall to red is stored as proposed, with the end of its notice after five working days and two reviewers."""
    tried, who = falling
    latest = tried.latest(who)
    assert ("blue", True) == shown(tried, who)
    assert ("red", "proposed", 2, date(2026, 10, 13)) == tuple(
        latest[n] for n in ("colour", "state", "reviewers", "notice_until")
    )


def test_time_alone_does_not_paint_red(falling: tuple[StoreHarness, str]) -> None:
    """Long after the notice period a fall that nobody has reviewed is still proposed; `due` says what it waits for."""
    tried, who = falling
    tried.go_to(AFTER)
    tried.score()
    assert ("blue", True) == shown(tried, who)
    waits = {
        one.enterprise_id: one.waits
        for one in due(tried.database, tried.version, AFTER)
        if one.kind == "proposal"
    }
    assert ("review",) == waits[who]


def test_two_reviewers_and_the_notice(falling: tuple[StoreHarness, str]) -> None:
    """Confirmed by two people it takes effect after the notice period, on no day before."""
    tried, who = falling
    for actor in ("a", "b"):
        step(tried, "confirm", who, actor)
    for day, colour in ((date(2026, 10, 13), "blue"), (date(2026, 10, 14), "red")):
        tried.go_to(day)
        tried.score()
        assert colour == shown(tried, who)[0]


def test_one_reviewer_is_not_two(falling: tuple[StoreHarness, str]) -> None:
    """The same person cannot confirm twice, and one confirmation is not enough for red."""
    tried, who = falling
    step(tried, "confirm", who, "a")
    with pytest.raises(StoreError):
        step(tried, "confirm", who, "a")
    tried.go_to(AFTER)
    tried.score()
    assert ("blue", True) == shown(tried, who)


def test_a_statement_waits_for_its_answer(falling: tuple[StoreHarness, str]) -> None:
    """A filed statement holds a confirmed fall back until it is answered."""
    tried, who = falling
    for actor in ("a", "b"):
        step(tried, "confirm", who, actor)
    step(tried, "statement", who, "enterprise")
    tried.go_to(AFTER)
    tried.score()
    assert ("blue", True) == shown(tried, who)
    step(tried, "answer", who, "a")
    tried.score()
    assert ("red", False) == shown(tried, who)


def test_a_returned_fact_holds_the_fall(falling: tuple[StoreHarness, str]) -> None:
    """A returned fact undoes what was confirmed before; withdrawn by its owner, it takes the proposal away."""
    tried, who = falling
    for actor in ("a", "b"):
        step(tried, "confirm", who, actor)
    step(tried, "return", who, "c", "own:1")
    tried.go_to(AFTER)
    tried.score()
    assert ("blue", True) == shown(tried, who)
    tried.enter(tried.facts.end("withdrawn", "own:1", tried.day, "wrong enterprise"))
    assert ("blue", False) == shown(tried, who)


def test_a_new_fact_asks_for_new_reviews(falling: tuple[StoreHarness, str]) -> None:
    """What was confirmed counts for the facts that were there: another fact, and it is asked again."""
    tried, who = falling
    for actor in ("a", "b"):
        step(tried, "confirm", who, actor)
    tried.go_to(date(2026, 10, 9))
    tried.add(who, **LISTING | {"record_id": "own:2"})
    tried.go_to(AFTER)
    tried.score()
    assert ("blue", True) == shown(tried, who)


def test_an_emergency_takes_effect_at_once(scored: StoreHarness) -> None:
    """With an emergency ground on file a fall takes effect the same day, and the log says why."""
    who = scored.one("blue")
    scored.add(who, emergency="poisoning", **LISTING)
    assert ("red", False) == shown(scored, who)
    with scored.database.read() as connection:
        assert "poisoning" in str(
            connection.exec_driver_sql("SELECT payload FROM audit_event ORDER BY seq DESC").scalars().first()
        )


def test_an_emergency_put_on_file_later(falling: tuple[StoreHarness, str]) -> None:
    """An emergency ground filed on an open proposal is applied by the next scoring."""
    tried, who = falling
    step(tried, "emergency", who, "a")
    tried.score()
    assert ("red", False) == shown(tried, who)


def test_better_is_at_once(scored: StoreHarness) -> None:
    """The restoration of the record behind a red takes effect the day it is entered."""
    who = scored.one("blue")
    scored.add(who, emergency="fire", **LISTING)
    scored.go_to(scored.day + timedelta(days=1))
    scored.enter(scored.facts.end("restored", "own:1", scored.day, "decision"))
    colour, proposed = shown(scored, who)
    assert (
        colour in ("blue", "green") and not proposed
    )  # a margin keeps those near the edge of the best band below it


def test_steps_need_a_proposal_and_a_ground(falling: tuple[StoreHarness, str]) -> None:
    """No step without an open proposal, without a ground, or about another enterprise's record."""
    tried, who = falling
    with pytest.raises(StoreError):
        step(tried, "confirm", tried.one("green"), "a")
    with pytest.raises(UsageError):
        take_step(tried.database, tried.version, "confirm", who, "", tried.day, "a", tried.clock)
    with pytest.raises(StoreError):
        step(tried, "return", who, "a", "nobody's")
    with tried.database.read() as connection:
        assert [who] == [one.enterprise_id for one in proposals(connection, tried.version)]


def test_time_alone_changes_colours_and_due_says_so(scored: StoreHarness) -> None:
    """What `due` lists for a day in a year is what the batch of that day changes."""
    day = scored.day + timedelta(days=200)
    scored_before = scored.digest()
    listed = {one.enterprise_id for one in due(scored.database, scored.version, day) if one.kind == "colour"}
    assert scored_before == scored.digest()
    with scored.database.read() as connection:
        bands = dict(connection.exec_driver_sql("SELECT enterprise_id, band FROM standing").all())
    scored.go_to(day)
    scored.score()
    with scored.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT s.enterprise_id, a.band FROM standing s JOIN assessment a ON a.number = s.latest"
        ).all()
    assert listed == {who for who, band in rows if bands[who] != band} != set()


def test_looking_back_changes_no_colour(scored: StoreHarness) -> None:
    """A batch as of a day before the last one is refused, and nothing is changed."""
    before = scored.digest()
    scored.day -= timedelta(days=1)
    with pytest.raises(StoreError):
        scored.score()
    assert before == scored.digest()
