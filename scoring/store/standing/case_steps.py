"""Rows of steps: what people did about a proposal, a record or a result, as the store keeps it.

A case is its opening step; the steps that follow it carry its number in ``answers``. Which steps may
follow which is the business of ``administration/casework``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select

from scoring.errors import StoreError
from scoring.policy.language.schema import Policy
from scoring.store.facts.adverse import is_adverse
from scoring.store.log.canonical_json import compact
from scoring.store.standing.open_proposals import require_open
from scoring.store.tables.orm import CaseStep
from scoring.store.tables.visible import VisibleRecord
from scoring.store.tables.writing import Writing

JUST_ENTERED = timedelta(days=3)
"""An emergency rests on a record that came in no longer ago."""


@dataclass(frozen=True)
class NewStep:
    """A step that is to be put on file; it names no colour.

    Attributes:
        kind: The step, such as ``confirm`` or ``objection``.
        enterprise_id: Whose.
        ground: Why; of a service, what proves it.
        document: The document behind it.
        record_id: The record that it is about.
        answers: The number of the opening step of its case; ``None``: it opens one, or is about a
            proposal.
        on: The day of a service; the other steps are of the day of the clock.
        how: How a notice was served.
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


def insert_step(
    writing: Writing, policy_id: str, step: NewStep, today: date, assessment: int | None = None
) -> int:
    """Adds the row of a step; the caller logs.

    Returns:
        Its number.
    """
    number = writing.next_step()
    served = {"how": step.how, "witness": step.witness}
    row = {
        "number": number,
        "kind": step.kind,
        "actor": writing.actor,
        "done_on": step.on or today,
        "seq": writing.seq,
        "policy_id": policy_id,
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


def put_emergency(writing: Writing, policy: Policy, step: NewStep, today: date) -> int:
    """Puts an emergency on file about the open proposal of an enterprise: it ends the notice with its service.

    Raises:
        StoreError: No proposal is open, or the record is not an adverse one that was just entered.
    """
    proposed = require_open(writing.connection, policy, step.enterprise_id)
    require_urgent(writing.connection, step, today)
    number = insert_step(writing, policy.id, step, today, proposed.assessment)
    writing.log(f"review {step.kind}", {"assessment": proposed.assessment, "step": number})
    return number


def require_urgent(connection: Connection, step: NewStep, today: date) -> None:
    """Refuses an emergency that rests on no adverse record of the enterprise that was just entered.

    Raises:
        StoreError: It does not.
    """
    record = require_own_record(connection, step)
    is_new = record.known_on is not None and today - record.known_on <= JUST_ENTERED
    if not is_adverse(record.kind, record.result) or not is_new:
        raise StoreError("emergency_without_record", record_id=step.record_id, days=JUST_ENTERED.days)


def require_own_record(connection: Connection, step: NewStep) -> Any:
    """The latest version of the record that a step is about.

    Raises:
        StoreError: It is another enterprise's.
    """
    query = (
        select(
            VisibleRecord.enterprise_id,
            VisibleRecord.kind,
            VisibleRecord.result,
            VisibleRecord.known_on,
        )
        .where(VisibleRecord.record_id == step.record_id)
        .order_by(VisibleRecord.seq.desc())
    )
    record = connection.execute(query).first()
    if record is None or record.enterprise_id != step.enterprise_id:
        raise StoreError("record_of_another", record_id=step.record_id, enterprise_id=step.enterprise_id)
    return record
