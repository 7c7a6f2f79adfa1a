"""How many enterprises were visited how often in a year, and who more than once: kept, so that no page counts visits.

A visit is a day on which an authority was at an enterprise, whatever it looked at there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, text

from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm_figures import OftenVisited, VisitSpread

ALL_OFFICES = "*"
"""Of the counts of all authorities: a day on which several came is one visit."""
ALL_FIELDS = ""
OUTSIDE_CAP = ("triggered", "followup")
"""Occasions of visits that no yearly cap limits, each a ground of its own."""
ADD = """
INSERT INTO visit_spread (year, area, office, field, visits, enterprises, joint)
VALUES (:year, :area, :office, :field, :visits, :enterprises, :joint)
ON CONFLICT (year, area, office, field, visits) DO UPDATE
SET enterprises = visit_spread.enterprises + excluded.enterprises, joint = visit_spread.joint + excluded.joint
"""


class _SpreadCell(NamedTuple):
    """What enterprises are counted by: ``visits`` is how often each of them was visited."""

    year: int
    area: str
    office: str
    field: str
    visits: int


class _VisitPlace(NamedTuple):
    """Of whose visits, in which year and field."""

    year: int
    area: str
    office: str
    field: str


Spread = Mapping[_SpreadCell, tuple[int, int]]
"""Cell -> enterprises, and their joint visits."""


def spread_of(visits: Iterable[Mapping[str, Any]]) -> Spread:
    """Counts the enterprises of some visits by how often they were visited; all visits of each are given."""
    enterprises, joint = Counter[_SpreadCell](), Counter[_SpreadCell]()
    for rows in _by_enterprise(visits).values():
        days: dict[_VisitPlace, dict[date, bool]] = defaultdict(dict)
        for row in rows:
            for place in _places(row):
                days[place][row["day"]] = days[place].get(row["day"], False) or row["joint"]
        for place, is_joint in days.items():
            cell = _SpreadCell(*place, len(is_joint))
            enterprises[cell] += 1
            joint[cell] += sum(is_joint.values())
    return {cell: (enterprises[cell], joint[cell]) for cell in enterprises}


def often_visited(visits: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Whom an authority visited in a field more than once in a year, by what counts towards the cap."""
    rows: list[dict[str, Any]] = []
    for enterprise_id, mine in _by_enterprise(visits).items():
        days: dict[tuple[int, str, str], set[date]] = defaultdict(set)
        for visit in mine:
            if visit["occasion"] not in OUTSIDE_CAP:
                days[visit["year"], visit["office"], visit["field"]].add(visit["day"])
        for (year, office, field), visited_on in days.items():
            if len(visited_on) > 1:
                place = {"year": year, "office": office, "field": field, "area": mine[0]["area"]}
                rows.append({**place, "enterprise_id": enterprise_id, "visits": len(visited_on)})
    return rows


def put_spread(
    writing: Connection,
    ids: Sequence[str],
    before: Iterable[Mapping[str, Any]],
    now: Sequence[Mapping[str, Any]],
) -> None:
    """Takes enterprises out of the counts with the visits that they had, and in with those that they have now.

    Args:
        writing: A writing connection.
        ids: The enterprises.
        before: All their visits so far.
        now: All their visits now.
    """
    former, present = spread_of(before), spread_of(now)
    changes = []
    for cell in sorted(former.keys() | present.keys()):
        (fewer, fewer_joint), (more, more_joint) = former.get(cell, (0, 0)), present.get(cell, (0, 0))
        if (fewer, fewer_joint) != (more, more_joint):
            change = {"enterprises": more - fewer, "joint": more_joint - fewer_joint}
            changes.append({**cell._asdict(), **change})
    if changes:
        writing.execute(text(ADD), changes)
        writing.execute(delete(VisitSpread).where(VisitSpread.enterprises == 0))
    for some in in_parts(ids):
        writing.execute(delete(OftenVisited).where(OftenVisited.enterprise_id.in_(some)))
    if often := often_visited(now):
        writing.execute(insert(OftenVisited), often)


def _by_enterprise(visits: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    by_enterprise: dict[str, list[Mapping[str, Any]]] = {}
    for visit in visits:
        by_enterprise.setdefault(visit["enterprise_id"], []).append(visit)
    return by_enterprise


def _places(visit: Mapping[str, Any]) -> Iterator[_VisitPlace]:
    """Where a visit is counted: with its authority and with all, in its field and in all."""
    year, area = visit["year"], visit["area"] or ""
    # A record without a field counts in all fields alone.
    for field in dict.fromkeys((ALL_FIELDS, visit["field"])):
        yield _VisitPlace(year, area, visit["office"], field)
        yield _VisitPlace(year, area, ALL_OFFICES, field)
