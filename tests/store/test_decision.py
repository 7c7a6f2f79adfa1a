"""A worse colour waits, a better one does not, and only facts, people and time move either."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from stores import ACTOR, REVIEWERS, StoreHarness

from scoring.errors import StoreError, UsageError
from scoring.store.keep.due import due
from scoring.store.standing.open_proposals import proposals

ANNA, BERT, CLEO = REVIEWERS
LISTING = {
    "kind": "serious_violation_listing",
    "severity": "serious",
    "decided_on": "2026-09-30",
    "record_id": "own:1",
}
LAST = date(2026, 10, 13)
"""Last day of a notice served on 30 September, the National Day holidays included."""
AFTER = date(2026, 10, 20)
"""Well after it."""
DAY = timedelta(days=1)
Falling = tuple[StoreHarness, str]


@pytest.fixture
def falling(scored: StoreHarness) -> Falling:
    """A store with a proposed fall from blue to red, and whose."""
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, **LISTING)
    return scored, enterprise_id


def shown(harness: StoreHarness, enterprise_id: str) -> tuple[object, bool]:
    """The colour in effect, and whether a proposal is open."""
    standing = harness.standing(enterprise_id)
    return standing["colour"], bool(standing["proposed"])


def pending(harness: StoreHarness, enterprise_id: str) -> Any:
    """What is on file about an open proposal."""
    with harness.database.read() as connection:
        waiting = proposals(connection, harness.version)
    return next(proposal.pending for proposal in waiting if proposal.enterprise_id == enterprise_id)


def waits(harness: StoreHarness, enterprise_id: str, day: date) -> tuple[str, ...]:
    """What a proposal still waits for on a day, as `due` says it."""
    listed = due(harness.database, harness.version, day)
    mine = [entry for entry in listed if (entry.kind, entry.enterprise_id) == ("proposal", enterprise_id)]
    return mine[0].waits


def score_on(harness: StoreHarness, day: date) -> None:
    """Goes to a day and scores."""
    harness.go_to(day)
    harness.score()


def test_a_worse_colour_is_proposed(falling: Falling) -> None:
    """A fall to red is stored as proposed with two reviewers; its notice begins with its service."""
    harness, enterprise_id = falling
    latest = harness.latest(enterprise_id)
    assert ("blue", True) == shown(harness, enterprise_id)
    assert ("red", "proposed", 2) == tuple(latest[column] for column in ("colour", "state", "reviewers"))
    assert pending(harness, enterprise_id).notice_until is None
    harness.serve(enterprise_id)
    assert LAST == pending(harness, enterprise_id).notice_until


def test_time_alone_does_not_paint_red(falling: Falling) -> None:
    """Long after the notice a fall that nobody has reviewed is still proposed; `due` says what it waits for."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    score_on(harness, AFTER)
    assert ("blue", True) == shown(harness, enterprise_id)
    assert ("review",) == waits(harness, enterprise_id, AFTER)


def test_nothing_takes_effect_unserved(falling: Falling) -> None:
    """Confirmed by two and long ago, a fall of which nobody was told stays proposed."""
    harness, enterprise_id = falling
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    score_on(harness, AFTER)
    assert ("blue", True) == shown(harness, enterprise_id)
    assert ("service",) == waits(harness, enterprise_id, AFTER)


def test_two_reviewers_and_the_notice(falling: Falling) -> None:
    """Served and confirmed by two people it takes effect after the notice period, on no day before."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    for day, colour in ((LAST, "blue"), (LAST + DAY, "red")):
        score_on(harness, day)
        assert colour == shown(harness, enterprise_id)[0]


@pytest.mark.parametrize("spelling", ["anna", "ANNA", "  Anna ", "ａｎｎａ"])
def test_one_reviewer_is_not_two(falling: Falling, spelling: str) -> None:
    """The same person cannot confirm twice, in no spelling; one confirmation is not enough for red."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    harness.step("confirm", enterprise_id, ANNA)
    with pytest.raises(StoreError, match="confirmed"):
        harness.step("confirm", enterprise_id, spelling)
    score_on(harness, AFTER)
    assert ("blue", True) == shown(harness, enterprise_id)


