"""Where a case stands on a day: a fold over its steps, by its procedure and the calendar alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

from scoring.administration.casework.procedures import Procedure
from scoring.store.facts.disputes import CLOSING
from scoring.workdays import add_workdays, is_workday

Stage = Literal["opened", "deciding", "sent", "closed"]
FURTHER = ("accepted", "sent", "extended", "escalated", "answer", "second", "dropped", "lapse")
"""Steps that may follow an opening one; those of ``disputes.CLOSING`` close it."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class FiledStep:
    """A step as it stands on file; ``content`` is what is kept beside its ground."""

    number: int
    kind: str
    actor: str
    done_on: date
    ground: str
    enterprise_id: str
    policy_id: str
    record_id: str | None = None
    document: str | None = None
    assessment: int | None = None
    answers: int | None = None
    content: str | None = None
    event: int = 0

    @cached_property
    def kept(self) -> Mapping[str, Any]:
        """``content`` as it is read."""
        known = json.loads(self.content or "{}")
        return known if isinstance(known, dict) else {}


@dataclass(frozen=True)
class CaseState:
    """Where a case stands.

    Attributes:
        stage: ``opened`` (to be accepted), ``deciding``, ``sent`` (another authority was written
            to) or ``closed``.
        to_act: Who is to act next: ``officer``, ``authority`` (the record's), ``second`` (another
            account), nobody once it is closed.
        due_on: Last day of the period that runs.
        overdue_by: Working days since, on the day of the question.
        may_follow: Kinds of steps that may follow now.
        extended: Whether the period was put off.
        escalations: How often it was reported to the authority above.
        escalates_on: First day on which it is to be reported next; ``None``: it never is.
        outcome: How it ended: an outcome of the procedure, ``dropped`` or ``lapsed``; of an
            answer of before there were outcomes, nothing.
        closed_on: The day on which it ended.
    """

    stage: Stage
    to_act: str | None
    due_on: date
    overdue_by: int
    may_follow: tuple[str, ...]
    extended: bool
    escalations: int
    escalates_on: date | None
    outcome: str | None
    closed_on: date | None

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.stage != "closed"


def case_state(
    procedure: Procedure, opening: FiledStep, further: Sequence[FiledStep], day: date
) -> CaseState:
    """Where a case stands on a day.

    Args:
        procedure: Its procedure.
        opening: Its opening step.
        further: The steps that carry its number, in order.
        day: The day of the question.
    """
    of_kind = {step.kind: step for step in reversed(further)}
    closing = next((step for step in further if step.kind in CLOSING), None)
    stage = _stage(procedure, of_kind, closing)
    due_on = _due_on(procedure, opening, of_kind, stage)
    escalations = [step for step in further if step.kind == "escalated"]
    is_open = closing is None
    return CaseState(
        stage=stage,
        to_act=_to_act(procedure, stage),
        due_on=due_on,
        overdue_by=workdays_after(due_on, day) if is_open else 0,
        may_follow=_may_follow(procedure, of_kind, stage, is_overdue=day > due_on) if is_open else (),
        extended="extended" in of_kind,
        escalations=len(escalations),
        escalates_on=_escalates_on(procedure, due_on, escalations) if is_open else None,
        outcome=_outcome(closing),
        closed_on=closing.done_on if closing else None,
    )


def _stage(procedure: Procedure, of_kind: Mapping[str, FiledStep], closing: FiledStep | None) -> Stage:
    if closing:
        return "closed"
    if "sent" in of_kind:
        return "sent"
    return "opened" if procedure.accept and "accepted" not in of_kind else "deciding"


def _due_on(procedure: Procedure, opening: FiledStep, of_kind: Mapping[str, FiledStep], stage: Stage) -> date:
    """Last day of the period that runs: it begins on the day after opening or acceptance."""
    if stage == "opened":
        return add_workdays(opening.done_on, procedure.accept or 0)
    accepted = of_kind.get("accepted")
    workdays = procedure.decide + (procedure.extend or 0 if "extended" in of_kind else 0)
    return add_workdays(accepted.done_on if accepted else opening.done_on, workdays)


def workdays_after(due_on: date, day: date) -> int:
    """How many working days lie after a last day, up to and with another day."""
    return sum(is_workday(due_on + number * DAY) for number in range(1, (day - due_on).days + 1))


def _to_act(procedure: Procedure, stage: Stage) -> str | None:
    if stage == "closed":
        return None
    if procedure.silence == "lapse":
        return "second"
    return "authority" if procedure.authority or stage == "sent" else "officer"


def _may_follow(
    procedure: Procedure, of_kind: Mapping[str, FiledStep], stage: Stage, *, is_overdue: bool
) -> tuple[str, ...]:
    """Kinds of steps that may follow an open case; a claim that is over can only lapse."""
    if procedure.silence == "lapse":
        return ("lapse",) if is_overdue else ("second",)
    may = {
        "accepted": stage == "opened",
        "sent": procedure.authority == "letter" and "sent" not in of_kind,
        # What is late already cannot be put off.
        "extended": procedure.extend is not None and "extended" not in of_kind and not is_overdue,
        "escalated": is_overdue,
        "answer": True,
        "dropped": True,
    }
    return tuple(kind for kind, holds in may.items() if holds)


def _escalates_on(procedure: Procedure, due_on: date, escalations: Sequence[FiledStep]) -> date | None:
    """The day after the period first, then every so many days; silence never agrees."""
    if procedure.every_days is None:
        return None
    since_due = [step.done_on for step in escalations if step.done_on > due_on]
    return max(since_due) + timedelta(days=procedure.every_days) if since_due else due_on + DAY


def _outcome(closing: FiledStep | None) -> str | None:
    if closing is None:
        return None
    named = {"dropped": "dropped", "lapse": "lapsed", "second": "seconded"}
    outcome = named.get(closing.kind) or closing.kept.get("outcome")
    return str(outcome) if outcome else None
