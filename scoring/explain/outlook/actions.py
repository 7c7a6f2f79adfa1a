"""What an enterprise can do about its grade: end records early, or mend a finding and ask for a re-inspection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from scoring.assess.assessor import Record
from scoring.engine.cases import RecordChange
from scoring.entities import RECORD_COLUMNS, EarlyEnd, Step
from scoring.entities.authorities import holder, office_of, register
from scoring.explain.outlook.lifetime import dated_on, to_end, worthwhile_end
from scoring.explain.outlook.questions import Questions
from scoring.explain.words.figures import labels, prose_day
from scoring.explain.words.reason_lines import is_telling
from scoring.rules.wording import both
from scoring.workdays import add_workdays

RECHECK_WORKDAYS = 10
"""Special-equipment measures art. 29: re-check within ten working days of the report.

Taken for all fields.
"""
MOST_FIELDS = 3
MOST_FINDINGS = 6
VISITS = ("inspection", "sampling_test")
CLEAN = ("no_problem", "qualified")


@dataclass(frozen=True)
class Action:
    """One thing that the enterprise can do: the step with its day, and what it changes."""

    step: Step
    change: RecordChange


def actions(questions: Questions, until: date) -> list[Action]:
    """The re-inspections that could be asked for, and what can be done about records that weigh.

    Nobody can order a first visit, so who has no finding against him has none to ask for.
    """
    possible = list(_reinspections(questions))
    for record in sorted(questions.records, key=lambda record: str(record["record_id"])):
        # A branch applies for its own records: the enterprise cannot do it.
        if record["scope"] == "branch" or not _matters(record):
            continue
        end = worthwhile_end(record, questions.resolved, questions.as_of)
        if end is not None and end.effect_on <= until:
            step = _ending_step(record, end, questions.as_of)
            possible.append(Action(step, _ended(record, end)))
    return possible


def _matters(record: Record) -> bool:
    """Whether the record weighs, or will once its finality is reached."""
    return bool(record["weights"]) or record["excluded"] == "not_final"


def _ending_step(record: Record, end: EarlyEnd, as_of: date) -> Step:
    label = to_end(end, record_name(record), as_of)
    record_id = str(record["record_id"])
    return Step(end.how, end.effect_on, record_id, label, end, authority=record["authority"])


def record_name(record: Record) -> dict[str, str]:
    """A record as a step names it: its kind, and its number, else its day, else its id."""
    kind = labels("kinds", record["kind"]) or {}
    number = record["document_no"] if is_telling(record["document_no"]) else None
    number = number or dated_on(record) or record["record_id"]
    return both("record_named", kind=kind, number=number)


def _ended(record: Record, end: EarlyEnd) -> RecordChange:
    column = {"restore": "restored_on", "cure": "withdrawn_on"}[end.how]
    return RecordChange((str(record["record_id"]),), ({**record, column: end.effect_on},))


def _reinspections(questions: Questions) -> Iterator[Action]:
    """A re-inspection of each open finding; where findings have no state, of the newest one in each field."""
    day = add_workdays(questions.as_of, RECHECK_WORKDAYS)
    for finding in _to_be_checked(questions):
        field = finding["field"]
        asked_of = _inspecting(finding, questions.as_of)
        step = Step(
            kind="reinspect",
            on=day,
            record_id=str(finding["record_id"]),
            label=_reinspection_words(finding, asked_of),
            field=field,
            authority=asked_of,
        )
        yield Action(step, RecordChange(plus=(_clean_visit(questions, day, finding),)))


def _to_be_checked(questions: Questions) -> list[Record]:
    """Findings of which a re-inspection may be asked for, in order."""
    if questions.resolved.law.relations is None:
        by_field = sorted(_findings(questions).items(), key=lambda item: item[0] or "")
        return [finding for _field, finding in by_field][:MOST_FIELDS]
    still_open = [record for record in questions.records if _is_finding(record) and record["state"] == "open"]
    return sorted(still_open, key=_newness, reverse=True)[:MOST_FINDINGS]


def _is_finding(record: Record) -> bool:
    weighs = bool(record["weights"]) and record["kind"] in VISITS and record["scope"] != "branch"
    return weighs and record["result"] not in CLEAN


def _findings(questions: Questions) -> dict[str | None, Record]:
    """By field the newest visit of the enterprise itself that weighs and found something."""
    newest: dict[str | None, Record] = {}
    for record in questions.records:
        if not _is_finding(record):
            continue
        known = newest.setdefault(record["field"], record)
        if _newness(record) > _newness(known):
            newest[record["field"]] = record
    return newest


def _newness(record: Record) -> tuple[date, str]:
    return dated_on(record) or date.min, str(record["record_id"])


def _inspecting(finding: Record, day: date) -> str | None:
    """Who inspects again: the authority of the finding, or to whom its power was handed since."""
    name: str | None = finding["authority"]
    office = office_of(name)
    if office is None:
        return name
    holding = holder(finding["field"], office, day)
    return name if holding == office else register().authorities[holding].name["zh"]


def _reinspection_words(finding: Record, asked_of: str | None) -> dict[str, str]:
    office = office_of(asked_of)
    name = register().authorities[office].name if office else asked_of
    return both(
        "step_reinspect",
        on=prose_day(dated_on(finding)),
        field=labels("fields", finding["field"]) or both("no_field"),
        authority=name or both("the_inspecting_authority"),
    )


def _clean_visit(questions: Questions, day: date, finding: Record) -> Record:
    relations = questions.resolved.law.relations
    checked = finding["record_id"] if relations else finding["field"] or "general"
    record_id = f"re-inspection-{checked}"
    return {
        **dict.fromkeys(RECORD_COLUMNS),
        "record_id": record_id,
        "act_id": record_id,
        "enterprise_id": questions.enterprise_id,
        "kind": "inspection",
        "field": finding["field"],
        "result": "no_problem",
        "scope": "own",
        "occasion": "followup",
        "authority": finding["authority"],
        "occurred_on": day,
        "known_on": day,
        "act_rank": 0,
        "related": 1 if relations else 0,
        "recheck_of": finding["record_id"] if relations else None,
    }
