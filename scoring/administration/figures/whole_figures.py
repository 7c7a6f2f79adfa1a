"""The five figures together, as a page, its twin and a test ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from scoring.administration.figures.colours_over_time import ColoursOverTime, colours_over_time
from scoring.administration.figures.filters import FigureFilters
from scoring.administration.figures.movers import PAGE_MOVERS, Movers, movers
from scoring.administration.figures.objection_counts import OfficeObjections, objection_counts
from scoring.administration.figures.overdue_clocks import OverdueClocks, overdue_clocks
from scoring.administration.figures.visit_counts import (
    OverCap,
    VisitCounts,
    visits_of_year,
    with_names,
)
from scoring.policy.resolved import ResolvedPolicy


@dataclass(frozen=True)
class Page:
    """Rows that are skipped of each list."""

    movers: int = 0
    over_cap: int = 0
    clocks: int = 0


@dataclass(frozen=True)
class Figures:
    """The five figures, with what was asked.

    Attributes:
        filters: What was asked.
        colours: Enterprises by colour, month, area and field.
        movers: Who rose and who fell.
        visits: Visits of enterprises by authority, and who was visited too often.
        over_cap: One page of who was visited too often, with names.
        clocks: Cases that are overdue today.
        objections: Objections by authority.
        page: Rows that are skipped of each list.
    """

    filters: FigureFilters
    colours: ColoursOverTime
    movers: Movers
    visits: VisitCounts
    over_cap: Sequence[OverCap]
    clocks: OverdueClocks
    objections: Mapping[str, OfficeObjections]
    page: Page


def figures_of(
    connection: Connection,
    version: ResolvedPolicy,
    filters: FigureFilters,
    steps: int | None = None,
    page: Page | None = None,
) -> Figures:
    """All five figures under one policy, from one state of the store.

    Args:
        connection: A reading one.
        version: The policy that the store shows.
        filters: Whose, where, in which field and period.
        steps: The number of bands of the movers that are listed; all by default.
        page: Rows to skip.
    """
    skipped = page or Page()
    visits = visits_of_year(connection, version.policy, filters)
    over = visits.over_cap[skipped.over_cap : skipped.over_cap + PAGE_MOVERS]
    return Figures(
        filters=filters,
        colours=colours_over_time(connection, version.policy.id, filters),
        movers=movers(connection, version.policy, filters, steps, skipped.movers),
        visits=visits,
        over_cap=with_names(connection, over),
        clocks=overdue_clocks(connection, version, filters),
        objections=objection_counts(connection, filters),
        page=skipped,
    )
