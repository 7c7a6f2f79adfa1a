"""The decision alone: over whatever may be on file, one person paints nobody and bleaches no red."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from scoring.policy.load import load_policy
from scoring.store.standing.computed import weight_of
from scoring.store.standing.pending import RecordSpan, _Case
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

SEQUENCES = int(os.environ.get("SISE_DECISIONS", "5000"))
LONGEST = 30
POLICY = load_policy("quzhou-demo@2026-04-01", None).policy
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


@dataclass
class File:
    """The file of one enterprise to which one person does whatever comes to mind, on whatever day.

    Nothing is refused here, not even what the store refuses: second confirmations, reviews of one's
    own records, days before the last one or to come. The decision alone must hold.
    """

    chance: Random
    rated: int | None
    computed: int | None
    hurt: int = 0
    helped: int = 0
    today: date = TODAY
    last: date = TODAY
    row: SimpleNamespace | None = None
    steps: list[SimpleNamespace] = field(default_factory=list)
    changed: list[RecordSpan] = field(default_factory=list)
    opened: int = 0
    seq: int = 0
    fallen: int = 0

    @property
    def a_day(self) -> date:
        """A day that is typed."""
        near = (self.last, self.today, self.today + timedelta(days=1), date(2099, 1, 1), date(9999, 1, 1))
        before = self.last - timedelta(days=1) if self.last > date.min else date.min
        return self.chance.choice((date.min, before, *near))

    def band_of(self, computed: int | None) -> int | None:
        """The band with what was entered by hand."""
        return None if computed is None else min(max(computed + self.hurt - self.helped, BLUE), RED)

    @property
    def waiting(self) -> OpenProposal | None:
        """The open proposal, as the store reads it back from its steps."""
        bands = [band.id for band in POLICY.bands]
        return _Case(POLICY, bands, self.steps, self.changed).proposal(self.row) if self.row else None

    def content(self, band: int) -> dict[str, Any]:
        """What a result in a band holds against the enterprise."""
        limits = json.dumps(["serious_list"] if band == RED else [])
        points = json.dumps([["penalties", -20 * self.hurt, False]])
        return {"vetoes": limits, "caps": "[]", "contributions": points}

    def score(self) -> None:
        """Scores as of a typed day; checks whatever takes effect."""
        as_of, band = self.a_day, self.band_of(self.computed)
        weight = weight_of(SimpleNamespace(**self.content(band or 0)), POLICY)
        alone = self.rated == RED and self.computed == RED and band is not None and band < RED
        result = NewResult(band, weight, frozenset({"a"} if alone else ()))
        waiting = self.waiting
        decision, self.last = decide(POLICY, as_of, self.rated, result, waiting), as_of
        if decision.state == IN_EFFECT:
            self.check(band, waiting, by_hand=alone)
            self.row, self.steps = None, []
            self.rated = self.rated if band is None else band
            return
        on = as_of
        if decision.proposal is None:
            self.opened, self.steps = self.opened + 1, []
        elif self.row is not None:
            on = self.row.on
        proposed = {"proposal": self.opened, "band": POLICY.bands[band or 0].id, "on": on}
        self.row = SimpleNamespace(**proposed, **self.content(band or 0))

    def check(self, band: int | None, waiting: OpenProposal | None, *, by_hand: bool) -> None:
        """No red, no way out of red by that hand, no fall without a service."""
        before = GREEN if self.rated is None else self.rated
        if band is not None and band > before:
            assert band != RED
            assert waiting is not None and waiting.served_on is not None
            self.fallen += 1
        assert not by_hand

    def step(self, kind: str) -> None:
        """A step of any kind about the open proposal, done on a typed day."""
        if self.row is None:
            return
        self.steps.append(
            SimpleNamespace(
                number=len(self.steps) + 1,
                kind=kind,
                actor="a",
                seq=self.seq,
                done_on=self.a_day,
                record_id="own:1",
                answers=self.chance.randint(1, len(self.steps) + 1),
                content='{"how": "handed_over"}',
                of_band=self.row.band,
                **self.content(RED),
            )
        )

    def fact(self, name: str) -> None:
        """A fact by this hand, or by a document."""
        self.seq += 1
        if name == "against":
            self.hurt = min(self.hurt + 1, 3)
        elif name == "for":
            self.helped = min(self.helped + 1, 3)
        elif name == "ended":
            self.hurt = max(self.hurt - 1, 0)
        elif name == "document":
            self.computed = self.chance.choice((None, BLUE, GREEN, YELLOW, RED))
        else:
            self.changed.append(RecordSpan("own:1", self.chance.randint(0, self.seq), self.seq))

    def one(self) -> str:
        """One command."""
        name = self.chance.choice(COMMANDS)
        if name == "score":
            self.score()
        elif name == "tomorrow":
            self.today += timedelta(days=self.chance.choice((1, 8, 45)))
        elif name in FACTS:
            self.fact(name)
        else:
            self.step(name)
        return name


STEPS = ("served", "confirm", "statement", "answer", "return", "emergency")
FACTS = ("against", "for", "ended", "corrected", "document")
COMMANDS = ("score", "score", "score", "tomorrow", *FACTS, *STEPS, "served", "confirm")


def test_one_person_decides_nothing() -> None:
    """Over random sequences of commands by one person no red takes effect, no red is left by that hand,
    and nothing unserved falls, whatever days are typed.
    """
    ended = Counter[str]()
    for number in range(SEQUENCES):
        chance = Random(number)
        bands = (None, BLUE, GREEN, YELLOW, RED)
        file = File(chance, chance.choice(bands), chance.choice(bands))
        done = []
        for _ in range(chance.randint(1, LONGEST)):
            try:
                done.append(file.one())
            except AssertionError as error:
                raise AssertionError((number, done)) from error
        ended["commands"] += len(done)
        ended["proposed at the end"] += file.row is not None
        ended["falls in effect"] += file.fallen
    print(f"{SEQUENCES} sequences: {dict(ended)}")
    assert all(ended.values())
