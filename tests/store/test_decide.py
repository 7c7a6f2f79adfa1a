"""The decision alone: over whatever may be on file, one person paints nobody and bleaches no red."""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random

import pytest

from scoring.policy.load import load_policy
from scoring.store.standing.taking_effect import (
    IN_EFFECT,
    PROPOSED,
    Confirmation,
    Decision,
    NewResult,
    OpenProposal,
    Weight,
    decide,
)

DECISIONS = int(os.environ.get("SISE_DECISIONS", "20000"))
POLICY = load_policy("quzhou-demo@2026-07-01", None).policy
BLUE, GREEN, YELLOW, RED = range(4)
TODAY = date(2026, 9, 30)
LONG_AGO, YESTERDAY = TODAY - timedelta(days=20), TODAY - timedelta(days=1)
LISTED = Weight(frozenset({"veto serious_list"}), {"penalties": 60})


def proposal(band: int, *confirmed_by: str, **more: object) -> OpenProposal:
    """A proposal that was served long ago, with these confirmations of all that it weighs."""
    confirmations = tuple(Confirmation(actor, band, LISTED) for actor in confirmed_by)
    served = {"served_on": LONG_AGO, "notice_until": YESTERDAY, "weight": LISTED} | more
    return OpenProposal(7, band, LONG_AGO, confirmations=confirmations, **served)  # type: ignore[arg-type]


def decided(rated: int | None, band: int | None, waiting: OpenProposal | None, *by_hand: str) -> Decision:
    """The decision of today."""
    return decide(POLICY, TODAY, rated, NewResult(band, LISTED, frozenset(by_hand)), waiting)


@pytest.mark.parametrize(
    ("rated", "band", "waiting", "by_hand", "state"),
    [
        # A first result: good ones at once, others as a fall from the worst good band.
        (None, BLUE, None, (), IN_EFFECT),
        (None, GREEN, None, (), IN_EFFECT),
        (None, YELLOW, None, (), PROPOSED),
        (None, RED, None, (), PROPOSED),
        (None, None, None, (), IN_EFFECT),
        # A fall: served, over, answered, confirmed by two where it is red.
        (BLUE, RED, proposal(RED, "a", "b"), (), IN_EFFECT),
        (BLUE, RED, proposal(RED, "a"), (), PROPOSED),
        (BLUE, RED, proposal(RED, "a", "b", served_on=None, notice_until=None), (), PROPOSED),
        (BLUE, RED, proposal(RED, "a", "b", notice_until=TODAY), (), PROPOSED),
        (BLUE, RED, proposal(RED, "a", "b", notice_until=TODAY, emergency=True), (), IN_EFFECT),
        (BLUE, RED, proposal(RED, "a", notice_until=TODAY, emergency=True), (), PROPOSED),
        (BLUE, RED, proposal(RED, "a", "b", open_statements=(4,)), (), PROPOSED),
        (BLUE, RED, proposal(RED, "a", "b", returned=True), (), PROPOSED),
        (GREEN, YELLOW, proposal(YELLOW), (), IN_EFFECT),
        (GREEN, YELLOW, proposal(YELLOW, served_on=None, notice_until=None), (), PROPOSED),
        # A deeper fall than the one that waits is another matter.
        (BLUE, RED, proposal(YELLOW, "a", "b"), (), PROPOSED),
        # Better: at once, but out of red by one hand only when another one confirms.
        (RED, YELLOW, None, (), IN_EFFECT),
        (RED, YELLOW, None, ("a",), PROPOSED),
        (RED, YELLOW, proposal(YELLOW, "a"), ("a",), PROPOSED),
        (RED, YELLOW, proposal(YELLOW, "b"), ("a",), IN_EFFECT),
        (RED, BLUE, proposal(YELLOW, "b"), ("a",), PROPOSED),
        (RED, YELLOW, proposal(YELLOW, "b", returned=True), ("a",), PROPOSED),
        (RED, RED, None, ("a",), IN_EFFECT),
    ],
)
def test_each_case(
    rated: int | None, band: int | None, waiting: OpenProposal | None, by_hand: tuple[str, ...], state: str
) -> None:
    """The table of what takes effect and what waits."""
    assert state == decided(rated, band, waiting, *by_hand).state


def test_heavier_than_what_was_confirmed_waits() -> None:
    """Confirmations cover what weighed then or less: one more limit or more points ask for new ones."""
    waiting = proposal(RED, "a", "b")
    lighter = Weight(frozenset(), {"penalties": 10})
    heavier = (
        Weight(LISTED.limits | {"cap x"}, LISTED.points),
        Weight(LISTED.limits, {"penalties": 61}),
        Weight(LISTED.limits, {"penalties": 60, "orders": 1}),
    )
    assert IN_EFFECT == decide(POLICY, TODAY, BLUE, NewResult(RED, lighter), waiting).state
    for weight in heavier:
        assert PROPOSED == decide(POLICY, TODAY, BLUE, NewResult(RED, weight), waiting).state


def test_a_lapsed_proposal_begins_anew() -> None:
    """Thirty working days without enough confirmations: the next one is another proposal."""
    old = TODAY - timedelta(days=60)
    waiting = proposal(RED, "a")
    lapsed = OpenProposal(7, RED, old, LISTED, old, old, waiting.confirmations)
    assert (7, None) == (decided(BLUE, RED, waiting).proposal, decided(BLUE, RED, lapsed).proposal)


def test_one_person_decides_nothing() -> None:
    """Over random files of one person no red takes effect, no red is left by that hand, nothing unserved falls."""
    chance = Random(20221128)
    for _ in range(DECISIONS):
        rated, band = chance.choice((None, BLUE, GREEN, YELLOW, RED)), chance.choice((None, *range(4)))
        served = chance.choice((None, LONG_AGO, YESTERDAY, TODAY))
        waiting = None
        if chance.random() < 0.9:
            waiting = proposal(
                chance.choice((YELLOW, RED, GREEN, BLUE)),
                *["a"] * chance.randint(0, 3),
                served_on=served,
                notice_until=served and served + timedelta(days=chance.choice((0, 7, 14))),
                emergency=chance.random() < 0.5,
                returned=chance.random() < 0.2,
                open_statements=(4,) if chance.random() < 0.2 else (),
            )
        by_hand = ("a",) if rated == RED and chance.random() < 0.5 else ()
        state = decided(rated, band, waiting, *by_hand).state
        if state == PROPOSED or band is None:
            continue
        before = GREEN if rated is None else rated
        if band > before:
            assert band != RED and waiting is not None and waiting.served_on is not None
        if before == RED and band < RED:
            assert not by_hand
