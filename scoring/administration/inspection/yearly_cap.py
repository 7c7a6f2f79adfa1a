"""How often an authority may visit an enterprise in a year, and how often it has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.administration.inspection.new_visit import NewVisit
from scoring.administration.inspection.visit_checks import fields_looked_at
from scoring.entities.authorities import office_of, register
from scoring.entities.canonical import codes
from scoring.errors import StoreError
from scoring.policy.language.schema import Policy
from scoring.store.facts.family import FactRow
from scoring.store.facts.same_visits import visit_rows
from scoring.store.facts.visit_spread import OUTSIDE_CAP
from scoring.store.tables.orm import Assessment, Standing


@dataclass(frozen=True)
class FieldStanding:
    """Where an enterprise stands in a field.

    Attributes:
        band: Its band there; of the whole result where the policy tells none of the field.
        points: Its points there; ``None``: the policy tells none.
        is_of_field: Whether the band is of the field.
    """

    band: str | None
    points: int | None = None
    is_of_field: bool = False


@dataclass(frozen=True)
class YearlyCap:
    """The visits of a year of an authority in a field, and how many there may be.

    Attributes:
        office: The authority.
        field: The field.
        used: Days on which it came.
        most: How many there may be; ``None``: the rules set none.
    """

    office: str
    field: str
    used: int
    most: int | None

    @property
    def is_used_up(self) -> bool:
        """Whether a further visit would be one too many."""
        return self.most is not None and self.used >= self.most


def standing_in(connection: Connection, policy: Policy, enterprise_id: str) -> dict[str, FieldStanding]:
    """Where an enterprise stands, by field; under an empty text the whole result."""
    query = (
        select(Assessment.band, Assessment.points, Assessment.fields)
        .join(Standing, Standing.in_effect == Assessment.number)
        .where(Standing.policy_id == policy.id, Standing.enterprise_id == enterprise_id)
    )
    row = connection.execute(query).first()
    if row is None:
        return {"": FieldStanding(None)}
    standings = {"": FieldStanding(row.band, row.points)}
    for field, points, band in json.loads(row.fields or "[]"):
        standings[field] = FieldStanding(band, points, is_of_field=True)
    return standings


def yearly_cap(
    policy: Policy,
    standings: dict[str, FieldStanding],
    visits: Iterable[FactRow],
    place: tuple[str, str],
    day: date,
) -> YearlyCap:
    """The cap of an authority in a field for the year of a day; a visit of that very day is no second one.

    Args:
        policy: The rules.
        standings: Where the enterprise stands (``standing_in``).
        visits: Latest versions of the records of its visits.
        place: The authority and the field.
        day: The day.
    """
    office, field = place
    counted = (row for row in visits if _counts(row, office, field))
    # Days and not records: several fields or departments on one day are one visit.
    days = {row["occurred_on"] for row in counted if row["occurred_on"].year == day.year}
    # Of the field where the policy rates fields, of the whole result where it does not.
    standing = standings.get(field) or standings[""]
    tier = policy.supervision.get(standing.band or "")
    return YearlyCap(office, field, len(days - {day}), tier.annual_cap if tier else None)


def yearly_caps(
    connection: Connection, policy: Policy, enterprise_id: str, places: Iterable[tuple[str, str]], day: date
) -> list[YearlyCap]:
    """The caps of an enterprise for the year of a day, of some authorities and their fields."""
    standings = standing_in(connection, policy, enterprise_id)
    visits = list(visit_rows(connection, [enterprise_id]))
    return [yearly_cap(policy, standings, visits, place, day) for place in places]


def _counts(row: FactRow, office: str, field: str) -> bool:
    ended = any(row[name] for name in ("withdrawn_on", "known_until", "masked_from"))
    is_own = row["scope"] != "branch" and row["occurred_on"] is not None
    same = office_of(row["authority"]) == office and (row["field"] or "") == field
    return is_own and same and not ended and (row["occasion"] or "") not in OUTSIDE_CAP


def require_within_cap(
    connection: Connection, policy: Policy, visit: NewVisit, visits: Sequence[FactRow]
) -> list[dict[str, Any]]:
    """Refuses a visit beyond the yearly cap, unless a published exception holds.

    Returns:
        For the minutes, the caps beyond which it went on the ground of an exception.

    Raises:
        StoreError: The cap of an authority in a field is used up.
    """
    if visit.occasion in OUTSIDE_CAP or visit.presence != "open":
        return []
    standings, beyond = standing_in(connection, policy, visit.enterprise_id), []
    for part in visit.departments:
        for field in fields_looked_at(part):
            cap = yearly_cap(policy, standings, visits, (part.office, field), visit.visited_on)
            if not cap.is_used_up:
                continue
            name, label = register().authorities[part.office].name, codes()["fields"][field]
            if not visit.cap_exception:
                raise StoreError("visit_over_cap", office=name, field=label, used=cap.used, most=cap.most)
            beyond.append({"office": part.office, "field": field, "used": cap.used, "most": cap.most})
    return beyond
