"""What the day does to open cases.

The late are reported above, those that a visit answered closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.casework.case_files import CaseFile, CaseFilters, open_cases
from scoring.administration.casework.procedures import procedures
from scoring.entities.authorities import register
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say
from scoring.store.log.canonical_json import compact
from scoring.store.standing.case_steps import NewStep, insert_step
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleRecord
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china


@dataclass(frozen=True)
class DayOfCases:
    """What a day did to the open cases: numbers of those reported, and of those closed."""

    escalated: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()


def run_daily_casework(database: Database, version: ResolvedPolicy, actor: str, clock: Clock) -> DayOfCases:
    """Closes re-checks that a visit on record has answered, then reports what is overdue.

    Args:
        database: The store.
        version: The policy, whose relations say what checks what.
        actor: Who runs it.
        clock: The time.
    """
    closed = _close_answered(database, version, actor, clock)
    escalated = escalate_overdue(database, day_in_china(clock()), actor, clock)
    return DayOfCases(escalated, closed)


def escalate_overdue(database: Database, day: date, actor: str, clock: Clock) -> tuple[int, ...]:
    """Reports cases whose period is over to the authority above, again every so many days.

    Args:
        database: The store.
        day: The day.
        actor: Who runs it.
        clock: The time.

    Returns:
        Numbers of the cases.
    """
    escalating = [entry.id for entry in procedures().values() if entry.opened_by and entry.every_days]

    def late(connection: Connection) -> list[CaseFile]:
        """Cases that are to be reported today."""
        files = open_cases(connection, CaseFilters(kinds=escalating, overdue=True), day)
        return [file for file in files if file.state.escalates_on and file.state.escalates_on <= day]

    with database.read() as connection:
        if not late(connection):
            return ()
    with begin_writing(database, actor, clock) as writing:
        files = late(writing.connection)
        for file in files:
            ground = say("zh", "case_overdue_ground", n=file.state.overdue_by)
            content = compact({"to": authority_above(file, day), "overdue_by": file.state.overdue_by})
            _put(writing, file, "escalated", ground, content, day)
    return tuple(file.number for file in files)


def authority_above(file: CaseFile, day: date) -> str | None:
    """Who supervises the authority that is late.

    Its counterpart of the city, else the publisher.
    """
    office = file.record.office(day) if file.record else None
    entries = register().authorities
    if office is not None:
        area, _, department = office.partition("-")
        above = f"{area[:4]}00-{department}"
        if above != office and above in entries:
            return above
    publisher = register().publisher
    return publisher.code if publisher else None


def _close_answered(database: Database, version: ResolvedPolicy, actor: str, clock: Clock) -> tuple[int, ...]:
    """Closes requests for a re-check whose finding a later record names as looked at again."""
    if version.law.relations is None:
        return ()
    day = day_in_china(clock())
    checking = [entry.id for entry in procedures().values() if entry.outcome_with("visit")]
    by = version.law.relations.rechecks.by

    def answered(connection: Connection) -> list[tuple[CaseFile, str]]:
        """Open cases with the record that answers each."""
        files = open_cases(connection, CaseFilters(kinds=checking), day)
        checks = _checks_of(connection, files, by)
        return [(file, checks[file.number]) for file in files if file.number in checks]

    with database.read() as connection:
        if not answered(connection):
            return ()
    with begin_writing(database, actor, clock) as writing:
        files = answered(writing.connection)
        for file, record_id in files:
            outcome = file.procedure.outcome_with("visit")
            ground = say("zh", "case_visited_ground", record=record_id)
            content = compact({"outcome": outcome.id if outcome else None, "record_id": record_id})
            _put(writing, file, "answer", ground, content, day)
    return tuple(file.number for file, _record_id in files)


def _checks_of(connection: Connection, files: Sequence[CaseFile], by: Sequence[str]) -> dict[int, str]:
    """By case, the first record since it was opened that names its finding, by id or number."""
    version = table_of(VisibleRecord).c
    dated_on = func.coalesce(version.decided_on, version.occurred_on)
    checks: dict[int, str] = {}
    for some in in_parts([file for file in files if file.record]):
        ids = [file.opening.enterprise_id for file in some]
        query = (
            select(
                version.record_id,
                version.enterprise_id,
                version.refers_to,
                dated_on.label("dated_on"),
            )
            .where(
                version.enterprise_id.in_(ids),
                version.refers_to.is_not(None),
                version.kind.in_(by),
            )
            .where(version.withdrawn_on.is_(None), dated_on.is_not(None))
            .order_by(version.seq)
        )
        rows = connection.execute(query).all()
        for file in some:
            named = next((row.record_id for row in rows if _answers(row, file)), None)
            if named is not None:
                checks[file.number] = str(named)
    return checks


def _answers(row: Any, file: CaseFile) -> bool:
    finding = file.record
    if finding is None or row.enterprise_id != finding.enterprise_id or row.record_id == finding.record_id:
        return False
    return row.refers_to in (finding.record_id, finding.document_no) and row.dated_on >= file.opening.done_on


def _put(writing: Writing, file: CaseFile, kind: str, ground: str, content: str, day: date) -> None:
    """Puts a step on file that nobody took: the day did."""
    opening = file.opening
    step = NewStep(
        kind=kind,
        enterprise_id=opening.enterprise_id,
        ground=ground,
        record_id=opening.record_id,
        answers=file.number,
        content=content,
    )
    number = insert_step(writing, opening.policy_id, step, day, opening.assessment)
    writing.log(f"case {kind}", {"step": number, "case": file.number})
