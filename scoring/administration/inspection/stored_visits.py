"""Visits that were recorded here, as the store keeps them: their minutes, with what was added later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.administration.inspection.visit_recording import minutes_digest
from scoring.errors import StoreError
from scoring.store.tables.orm_visits import InspectionVisit, VisitMinutes

MOST = 50
"""Visits of an enterprise that are listed."""


@dataclass(frozen=True)
class StoredVisit:
    """A visit on file.

    Attributes:
        number: Its number.
        enterprise_id: The enterprise.
        visited_on: Its day.
        event: The log entry that binds it.
        minutes: What stands in its minutes; empty where they went with the records.
        additions: What was added to them, in order.
    """

    number: int
    enterprise_id: str
    visited_on: date
    event: int
    minutes: Mapping[str, Any]
    additions: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def offices(self) -> tuple[str, ...]:
        """The authorities that were there."""
        return tuple(str(part["office"]) for part in self.minutes.get("departments", ()))

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The records that tell of it."""
        return tuple(str(record) for part in self.minutes.get("records", ()) for record in part["ids"])

    @property
    def order_no(self) -> str:
        """Number of the notice or approval, where it came later from what was added."""
        later = [str(addition.get("order_no", "")) for addition in self.additions]
        return str(self.minutes.get("order_no", "")) or "".join(later[-1:])

    def photos(self) -> dict[str, str]:
        """The photographs, each with the authority whose it is."""
        return {
            str(photo): str(part["office"])
            for part in self.minutes.get("departments", ())
            for answer in part["answers"].values()
            for photo in answer["photos"]
        }


def stored_visit(connection: Connection, enterprise_id: str, number: int) -> StoredVisit | None:
    """A visit of an enterprise; ``None``: it has none of this number."""
    mine = (InspectionVisit.number == number, InspectionVisit.amends.is_(None))
    visits = _visits(connection, enterprise_id, *mine)
    return visits[0] if visits else None


def visits_of(connection: Connection, enterprise_id: str) -> list[StoredVisit]:
    """The visits of an enterprise whose minutes are kept, the newest first."""
    visits = _visits(connection, enterprise_id, InspectionVisit.amends.is_(None))
    newest = sorted(visits, key=lambda visit: (visit.visited_on, visit.number), reverse=True)
    return [visit for visit in newest if visit.minutes][:MOST]


def _visits(connection: Connection, enterprise_id: str, *tests: Any) -> list[StoredVisit]:
    row = InspectionVisit
    query = (
        select(
            row.number,
            row.enterprise_id,
            row.visited_on,
            row.event,
            row.minutes,
            VisitMinutes.salt,
            VisitMinutes.content,
        )
        .outerjoin(VisitMinutes, VisitMinutes.number == row.number)
        .where(row.enterprise_id == enterprise_id, *tests)
        .order_by(row.number)
    )
    rows = connection.execute(query).all()
    added = _additions(connection, [known.number for known in rows])
    return [
        StoredVisit(
            number=known.number,
            enterprise_id=known.enterprise_id,
            visited_on=known.visited_on,
            event=known.event,
            minutes=_read(known),
            additions=tuple(added.get(known.number, ())),
        )
        for known in rows
    ]


def _additions(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    row = InspectionVisit
    query = (
        select(row.number, row.amends, row.minutes, VisitMinutes.salt, VisitMinutes.content)
        .join(VisitMinutes, VisitMinutes.number == row.number)
        .where(row.amends.in_(numbers))
        .order_by(row.number)
    )
    added: dict[int, list[Mapping[str, Any]]] = {}
    for known in connection.execute(query):
        added.setdefault(known.amends, []).append(_read(known))
    return added


def _read(known: Any) -> dict[str, Any]:
    """The minutes of a row, which must be those that the log binds.

    Raises:
        StoreError: They are not.
    """
    # Gone with its records: the bound row stays, so that the log can still be proved.
    if known.content is None:
        return {}
    if minutes_digest(known.salt, known.content) != known.minutes:
        raise StoreError("visit_minutes_changed", number=known.number)
    content: dict[str, Any] = json.loads(known.content)
    return content


def deadlines_of(visits: Sequence[StoredVisit]) -> dict[str, date]:
    """By record, the last day that was set at a visit for what was found there."""
    deadlines: dict[str, date] = {}
    for visit in visits:
        for part in visit.minutes.get("records", ()):
            days = _days(visit, part["office"], part["field"])
            if days and not part["recheck"]:
                deadlines.update(dict.fromkeys(part["ids"], max(days)))
    return deadlines


def _days(visit: StoredVisit, office: str, field_id: str) -> list[date]:
    answers = [
        (item, answer)
        for part in visit.minutes["departments"]
        if part["office"] == office
        for item, answer in part["answers"].items()
    ]
    return [
        date.fromisoformat(answer["recheck_on"])
        for item, answer in answers
        if answer["recheck_on"] and visit.minutes["items"][item]["field"] == field_id
    ]
