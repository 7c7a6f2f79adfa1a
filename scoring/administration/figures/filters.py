"""What figures are asked about: by whom, where, in which field and period; each is a condition of
the query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from scoring.administration.figures.calendar_months import first_day, last_day, months_from
from scoring.administration.identity.scope import fields_of, holds, lies_in
from scoring.entities.areas import DIVISION, area_name, areas, prefix_of
from scoring.entities.authorities import register
from scoring.rules.wording import LANGUAGES, both
from scoring.store.people.grants import Grant

MOST_MONTHS = 36
"""Months of the longest period."""


@dataclass(frozen=True)
class FigureFilters:
    """What figures are about; every one of them is a condition of the query, none is asked
    afterwards.

    Attributes:
        grants: The grants of who asks: what they do not hold is not counted.
        start: First month.
        end: Last month.
        day: The day on which it is asked.
        area: An area with all that lies in it; everything that the grants hold by default.
        field: A field of supervision; all by default.
    """

    grants: Sequence[Grant]
    start: str
    end: str
    day: date
    area: str | None = None
    field: str | None = None

    @property
    def first_day(self) -> date:
        """First day of the period."""
        return first_day(self.start)

    @property
    def last_day(self) -> date:
        """Last day of the period."""
        return last_day(self.end)

    @property
    def months(self) -> list[str]:
        """The months of the period."""
        return months_from(self.start, self.end)

    @property
    def sees_all_departments(self) -> bool:
        """Whether a grant holds for all departments, somewhere."""
        return any(grant.departments is None for grant in self.grants)

    @property
    def is_everywhere(self) -> bool:
        """Whether no area is asked for and one of the grants holds in all of them."""
        return self.area is None and any(grant.areas is None for grant in self.grants)

    def in_area(self, area: Any) -> ColumnElement[bool]:
        """Whether a column's area is held and was asked for."""
        return and_(holds(self.grants, area), self._asked_for(area))

    def of_departments(self, area: Any, office: Any) -> ColumnElement[bool]:
        """Whether what an authority did in an area may be counted: by one grant, which holds for
        both.
        """
        held = (and_(holds([grant], area), self._office(grant, office)) for grant in self.grants)
        return and_(or_(false(), *held), self._asked_for(area))

    def of_all_departments(self, area: Any) -> ColumnElement[bool]:
        """Whether an area is held by a grant for all departments, and was asked for."""
        return and_(holds([g for g in self.grants if g.departments is None], area), self._asked_for(area))

    def held_by(self, area: Any) -> list[Any]:
        """For each grant a column that says whether it holds in an area."""
        return [holds([grant], area).label(f"held_{number}") for number, grant in enumerate(self.grants)]

    def is_held(self, held: Sequence[Any], office: str) -> bool:
        """Whether one of the grants that hold in an area holds for an authority too.

        Args:
            held: What the columns of ``held_by`` say.
            office: The authority; empty: what is about it is for all departments.
        """
        grants = [grant for grant, holds_there in zip(self.grants, held, strict=True) if holds_there]
        return any(grant.departments is None or office in grant.departments for grant in grants)

    def in_fields(self, area: Any, field: Any) -> ColumnElement[bool]:
        """Whether grades in a field may be counted in an area: of all departments, or of those
        with the power.
        """
        held = (and_(holds([grant], area), self._field(grant, field)) for grant in self.grants)
        return and_(or_(false(), *held), self._asked_for(area))

    def _asked_for(self, area: Any) -> ColumnElement[bool]:
        return lies_in(area, [self.area]) if self.area else true()

    def _office(self, grant: Grant, office: Any) -> ColumnElement[bool]:
        return true() if grant.departments is None else office.in_(sorted(grant.departments))

    def _field(self, grant: Grant, field: Any) -> ColumnElement[bool]:
        if grant.departments is None:
            return true()
        return and_(field.in_(sorted(fields_of(grant.departments, self.day))))


def shown_area(area: str, within: str | None) -> str:
    """Under which area something is counted: one that has a name, the county, or within a county
    the area itself.
    """
    if within is not None and (not within.isdecimal() or len(prefix_of(within) or "") >= DIVISION):
        return area
    return area if area in areas() else area[:DIVISION]


def area_label(area: str) -> Mapping[str, str]:
    """An area in words; that none is known is a word too."""
    return area_name(area) if area else both("fi_no_area")


def office_label(office: str) -> Mapping[str, str]:
    """An authority in words: by the register, else as records write it."""
    known = register().authorities.get(office)
    if known:
        return known.name
    return dict.fromkeys(LANGUAGES, office) if office else both("fi_no_office")


def in_order(codes: Iterable[str]) -> list[str]:
    """Areas, fields or authorities in the order of their codes, which says nothing of any; who
    has none comes last.
    """
    return sorted(set(codes), key=lambda code: (not code, code))
