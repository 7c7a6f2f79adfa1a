"""What people do about proposals; none of these steps names a colour.

They serve its notice, confirm or return facts, file and answer statements, put an emergency on file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from scoring.errors import StoreError, UsageError
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.adverse import is_adverse, speaks_against
from scoring.store.facts.family import family_of, is_succession
from scoring.store.log.canonical_json import compact
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.policies import require_usable
from scoring.store.standing.real_days import require_real_day
from scoring.store.standing.taking_effect import OpenProposal
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, AuditEvent, CaseStep, Standing
from scoring.store.tables.visible import VisibleRecord
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

KINDS = ("confirm", "return", "statement", "answer", "emergency", "served")
"""Steps that a person may take about a proposal."""
SERVICES = ("handed_over", "account", "post", "announcement", "refused")
"""How a notice is served: handed over, read in an account of the enterprise's, by post, by public announcement, or refused before two officers."""
JUST_ENTERED = timedelta(days=3)
"""An emergency rests on a record that came in no longer ago."""


@dataclass(frozen=True)
class NewStep:
    """A step about the open proposal of an enterprise.

    Attributes:
        kind: One of ``KINDS``.
        enterprise_id: Whose proposal.
        ground: Why; of a service, what proves it.
        document: The document behind it.
        record_id: The record that a return or an emergency is about.
        answers: The number of the statement that is answered.
        on: The day of a service; the other steps are of the day of the clock.
        how: How a notice was served, one of ``SERVICES``.
        witness: The second officer, where the notice was refused.
        content: What else is kept of it, as JSON.
    """

    kind: str
    enterprise_id: str
    ground: str
    document: str | None = None
    record_id: str | None = None
    answers: int | None = None
    on: date | None = None
    how: str | None = None
    witness: str | None = None
    content: str | None = None


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
    connection: Connection, version: ResolvedPolicy, enterprise_ids: Sequence[str] | None = None
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
    """How many of some proposals nobody was given notice of; an improvement needs none."""
    bands: dict[str | None, int] = {band.id: number for number, band in enumerate(policy.bands)}
    return sum(
        proposal.pending.served_on is None and bands[proposal.band] >= bands.get(proposal.band_in_effect, -1)
        for proposal in waiting
    )


def _by_end_of_notice(proposal: Proposal) -> tuple[date, str]:
    """Served proposals by the end of their notice, then those that nobody was told of."""
    return proposal.pending.notice_until or date.max, proposal.enterprise_id


def take_step(
    database: Database,
    version: ResolvedPolicy,
    step: NewStep,
    actor: str,
    clock: Clock,
    as_of: date | None = None,
) -> int:
    """Puts one step about an enterprise's open proposal on file; the next scoring applies it.

    Args:
        database: The store.
        version: The policy of the proposal.
        step: The step.
        actor: Who takes it.
        clock: The time.
        as_of: The day whose policy it is, by default today.

    Returns:
        Number of the step.

    Raises:
        StoreError: There is no open proposal, the step does not fit it, or the day is not a real one.
        UsageError: What the step needs is missing.
    """
    require_complete(step)
    today = day_in_china(clock())
    # Under the lock: no step of another comes between these looks and this step.
    with begin_writing(database, actor, clock) as writing:
        require_real_day(writing.connection, version.policy.id, as_of or today, today)
        require_usable(writing.connection, version, as_of or today)
        return put_step(writing, version, step, today)


def put_step(writing: Writing, version: ResolvedPolicy, step: NewStep, today: date) -> int:
    """Puts a step on file in a transaction; see ``take_step``."""
    proposed = _require_open(writing.connection, version, step.enterprise_id)
    first = proposed.pending.proposed_on
    if not first <= (step.on or today) <= today:
        raise StoreError("step_day_impossible", day=step.on, first=first, today=today)
    _CHECKS[step.kind](writing, proposed, step, today)
    number = insert_step(writing, version, step, today, proposed.assessment)
    writing.log(f"review {step.kind}", {"assessment": proposed.assessment, "step": number})
    return number


def insert_step(
    writing: Writing, version: ResolvedPolicy, step: NewStep, today: date, assessment: int | None
) -> int:
    """Adds the row of a step; the caller logs."""
    number = writing.next_step()
    served = {"how": step.how, "witness": step.witness}
    row = {
        "number": number,
        "kind": step.kind,
        "actor": writing.actor,
        "done_on": step.on or today,
        "seq": writing.seq,
        "policy_id": version.policy.id,
        "enterprise_id": step.enterprise_id,
        "record_id": step.record_id,
        "answers": step.answers,
        "content": compact(served) if step.kind == "served" else step.content,
        "assessment": assessment,
        "ground": step.ground,
        "document": step.document,
    }
    writing.insert(CaseStep, [row])
    return number


