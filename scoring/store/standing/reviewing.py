"""What people do about proposals; none of these steps names a colour.

They confirm or return facts, file and answer statements, put an emergency on file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.taking_effect import OpenProposal
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, CaseStep, RecordVersion, Standing
from scoring.store.tables.writing import Clock, begin_writing

KINDS = ("confirm", "return", "statement", "answer", "emergency")
"""Steps that a person may take about a proposal."""


@dataclass(frozen=True)
class Proposal:
    """An open proposal as a reviewer sees it.

    Attributes:
        enterprise_id: The enterprise.
        name: Its name.
        assessment: Number of the proposed assessment.
        band_in_effect: The band shown meanwhile.
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


def proposals(connection: Connection, version: ResolvedPolicy) -> list[Proposal]:
    """All open proposals of a policy, the earliest end of notice first."""
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
    proposed = connection.execute(query).mappings().all()
    pending = open_proposals(connection, version.policy)
    waiting = [
        Proposal(**standing, pending=pending[standing["enterprise_id"]])
        for standing in proposed
        if standing["enterprise_id"] in pending
    ]
    return sorted(waiting, key=lambda proposal: (proposal.pending.notice_until, proposal.enterprise_id))


def take_step(
    database: Database,
    version: ResolvedPolicy,
    kind: str,
    enterprise_id: str,
    ground: str,
    day: date,
    actor: str,
    clock: Clock,
    *,
    document: str | None = None,
    record_id: str | None = None,
) -> int:
    """Puts one step about an enterprise's open proposal on file; the next scoring applies it.

    Args:
        database: The store.
        version: The policy of the proposal.
        kind: One of ``KINDS``.
        enterprise_id: The enterprise.
        ground: Why.
        day: The day of the step.
        actor: Who takes it.
        clock: The time.
        document: The document behind it.
        record_id: The fact that a return is about.

    Returns:
        Number of the step.

    Raises:
        StoreError: There is no open proposal, or the step does not fit it.
        UsageError: A ground or the returned record is missing.
    """
    if not ground.strip() or (kind == "return" and not record_id):
        raise UsageError("step_ground_missing")
    # Under the lock: no step of another comes between these looks and this step.
    with begin_writing(database, actor, clock) as writing:
        assessment = _require_open(writing.connection, version.policy.id, enterprise_id)
        if kind == "return":
            _require_owner(writing.connection, str(record_id), enterprise_id)
        if kind == "confirm":
            _require_another_reviewer(writing.connection, version, enterprise_id, actor)
        number = writing.next_step()
        step = {"number": number, "kind": kind, "actor": actor, "done_on": day, "seq": writing.seq}
        subject = {"policy_id": version.policy.id, "enterprise_id": enterprise_id, "record_id": record_id}
        reason = {"assessment": assessment, "ground": ground, "document": document}
        writing.insert(CaseStep, [step | subject | reason])
        writing.log(f"review {kind}", {"assessment": assessment, "step": number})
        return number


def _require_open(connection: Connection, policy_id: str, enterprise_id: str) -> int:
    """Number of the proposed assessment.

    Raises:
        StoreError: None is proposed.
    """
    this_standing = (Standing.policy_id == policy_id, Standing.enterprise_id == enterprise_id)
    number = connection.execute(select(Standing.latest).where(*this_standing, Standing.proposed)).scalar()
    if number is None:
        raise StoreError("proposal_not_open", enterprise_id=enterprise_id)
    return int(number)


def _require_owner(connection: Connection, record_id: str, enterprise_id: str) -> None:
    owner = select(RecordVersion.enterprise_id).where(RecordVersion.record_id == record_id)
    if connection.execute(owner).scalar() != enterprise_id:
        raise StoreError("record_of_another", record_id=record_id, enterprise_id=enterprise_id)


def _require_another_reviewer(
    connection: Connection, version: ResolvedPolicy, enterprise_id: str, actor: str
) -> None:
    # Two confirmations of one person would be one pair of eyes.
    proposal = open_proposals(connection, version.policy, [enterprise_id])[enterprise_id]
    if actor in proposal.confirmed_by:
        raise StoreError("proposal_confirmed_already", actor=actor)
