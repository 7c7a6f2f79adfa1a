"""Visits counted from the visits themselves, for any days: what is kept counted holds for whole years alone."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.figures.filters import FigureFilters
from scoring.store.facts.visit_spread import ALL_OFFICES
from scoring.store.tables.orm_figures import Visit


def days_of(filters: FigureFilters, since: date, until: date, *columns: Any) -> Any:
    """Each visit of some days once, by some columns and the enterprise."""
    tests = [
        # The index begins with the year.
        Visit.year.in_(range(since.year, until.year + 1)),
        Visit.day.between(since, until),
        filters.of_departments(Visit.area, Visit.office),
    ]
    if filters.field:
        tests.append(Visit.field == filters.field)
    return select(*columns, Visit.enterprise_id, Visit.day).where(*tests).distinct()


def counted_in(filters: FigureFilters, since: date, until: date) -> Any:
    """Authority, number of visits, and how many enterprises it visited so often."""
    once = days_of(filters, since, until, Visit.office).subquery()
    counted = select(once.c.office, func.count().label("visits")).select_from(once)
    visited = counted.group_by(once.c.office, once.c.enterprise_id).subquery()
    by = (visited.c.office, visited.c.visits)
    return select(*by, func.count()).group_by(*by)


def spread_in(connection: Connection, filters: FigureFilters, since: date, until: date) -> Counter[int]:
    """Enterprises by number of visits of all authorities that may be seen."""
    once = days_of(filters, since, until).subquery()
    counted = select(func.count().label("visits")).select_from(once)
    visited = counted.group_by(once.c.enterprise_id).subquery()
    rows = connection.execute(select(visited.c.visits, func.count()).group_by(visited.c.visits))
    return Counter({int(visits): int(enterprises) for visits, enterprises in rows})


def joint_in(connection: Connection, filters: FigureFilters, since: date, until: date) -> Counter[str]:
    """Joint visits by authority, and as ``ALL_OFFICES`` those of all together."""
    joint_days = days_of(filters, since, until, Visit.office).where(Visit.joint)
    rows = connection.execute(joint_days).all()
    joint = Counter(str(row.office) for row in rows)
    joint[ALL_OFFICES] = len({(row.enterprise_id, row.day) for row in rows})
    return joint
