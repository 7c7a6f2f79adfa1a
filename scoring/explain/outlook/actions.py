"""What an enterprise can do about its grade: end records early, or pass a re-inspection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from scoring.assess.assessor import Record
from scoring.engine.cases import RecordChange
from scoring.entities import RECORD_COLUMNS, EarlyEnd, Step
from scoring.explain.outlook.lifetime import early_end, to_end
from scoring.explain.outlook.questions import Questions
from scoring.explain.words.figures import labels
from scoring.rules.wording import LANGUAGES, both
from scoring.workdays import add_workdays

RECHECK_WORKDAYS = 10
"""Special-equipment measures art. 29: re-check within ten working days of the report.

Taken for all fields.
"""
MOST_FIELDS = 3
VISITS = ("inspection", "sampling_test")
CLEAN = ("no_problem", "qualified")


@dataclass(frozen=True)
class Action:
    """One thing that the enterprise can do: the step with its day, and what it changes."""

    step: Step
    change: RecordChange


def actions(questions: Questions, until: date) -> list[Action]:
    """The re-inspections that could be passed, and what can be done about records that weigh."""
    possible = list(_visits(questions))
    for record in sorted(questions.records, key=lambda record: str(record["record_id"])):
        # A branch applies for its own records: the enterprise cannot do it.
        if record["scope"] == "branch" or not _matters(record):
            continue
        end = early_end(record, questions.resolved, questions.as_of)
        if end is not None and end.effect_on <= until:
            step = _ending_step(record, end, questions.as_of)
            possible.append(Action(step, _ended(record, end)))
    return possible


def _matters(record: Record) -> bool:
    """Whether the record weighs, or will once its finality is reached."""
    return bool(record["weights"]) or record["excluded"] == "not_final"


def _ending_step(record: Record, end: EarlyEnd, as_of: date) -> Step:
    kind = labels("kinds", record["kind"]) or {}
    number = record["document_no"] or record["record_id"]
    record_name: dict[str, str] = {lang: f"{kind[lang]} {number}" for lang in LANGUAGES}
    label = to_end(end, record_name, as_of)
    return Step(end.how, end.effect_on, str(record["record_id"]), label, end)


def _ended(record: Record, end: EarlyEnd) -> RecordChange:
    column = {"restore": "restored_on", "cure": "withdrawn_on"}[end.how]
    return RecordChange((str(record["record_id"]),), ({**record, column: end.effect_on},))


def _visits(questions: Questions) -> Iterator[Action]:
    """A clean re-inspection in each field in which a visit speaks against the enterprise.

    Where nobody is rated for want of visits, it is a first one.
    """
    day = add_workdays(questions.as_of, RECHECK_WORKDAYS)
    for field in _fields_to_visit(questions)[:MOST_FIELDS]:
        field_label = labels("fields", field) or both("any_field")
        label = both("step_reinspect", field=field_label, on=day)
        step = Step("reinspect", day, None, label, field=field)
        yield Action(step, RecordChange(plus=(_clean_visit(questions, day, field),)))


def _fields_to_visit(questions: Questions) -> list[str | None]:
    fields: set[str | None] = set()
    for record in questions.records:
        if record["kind"] in VISITS and record["weights"] and record["result"] not in CLEAN:
            fields.add(record["field"])
    if not fields and questions.assessed.score.points is None:
        return [None]
    return sorted(fields, key=lambda field: field or "")


def _clean_visit(questions: Questions, day: date, field: str | None) -> Record:
    record_id = f"re-inspection-{field or 'general'}"
    return {
        **dict.fromkeys(RECORD_COLUMNS),
        "record_id": record_id,
        "act_id": record_id,
        "enterprise_id": questions.enterprise_id,
        "kind": "inspection",
        "field": field,
        "result": "no_problem",
        "scope": "own",
        "occurred_on": day,
        "known_on": day,
        "act_rank": 0,
    }
