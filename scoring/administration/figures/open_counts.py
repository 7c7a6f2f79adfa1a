"""How many enterprises stood in which colour at the end of each month, as everybody may know it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from scoring.administration.figures.colours_over_time import NOT_RATED
from scoring.administration.results.small_cells import hidden_cells
from scoring.explain.words.grades import legend
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.colour_counts import WHOLE
from scoring.store.tables.orm_figures import ColourMonth

MOST_SHOWN = 36
"""Months that are shown, the newest first."""


@dataclass(frozen=True)
class OpenMonth:
    """One month.

    Attributes:
        month: ``YYYY-MM``.
        counts: Band -> enterprises, ``NOT_RATED`` among them; ``None``: so few that it is not told.
        total: All of them; ``None`` where a count is not told.
    """

    month: str
    counts: Mapping[str, int | None]
    total: int | None


def open_counts(connection: Connection, version: ResolvedPolicy) -> list[OpenMonth]:
    """The months of a store under a policy, the newest first; small counts and what would give them away are left out.

    Args:
        connection: A reading one.
        version: The policy.
    """
    query = (
        select(ColourMonth.month, ColourMonth.band, func.sum(ColourMonth.enterprises))
        .where(ColourMonth.policy_id == version.policy.id, ColourMonth.field == WHOLE)
        .group_by(ColourMonth.month, ColourMonth.band)
    )
    months: dict[str, Counter[str]] = {}
    for month, band, count in connection.execute(query):
        months.setdefault(month, Counter())[band] += int(count)
    newest = sorted(months, reverse=True)[:MOST_SHOWN]
    bands = [*(band.id for band in legend(version.policy)), NOT_RATED]
    return [_open(month, months[month], bands) for month in newest]


def _open(month: str, counted: Mapping[str, int], bands: Sequence[str]) -> OpenMonth:
    # A band with nobody is a count too: that nobody is there tells of everybody.
    counts = {band: counted.get(band, 0) for band in bands}
    cells: dict[tuple[Hashable, ...], int] = {(band,): count for band, count in counts.items()}
    hidden = hidden_cells(cells)
    shown = {band: None if (band,) in hidden else count for band, count in counts.items()}
    return OpenMonth(month, shown, None if hidden else sum(counts.values()))