@pytest.mark.parametrize(
    "actor", ["anna\u200b", "an\nna", "\x1b[31manna", "", "a" * 61, "an\u3164na", "nobody"]
)
def test_unknown_hands_write_nothing(falling: Falling, actor: str) -> None:
    """A name that cannot be seen, or that nobody has, is refused and changes nothing."""
    harness, enterprise_id = falling
    before = harness.count("audit_event")
    with pytest.raises((StoreError, UsageError)):
        harness.step("confirm", enterprise_id, actor)
    with pytest.raises((StoreError, UsageError)):
        harness.add(enterprise_id, by=actor, **LISTING | {"record_id": "own:9"})
    assert before == harness.count("audit_event")


def test_the_recorder_reviews_nothing(falling: Falling) -> None:
    """Who entered or imported what speaks against an enterprise is none of its reviewers."""
    harness, enterprise_id = falling
    with pytest.raises(StoreError, match="recorder_reviews"):
        harness.step("confirm", enterprise_id, ACTOR)


def test_a_statement_waits_for_its_answer(falling: Falling) -> None:
    """A statement in time holds a confirmed fall back until that very statement is answered."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    with pytest.raises(StoreError, match="case_unknown"):
        harness.follow("answer", 1, outcome="not_adopted")
    first, second = (harness.step("statement", enterprise_id) for _ in range(2))
    harness.follow("answer", first, outcome="not_adopted")
    with pytest.raises(StoreError, match="case_step_impossible"):
        harness.follow("answer", first, outcome="not_adopted")
    score_on(harness, AFTER)
    assert ("blue", True) == shown(harness, enterprise_id)
    harness.follow("answer", second, outcome="not_adopted")
    harness.score()
    assert ("red", False) == shown(harness, enterprise_id)


def test_a_statement_after_the_notice_holds_nothing(falling: Falling) -> None:
    """What is said after the last day is kept and holds nothing back."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    harness.go_to(LAST + DAY)
    harness.step("statement", enterprise_id)
    harness.score()
    assert ("red", False) == shown(harness, enterprise_id)


def test_a_returned_fact_holds_the_fall(falling: Falling) -> None:
    """A returned fact undoes what was confirmed before; a later version of another record does not mend it."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    harness.step("return", enterprise_id, CLEO, record_id="own:1")
    harness.add(enterprise_id, kind="honour", decided_on="2026-09-30", record_id="own:2")
    score_on(harness, AFTER)
    assert ("blue", True) == shown(harness, enterprise_id)
    withdrawn = harness.facts.end("withdrawn", "own:1", harness.day, "void", "12", "court")
    harness.enter(withdrawn)
    assert ("blue", False) == shown(harness, enterprise_id)


@pytest.mark.parametrize(
    ("more", "colour"),
    [
        ({"kind": "honour"}, "red"),
        ({"kind": "inspection", "result": "no_problem"}, "red"),
        ({**LISTING, "kind": "work_safety_listing"}, "blue"),
    ],
)
def test_what_was_confirmed_holds_while_nothing_weighs_more(
    falling: Falling, more: dict[str, str], colour: str
) -> None:
    """A harmless new fact leaves confirmations as they are; one that weighs more asks for new ones."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    harness.go_to(date(2026, 10, 9))
    columns = {"decided_on": "2026-10-08", **more, "record_id": "own:2"}
    harness.add(enterprise_id, **columns)
    score_on(harness, AFTER)
    assert colour == shown(harness, enterprise_id)[0]


