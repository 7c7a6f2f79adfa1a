"""How often enterprises were visited in a year, by authority, and who more often than the rules allow.

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
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from scoring.administration.figures.counted_visits import counted_in, days_of, joint_in, spread_in
from scoring.administration.figures.filters import FigureFilters, in_order
from scoring.policy.language.schema import Policy
from scoring.store.facts.visit_spread import ALL_FIELDS, ALL_OFFICES, OUTSIDE_CAP
from scoring.store.standing.taking_effect import IN_EFFECT
from scoring.store.tables.orm import Assessment
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_figures import OftenVisited, Visit, VisitSpread

MOST_COUNTED = 4
"""Visits from which on enterprises are counted together."""


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
    """An enterprise that an authority visited in a field more often than its cap there allows.

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
    """Visits of a year, or of a part of it.

    Attributes:
        by_office: By authority in the order of codes.
        whole: Of all authorities: a day with several of them is one visit.
        over_cap: Who was visited too often in the year, by code.
        year: That year.
    """

    by_office: Mapping[str, OfficeVisits]
    whole: OfficeVisits
    over_cap: Sequence[OverCap]
    year: int


def visits_of_year(connection: Connection, policy: Policy, filters: FigureFilters) -> VisitCounts:
    """The visits of the year in which the period of a filter ends, as they are kept counted.

    Args:
        connection: A reading one.
        policy: The policy, whose caps hold.
        filters: Where and in which field.
    """
    year, field = filters.last_day.year, filters.field or ALL_FIELDS
    mine = (VisitSpread.year == year, VisitSpread.field == field)
    counted = (VisitSpread.visits, func.sum(VisitSpread.enterprises), func.sum(VisitSpread.joint))
    by_office = (
        select(VisitSpread.office, *counted)
        .where(
            *mine,
            VisitSpread.office != ALL_OFFICES,
            filters.of_departments(VisitSpread.area, VisitSpread.office),
        )
        .group_by(VisitSpread.office, VisitSpread.visits)
    )
    spread, joint = dict[str, Counter[int]](), Counter[str]()
    for office, visits, enterprises, joint_visits in connection.execute(by_office):
        spread.setdefault(office, Counter())[int(visits)] += int(enterprises)
        joint[office] += int(joint_visits)
    if all(grant.departments is None for grant in filters.grants):
        of_all = (
            select(VisitSpread.office, *counted)
            .where(*mine, VisitSpread.office == ALL_OFFICES, filters.in_area(VisitSpread.area))
            .group_by(VisitSpread.office, VisitSpread.visits)
        )
        rows = connection.execute(of_all).all()
        whole = Counter({int(row[1]): int(row[2]) for row in rows})
        together = sum(int(row[3]) for row in rows)
    else:
        # What several departments have together depends on which of them one may see.
        since, until = date(year, 1, 1), date(year, 12, 31)
        whole = spread_in(connection, filters, since, until)
        together = joint_in(connection, filters, since, until)[ALL_OFFICES]
    often = select(OftenVisited.office, OftenVisited.enterprise_id, OftenVisited.field, OftenVisited.visits)
    often = often.where(
        OftenVisited.year == year, filters.of_departments(OftenVisited.area, OftenVisited.office)
    )
    if filters.field:
        often = often.where(OftenVisited.field == filters.field)
    over = _over_the_cap(connection, policy, often, date(year, 12, 31))
    if _least_cap(policy) == 0:
        # Once is too often: those visited once are not kept.
        over = over_the_cap(connection, policy, filters, date(year, 12, 31))
    return _counts(spread, whole, joint + Counter({ALL_OFFICES: together}), over, year)


def visits_of_period(
    connection: Connection, policy: Policy, filters: FigureFilters, since: date
) -> VisitCounts:
    """The visits from a day to the end of the period of a filter, counted from the visits themselves.

    The cap holds for the year up to that end.

    Args:
        connection: A reading one.
        policy: The policy, whose caps hold.
        filters: Where, in which field and until when.
        since: First day.
    """
    until = filters.last_day
    spread: dict[str, Counter[int]] = {}
    for office, visits, enterprises in connection.execute(counted_in(filters, since, until)):
        spread.setdefault(office, Counter())[int(visits)] += int(enterprises)
    whole = spread_in(connection, filters, since, until)
    joint = joint_in(connection, filters, since, until)
    over = over_the_cap(connection, policy, filters, until)
    return _counts(spread, whole, joint, over, until.year)


