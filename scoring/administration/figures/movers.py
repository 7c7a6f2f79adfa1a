"""Who rose and who fell in a period: from the first colour in it to the last, by number of bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CTE, Connection, case, func, null, select, union_all
from sqlalchemy.orm import aliased

from scoring.administration.figures.filters import FigureFilters
from scoring.policy.language.schema import Policy
from scoring.store.tables.orm import Assessment
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_figures import ColourMove

PAGE_MOVERS = 20
"""Movers of one page."""


@dataclass(frozen=True)
class Mover:
    """An enterprise whose colour at the end of a period is another one than at its beginning.

    ``steps`` is by how many bands it rose; below zero it fell.
    """

    enterprise_id: str
    name: str | None
    before: str
    after: str
    steps: int


@dataclass(frozen=True)
class Movers:
    """How many moved by how many bands, and one page of them.

    Attributes:
        counts: Enterprises by steps, from the greatest rise to the greatest fall; all steps that
            there can be.
        steps: The steps that the page is of; ``None``: all.
        total: How many the pages hold.
        page: One page, by number of bands and then by code.
    """

    counts: Mapping[int, int]
    steps: int | None
    total: int
    page: Sequence[Mover]


def movers(
    connection: Connection,
    policy: Policy,
    filters: FigureFilters,
    steps: int | None = None,
    offset: int = 0,
) -> Movers:
    """Who moved in the period of a filter; who was or became not rated did neither.

    With a field only those count who are active in it with the result at the end.

    Args:
        connection: A reading one.
        policy: The policy, whose bands are in order.
        filters: Where, in which field and period.
        steps: The number of bands that the page is of.
        offset: Movers to skip.
    """
    moved = _moved(policy, filters).cte("moved")
    by_steps: dict[int, int] = {}
    placed: dict[int, Mover] = {}
    # Counts and page in one question, so that the moves of the period are looked at once.
    for row in connection.execute(union_all(_counted(moved), _paged(moved, steps, offset))):
        if row.enterprise_id is None:
            by_steps[int(row.steps)] = int(row.place)
        else:
            placed[row.place] = Mover(row.enterprise_id, None, row.before, row.after, int(row.steps))
    most = len(policy.bands) - 1
    counts = {by: by_steps.get(by, 0) for by in range(most, -most - 1, -1) if by}
    total = sum(counts.values()) if steps is None else counts.get(steps, 0)
    return Movers(counts, steps, total, _named(connection, [placed[place] for place in sorted(placed)]))


def _counted(moved: CTE) -> Any:
    """How many moved by how many bands."""
    nobody = null().label("enterprise_id")
    return select(
        nobody, null().label("before"), null().label("after"), moved.c.steps, func.count().label("place")
    ).group_by(moved.c.steps)


def _paged(moved: CTE, steps: int | None, offset: int) -> Any:
    """One page of movers, who moved farthest first."""
    order = (func.abs(moved.c.steps).desc(), moved.c.enterprise_id)
    place = func.row_number().over(order_by=order).label("place")
    columns = (moved.c.enterprise_id, moved.c.before, moved.c.after, moved.c.steps)
    query = select(*columns, place).order_by(*order).limit(PAGE_MOVERS).offset(offset)
    if steps is not None:
        query = query.where(moved.c.steps == steps)
    return select(query.subquery())


def _named(connection: Connection, page: Sequence[Mover]) -> list[Mover]:
    """Movers with the names of their enterprises."""
    ids = [mover.enterprise_id for mover in page]
    query = select(DirectoryEntry.enterprise_id, DirectoryEntry.name)
    rows = connection.execute(query.where(DirectoryEntry.enterprise_id.in_(ids)))
    names = {row.enterprise_id: row.name for row in rows}
    return [replace(mover, name=names.get(mover.enterprise_id)) for mover in page]


def _moved(policy: Policy, filters: FigureFilters) -> Any:
    """Enterprise, first and last band of everybody who moved."""
    move = ColourMove
    # The first band: what it had before its first move, or got by it where it was not rated before.
    first_key = func.min(
        case(
            (move.before.is_not(None), move.number * 2),
            (move.after.is_not(None), move.number * 2 + 1),
        )
    )
    span = (
        select(move.enterprise_id, first_key.label("first_key"), func.max(move.number).label("last"))
        .where(move.policy_id == policy.id, move.as_of.between(filters.first_day, filters.last_day))
        .group_by(move.enterprise_id)
        .subquery()
    )
    first, last = aliased(ColourMove), aliased(ColourMove)
    before = case((span.c.first_key % 2 == 0, first.before), else_=first.after)
    rank = {band.id: number for number, band in enumerate(policy.bands, start=1)}
    steps = case(rank, value=before) - case(rank, value=last.after)
    query = (
        select(
            span.c.enterprise_id,
            before.label("before"),
            last.after.label("after"),
            steps.label("steps"),
        )
        .select_from(span)
        .join(first, first.number == span.c.first_key // 2)
        .join(last, last.number == span.c.last)
        .where(steps != 0)
    )
    if not filters.is_everywhere:
        # A look at the directory for each: only where the area is in question.
        place = DirectoryEntry.enterprise_id == span.c.enterprise_id
        query = query.join(DirectoryEntry, place).where(filters.in_area(DirectoryEntry.area))
    if filters.field:
        # ``fields`` is JSON: [field, points, band] of each one.
        is_active = Assessment.fields.contains(f'["{filters.field}",', autoescape=True)
        query = query.join(Assessment, Assessment.number == span.c.last).where(is_active)
    return query
