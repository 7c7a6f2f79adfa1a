"""Where grants hold: conditions on the area that supervises an enterprise, as parts of queries, never filters of what was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from scoring.entities.areas import is_area, members_of, prefix_of
from scoring.entities.authorities import register
from scoring.entities.canonical import codes
from scoring.errors import UsageError
from scoring.store.people.grants import Grant


def holds(grants: Iterable[Grant], area: Any) -> ColumnElement[bool]:
    """The condition that one of some grants holds for an enterprise.

    Args:
        grants: The grants.
        area: The column with the area that supervises it; ``null`` is in no area.
    """
    return or_(false(), *(_holds(grant, area) for grant in grants))


def _holds(grant: Grant, area: Any) -> ColumnElement[bool]:
    return true() if grant.areas is None else lies_in(area, grant.areas)


def lies_in(area: Any, areas: Iterable[str]) -> ColumnElement[bool]:
    """The condition that an area is one of some areas or lies in one; ``null`` is in none.

    Args:
        area: The column with the area.
        areas: Divisions, townships and zones.
    """
    members = sorted({member for one in areas for member in members_of(one)})
    prefixes = [prefix for prefix in map(prefix_of, members) if prefix]
    lies_within = (area.startswith(prefix, autoescape=True) for prefix in prefixes)
    return and_(area.is_not(None), or_(area.in_(members), *lies_within))


def known_area(area: str) -> str:
    """An area that can be granted.

    Raises:
        UsageError: It is neither a division, nor something in one, nor a listed zone.
    """
    if not is_area(area):
        raise UsageError("grant_area_unknown", area=area)
    return area


def known_department(code: str) -> str:
    """The code of an authority of the register.

    Raises:
        UsageError: The register has none of this code.
    """
    if code not in register().authorities:
        raise UsageError("grant_department_unknown", department=code)
    return code


def fields_of(departments: Iterable[str], day: date) -> frozenset[str]:
    """The fields in which some authorities exercise the power on a day, their own or one that was handed to them."""
    mine, known = frozenset(departments), register()
    return frozenset(field for field in codes()["fields"] if not mine.isdisjoint(known.holders(field, day)))


def covers_area(grant: Grant, area: str) -> bool:
    """Whether a grant holds for a whole area: everywhere, or where all of it lies in one of its own."""
    if grant.areas is None:
        return True
    return all(_is_in_one(grant.areas, part) for part in members_of(area))


def _is_in_one(areas: Iterable[str], part: str) -> bool:
    return any(_contains(own, part) for own in areas)


def _contains(outer: str, inner: str) -> bool:
    members = members_of(outer)
    prefixes = tuple(prefix for prefix in map(prefix_of, members) if prefix)
    # A city is written with zeros at its end: what it stands for is what it begins with.
    return inner in members or (prefix_of(inner) or inner).startswith(prefixes)
