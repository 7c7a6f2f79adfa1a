"""How many enterprises stood in which colour at the end of each month: in all, by area and by
field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.figures.filters import FigureFilters, in_order, shown_area
from scoring.store.standing.colour_counts import WHOLE
from scoring.store.tables.orm_figures import ColourMonth

NOT_RATED = ""
"""The band of who has none."""
Bands = Mapping[str, int]
"""Enterprises by band, ``NOT_RATED`` among them."""


@dataclass(frozen=True)
class ColoursOverTime:
    """Enterprises by band at the end of each month.

    Attributes:
        months: The months of the period in which somebody scored.
        whole: Month -> bands, in all or in the field that was asked for.
        by_area: Area -> month -> bands, areas in the order of their codes.
        by_field: Field -> month -> bands, fields in the order of their codes; those alone that
            may be seen.
    """

    months: Sequence[str]
    whole: Mapping[str, Bands]
    by_area: Mapping[str, Mapping[str, Bands]]
    by_field: Mapping[str, Mapping[str, Bands]]

    @property
    def last_month(self) -> str | None:
        """The last month with a count."""
        return self.months[-1] if self.months else None


def colours_over_time(connection: Connection, policy_id: str, filters: FigureFilters) -> ColoursOverTime:
    """Counts from what each month's last batch left.

    Args:
        connection: A reading one.
        policy_id: The policy.
        filters: Where, in which field and period.
    """
    area = ColourMonth.area
    of_all = select(area, *_COUNTED).where(filters.in_area(area), ColourMonth.field == WHOLE)
    in_field = select(area, *_COUNTED).where(
        filters.in_fields(area, ColourMonth.field), ColourMonth.field == filters.field
    )
    by_field = select(ColourMonth.field, *_COUNTED).where(
        filters.in_fields(area, ColourMonth.field), ColourMonth.field != WHOLE
    )
    rows = _rows(connection, policy_id, filters, in_field if filters.field else of_all, area)
    whole: dict[str, Counter[str]] = {}
    areas: list[tuple[str, str, str, int]] = []
    for place, month, band, count in rows:
        whole.setdefault(month, Counter())[band] += count
        areas.append((shown_area(place, filters.area), month, band, count))
    fields = _rows(connection, policy_id, filters, by_field, ColourMonth.field)
    return ColoursOverTime(sorted(whole), whole, _by_code(areas), _by_code(fields))


_COUNTED = (ColourMonth.month, ColourMonth.band, func.sum(ColourMonth.enterprises))


def _rows(
    connection: Connection, policy_id: str, filters: FigureFilters, query: Any, by: Any
) -> list[tuple[str, str, str, int]]:
    """Rows of a code, a month, a band and how many."""
    in_period = ColourMonth.month.between(filters.start, filters.end)
    query = query.where(ColourMonth.policy_id == policy_id, in_period)
    counted = connection.execute(query.group_by(by, ColourMonth.month, ColourMonth.band))
    return [(code, month, band, int(count)) for code, month, band, count in counted]


def _by_code(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, dict[str, Counter[str]]]:
    """Code -> month -> bands, in the order of the codes."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for code, month, band, count in rows:
        counts.setdefault(code, {}).setdefault(month, Counter())[band] += count
    return {code: counts[code] for code in in_order(counts)}
