"""When a computed result takes effect; nobody chooses a colour.

A better one does at once, unless one hand alone brought it; a worse one when it was served and its
notice, statements and reviews allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from scoring.entities import Colour
from scoring.policy.language.schema import Policy
from scoring.workdays import add_workdays

IN_EFFECT, PROPOSED = "in_effect", "proposed"
WORST_REVIEWERS = 2
"""Distinct reviewers of a fall to a band that the policy has reviewed: nobody paints it alone."""
SECOND_HAND = 1
"""Who must confirm that an enterprise leaves such a band by facts that others entered by hand."""
OF_A_PERSON = 1
"""Who must confirm that a sole trader falls to yellow or red: of a person nothing is decided by a machine alone."""
CONFIRM_WITHIN = 30
"""Working days within which a proposal is confirmed, where the policy names none."""
GOOD = (Colour.BLUE, Colour.GREEN)
BAD = (Colour.YELLOW, Colour.RED)


@dataclass(frozen=True)
class Weight:
    """What a result holds against an enterprise.

    Attributes:
        limits: Its vetoes and caps, by kind and id.
        points: The points that each adverse indicator costs.
    """

    limits: frozenset[str] = frozenset()
    points: Mapping[str, int] = field(default_factory=dict)

    def covers(self, other: Weight) -> bool:
        """Whether nothing of the other weighs more than it does here."""
        no_heavier = (cost <= self.points.get(indicator, 0) for indicator, cost in other.points.items())
        return other.limits <= self.limits and all(no_heavier)


@dataclass(frozen=True)
class Confirmation:
    """That somebody confirmed the facts behind a proposed band, which weighed so much then."""

    actor: str
    band: int
    weight: Weight


@dataclass(frozen=True)
class OpenProposal:
    """A band that waits, and what is on file about it.

    Attributes:
        number: The assessment that proposed it first.
        band: Number of the proposed band.
        weight: What it holds against the enterprise.
        proposed_on: The day on which it was proposed first.
        served_on: The day on which its notice was served; ``None``: it was not.
        notice_until: Last day on which it can be answered; ``None``: it was not served.
        confirmations: Those that no later change of a record undid.
        open_statements: Numbers of statements in time that nobody has answered.
        returned: Whether a reviewer returned facts that have not been dealt with since.
        emergency: Whether an emergency ground is on file.
        served_how: How its notice was served, one of ``proposal_steps.SERVICES``.
    """

    number: int
    band: int
    proposed_on: date
    weight: Weight = Weight()
    served_on: date | None = None
    notice_until: date | None = None
    confirmations: tuple[Confirmation, ...] = ()
    open_statements: tuple[int, ...] = ()
    returned: bool = False
    emergency: bool = False
    served_how: str | None = None

    @property
    def confirmed_by(self) -> frozenset[str]:
        """Who has confirmed what is proposed now."""
        return self.confirming(self.band, self.weight)

    def confirming(self, band: int, weight: Weight) -> frozenset[str]:
        """Who has confirmed this band with all that weighs now; nobody while facts are returned."""
        if self.returned:
            return frozenset()
        confirming = (
            confirmation.actor
            for confirmation in self.confirmations
            if confirmation.band == band and confirmation.weight.covers(weight)
        )
        return frozenset(confirming)


@dataclass(frozen=True)
class NewResult:
    """A computed result, as far as it decides.

    Attributes:
        band: Number of its band; ``None``: not rated.
        weight: What it holds against the enterprise.
        by_hand: Who entered the facts without which it would not be better than the reviewed band
            that is in effect; empty where no single hand brings it.
        sole_trader: Whether the enterprise is a person.
    """

    band: int | None
    weight: Weight = Weight()
    by_hand: frozenset[str] = frozenset()
    sole_trader: bool = False


@dataclass(frozen=True)
class Decision:
    """Whether a result is in effect or proposed.

    Attributes:
        state: ``IN_EFFECT`` or ``PROPOSED``.
        reviewers: How many people must confirm a proposal.
        proposal: The open proposal that it goes on with; ``None``: it begins one.
        notice_until: Last day on which the proposal can be answered, where its notice was served.
    """

    state: str
    reviewers: int = 0
    proposal: int | None = None
    notice_until: date | None = None


def decide(
    policy: Policy, as_of: date, rated: int | None, result: NewResult, proposal: OpenProposal | None
) -> Decision:
    """Whether a result is in effect or proposed.

    Args:
        policy: Its notice period and what it has reviewed.
        as_of: The day of the result.
        rated: Number of the last band that was in effect, whatever lies between; ``None``: none was.
        result: What was computed.
        proposal: The open proposal of the enterprise, if there is one.
    """
    before = worst_good_band(policy) if rated is None else rated
    # None harms nobody; what comes after it is judged from the last rating.
    if result.band is None:
        return Decision(IN_EFFECT)
    if result.band <= before:
        return _better(policy, as_of, before, result, proposal)
    return _worse(policy, as_of, before, result, proposal)


def worst_good_band(policy: Policy) -> int:
    """The band from which a first result is judged: the worst one that is blue or green, else the best."""
    good = [number for number, band in enumerate(policy.bands) if band.colour in GOOD]
    return max(good, default=0)


def _better(
    policy: Policy, as_of: date, before: int, result: NewResult, proposal: OpenProposal | None
) -> Decision:
    """A result that is no worse: at once, but out of a reviewed band not by one hand alone."""
    if not result.by_hand or result.band == before:
        return Decision(IN_EFFECT)
    goes_on = None
    if proposal and proposal.band < before and not is_lapsed(policy, as_of, proposal, SECOND_HAND):
        goes_on = proposal
    if goes_on and goes_on.confirming(int(result.band or 0), result.weight) - result.by_hand:
        return Decision(IN_EFFECT)
    return _proposed(goes_on, SECOND_HAND)


def _worse(
    policy: Policy, as_of: date, before: int, result: NewResult, proposal: OpenProposal | None
) -> Decision:
    """A fall: proposed until nothing stands in its way."""
    band = int(result.band or 0)
    wanted = reviewers(policy, before, band, sole_trader=result.sole_trader)
    if not wanted and not policy.worsening_notice_workdays:
        return Decision(IN_EFFECT)
    # A deeper fall than the one that waits is another matter, with a notice of its own.
    goes_on = proposal if proposal and before < proposal.band and band <= proposal.band else None
    if goes_on and is_lapsed(policy, as_of, goes_on, wanted):
        goes_on = None
    if goes_on and not waits_for(policy, as_of, goes_on, band, result.weight, wanted):
        return Decision(IN_EFFECT)
    return _proposed(goes_on, wanted)


def _proposed(goes_on: OpenProposal | None, wanted: int) -> Decision:
    if goes_on is None:
        return Decision(PROPOSED, wanted)
    return Decision(PROPOSED, wanted, goes_on.number, goes_on.notice_until)


def waits_for(
    policy: Policy, as_of: date, proposal: OpenProposal, band: int, weight: Weight, wanted: int
) -> tuple[str, ...]:
    """What a fall still waits for on a day: ``service``, ``notice``, ``statement``, ``returned``, ``review``."""
    notice_runs = proposal.notice_until is not None and as_of <= proposal.notice_until
    reasons = {
        "service": proposal.served_on is None,
        "notice": notice_runs and not proposal.emergency,
        "statement": policy.disputed != "ignore" and bool(proposal.open_statements),
        "returned": proposal.returned,
        "review": len(proposal.confirming(band, weight)) < wanted,
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def is_lapsed(policy: Policy, as_of: date, proposal: OpenProposal, wanted: int) -> bool:
    """Whether a proposal that needs reviews was not confirmed in time: it must be made and served anew."""
    if len(proposal.confirmed_by) >= wanted:
        return False
    workdays = policy.review.confirm_within_workdays or CONFIRM_WITHIN
    return as_of > add_workdays(proposal.proposed_on, workdays)


def reviewers(policy: Policy, before: int, band: int, *, sole_trader: bool = False) -> int:
    """How many distinct reviewers a fall needs."""
    review = policy.review
    if policy.bands[band].id in review.to:
        return WORST_REVIEWERS
    # 个人信息保护法第二十四条 · PIPL art. 24, whatever the policy asks for.
    if sole_trader and policy.bands[band].colour in BAD:
        return OF_A_PERSON
    return 1 if review.fall_of_bands and band - before >= review.fall_of_bands else 0
