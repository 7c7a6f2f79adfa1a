"""Open proposals as a reviewer sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from scoring.errors import StoreError
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.pending import SomeIds, open_proposals
from scoring.store.standing.taking_effect import OpenProposal
from scoring.store.tables.orm import Assessment, Standing


@dataclass(frozen=True)
class Proposal:
    """An open proposal as a reviewer sees it.

    Attributes:
        enterprise_id: The enterprise.
        name: Its name.
        assessment: Number of the proposed assessment.
        band_in_effect: The band shown meanwhile; ``None``: it is not rated yet.
        band: The proposed band.
        proposed_on: Day of the proposed assessment.
        reviewers: How many people must confirm it.
        pending: What is on file about it.
    """

    enterprise_id: str
    name: str | None
    assessment: int
    band_in_effect: str | None
    band: str
    proposed_on: date
    reviewers: int
    pending: OpenProposal


def proposals(
    connection: Connection, version: ResolvedPolicy, enterprise_ids: SomeIds | None = None
) -> list[Proposal]:
    """Open proposals of a policy, all or those of some enterprises, the earliest end of notice first."""
    columns = (
        Standing.enterprise_id,
        Standing.name,
        Assessment.number.label("assessment"),
        Standing.band.label("band_in_effect"),
        Assessment.band,
        Assessment.as_of.label("proposed_on"),
        Assessment.reviewers,
    )
    query = (
        select(*columns)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == version.policy.id, Standing.proposed)
    )
    if enterprise_ids is not None:
        query = query.where(Standing.enterprise_id.in_(enterprise_ids))
    proposed = connection.execute(query).mappings().all()
    pending = open_proposals(connection, version.policy, enterprise_ids)
    waiting = [
        Proposal(**standing, pending=pending[standing["enterprise_id"]])
        for standing in proposed
        if standing["enterprise_id"] in pending
    ]
    return sorted(waiting, key=_by_end_of_notice)


def unserved(waiting: Sequence[Proposal], policy: Policy) -> int:
    """How many of some proposals nobody was given notice of."""
    return sum(needs_service(proposal, policy) for proposal in waiting)


def needs_service(proposal: Proposal, policy: Policy) -> bool:
    """Whether nobody was given notice of a proposal; an improvement needs none."""
    bands: dict[str | None, int] = {band.id: number for number, band in enumerate(policy.bands)}
    is_improvement = bands[proposal.band] < bands.get(proposal.band_in_effect, -1)
    return proposal.pending.served_on is None and not is_improvement


def _by_end_of_notice(proposal: Proposal) -> tuple[date, str]:
    """Served proposals by the end of their notice, then those that nobody was told of."""
    return proposal.pending.notice_until or date.max, proposal.enterprise_id


class Proposed(NamedTuple):
    """The open proposal that a step is about, with the number of its latest assessment and its reviewers."""

    assessment: int
    reviewers: int
    pending: OpenProposal


def require_open(connection: Connection, policy: Policy, enterprise_id: str) -> Proposed:
    """The open proposal of an enterprise.

    Raises:
        StoreError: None is proposed.
    """
    latest = (
        select(Assessment.number, Assessment.reviewers)
        .join(Standing, Standing.latest == Assessment.number)
        .where(
            Standing.policy_id == policy.id,
            Standing.enterprise_id == enterprise_id,
            Standing.proposed,
        )
    )
    assessment = connection.execute(latest).first()
    pending = open_proposals(connection, policy, [enterprise_id])
    if assessment is None or enterprise_id not in pending:
        raise StoreError("proposal_not_open", enterprise_id=enterprise_id)
    return Proposed(int(assessment.number), int(assessment.reviewers), pending[enterprise_id])