def over_the_cap(
    connection: Connection, policy: Policy, filters: FigureFilters, until: date
) -> list[OverCap]:
    """Who was visited more often from New Year to a day than the rules allow, by code."""
    least = _least_cap(policy)
    if least is None:
        return []
    days = days_of(filters, date(until.year, 1, 1), until, Visit.office, Visit.field)
    once = days.where(Visit.occasion.not_in(OUTSIDE_CAP)).subquery()
    by = (once.c.office, once.c.enterprise_id, once.c.field)
    often = select(*by, func.count().label("visits")).group_by(*by).having(func.count() > least)
    return _over_the_cap(connection, policy, often, until)


def outside_cap(connection: Connection, filters: FigureFilters, since: date) -> dict[str, Counter[str]]:
    """Visits that no cap limits: ground -> authority -> visits from a day to the period's end."""
    days = days_of(filters, since, filters.last_day, Visit.office, Visit.occasion)
    rows: Iterable[Any] = connection.execute(days.where(Visit.occasion.in_(OUTSIDE_CAP)))
    grounds: dict[str, Counter[str]] = {ground: Counter() for ground in OUTSIDE_CAP}
    for row in rows:
        grounds[row.occasion][row.office] += 1
    return grounds


def _counts(
    spread: Mapping[str, Mapping[int, int]],
    whole: Mapping[int, int],
    joint: Mapping[str, int],
    over: Sequence[OverCap],
    year: int,
) -> VisitCounts:
    # An enterprise may be over the cap of one authority in several fields.
    pairs = {(one.office, one.enterprise_id) for one in over}
    over_by_office = Counter(office for office, _ in pairs)
    by_office = {}
    for office in in_order(spread):
        by_office[office] = _office(spread[office], joint.get(office, 0), over_by_office[office])
    over_in_all = len({one.enterprise_id for one in over})
    of_all = _office(whole, joint.get(ALL_OFFICES, 0), over_in_all)
    return VisitCounts(by_office, of_all, over, year)


def _office(spread: Mapping[int, int], joint: int, over_cap: int) -> OfficeVisits:
    grouped = {number: spread.get(number, 0) for number in range(1, MOST_COUNTED)}
    grouped[MOST_COUNTED] = sum(count for number, count in spread.items() if number >= MOST_COUNTED)
    visits = sum(number * count for number, count in spread.items())
    return OfficeVisits(grouped, visits, joint, over_cap)


def _caps(policy: Policy) -> dict[str, int]:
    """The yearly cap of each band that has one."""
    capped = ((band, one.annual_cap) for band, one in policy.supervision.items())
    return {band: cap for band, cap in capped if cap is not None}


def _least_cap(policy: Policy) -> int | None:
    return min(_caps(policy).values(), default=None)


def _over_the_cap(connection: Connection, policy: Policy, often: Any, until: date) -> list[OverCap]:
    """Of whom was visited often those with more visits than their grade then allows."""
    caps = _caps(policy)
    if not caps:
        return []
    rows = connection.execute(_with_grade(often.subquery(), policy.id, until, min(caps.values())))
    # Most enterprises have the same few grades by field.
    known: dict[str, Mapping[str, str]] = {}
    over = []
    for office, enterprise_id, field, visits, whole, in_fields in rows:
        bands = known.get(in_fields)
        if bands is None:
            bands = known[in_fields] = {row[0]: row[2] for row in json.loads(in_fields or "[]")}
        band = bands.get(field, whole)
        # Who is not rated has no cap.
        cap = caps.get(band)
        if cap is not None and visits > cap:
            over.append(OverCap(enterprise_id, None, office, field, int(visits), cap, band))
    return sorted(over, key=attrgetter("enterprise_id", "office", "field"))


def _with_grade(often: Any, policy_id: str, until: date, least: int) -> Any:
    """The rows with the result that was in effect at the end of the period."""
    result, earlier = aliased(Assessment), aliased(Assessment)
    columns = (often.c.office, often.c.enterprise_id, often.c.field, often.c.visits)
    query = select(*columns, result.band, result.fields).select_from(often)
    stood = (
        select(func.max(earlier.number))
        .where(
            earlier.enterprise_id == often.c.enterprise_id,
            earlier.policy_id == policy_id,
            earlier.state == IN_EFFECT,
            earlier.as_of <= until,
        )
        .scalar_subquery()
    )
    return query.join(result, result.number == stood).where(often.c.visits > least)


def with_names(connection: Connection, over: Sequence[OverCap]) -> list[OverCap]:
    """Some of those over the cap with the names of the enterprises."""
    ids = [one.enterprise_id for one in over]
    query = select(DirectoryEntry.enterprise_id, DirectoryEntry.name)
    rows = connection.execute(query.where(DirectoryEntry.enterprise_id.in_(ids)))
    names = {row.enterprise_id: row.name for row in rows}
    return [replace(one, name=names.get(one.enterprise_id)) for one in over]
