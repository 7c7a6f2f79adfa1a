"""Cases read from a store: one with all its steps, or a queue of open ones by their clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select

from scoring.administration.casework.case_state import CaseState, FiledStep, case_state
from scoring.administration.casework.procedures import Procedure, procedures
from scoring.administration.identity.scope import lies_in
from scoring.entities.authorities import holder, office_of
from scoring.errors import StoreError
from scoring.store.facts.directory import supervising_area
from scoring.store.facts.disputes import CLOSING
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import CaseStep, table_of
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord

STEP_COLUMNS = tuple(getattr(CaseStep, name) for name in FiledStep.__dataclass_fields__)
"""What is read of a step."""


@dataclass(frozen=True)
class ContestedRecord:
    """What a case needs to know of the record that it is about, by its latest version."""

    record_id: str
    enterprise_id: str
    kind: str
    field: str | None
    result: str | None
    contest: str | None
    authority: str | None
    document_no: str | None
    dated_on: date | None
    restored_on: date | None
    withdrawn_on: date | None

    def office(self, day: date) -> str | None:
        """Code of who holds the power behind the record on a day.

        ``None``: the register knows nobody.
        """
        office = office_of(self.authority)
        return holder(self.field, office, day) if office else None


@dataclass(frozen=True)
class CaseFile:
    """A case with its steps in order and where it stands.

    Attributes:
        procedure: Its procedure.
        opening: The opening step, whose number is the case's.
        further: The steps that follow it.
        state: Where it stands on the day of the question.
        record: The record that it is about.
        name: The name of the enterprise.
    """

    procedure: Procedure
    opening: FiledStep
    further: tuple[FiledStep, ...]
    state: CaseState
    record: ContestedRecord | None = None
    name: str | None = None

    @property
    def number(self) -> int:
        """The case's number."""
        return self.opening.number


@dataclass(frozen=True)
class CaseFilters:
    """Which cases a queue holds.

    Attributes:
        kinds: Procedures; all by default.
        enterprise_ids: Whose; everybody's by default.
        areas: Areas or districts, with all that lies in them; everywhere by default.
        office: Code of the authority that is to act on the record; other cases are left out then.
        overdue: Whether only those whose period is over.
        closed: Whether closed ones are listed as well.
        most: How many at most.
    """

    kinds: Sequence[str] | None = None
    enterprise_ids: Sequence[str] | None = None
    areas: Sequence[str] | None = None
    office: str | None = None
    overdue: bool = False
    closed: bool = False
    most: int | None = None


def case(connection: Connection, number: int, day: date) -> CaseFile:
    """One case as it stands on a day.

    Raises:
        StoreError: No case has this number.
    """
    query = select(*STEP_COLUMNS).where(CaseStep.number == number, CaseStep.kind.in_(_opening_kinds()))
    files = files_of(connection, query, day)
    if not files:
        raise StoreError("case_unknown", number=number)
    return files[0]


def open_cases(connection: Connection, filters: CaseFilters, day: date) -> list[CaseFile]:
    """The open cases of a filter, by the end of their period: the longest overdue first."""
    query = select(*STEP_COLUMNS).where(CaseStep.kind.in_(filters.kinds or _opening_kinds()))
    if not filters.closed:
        closed = select(CaseStep.answers).where(CaseStep.kind.in_(CLOSING), CaseStep.answers.is_not(None))
        query = query.where(CaseStep.number.not_in(closed))
    if filters.enterprise_ids is not None:
        query = query.where(CaseStep.enterprise_id.in_(filters.enterprise_ids))
    if filters.areas is not None:
        query = query.where(lies_in(supervising_area(CaseStep.enterprise_id), filters.areas))
    files = [file for file in files_of(connection, query, day) if _is_wanted(file, filters, day)]
    files.sort(key=lambda file: (not file.state.is_open, file.state.due_on, file.number))
    return files[: filters.most]


def cases_about(
    connection: Connection,
    day: date,
    *,
    record_id: str | None = None,
    assessment: int | None = None,
) -> list[CaseFile]:
    """All cases about a record or about an assessment, in the order in which they were opened."""
    query = select(*STEP_COLUMNS).where(CaseStep.kind.in_(_opening_kinds()))
    if record_id is not None:
        query = query.where(CaseStep.record_id == record_id)
    if assessment is not None:
        query = query.where(CaseStep.assessment == assessment)
    return files_of(connection, query, day)


def _opening_kinds() -> list[str]:
    return [procedure.id for procedure in procedures().values() if procedure.opened_by]


def _is_wanted(file: CaseFile, filters: CaseFilters, day: date) -> bool:
    if filters.overdue and not (file.state.is_open and day > file.state.due_on):
        return False
    if filters.office is None:
        return True
    return file.record is not None and file.record.office(day) == filters.office


def files_of(connection: Connection, query: Select[Any], day: date) -> list[CaseFile]:
    """The cases of some opening steps as they stand on a day; further steps and records are read at once for all.

    Args:
        connection: A reading one.
        query: The opening steps, with the columns ``STEP_COLUMNS``.
        day: The day.
    """
    rows = connection.execute(query.where(CaseStep.answers.is_(None)).order_by(CaseStep.number))
    opened = [FiledStep(**row) for row in rows.mappings()]
    further = _further(connection, [step.number for step in opened])
    records = contested_records(connection, [step.record_id for step in opened if step.record_id])
    names = _names(connection, [step.enterprise_id for step in opened])
    files = []
    for step in opened:
        procedure, steps = procedures()[step.kind], tuple(further[step.number])
        files.append(
            CaseFile(
                procedure=procedure,
                opening=step,
                further=steps,
                state=case_state(procedure, step, steps, day),
                record=records.get(step.record_id or ""),
                name=names.get(step.enterprise_id),
            )
        )
    return files


def _further(connection: Connection, numbers: Sequence[int]) -> dict[int, list[FiledStep]]:
    """The steps that carry the numbers of some cases, in order."""
    further: dict[int, list[FiledStep]] = defaultdict(list)
    for some in in_parts(numbers):
        query = select(*STEP_COLUMNS).where(CaseStep.answers.in_(some)).order_by(CaseStep.number)
        for row in connection.execute(query).mappings():
            further[row["answers"]].append(FiledStep(**row))
    return further


def contested_records(connection: Connection, record_ids: Sequence[str]) -> Mapping[str, ContestedRecord]:
    """The latest version of each of some records."""
    return {record.record_id: record for record in _latest_versions(connection, sorted(set(record_ids)))}


def _latest_versions(connection: Connection, record_ids: Sequence[str]) -> Iterator[ContestedRecord]:
    version = table_of(VisibleRecord).c
    plain = [name for name in ContestedRecord.__dataclass_fields__ if name != "dated_on"]
    dated_on = func.coalesce(version.decided_on, version.occurred_on).label("dated_on")
    for some in in_parts(record_ids):
        # In the order of what was known when: the last one of a record is what holds.
        query = (
            select(*(version[name] for name in plain), dated_on)
            .where(version.record_id.in_(some))
            .order_by(version.known_on.nulls_first(), version.seq)
        )
        for row in connection.execute(query).mappings():
            yield ContestedRecord(**row)


def _names(connection: Connection, enterprise_ids: Sequence[str]) -> dict[str, str]:
    version, names = table_of(VisibleEnterprise).c, dict[str, str]()
    for some in in_parts(sorted(set(enterprise_ids))):
        query = (
            select(version.enterprise_id, version.name)
            .where(version.enterprise_id.in_(some), version.name.is_not(None))
            .order_by(version.seq)
        )
        names.update(map(tuple, connection.execute(query)))
    return names
