"""When a computed result takes effect; nobody chooses a colour.

A better one does at once, a worse one when notice, statements and reviews allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from scoring.policy.language.schema import Policy
from scoring.workdays import add_workdays

IN_EFFECT, PROPOSED = "in_effect", "proposed"
WORST_REVIEWERS = 2
"""Distinct reviewers of a fall to a band that the policy has reviewed: nobody paints it alone."""


@dataclass(frozen=True)
class OpenProposal:
    """A worse band that waits, and what is on file about it.

    Attributes:
        band: Number of the proposed band.
        notice_until: Last day of its notice period.
        confirmed_by: Who confirmed the facts that are there now.
        open_statements: Statements that nobody has answered.
        returned: Whether a reviewer returned facts that have not been dealt with since.
        emergency: Whether an emergency ground is on file.
    """

    band: int
    notice_until: date
    confirmed_by: frozenset[str] = frozenset()
    open_statements: int = 0
    returned: bool = False
    emergency: bool = False


@dataclass(frozen=True)
class Decision:
    """Whether a result is in effect or proposed.

    Attributes:
        state: ``IN_EFFECT`` or ``PROPOSED``.
        reviewers: How many people must confirm a proposal.
        notice_until: Last day of a proposal's notice.
    """

    state: str
    reviewers: int = 0
    notice_until: date | None = None


def decide(
    policy: Policy,
    as_of: date,
    prior: int | None,
    band: int | None,
    proposal: OpenProposal | None,
    *,
    emergency: bool = False,
) -> Decision:
    """Whether a result is in effect or proposed.

    Args:
        policy: Its notice period and what it has reviewed.
        as_of: The day of the result.
        prior: Number of the band in effect, ``None`` if there is none.
        band: Number of the computed band, ``None`` if not rated.
        proposal: The open proposal of the enterprise, if there is one.
        emergency: Whether an emergency ground comes with the fact.
    """
    # A first colour, a better one or none harms nobody.
    if prior is None or band is None or band <= prior or emergency:
        return Decision(IN_EFFECT)
    # A deeper fall than the one that waits gets a notice of its own.
    again = proposal if proposal is not None and band <= proposal.band else None
    until = again.notice_until if again else add_workdays(as_of, policy.worsening_notice_workdays)
    wanted = reviewers(policy, prior, band)
    if not wanted and not policy.worsening_notice_workdays:
        return Decision(IN_EFFECT)
    if again and (again.emergency or _is_settled(again, policy, as_of, band, wanted)):
        return Decision(IN_EFFECT)
    return Decision(PROPOSED, wanted, until)


def _is_settled(proposal: OpenProposal, policy: Policy, as_of: date, band: int, wanted: int) -> bool:
    """Whether nothing stands in the way of a proposal any more."""
    is_heard = policy.disputed == "ignore" or not proposal.open_statements
    is_confirmed = proposal.band == band and len(proposal.confirmed_by) >= wanted
    is_over = as_of > proposal.notice_until
    return is_over and is_heard and (wanted == 0 or is_confirmed) and not proposal.returned


def reviewers(policy: Policy, prior: int, band: int) -> int:
    """How many distinct reviewers a fall needs."""
    review = policy.review
    if policy.bands[band].id in review.to:
        return WORST_REVIEWERS
    return 1 if review.fall_of_bands and band - prior >= review.fall_of_bands else 0
