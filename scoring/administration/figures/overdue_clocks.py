"""Clocks of casework that ran out, by procedure and by the authority of the record, with the
cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.orm import aliased

from scoring.administration.casework.case_files import (
    STEP_COLUMNS,
    CaseFile,
    ContestedRecord,
    files_of,
)
from scoring.administration.casework.procedures import Procedure, procedures
from scoring.administration.casework.waiting import waiting_among
from scoring.administration.figures.filters import FigureFilters, in_order
from scoring.entities.authorities import office_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.disputes import CLOSING
from scoring.store.tables.orm import Assessment, CaseStep, Standing
from scoring.store.tables.orm_access import DirectoryEntry

CONFIRMATION = "confirmation"


@dataclass(frozen=True)
class OverdueClock:
    """A case, or a proposal that people must confirm, whose period is over.

    Attributes:
        procedure: Its procedure.
        office: The authority of the record (see ``office_of_case``).
        enterprise_id: Whose it is.
        name: Name of the enterprise.
        case: Number of the case; ``None``: it is the proposal of the enterprise.
        due_on: Last day of the period.
        overdue_by: Working days since.
    """

    procedure: Procedure
    office: str
    enterprise_id: str
    name: str | None
    case: int | None
    due_on: date
    overdue_by: int


@dataclass(frozen=True)
class OverdueClocks:
    """What is overdue on the day of the question.

    Attributes:
        counts: Procedure -> authority -> how many; procedures in the order of their file,
            authorities in that of their codes, the empty one for cases about a result and records
            without authority.
        clocks: All of them, in the order of procedures, then of what they are about.
    """

    counts: Mapping[str, Mapping[str, int]]
    clocks: Sequence[OverdueClock]


def overdue_clocks(connection: Connection, version: ResolvedPolicy, filters: FigureFilters) -> OverdueClocks:
    """What is overdue and may be seen: about records of one's departments, others with a grant
    for all departments.

    Args:
        connection: A reading one.
        version: The policy, under which proposals wait.
        filters: Where and in which field of the record.
    """
    late = [*_late_cases(connection, filters)]
    if not filters.field:
        late += _late_confirmations(connection, version, filters)
    counts: dict[str, Counter[str]] = {}
    for clock in late:
        counts.setdefault(clock.procedure.id, Counter())[clock.office] += 1
    by_code, in_order_of_file = {}, []
    for procedure in filter(counts.__contains__, procedures()):
        by_code[procedure] = {office: counts[procedure][office] for office in in_order(counts[procedure])}
        in_order_of_file += [clock for clock in late if clock.procedure.id == procedure]
    return OverdueClocks(by_code, in_order_of_file)


def _late_cases(connection: Connection, filters: FigureFilters) -> Iterator[OverdueClock]:
    closed = select(CaseStep.answers).where(CaseStep.kind.in_(CLOSING), CaseStep.answers.is_not(None))
    query = (
        select(*STEP_COLUMNS)
        .join(DirectoryEntry, DirectoryEntry.enterprise_id == CaseStep.enterprise_id)
        .where(_may_be_over(filters.day), CaseStep.number.not_in(closed))
    )
    for file in files_in_scope(connection, query, filters):
        if file.state.is_open and filters.day > file.state.due_on:
            yield OverdueClock(
                procedure=file.procedure,
                office=office_of_case(file, filters.day),
                enterprise_id=file.opening.enterprise_id,
                name=file.name,
                case=file.number,
                due_on=file.state.due_on,
                overdue_by=file.state.overdue_by,
            )


def _late_confirmations(
    connection: Connection, version: ResolvedPolicy, filters: FigureFilters
) -> Iterator[OverdueClock]:
    """Proposals that people must confirm: they are about a result, and so for all departments."""
    latest, opening = aliased(Assessment), aliased(Assessment)
    workdays = version.policy.review.confirm_within_workdays or procedures()[CONFIRMATION].decide
    # A period of working days is never over before as many days.
    query = (
        select(Standing.enterprise_id)
        .join(latest, latest.number == Standing.latest)
        .join(opening, opening.number == latest.proposal)
        .join(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
        .where(
            Standing.policy_id == version.policy.id,
            Standing.proposed,
            latest.reviewers > 0,
            opening.as_of < filters.day - timedelta(days=workdays),
            filters.of_all_departments(DirectoryEntry.area),
        )
    )
    for waiting in waiting_among(connection, version, filters.day, query):
        if waiting.due_on is not None and waiting.overdue_by:
            yield OverdueClock(
                procedure=procedures()[CONFIRMATION],
                office="",
                enterprise_id=waiting.proposal.enterprise_id,
                name=waiting.proposal.name,
                case=None,
                due_on=waiting.due_on,
                overdue_by=waiting.overdue_by,
            )


def files_in_scope(connection: Connection, query: Any, filters: FigureFilters) -> list[CaseFile]:
    """The cases of opening steps that are in the areas of one's grants and of one's departments.

    Args:
        connection: A reading one.
        query: The steps, joined with the directory.
        filters: Where, and in which field.
    """
    files = {}
    # Grant by grant: whose record it is follows from the register, area and department from one grant.
    for grant in filters.grants:
        alone = FigureFilters([grant], filters.start, filters.end, filters.day, filters.area)
        in_its_areas = query.where(alone.in_area(DirectoryEntry.area))
        for file in files_of(connection, in_its_areas, filters.day):
            if _is_of(file, grant.departments, filters):
                files[file.number] = file
    return [files[number] for number in sorted(files)]


def _is_of(file: CaseFile, departments: frozenset[str] | None, filters: FigureFilters) -> bool:
    if filters.field and (file.record is None or file.record.field != filters.field):
        return False
    if departments is None:
        return True
    return file.record is not None and file.record.office(filters.day) in departments


def office_of_case(file: CaseFile, day: date) -> str:
    """The authority of the record that a case is about (see ``office_of_record``)."""
    return office_of_record(file.record, day)


def office_of_record(record: ContestedRecord | None, day: date) -> str:
    """The authority of a record on a day, by code or as the record names it.

    Empty where there is no record, or it names none.
    """
    if record is None:
        return ""
    named = (record.authority or "").strip()
    return record.office(day) or office_of(named) or named


def _may_be_over(day: date) -> Any:
    """Opening steps that lie so far back that their shortest period may be over."""
    kinds = [procedure for procedure in procedures().values() if procedure.opened_by]
    return or_(*(_opened_before(procedure, day) for procedure in kinds))


def _opened_before(procedure: Procedure, day: date) -> Any:
    # A period of working days is never over before as many days.
    shortest = timedelta(days=min(procedure.accept or procedure.decide, procedure.decide))
    return and_(CaseStep.kind == procedure.id, CaseStep.answers.is_(None), CaseStep.done_on < day - shortest)
