"""How often enterprises were visited, by authority, and who was visited more often than the rules
allow in a year.

A visit is a day on which an authority was at an enterprise, whatever it looked at there; where
several authorities came together it is one visit of the enterprise. The yearly cap of
``supervision`` is that of the grade in the field, and counts the visits of one authority in it:
drawn ones, planned ones and campaigns, and those of which nobody said why. Outside of it are the
others: complaints, referrals, alarms and requests (``triggered``), and re-checks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select
from sqlalchemy.orm import aliased

from scoring.administration.figures.filters import FigureFilters, in_order
from scoring.policy.language.schema import Policy
from scoring.store.standing.taking_effect import IN_EFFECT
from scoring.store.tables.orm import Assessment
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_figures import Visit

OUTSIDE_CAP = ("triggered", "followup")
"""Occasions of visits that no cap limits, each a ground of its own."""
MOST_COUNTED = 4
"""Visits from which on enterprises are counted together."""
EVERYBODY = None
"""The office of the counts over all authorities."""


@dataclass(frozen=True)
class OfficeVisits:
    """The visits of one authority, or of all.

    Attributes:
        enterprises: Enterprises by number of visits, those with ``MOST_COUNTED`` or more together.
        visits: Visits in all.
        joint: Those of them at which another authority was too.
        over_cap: Enterprises that it visited more often than the cap allows.
    """

    enterprises: Mapping[int, int]
    visits: int
    joint: int
    over_cap: int


@dataclass(frozen=True)
class OverCap:
    """An enterprise that an authority visited in a field more often than the cap of its grade
    there allows.

    ``field`` is empty where the records name none, ``band`` is then that of the whole result.
    """

    enterprise_id: str
    name: str | None
    office: str
    field: str
    visits: int
    cap: int
    band: str


@dataclass(frozen=True)
class VisitCounts:
    """Visits in a period.

    Attributes:
        by_office: By authority in the order of codes.
        whole: Of all authorities: a day with several of them is one visit.
        over_cap: Who was visited too often in the year up to the end of the period, by code.
        year: That year.
    """

    by_office: Mapping[str, OfficeVisits]
    whole: OfficeVisits
    over_cap: Sequence[OverCap]
    year: int


def visit_counts(
    connection: Connection, policy: Policy, filters: FigureFilters, since: date | None = None
) -> VisitCounts:
    """Counts visits.

    Args:
        connection: A reading one.
        policy: The policy, whose caps hold.
        filters: Where, in which field and until when.
        since: First day that is counted, that of the year by default; the cap always holds for
            the year.
    """
    end = filters.last_day
    first = since or date(end.year, 1, 1)
    over = over_the_cap(connection, policy, filters)
    by_office: dict[str, Counter[int]] = {}
    for office, visits, enterprises in connection.execute(_spread(filters, first, by_office=True)):
        by_office.setdefault(office, Counter())[int(visits)] += int(enterprises)
    whole = Counter[int]()
    for visits, enterprises in connection.execute(_spread(filters, first, by_office=False)):
        whole[int(visits)] += int(enterprises)
    joint = _joint(connection, filters, first)
    # An enterprise may be over the cap of one authority in several fields.
    pairs = {(one.office, one.enterprise_id) for one in over}
    over_by_office = Counter(office for office, _ in pairs)
    offices = {
        office: _office(by_office[office], joint[office], over_by_office[office])
        for office in in_order(by_office)
    }
    of_all = _office(whole, joint[EVERYBODY], len({one.enterprise_id for one in over}))
    return VisitCounts(offices, of_all, over, end.year)


def _office(spread: Mapping[int, int], joint: int, over_cap: int) -> OfficeVisits:
    grouped = {number: spread.get(number, 0) for number in range(1, MOST_COUNTED)}
    grouped[MOST_COUNTED] = sum(count for number, count in spread.items() if number >= MOST_COUNTED)
    visits = sum(number * count for number, count in spread.items())
    return OfficeVisits(grouped, visits, joint, over_cap)


def counted_visits(filters: FigureFilters, since: date, until: date) -> list[ColumnElement[bool]]:
    """What must hold of a visit that is counted: when, where, whose, and that no court hides it
    on the day.
    """
    masked = and_(
        Visit.masked_from.is_not(None),
        Visit.masked_from <= filters.day,
        Visit.masked_until.is_(None) | (Visit.masked_until > filters.day),
    )
    tests = [
        # The index begins with the year.
        Visit.year.in_(range(since.year, until.year + 1)),
        Visit.day.between(since, until),
        filters.of_departments(Visit.area, Visit.office),
        ~func.coalesce(masked, False),
    ]
    return [*tests, Visit.field == filters.field] if filters.field else tests


def _days(filters: FigureFilters, since: date, *columns: Any) -> Select[Any]:
    """Each visit once, by some columns."""
    tests = counted_visits(filters, since, filters.last_day)
    return select(*columns, Visit.enterprise_id, Visit.day).where(*tests).distinct()


def _spread(filters: FigureFilters, since: date, *, by_office: bool) -> Select[Any]:
    """Enterprises by number of visits, of each authority or in all."""
    once = _days(filters, since, *([Visit.office] if by_office else [])).subquery()
    by = [once.c.office] if by_office else []
    counted = select(*by, func.count().label("visits")).select_from(once)
    visited = counted.group_by(*by, once.c.enterprise_id).subquery()
    outer = [visited.c.office] if by_office else []
    return select(*outer, visited.c.visits, func.count()).group_by(*outer, visited.c.visits)


def _joint(connection: Connection, filters: FigureFilters, since: date) -> Counter[str | None]:
    """Joint visits by authority, and in all."""
    rows = connection.execute(_days(filters, since, Visit.office).where(Visit.joint)).all()
    joint = Counter[str | None](row.office for row in rows)
    joint[EVERYBODY] = len({(row.enterprise_id, row.day) for row in rows})
    return joint


def over_the_cap(connection: Connection, policy: Policy, filters: FigureFilters) -> list[OverCap]:
    """Who was visited more often in the year up to the end of the period than the rules allow, by
    code.
    """
    caps = {band: one.annual_cap for band, one in policy.supervision.items() if one.annual_cap is not None}
    if not caps:
        return []
    until = filters.last_day
    tests = counted_visits(filters, date(until.year, 1, 1), until)
    once = (
        select(Visit.office, Visit.enterprise_id, Visit.field, Visit.day)
        .where(*tests, Visit.occasion.not_in(OUTSIDE_CAP))
        .distinct()
        .subquery()
    )
    often = (
        select(once.c.office, once.c.enterprise_id, once.c.field, func.count().label("visits"))
        .group_by(once.c.office, once.c.enterprise_id, once.c.field)
        .having(func.count() > min(caps.values()))
        .subquery()
    )
    rows = connection.execute(_with_grade(often, policy.id, until)).all()
    return [one for row in rows if (one := _over(row, caps)) is not None]


def _with_grade(often: Any, policy_id: str, until: date) -> Select[Any]:
    """The rows with the result that was in effect at the end of the period."""
    earlier, result = aliased(Assessment), aliased(Assessment)
    latest = (
        select(func.max(earlier.number))
        .where(
            earlier.enterprise_id == often.c.enterprise_id,
            earlier.policy_id == policy_id,
            earlier.state == IN_EFFECT,
            earlier.as_of <= until,
        )
        .scalar_subquery()
    )
    return (
        select(often, result.band, result.fields, DirectoryEntry.name)
        .select_from(often)
        .join(result, result.number == latest)
        .outerjoin(DirectoryEntry, DirectoryEntry.enterprise_id == often.c.enterprise_id)
        .order_by(often.c.enterprise_id, often.c.office, often.c.field)
    )


def _over(row: Any, caps: Mapping[str, int]) -> OverCap | None:
    """Whether the visits of a row are more than its grade allows; who is not rated has no cap."""
    bands = {field: band for field, _points, band in json.loads(row.fields or "[]")}
    band = bands.get(row.field, row.band)
    cap = caps.get(band) if band else None
    if cap is None or row.visits <= cap:
        return None
    return OverCap(row.enterprise_id, row.name, row.office, row.field, int(row.visits), cap, band)


def outside_cap(connection: Connection, filters: FigureFilters, since: date) -> dict[str, Counter[str]]:
    """Visits that no cap limits: ground -> authority -> visits from a day to the end of the
    period.
    """
    once = _days(filters, since, Visit.office, Visit.occasion).where(Visit.occasion.in_(OUTSIDE_CAP))
    rows: Iterable[Any] = connection.execute(once)
    grounds: dict[str, Counter[str]] = {ground: Counter() for ground in OUTSIDE_CAP}
    for row in rows:
        grounds[row.occasion][row.office] += 1
    return grounds