def require_complete(step: NewStep) -> None:
    """Refuses a step without what its kind needs.

    Raises:
        UsageError: It is missing.
    """
    if not step.ground.strip() or (step.kind in ("return", "emergency") and not step.record_id):
        raise UsageError("step_ground_missing")
    if step.kind == "answer" and step.answers is None:
        raise UsageError("answer_without_statement")
    if step.kind == "served" and step.how not in SERVICES:
        raise UsageError("service_unknown", how=step.how or "", known=list(SERVICES))
    if step.how == "refused" and not step.witness:
        raise UsageError("service_without_witness")


class _Proposed(NamedTuple):
    """The open proposal that a step is about, with the number of its latest assessment."""

    assessment: int
    pending: OpenProposal


def _require_open(connection: Connection, version: ResolvedPolicy, enterprise_id: str) -> _Proposed:
    """The open proposal.

    Raises:
        StoreError: None is proposed.
    """
    this_standing = (Standing.policy_id == version.policy.id, Standing.enterprise_id == enterprise_id)
    number = connection.execute(select(Standing.latest).where(*this_standing, Standing.proposed)).scalar()
    pending = open_proposals(connection, version.policy, [enterprise_id])
    if number is None or enterprise_id not in pending:
        raise StoreError("proposal_not_open", enterprise_id=enterprise_id)
    return _Proposed(int(number), pending[enterprise_id])


def _confirmable(writing: Writing, proposed: _Proposed, step: NewStep, today: date) -> None:
    # Two confirmations of one person would be one pair of eyes, and nobody reviews his own record.
    if writing.actor in proposed.pending.confirmed_by:
        raise StoreError("proposal_confirmed_already", actor=writing.actor)
    if writing.actor in _recorders(writing.connection, step.enterprise_id):
        raise StoreError("recorder_reviews", actor=writing.actor)


def _recorders(connection: Connection, enterprise_id: str) -> frozenset[str]:
    """Who entered or imported what may speak against an enterprise: its family's records, and whom it succeeded."""
    family = family_of(connection, enterprise_id)
    actors = (
        select(AuditEvent.actor)
        .join(VisibleRecord, VisibleRecord.event == AuditEvent.seq)
        .where(VisibleRecord.enterprise_id.in_(family), speaks_against() | is_succession())
        .distinct()
    )
    return frozenset(connection.execute(actors).scalars())


def _returnable(writing: Writing, proposed: _Proposed, step: NewStep, today: date) -> None:
    _require_own_record(writing.connection, step)


def _require_own_record(connection: Connection, step: NewStep) -> Any:
    """The latest version of the record that a step is about.

    Raises:
        StoreError: It is another enterprise's.
    """
    query = (
        select(VisibleRecord.enterprise_id, VisibleRecord.kind, VisibleRecord.result, VisibleRecord.known_on)
        .where(VisibleRecord.record_id == step.record_id)
        .order_by(VisibleRecord.seq.desc())
    )
    record = connection.execute(query).first()
    if record is None or record.enterprise_id != step.enterprise_id:
        raise StoreError("record_of_another", record_id=step.record_id, enterprise_id=step.enterprise_id)
    return record


def _urgent(writing: Writing, proposed: _Proposed, step: NewStep, today: date) -> None:
    record = _require_own_record(writing.connection, step)
    is_new = record.known_on is not None and today - record.known_on <= JUST_ENTERED
    if not is_adverse(record.kind, record.result) or not is_new:
        raise StoreError("emergency_without_record", record_id=step.record_id, days=JUST_ENTERED.days)


def _answerable(writing: Writing, proposed: _Proposed, step: NewStep, today: date) -> None:
    waiting = proposed.pending.open_statements
    if step.answers not in waiting:
        raise StoreError("statement_not_open", number=step.answers, waiting=list(waiting))


def _servable(writing: Writing, proposed: _Proposed, step: NewStep, today: date) -> None:
    if proposed.pending.served_on is not None:
        raise StoreError("proposal_served_already", day=proposed.pending.served_on)
    if step.witness and require_account(writing.connection, step.witness) == writing.actor:
        raise StoreError("second_account_needed", actor=writing.actor)


def _fileable(writing: Writing, proposed: _Proposed, step: NewStep, today: date) -> None:
    """A statement can be filed about any open proposal."""


_CHECKS: Mapping[str, Callable[[Writing, _Proposed, NewStep, date], None]] = {
    "confirm": _confirmable,
    "return": _returnable,
    "statement": _fileable,
    "answer": _answerable,
    "emergency": _urgent,
    "served": _servable,
}
"""What must hold under the lock before a step is put on file."""
