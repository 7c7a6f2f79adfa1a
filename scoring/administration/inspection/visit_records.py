"""The records that follow from a visit: one for each authority and field, one for each finding looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from scoring.administration.inspection.new_visit import DepartmentPart, ItemAnswer, NewVisit
from scoring.administration.inspection.visit_checks import field_of, fields_looked_at
from scoring.entities import RECORD_COLUMNS, code_number
from scoring.entities.authorities import register
from scoring.store.facts.family import FactRow
from scoring.store.facts.same_visits import FOLLOW_UP, RECORDED_HERE, VISIT_KIND

NOBODY_THERE: Mapping[str, str] = {"closed": "closed", "moved": "moved", "not_found": "no_activity"}
"""Result of a visit at which nobody was found. None of them gives a point; that somebody cannot be reached at
the registered address is for the registrar to find out."""
AFTER_REQUEST = "triggered"
"""Occasion of what was looked at beside a re-check: it closes no finding by itself."""


def records_of(visit: NewVisit, key: str, findings: Mapping[str, FactRow], today: date) -> list[FactRow]:
    """The records of a visit, as the store holds them.

    Args:
        visit: The visit, which is whole.
        key: What its ids begin with.
        findings: By id, the records of the findings that were looked at again.
        today: The day of the clock.
    """
    rows: list[FactRow] = []
    for part in visit.departments:
        rows += _of_part(visit, part, key, findings, today)
    return rows


def _of_part(
    visit: NewVisit, part: DepartmentPart, key: str, findings: Mapping[str, FactRow], today: date
) -> Iterator[FactRow]:
    base = _base(visit, part, today)
    if visit.presence != "open":
        yield _row(base, key, part.office, None, result=NOBODY_THERE[visit.presence])
        return
    # What is seen for the first time beside a re-check is none: as one it would close what it did not look at.
    looked_at = {**base, "occasion": AFTER_REQUEST} if visit.occasion == FOLLOW_UP else base
    for field in fields_looked_at(part):
        answers = {item: answer for item, answer in part.answers.items() if field_of(item) == field}
        yield _row(looked_at, key, part.office, field, **verdict_of(answers))
    for number, (record_id, recheck) in enumerate(part.rechecks.items(), start=1):
        finding = findings[record_id]
        severity = None if recheck.corrected else finding["severity"]
        result = "no_problem" if recheck.corrected else "problem"
        again = {"result": result, "severity": severity, "refers_to": record_id, "occasion": FOLLOW_UP}
        yield _row(base, f"{key}:{number}", part.office, finding["field"], **again)


def verdict_of(answers: Mapping[str, ItemAnswer]) -> dict[str, str | None]:
    """What the items of a field come to: the gravest finding that is still to be corrected, else the gravest
    that was corrected on the spot, else none.

    What was corrected beside an open finding costs nothing more.
    """
    for answer, result in (("problem", "problem"), ("corrected", "corrected")):
        graded = [said.severity or "" for said in answers.values() if said.answer == answer]
        if graded:
            return {"result": result, "severity": max(graded, key=_level)}
    return {"result": "no_problem", "severity": None}


def _level(severity: str) -> int:
    return code_number("severity", severity)


def _base(visit: NewVisit, part: DepartmentPart, today: date) -> dict[str, Any]:
    return {
        "enterprise_id": visit.enterprise_id,
        "kind": VISIT_KIND,
        "occasion": visit.occasion,
        "occurred_on": visit.visited_on,
        "authority": register().authorities[part.office].name["zh"],
        "document_no": visit.act_no.strip() or None,
        "basis_document_no": visit.task_no.strip() or None,
        "source": RECORDED_HERE,
        "known_on": today,
    }


def _row(base: Mapping[str, Any], key: str, office: str, field: str | None, **said: Any) -> FactRow:
    """A canonical row; all that one authority found in one field at one visit is one act."""
    record_id = f"{RECORDED_HERE}:{key}:{office}:{field or '-'}"
    act_id = f"{RECORDED_HERE}:{key.partition(':')[0]}:{office}:{field or '-'}".upper()
    ids = {"record_id": record_id, "act_id": act_id, "field": field}
    return {**dict.fromkeys(RECORD_COLUMNS), **base, **ids, **said}
