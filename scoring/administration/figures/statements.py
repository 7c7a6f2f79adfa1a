"""Statements of a month: made once and frozen, printed again as they were, revised on a further
one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.casework.papers import pdf_of_content
from scoring.administration.figures.calendar_months import last_day, read_month
from scoring.administration.figures.month_figures import (
    MonthFigures,
    StatementScope,
    changes_between,
    month_figures,
)
from scoring.administration.figures.statement_paper import (
    StatementText,
    closed_month,
    statement_csv,
    statement_paper,
)
from scoring.administration.identity.scope import covers_area, known_area, known_department
from scoring.entities import Lang
from scoring.errors import PolicyError, StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES
from scoring.store.facts.counted_facts import renew_counted_facts
from scoring.store.facts.directory import renew_directory
from scoring.store.facts.fictitious_facts import holds_fictitious
from scoring.store.log.canonical_json import compact
from scoring.store.people.grants import SUPERVISOR, Grant, grants_of, has_grants
from scoring.store.standing.registering import policy_of_store
from scoring.store.tables.database import Database
from scoring.store.tables.orm_figures import Statement
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

BOM = "\ufeff"
"""Excel takes a file without it for one of another encoding."""


@dataclass(frozen=True)
class FrozenStatement:
    """A statement as it is kept.

    Attributes:
        number: Its number.
        scope: Of which month, where and of whom.
        made_on: The day on which it was made.
        revises: The statement before it.
        figures: Its numbers.
    """

    number: int
    scope: StatementScope
    made_on: date
    revises: int | None
    figures: MonthFigures
    _papers: str
    _tables: str

    def pdf(self, lang: Lang) -> bytes:
        """The page: the same bytes whenever it is asked for."""
        return pdf_of_content(compact(json.loads(self._papers)[lang]))

    def csv(self, lang: Lang) -> bytes:
        """The CSV file for Excel: the same bytes whenever it is asked for."""
        text: str = json.loads(self._tables)[lang]
        return (BOM + text).encode()


@dataclass(frozen=True)
class MadeStatement:
    """What asking for a statement gave: a new one, or the frozen one that still holds.

    Attributes:
        statement: The statement.
        is_new: Whether it was made now.
        changes: How many numbers are others than in the one that it revises.
    """

    statement: FrozenStatement
    is_new: bool
    changes: int


def make_statement(
    database: Database, shown: ResolvedPolicy, scope: StatementScope, actor: str, clock: Clock
) -> MadeStatement:
    """Makes the statement of a month, or gives the frozen one where nothing has changed since.

    Args:
        database: The store.
        shown: The policy; its version of the last day of the month counts, where there is one.
        scope: Of which month, where and of whom.
        actor: Who makes it: a supervisor of the area and the departments, where the store keeps
            grants.
        clock: The time.

    Raises:
        UsageError: There is no such month, area or authority, or the month is not over.
        StoreError: It is not the actor's to make.
    """
    today = day_in_china(clock())
    _require_known(scope, today)
    renew_directory(database)
    renew_counted_facts(database)
    with begin_writing(database, actor, clock) as writing:
        _require_may(writing, scope, today)
        version = _version(writing.connection, shown, scope)
        figures = month_figures(writing.connection, version, scope)
        former = _latest(writing.connection, scope)
        changes = changes_between(former.figures, figures) if former else []
        if former and not changes:
            return MadeStatement(former, False, 0)
        text = StatementText(
            number=_next_number(writing.connection),
            scope=scope,
            figures=figures,
            version=version,
            made_on=today,
            revises=former.number if former else None,
            changes=changes,
            fictitious=holds_fictitious(writing.connection),
        )
        _put(writing, text)
        return MadeStatement(statement_of(writing.connection, text.number), True, len(changes))


def statement_of(connection: Connection, number: int) -> FrozenStatement:
    """One statement.

    Raises:
        StoreError: None has this number.
    """
    row = connection.execute(select(Statement).where(Statement.number == number)).first()
    if row is None:
        raise StoreError("statement_unknown", number=number)
    return _frozen(row)


def statements(connection: Connection, grants: Iterable[Grant] | None = None) -> list[FrozenStatement]:
    """All statements, the last one first; with grants those alone that may be read with them."""
    rows = connection.execute(select(Statement).order_by(Statement.number.desc()))
    frozen = map(_frozen, rows)
    return [one for one in frozen if grants is None or may_read(grants, one.scope)]


def changes_of(connection: Connection, statement: FrozenStatement) -> int:
    """How many numbers of a statement are others than in the one that it revises."""
    if statement.revises is None:
        return 0
    return len(changes_between(statement_of(connection, statement.revises).figures, statement.figures))


def may_read(grants: Iterable[Grant], scope: StatementScope) -> bool:
    """Whether a statement is of an area and of departments that one of some grants holds."""
    return any(_holds(grant, scope) for grant in grants)


def scope_of(grants: Sequence[Grant], month: str, area: str) -> StatementScope | None:
    """What a supervisor states of an area: all departments, or those of the grants that hold for
    it.

    ``None``: no grant of a supervisor holds for the whole area.
    """
    held = [grant.departments for grant in grants if grant.role == SUPERVISOR and covers_area(grant, area)]
    if not held:
        return None
    if None in held:
        return StatementScope(month, area, None)
    return StatementScope(month, area, tuple(sorted(frozenset().union(*(some or () for some in held)))))


def _holds(grant: Grant, scope: StatementScope) -> bool:
    if not covers_area(grant, scope.area):
        return False
    return grant.departments is None or (
        scope.departments is not None and grant.departments.issuperset(scope.departments)
    )


def _require_known(scope: StatementScope, today: date) -> None:
    if read_month(scope.month) is None:
        raise UsageError("statement_month", month=scope.month)
    known_area(scope.area)
    for code in scope.departments or ():
        known_department(code)
    # Half a month would be frozen as if it were a whole one.
    if not closed_month(scope.month, today):
        raise UsageError("statement_month_open", month=scope.month, today=today)


def _require_may(writing: Writing, scope: StatementScope, today: date) -> None:
    """Refuses whoever is no supervisor of the area and of all the departments; before grants
    anybody may.
    """
    if not has_grants(writing.connection):
        return
    mine = [g for g in grants_of(writing.connection, writing.actor, today) if g.role == SUPERVISOR]
    widest = scope_of(mine, scope.month, scope.area)
    if widest is None or not _is_within(scope.departments, widest.departments):
        raise StoreError("statement_not_granted", actor=writing.actor, area=scope.area)


def _is_within(wanted: Sequence[str] | None, held: Sequence[str] | None) -> bool:
    return held is None or (wanted is not None and set(wanted) <= set(held))


def _version(connection: Connection, shown: ResolvedPolicy, scope: StatementScope) -> ResolvedPolicy:
    """The version in force on the last day of the month; of a policy without one there, the one
    shown.
    """
    with suppress(PolicyError):
        return policy_of_store(connection, shown.policy.id, last_day(scope.month))
    return shown


def _latest(connection: Connection, scope: StatementScope) -> FrozenStatement | None:
    """The last statement of the same month, area and departments."""
    departments = _listed(scope.departments)
    same = Statement.departments.is_(None) if departments is None else Statement.departments == departments
    query = select(Statement).where(Statement.month == scope.month, Statement.area == scope.area, same)
    row = connection.execute(query.order_by(Statement.number.desc()).limit(1)).first()
    return _frozen(row) if row else None


def _next_number(connection: Connection) -> int:
    return int(connection.execute(select(func.max(Statement.number))).scalar() or 0) + 1


def _put(writing: Writing, text: StatementText) -> None:
    """Freezes a statement: its numbers, its words and its file, in one row with its log entry."""
    row = {
        "number": text.number,
        "month": text.scope.month,
        "area": text.scope.area,
        "departments": _listed(text.scope.departments),
        "rules_sha256": text.version.rules_sha256,
        "made_on": text.made_on,
        "revises": text.revises,
        "figures": compact(text.figures.as_json()),
        "papers": compact({lang: asdict(statement_paper(text, lang)) for lang in LANGUAGES}),
        "tables": compact({lang: statement_csv(text, lang) for lang in LANGUAGES}),
    }
    writing.insert(Statement, [row])
    said = {name: row[name] for name in ("number", "month", "area", "departments", "revises")}
    writing.log("statement", said)


def _listed(departments: Sequence[str] | None) -> str | None:
    return None if departments is None else compact(sorted(departments))


def _frozen(row: Any) -> FrozenStatement:
    departments = None if row.departments is None else tuple(json.loads(row.departments))
    return FrozenStatement(
        number=row.number,
        scope=StatementScope(row.month, row.area, departments),
        made_on=row.made_on,
        revises=row.revises,
        figures=MonthFigures.of_json(json.loads(row.figures)),
        _papers=row.papers,
        _tables=row.tables,
    )
