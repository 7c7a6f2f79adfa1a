"""Areas of supervision: their names, and what lies in them. Divisions say so by their codes, functional zones in ``areas.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from scoring.rules import shipped_table
from scoring.rules.wording import LANGUAGES

Areas = Mapping[str, Mapping[str, Any]]
KEYS = frozenset({*LANGUAGES, "holds"})
DIVISION = 6
"""Digits of a division down to the county (GB/T 2260); townships have nine."""


@cache
def areas() -> Areas:
    """The areas that are shipped (``rules/areas.toml``) by id.

    Raises:
        ValueError: The file is not valid.
    """
    return read_areas(shipped_table("areas"))


def read_areas(table: Mapping[str, Any]) -> Areas:
    """Areas from their table.

    Raises:
        ValueError: A key or a member is unknown, a name is missing, or zones hold each other.
    """
    known: Areas = table.get("areas", {})
    for area, entry in known.items():
        if set(entry) - KEYS or not all(entry.get(lang) for lang in LANGUAGES):
            raise ValueError(f"areas.toml: {area} must have zh and en, may have holds, and nothing else")
        if unknown := [member for member in entry.get("holds", ()) if not _has_place(member, known)]:
            raise ValueError(f"areas.toml: {area} holds {unknown[0]}, which is neither a division nor listed")
        list(_members(area, known, (area,)))
    return known


def area_name(area: str) -> Mapping[str, str]:
    """The name of an area by language; its id where it has no name here."""
    entry = areas().get(area)
    return {lang: entry[lang] if entry else area for lang in LANGUAGES}


def is_area(area: str) -> bool:
    """Whether an id is that of a division, of something in one, or listed."""
    return _has_place(area, areas())


def prefix_of(area: str) -> str | None:
    """What the ids of all areas in a division begin with; ``None``: it is no division, its members are listed."""
    if not area.isdecimal():
        return None
    return _stripped(area) if len(area) == DIVISION else area


def members_of(area: str, known: Areas | None = None) -> tuple[str, ...]:
    """The area itself with the areas that ``areas.toml`` lists in it, members of members too."""
    return tuple(_members(area, areas() if known is None else known, (area,)))


def _members(area: str, known: Areas, above: tuple[str, ...]) -> Iterator[str]:
    yield area
    for member in known.get(area, {}).get("holds", ()):
        if member in above:
            raise ValueError(f"areas.toml: {member} and {area} hold each other")
        yield from _members(member, known, (*above, member))


def _has_place(area: str, known: Areas) -> bool:
    return area.isdecimal() or area in known or area[:DIVISION].isdecimal()


def _stripped(division: str) -> str:
    """A code without the pairs of zeros at its end: a province's or a city's."""
    while division.endswith("00") and len(division) > 2:
        division = division[:-2]
    return division
