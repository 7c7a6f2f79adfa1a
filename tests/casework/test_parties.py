"""In a store that keeps grants: who opens, serves, confirms and answers is who may, and red takes a legal reviewer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from casework import CLERK, OFFICER, OTHER, OWN, Counter, firm, record
from stores import ACTOR, AUDITOR

from scoring.administration.casework.further_steps import take_step
from scoring.administration.casework.parties import Presence
from scoring.administration.casework.proposal_steps import serve_by_reading
from scoring.errors import StoreError, UsageError
from scoring.store.people.grants import Grant, put_grant
from scoring.store.tables.writing import begin_writing

FIRM = AUDITOR
"""The account of a firm, in this town."""
LEGAL = OTHER
CAME = Presence("张三", ("identity_card", "letter_of_authority"), "委托书.pdf", "ab" * 32)
GRANTS = (
    Grant(CLERK, "window_clerk", "x"),
    Grant(OFFICER, "supervisor", "x", departments=frozenset({OWN})),
    Grant(LEGAL, "legal_reviewer", "x"),
    Grant(FIRM, "enterprise", "x", enterprise_id=firm("penalty-a")),
    Grant(ACTOR, "inspector", "x"),
)


@pytest.fixture
def granted(counter: Counter) -> Iterator[Counter]:
    """The town once its people have their grants."""
    with begin_writing(counter.database, ACTOR, counter.clock) as writing:
        for grant in GRANTS:
            put_grant(writing, grant, grant.account, counter.day)
    yield counter


def give(town: Counter, account: str, role: str) -> None:
    """One more grant."""
    with begin_writing(town.database, ACTOR, town.clock) as writing:
        put_grant(writing, Grant(account, role, "x"), account, town.day)


def test_red_takes_two_and_a_legal_reviewer(granted: Counter) -> None:
    """Recorder, one person twice and two without a legal reviewer are refused; with one of them red takes effect."""
    who = firm("listing-a")
    granted.step("served", who, CLERK, how="handed_over")
    with pytest.raises(StoreError, match="case_role_missing"):
        granted.step("confirm", who, ACTOR)
    give(granted, ACTOR, "supervisor")
    with pytest.raises(StoreError, match="recorder_reviews"):
        granted.step("confirm", who, ACTOR)
    granted.step("confirm", who, OFFICER)
    with pytest.raises(StoreError, match="proposal_confirmed_already"):
        granted.step("confirm", who, OFFICER)
    give(granted, CLERK, "supervisor")
    with pytest.raises(StoreError, match="legal_reviewer_needed"):
        granted.step("confirm", who, CLERK)
    granted.step("confirm", who, LEGAL)
    granted.go_to(granted.day.replace(month=10, day=14))
    granted.score()
    assert ("red", False) == granted.colour("listing-a")


def test_a_firm_acts_for_itself_alone(granted: Counter) -> None:
    """Its own account opens and drops its cases, and nobody else's; no other account is the firm."""
    number = granted.object_to("penalty-a", FIRM, by="firm")
    assert {"by": "firm"} == {key: granted.case(number).opening.kept[key] for key in ("by",)}
    for actor, name in ((FIRM, "penalty-b"), (OFFICER, "penalty-a")):
        with pytest.raises(StoreError, match="case_not_of_firm"):
            granted.object_to(name, actor, by="firm", document="2")
    with pytest.raises(StoreError, match="case_officer_needed"):
        granted.object_to("penalty-b", FIRM)
    granted.follow("dropped", number, FIRM, by="firm")
    assert "dropped" == granted.case(number).state.outcome


def test_at_the_window_a_clerk_acts_for_who_came(granted: Counter) -> None:
    """A clerk says who came and what was seen; others do not act there, and without a person nobody does."""
    with pytest.raises(StoreError, match="window_clerk_needed"):
        granted.object_to("penalty-a", OFFICER, by="window", presence=CAME)
    wrong: tuple[tuple[Any, str], ...] = (
        (None, "presence_missing"),
        (Presence("", ("identity_card",)), "presence_missing"),
        (Presence("张三", ()), "presence_missing"),
        (Presence("张三", ("library_card",)), "presence_unknown"),
        (Presence("张三", ("identity_card",), "scan.pdf", "12"), "presence_paper"),
        (Presence("张三", ("identity_card",), "scan.pdf"), "presence_paper"),
    )
    for presence, refusal in wrong:
        with pytest.raises(UsageError, match=refusal):
            granted.object_to("penalty-a", CLERK, by="window", presence=presence)
    number = granted.object_to("penalty-a", CLERK, by="window", presence=CAME)
    assert CAME.kept == granted.case(number).opening.kept["presence"]


def test_reading_serves(granted: Counter) -> None:
    """The firm's own account serves the notice by reading it, once, and no other firm's; it serves in no other way."""
    with granted.database.read() as connection:
        service = serve_by_reading(connection, granted.version, firm("penalty-a"))
    assert service is not None
    wrong = (
        (replace(service, enterprise_id=firm("penalty-b")), "case_not_of_firm"),
        (replace(service, how="post"), "case_role_missing"),
    )
    for other, refusal in wrong:
        with pytest.raises(StoreError, match=refusal):
            take_step(granted.database, granted.version, other, FIRM, granted.clock)
    take_step(granted.database, granted.version, service, FIRM, granted.clock)
    with granted.database.read() as connection:
        assert None is serve_by_reading(connection, granted.version, firm("penalty-a"))


def test_who_answers_has_the_role_and_the_office(granted: Counter) -> None:
    """An officer answers in the name of the only authority of his grants, and of no other."""
    number = granted.object_to("penalty-a", CLERK, by="window", presence=CAME)
    with pytest.raises(StoreError, match="case_role_missing"):
        granted.follow("answer", number, LEGAL, outcome="rejected", office=OWN)
    with pytest.raises(StoreError, match="case_office_not_granted"):
        granted.follow("answer", number, outcome="rejected", office="330800-market")
    granted.follow("answer", number, outcome="rejected")
    assert None is granted.contest(record("penalty-a"))