def test_a_correction_asks_for_new_reviews(falling: Falling) -> None:
    """What was confirmed is another thing once a record that was there has another version."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    harness.enter(harness.facts.correct("own:1", {"document_no": "7"}, "number", "7", "recording_authority"))
    score_on(harness, AFTER)
    assert ("blue", True) == shown(harness, enterprise_id)


def test_a_proposal_that_nobody_confirms_lapses(falling: Falling) -> None:
    """After thirty working days it is made anew: served anew, and never in effect by time."""
    harness, enterprise_id = falling
    harness.serve(enterprise_id)
    harness.step("confirm", enterprise_id, ANNA)
    opened = pending(harness, enterprise_id).number
    score_on(harness, date(2026, 11, 20))
    again = pending(harness, enterprise_id)
    assert again.number != opened and again.served_on is None and not again.confirmed_by
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)


def test_an_emergency_shortens_the_notice_only(falling: Falling) -> None:
    """Resting on the record just entered it ends the notice with its service; two must review all the same."""
    harness, enterprise_id = falling
    harness.step("emergency", enterprise_id, record_id="own:1")
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)
    harness.serve(enterprise_id)
    harness.score()
    assert ("blue", True) == shown(harness, enterprise_id)
    for actor in (ANNA, BERT):
        harness.step("confirm", enterprise_id, actor)
    harness.score()
    assert ("red", False) == shown(harness, enterprise_id)


def test_an_emergency_rests_on_a_new_adverse_record(scored: StoreHarness) -> None:
    """A harmless record carries none, nor does one of long ago; the fact is refused with it."""
    enterprise_id = scored.one("blue")
    with pytest.raises(StoreError):
        scored.add(enterprise_id, emergency="x", kind="honour", decided_on="2026-09-30")
    scored.add(enterprise_id, **LISTING)
    scored.go_to(scored.day + 4 * DAY)
    with pytest.raises(StoreError, match="emergency_without_record"):
        scored.step("emergency", enterprise_id, record_id="own:1")
    scored.add(enterprise_id, emergency="fire", **LISTING | {"record_id": "own:2"})
    assert pending(scored, enterprise_id).emergency
    assert ("blue", True) == shown(scored, enterprise_id)


def test_steps_need_a_proposal_and_a_ground(falling: Falling) -> None:
    """No step without an open proposal, without a ground, or about another enterprise's record."""
    harness, enterprise_id = falling
    with pytest.raises(StoreError, match="proposal_not_open"):
        harness.step("confirm", harness.one("green"), ANNA)
    with pytest.raises(UsageError):
        harness.step("return", enterprise_id, ANNA)
    with pytest.raises(StoreError, match="record_of_another"):
        harness.step("return", enterprise_id, ANNA, record_id="nobody's")
    with harness.database.read() as connection:
        mine = [proposal.enterprise_id for proposal in proposals(connection, harness.version)]
    assert enterprise_id in mine


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"how": "by bird"}, "service_unknown"),
        ({"how": "refused"}, "service_without_witness"),
        ({"how": "refused", "witness": "Tester"}, "second_account_needed"),
        ({"how": "refused", "witness": "nobody"}, "account_unknown"),
        ({"how": "post", "on": date(2026, 10, 1)}, "step_day_impossible"),
        ({"how": "post", "on": date(2026, 9, 29)}, "step_day_impossible"),
    ],
)
def test_a_service_is_what_it_says(falling: Falling, more: dict[str, Any], refusal: str) -> None:
    """How, when and before whom: what does not fit is refused and serves nothing."""
    harness, enterprise_id = falling
    with pytest.raises((StoreError, UsageError), match=refusal):
        harness.step("served", enterprise_id, **more)
    assert pending(harness, enterprise_id).served_on is None


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
    score_on(scored, day)
    with scored.database.read() as connection:
        latest_bands = connection.exec_driver_sql(
            "SELECT s.enterprise_id, a.band FROM standing s JOIN assessment a ON a.number = s.latest"
        ).all()
    assert (
        listed
        == {enterprise_id for enterprise_id, band in latest_bands if bands[enterprise_id] != band}
        != set()
    )
