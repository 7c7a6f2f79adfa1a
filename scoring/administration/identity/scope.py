"""Where grants hold: conditions on the area that supervises an enterprise, as parts of queries, never filters of what was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from scoring.entities.areas import is_area, members_of, prefix_of
from scoring.entities.authorities import register
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
