"""A case in words and as plain data: pages, their twins, the terminal and papers say the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from scoring.administration.casework.case_files import CaseFile
from scoring.administration.casework.case_state import FiledStep
from scoring.explain.words.figures import prose_day
from scoring.rules.wording import both
from scoring.store.facts.disputes import FORMER

Both = dict[str, str]


def title(file: CaseFile) -> Both:
    """The case by its number and procedure."""
    return both("case_title", number=file.number, procedure=file.procedure.label.words)


def state_words(file: CaseFile) -> Both:
    """Where it stands: until when it is to be answered, or how it ended."""
    state = file.state
    if state.is_open:
        return both(f"case_is_{state.stage}", due=prose_day(state.due_on))
    return both("case_is_closed", on=prose_day(state.closed_on), outcome=outcome_words(file))


def outcome_words(file: CaseFile) -> Both:
    """How it ended."""
    named = file.procedure.outcome(file.state.outcome)
    if named is not None:
        return named.label.words
    return both(
        {"dropped": "case_dropped", "lapsed": "case_lapsed"}.get(str(file.state.outcome), "case_answered")
    )


def who_acts(file: CaseFile) -> Both:
    """Who is to act next."""
    acts = file.state.to_act
    if acts == "authority":
        named = file.record.authority if file.record else None
        authority = dict.fromkeys(("zh", "en"), named) if named else both("case_authority_unknown")
        return both("case_acts_authority", authority=authority)
    return both(f"case_acts_{acts or 'nobody'}")


def remarks(file: CaseFile) -> Iterator[Both]:
    """What else is to be said: late, reported above, disputed or not, and the next remedy."""
    state = file.state
    if state.overdue_by:
        yield both("case_late", n=state.overdue_by)
    if state.escalations:
        yield both("case_reported", n=state.escalations)
    if file.procedure.marks and state.is_open:
        yield both("case_marked" if FORMER in file.opening.kept else "case_unmarked")
    if not state.is_open and file.procedure.next is not None:
        yield file.procedure.next.words


def party_words(step: FiledStep) -> Both:
    """In whose name a step was taken; at the window who came and what was seen."""
    by, presence = step.kept.get("by", "officer"), step.kept.get("presence") or {}
    if by != "window":
        return both(f"case_by_{by}")
    seen = [both(f"seen_{code}") for code in presence.get("seen", ())]
    return both("case_by_window", person=presence.get("person", ""), seen=seen)


def step_lines(file: CaseFile) -> Iterator[Both]:
    """Every step in order, a line each."""
    opened = both(
        "case_opened_line",
        on=file.opening.done_on,
        actor=file.opening.actor,
        ground=file.opening.ground,
    )
    yield _with_document(opened, file.opening)
    for step in file.further:
        what = both(f"step_is_{step.kind}")
        line = both("case_step_line", on=step.done_on, what=what, actor=step.actor, ground=step.ground)
        yield _with_document(line, step)


def _with_document(line: Both, step: FiledStep) -> Both:
    return both("case_step_document", line=line, document=step.document) if step.document else line


def described(file: CaseFile) -> dict[str, Any]:
    """The case as plain data; every text in both languages, days as ISO text."""
    state, opening = file.state, file.opening
    return {
        "case": file.number,
        "procedure": file.procedure.id,
        "title": title(file),
        "enterprise_id": opening.enterprise_id,
        "name": file.name,
        "record_id": opening.record_id,
        "assessment": opening.assessment,
        "reason": opening.kept.get("reason"),
        "marked": FORMER in opening.kept,
        "opened_on": opening.done_on.isoformat(),
        "opened_by": party_words(opening),
        "stage": state.stage,
        "state": state_words(file),
        "to_act": state.to_act,
        "who": who_acts(file),
        "due_on": state.due_on.isoformat(),
        "overdue_by": state.overdue_by,
        "extended": state.extended,
        "escalations": state.escalations,
        "escalates_on": _iso(state.escalates_on),
        "may_follow": list(state.may_follow),
        "outcome": state.outcome,
        "outcomes": [
            {"id": outcome.id, "label": outcome.label.words, "effect": outcome.effect}
            for outcome in file.procedure.outcomes
        ],
        "closed_on": _iso(state.closed_on),
        "basis": file.procedure.basis.words,
        "remarks": list(remarks(file)),
        "next": file.procedure.next.words if file.procedure.next else None,
        "steps": [_described_step(step) for step in (opening, *file.further)],
    }


def _described_step(step: FiledStep) -> dict[str, Any]:
    return {
        "step": step.number,
        "kind": step.kind,
        "by": step.actor,
        "on": step.done_on.isoformat(),
        "ground": step.ground,
        "document": step.document,
        "outcome": step.kept.get("outcome"),
        "presence": step.kept.get("presence"),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
