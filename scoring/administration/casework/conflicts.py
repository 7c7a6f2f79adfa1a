"""Who may not answer.

Who opened the case, entered or confirmed what is contested, or is elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, select

from scoring.administration.casework.case_files import ContestedRecord
from scoring.administration.casework.case_state import FiledStep
from scoring.administration.casework.parties import roles_for
from scoring.administration.casework.procedures import Procedure
from scoring.entities.authorities import name_key, office_of, register
from scoring.errors import StoreError
from scoring.store.facts.adverse import speaks_against
from scoring.store.facts.family import family_of, is_succession
from scoring.store.people import grants
from scoring.store.tables.orm import Assessment, AuditEvent, CaseStep
from scoring.store.tables.visible import VisibleRecord

RED = 2
"""Reviewers of a fall that the policy has reviewed: one of them is a legal reviewer."""


def require_unconcerned(
    connection: Connection,
    procedure: Procedure,
    opening: FiledStep,
    assessment: int | None,
    actor: str,
    day: date,
) -> None:
    """Refuses an answer by somebody who has a part in what is contested.

    Raises:
        StoreError: The account opened the case, has none of the roles that answer it, entered or
            imported what is contested, or confirmed the decision.
    """
    if actor == opening.actor:
        raise StoreError("case_opener_answers", actor=actor)
    roles = roles_for(connection, actor, opening.enterprise_id, day)
    if grants.has_grants(connection) and not roles & set(procedure.answered_by):
        raise StoreError("case_role_missing", actor=actor, roles=list(procedure.answered_by))
    if procedure.about == "record":
        if actor in recorders_of(connection, str(opening.record_id)):
            raise StoreError("case_recorder_answers", actor=actor, record_id=opening.record_id)
        return
    if actor in recorders_against(connection, opening.enterprise_id):
        raise StoreError("recorder_reviews", actor=actor)
    if actor in confirmers_of(connection, assessment):
        raise StoreError("case_confirmer_answers", actor=actor)


def require_office(record: ContestedRecord, office: str, day: date) -> None:
    """Refuses an authority that is not the one behind a record.

    Raises:
        StoreError: It is another one's, on that day.
    """
    if not is_of_office(record, office, day):
        raise StoreError(
            "case_of_another_authority",
            record_id=record.record_id,
            authority=record.authority or "—",
            office=office,
        )


def is_of_office(record: ContestedRecord, office: str, day: date) -> bool:
    """Whether an authority decides about a record: its own, or of a power that it holds then."""
    # Nobody is named: whoever keeps the record answers for it.
    if not record.authority:
        return True
    if name_key(record.authority) == name_key(office):
        return True
    mine = office if office in register().authorities else office_of(office)
    return mine is not None and mine == record.office(day)


def recorders_of(connection: Connection, record_id: str) -> frozenset[str]:
    """Who entered, imported, corrected or confirmed a record, in any of its versions."""
    actors = (
        select(AuditEvent.actor)
        .join(VisibleRecord, VisibleRecord.event == AuditEvent.seq)
        .where(VisibleRecord.record_id == record_id)
    )
    return frozenset(connection.execute(actors.distinct()).scalars())


def recorders_against(connection: Connection, enterprise_id: str) -> frozenset[str]:
    """Who entered or imported what may speak against an enterprise, its branches and predecessors."""
    family = family_of(connection, enterprise_id)
    actors = (
        select(AuditEvent.actor)
        .join(VisibleRecord, VisibleRecord.event == AuditEvent.seq)
        .where(VisibleRecord.enterprise_id.in_(family), speaks_against() | is_succession())
        .distinct()
    )
    return frozenset(connection.execute(actors).scalars())


def confirmers_of(connection: Connection, assessment: int | None) -> frozenset[str]:
    """Who has confirmed the proposal that a result belongs to, or came from."""
    if assessment is None:
        return frozenset()
    proposed = select(Assessment.enterprise_id, Assessment.policy_id, Assessment.proposal, Assessment.number)
    result = connection.execute(proposed.where(Assessment.number == assessment)).one()
    # A result in effect carries no proposal: the last one before it is what was confirmed.
    last = select(Assessment.proposal).where(
        Assessment.enterprise_id == result.enterprise_id,
        Assessment.policy_id == result.policy_id,
        Assessment.proposal.is_not(None),
        Assessment.number <= result.number,
    )
    proposal = connection.execute(last.order_by(Assessment.number.desc()).limit(1)).scalar()
    confirmed = (
        select(CaseStep.actor)
        .join(Assessment, Assessment.number == CaseStep.assessment)
        .where(Assessment.proposal == proposal, CaseStep.kind == "confirm")
    )
    return frozenset(connection.execute(confirmed.distinct()).scalars())


def require_legal_reviewer(
    connection: Connection,
    enterprise_id: str,
    reviewers: int,
    confirmed_by: Sequence[str],
    actor: str,
    day: date,
) -> None:
    """Refuses a confirmation that would complete a red without a legal reviewer.

    Raises:
        StoreError: Nobody of them is one. A store without grants knows none and asks for two
            accounts.
    """
    if reviewers < RED or not grants.has_grants(connection) or len(confirmed_by) + 1 < reviewers:
        return
    people = (*confirmed_by, actor)
    if not any(is_legal_reviewer(connection, account, enterprise_id, day) for account in people):
        raise StoreError("legal_reviewer_needed", actor=actor)


def is_legal_reviewer(connection: Connection, account: str, enterprise_id: str, day: date) -> bool:
    """Whether an account reviews the law of a fall of an enterprise (法制审核)."""
    return grants.LEGAL_REVIEWER in roles_for(connection, account, enterprise_id, day)
