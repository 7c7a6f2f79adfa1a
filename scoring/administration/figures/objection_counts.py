"""Objections to records: opened, answered and upheld in a period, by the authority of the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import Connection, or_, select
from sqlalchemy.orm import aliased

from scoring.administration.casework.case_files import STEP_COLUMNS, CaseFile
from scoring.administration.casework.procedures import procedures
from scoring.administration.figures.filters import FigureFilters, in_order
from scoring.administration.figures.overdue_clocks import files_in_scope, office_of_case
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
    answer = aliased(CaseStep)
    answered = select(answer.answers).where(answer.kind == "answer", answer.done_on.between(first, last))
    query = (
        select(*STEP_COLUMNS)
        .join(DirectoryEntry, DirectoryEntry.enterprise_id == CaseStep.enterprise_id)
        .where(
            CaseStep.kind == OBJECTION,
            or_(CaseStep.done_on.between(first, last), CaseStep.number.in_(answered)),
        )
    )
    counts: dict[str, Counter[str]] = {}
    for file in files_in_scope(connection, query, filters):
        of_office = counts.setdefault(office_of_case(file, filters.day), Counter())
        of_office["opened"] += first <= file.opening.done_on <= last
        if _is_answered(file, first, last):
            of_office["answered"] += 1
            of_office["upheld"] += file.state.outcome in _upholding()
    return {office: OfficeObjections(**counts[office]) for office in in_order(counts)}


def in_all(counts: Mapping[str, OfficeObjections]) -> OfficeObjections:
    """The objections of all authorities together."""
    rows = list(counts.values())
    return OfficeObjections(
        sum(row.opened for row in rows),
        sum(row.answered for row in rows),
        sum(row.upheld for row in rows),
    )


def _is_answered(file: CaseFile, first: date, last: date) -> bool:
    closing = next((step for step in file.further if step.kind == "answer"), None)
    return closing is not None and first <= closing.done_on <= last


@cache
def _upholding() -> frozenset[str]:
    outcomes = procedures()[OBJECTION].outcomes
    return frozenset(outcome.id for outcome in outcomes if outcome.effect in UPHOLDING)
