"""Objections to records: opened, answered and upheld in a period, by the authority of the record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.orm import aliased

from scoring.administration.casework.case_files import contested_records
from scoring.administration.casework.procedures import procedures
from scoring.administration.figures.filters import FigureFilters, in_order
from scoring.administration.figures.overdue_clocks import office_of_record
from scoring.store.tables.orm import CaseStep
from scoring.store.tables.orm_access import DirectoryEntry

OBJECTION = "objection"
UPHOLDING = ("correct", "withdraw")
"""Effects of outcomes by which an objection is right."""


@dataclass(frozen=True)
class OfficeObjections:
    """Objections to the records of one authority, or of all.

    Attributes:
        opened: Those opened in the period.
        answered: Those answered in the period, whenever they were opened.
        upheld: Those of the answered ones that were right.
    """

    opened: int = 0
    answered: int = 0
    upheld: int = 0


def objection_counts(
    connection: Connection, filters: FigureFilters, since: date | None = None
) -> Mapping[str, OfficeObjections]:
    """Authority -> objections, in the order of codes; the empty one for records without authority.

    Args:
        connection: A reading one.
        filters: Where, in which field and until when.
        since: First day, that of the period by default.
    """
    first, last = since or filters.first_day, filters.last_day
    counts: dict[str, Counter[str]] = {}
    for filed in _filed(connection, filters, first, last):
        of_office = counts.setdefault(filed.office, Counter())
        of_office["opened"] += first <= filed.opened_on <= last
        if filed.answered_on and first <= filed.answered_on <= last:
            of_office["answered"] += 1
            of_office["upheld"] += filed.outcome in _upholding()
    return {office: OfficeObjections(**counts[office]) for office in in_order(counts)}


class _FiledObjection(NamedTuple):
    """When an objection was opened and answered, how it ended, and whose record it is about."""

    opened_on: date
    answered_on: date | None
    outcome: str | None
    office: str


def _filed(
    connection: Connection, filters: FigureFilters, first: date, last: date
) -> Iterator[_FiledObjection]:
    """The objections that were opened or answered in a period and may be seen.

    Without further steps and clocks: a year has thousands of objections.
    """
    answer = aliased(CaseStep)
    query = (
        select(
            CaseStep.record_id,
            CaseStep.done_on,
            DirectoryEntry.area,
            answer.done_on.label("answered_on"),
            answer.content,
        )
        .join(DirectoryEntry, DirectoryEntry.enterprise_id == CaseStep.enterprise_id)
        .outerjoin(answer, and_(answer.answers == CaseStep.number, answer.kind == "answer"))
        .where(
            CaseStep.kind == OBJECTION,
            CaseStep.answers.is_(None),
            or_(CaseStep.done_on.between(first, last), answer.done_on.between(first, last)),
            filters.in_area(DirectoryEntry.area),
        )
    )
    steps = connection.execute(query.add_columns(*filters.held_by(DirectoryEntry.area))).all()
    records = contested_records(connection, [step.record_id for step in steps])
    for step in steps:
        record = records.get(step.record_id)
        if filters.field and (record is None or record.field != filters.field):
            continue
        office = office_of_record(record, filters.day)
        if filters.is_held(step[len(step) - len(filters.grants) :], office):
            outcome = json.loads(step.content or "{}").get("outcome")
            yield _FiledObjection(step.done_on, step.answered_on, outcome, office)


def in_all(counts: Mapping[str, OfficeObjections]) -> OfficeObjections:
    """The objections of all authorities together."""
    rows = list(counts.values())
    return OfficeObjections(
        sum(row.opened for row in rows),
        sum(row.answered for row in rows),
        sum(row.upheld for row in rows),
    )


@cache
def _upholding() -> frozenset[str]:
    outcomes = procedures()[OBJECTION].outcomes
    return frozenset(outcome.id for outcome in outcomes if outcome.effect in UPHOLDING)
