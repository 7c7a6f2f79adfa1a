"""Proposals that wait for somebody: to be served, answered, confirmed or reviewed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, select

from scoring.administration.casework.case_state import workdays_after
from scoring.administration.casework.conflicts import RED, is_legal_reviewer
from scoring.administration.casework.procedures import procedures
from scoring.administration.identity.scope import holds
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.directory import supervising_area
from scoring.store.people.grants import Grant
from scoring.store.standing.open_proposals import Proposal, needs_service, proposals
from scoring.store.standing.pending import SomeIds
from scoring.store.tables.orm import Standing
from scoring.workdays import add_workdays

Need = Literal["service", "answer", "confirmation", "legal_review"]
NEEDS: tuple[Need, ...] = ("service", "answer", "confirmation", "legal_review")
"""What a proposal can wait for: its notice to be served, a statement to be answered, people to
confirm it, and of these a legal reviewer where everybody else has."""


@dataclass(frozen=True)
class WaitingProposal:
    """A proposal with what it waits for.

    Attributes:
        proposal: The proposal.
        needs: What it waits for.
        due_on: Last day on which people can confirm it; afterwards it is made and served anew.
            ``None``: nobody must.
        overdue_by: Working days since.
    """

    proposal: Proposal
    needs: tuple[Need, ...]
    due_on: date | None = None
    overdue_by: int = 0


def waiting_proposals(
    connection: Connection, version: ResolvedPolicy, day: date, within: Sequence[Grant] | None = None
) -> list[WaitingProposal]:
    """The open proposals that wait for somebody: by the end of their period, then the oldest first.

    Args:
        connection: The store.
        version: The policy.
        day: Today.
        within: The grants of who asks: enterprises of elsewhere are left out. ``None``: nobody's
            rights are in question.
    """
    chosen = None
    if within is not None:
        chosen = select(Standing.enterprise_id).where(
            Standing.proposed, holds(within, supervising_area(Standing.enterprise_id))
        )
    return waiting_among(connection, version, day, chosen)


def waiting_among(
    connection: Connection, version: ResolvedPolicy, day: date, chosen: SomeIds | None
) -> list[WaitingProposal]:
    """The same of some enterprises.

    Args:
        connection: The store.
        version: The policy.
        day: Today.
        chosen: The enterprises; ``None``: all.
    """
    workdays = version.policy.review.confirm_within_workdays or procedures()["confirmation"].decide
    waiting = []
    for proposal in proposals(connection, version, chosen):
        if needs := tuple(_needs(connection, proposal, version, day)):
            is_timed = "confirmation" in needs
            due_on = add_workdays(proposal.pending.proposed_on, workdays) if is_timed else None
            overdue_by = workdays_after(due_on, day) if due_on else 0
            waiting.append(WaitingProposal(proposal, needs, due_on, overdue_by))
    return sorted(waiting, key=_by_clock)


def _needs(connection: Connection, proposal: Proposal, version: ResolvedPolicy, day: date) -> Iterator[Need]:
    pending, missing = proposal.pending, proposal.reviewers - len(proposal.pending.confirmed_by)
    if needs_service(proposal, version.policy):
        yield "service"
    if pending.open_statements:
        yield "answer"
    if missing > 0:
        yield "confirmation"
    is_last_of_two = proposal.reviewers >= RED and missing == 1
    people, whose = pending.confirmed_by, proposal.enterprise_id
    if is_last_of_two and not any(is_legal_reviewer(connection, who, whose, day) for who in people):
        yield "legal_review"


def _by_clock(waiting: WaitingProposal) -> tuple[date, date, str]:
    proposal = waiting.proposal
    return waiting.due_on or date.max, proposal.proposed_on, proposal.enterprise_id
