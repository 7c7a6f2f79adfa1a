"""What a statement says of one month in one area: visits, restorations and objections by
authority, and what changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from scoring.administration.figures.calendar_months import first_day, last_day
from scoring.administration.figures.filters import FigureFilters, in_order
from scoring.administration.figures.objection_counts import in_all, objection_counts
from scoring.administration.figures.visit_counts import (
    MOST_COUNTED,
    OfficeVisits,
    outside_cap,
    visits_of_period,
)
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.visit_spread import OUTSIDE_CAP
from scoring.store.people.grants import SUPERVISOR, Grant
from scoring.store.tables.orm_figures import RestoredRecord

TIMES = tuple(str(number) for number in range(1, MOST_COUNTED + 1))
"""Columns of enterprises by number of visits."""
COLUMNS = (*TIMES, "visits", "joint", "over", *OUTSIDE_CAP, "restored", "opened", "upheld")
WHOLE = "*"
"""The row of all authorities together: a day with several of them is one visit."""
Row = Mapping[str, int]


class StatementScope(NamedTuple):
    """What a statement is of.

    Attributes:
        month: The month.
        area: The area with all that lies in it.
        departments: Codes of the authorities, in order; ``None``: all of them.
    """

    month: str
    area: str
    departments: tuple[str, ...] | None

    @property
    def filters(self) -> FigureFilters:
        """The same as figures are asked; as of the last day of the month, whenever it is asked."""
        departments = None if self.departments is None else frozenset(self.departments)
        grant = Grant("", SUPERVISOR, "", frozenset({self.area}), departments)
        return FigureFilters([grant], self.month, self.month, last_day(self.month), self.area)


@dataclass(frozen=True)
class MonthFigures:
    """The numbers of a statement: by authority in the order of codes, ``WHOLE`` last, by
    ``COLUMNS``.
    """

    rows: Mapping[str, Row]

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"rows": {office: dict(row) for office, row in self.rows.items()}}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> MonthFigures:
        """What was kept."""
        return cls(kept["rows"])


class ChangedNumber(NamedTuple):
    """A number that is another one than it was."""

    office: str
    column: str
    before: int
    now: int


def month_figures(connection: Connection, version: ResolvedPolicy, scope: StatementScope) -> MonthFigures:
    """Counts a month by what is known now.

    Args:
        connection: A reading one, of a store whose counts are up to date.
        version: The policy of the last day of the month, whose caps hold.
        scope: Of which month, where and of whom.
    """
    filters, since = scope.filters, first_day(scope.month)
    visits = visits_of_period(connection, version.policy, filters, since)
    grounds = outside_cap(connection, filters, since)
    restored = _restored(connection, filters)
    objections = objection_counts(connection, filters)
    rows: dict[str, dict[str, int]] = {}
    offices = in_order([*visits.by_office, *restored, *objections, *(one.office for one in visits.over_cap)])
    for office in offices:
        counted = objections.get(office)
        rows[office] = {
            **_visits(visits.by_office.get(office)),
            "over": len({one.enterprise_id for one in visits.over_cap if one.office == office}),
            **{ground: grounds[ground][office] for ground in OUTSIDE_CAP},
            "restored": restored[office],
            "opened": counted.opened if counted else 0,
            "upheld": counted.upheld if counted else 0,
        }
    of_all = in_all(objections)
    rows[WHOLE] = {
        **_visits(visits.whole),
        "over": visits.whole.over_cap,
        **{ground: sum(grounds[ground].values()) for ground in OUTSIDE_CAP},
        "restored": sum(restored.values()),
        "opened": of_all.opened,
        "upheld": of_all.upheld,
    }
    return MonthFigures(rows)


def changes_between(before: MonthFigures, now: MonthFigures) -> list[ChangedNumber]:
    """The numbers that are others, by authority and column; an authority that is not there has
    none.
    """
    changes = []
    for office in [*in_order((before.rows.keys() | now.rows.keys()) - {WHOLE}), WHOLE]:
        for column in COLUMNS:
            numbers = [figures.rows.get(office, {}).get(column, 0) for figures in (before, now)]
            if numbers[0] != numbers[1]:
                changes.append(ChangedNumber(office, column, *numbers))
    return changes


def _visits(counted: OfficeVisits | None) -> dict[str, int]:
    if counted is None:
        return dict.fromkeys((*TIMES, "visits", "joint"), 0)
    by_times = {str(times): count for times, count in counted.enterprises.items()}
    return {**by_times, "visits": counted.visits, "joint": counted.joint}


def _restored(connection: Connection, filters: FigureFilters) -> Counter[str]:
    """Restored records of the month by authority."""
    query = (
        select(RestoredRecord.office, func.count())
        .where(
            RestoredRecord.day.between(filters.first_day, filters.last_day),
            filters.of_departments(RestoredRecord.area, RestoredRecord.office),
        )
        .group_by(RestoredRecord.office)
    )
    return Counter({office: int(count) for office, count in connection.execute(query)})
