"""Photographs and minutes go with their records: restored, deleted by law, or no longer used by it.

A photograph goes with the record of what it shows; the minutes, which name people, go when no record of the visit
is left that may be used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select

from scoring.administration.inspection.open_findings import latest_records
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.stored_visits import StoredVisit, stored_visit
from scoring.policy.law.retention import (
    UsePeriod,
    oldest_used,
    read_instrument,
    retention_ids,
    use_rules,
)
from scoring.store.facts.family import FactRow
from scoring.store.facts.same_visits import VISIT_KIND
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Erased
from scoring.store.tables.orm_visits import InspectionVisit, VisitMinutes


@dataclass(frozen=True)
class CleanedPhotos:
    """What went.

    Attributes:
        photos: Photographs.
        minutes: Minutes of visits of which no record may be used any more.
    """

    photos: int
    minutes: int


def clean_photos(database: Database, folder: PhotoFolder, day: date) -> CleanedPhotos:
    """Deletes what no record keeps any more.

    Args:
        database: The store.
        folder: Its photographs.
        day: The day: what is restored from then on counts as restored.
    """
    photos = 0
    with database.read() as connection:
        for key in folder.visit_keys():
            photos += _clean_visit(connection, folder, key, day)
        gone = _without_records(connection, day)
    if gone:
        with database.write() as writing:
            # Nothing is asked again: what is over does not begin anew.
            writing.execute(delete(VisitMinutes).where(VisitMinutes.number.in_(gone)))
    return CleanedPhotos(photos, len(gone))


def _clean_visit(connection: Connection, folder: PhotoFolder, key: str, day: date) -> int:
    row = InspectionVisit
    query = select(row.number, row.enterprise_id).where(row.request.startswith(key, autoescape=True))
    known = connection.execute(query.where(row.amends.is_(None))).first()
    visit = stored_visit(connection, known.enterprise_id, known.number) if known else None
    # Of a visit that was refused in the end nothing is on file: what it had sent is nobody's.
    if visit is None or not visit.minutes:
        return folder.drop(key)
    shown = shown_photos(visit, latest_records(connection, visit.record_ids), day)
    return sum(folder.drop(key, sha256) for sha256 in folder.kept(key) if sha256 not in shown)


def shown_photos(visit: StoredVisit, records: Mapping[str, FactRow], day: date) -> dict[str, str]:
    """The photographs of a visit whose record is there and not restored, each with the authority whose it is.

    Args:
        visit: The visit.
        records: The latest versions of its records.
        day: The day.
    """
    standing = set()
    for part in visit.minutes.get("records", ()):
        # A re-check has no photographs of its own: they belong to what was found before.
        if not part["recheck"] and any(_stands(records.get(record), day) for record in part["ids"]):
            standing.add((part["office"], part["field"]))
    shown: dict[str, str] = {}
    for part in visit.minutes.get("departments", ()):
        for item, answer in part["answers"].items():
            if (part["office"], visit.minutes["items"][item]["field"]) in standing:
                shown |= dict.fromkeys(answer["photos"], part["office"])
    return shown


def _stands(row: FactRow | None, day: date) -> bool:
    if row is None or _is_over(row, day):
        return False
    return row["restored_on"] is None or row["restored_on"] > day


def _is_over(row: FactRow, day: date) -> bool:
    """Whether the law lets a record be used no longer."""
    dated_on = row["decided_on"] or row["occurred_on"]
    about = (row["kind"], row["info_class"] or row["severity"], row["field"])
    months = [rule.months for rule in _rules_in_force(day) if rule.fits(*about)]
    return dated_on is not None and any(dated_on < oldest_used(day, number) for number in months)


def _rules_in_force(day: date) -> list[UsePeriod]:
    known = use_rules([read_instrument(instrument) for instrument in retention_ids()])
    return [rule for instrument, rule in known if instrument.in_force(rule, day)]


def _without_records(connection: Connection, day: date) -> list[int]:
    """Visits with minutes none of whose records is there and may be used."""
    row = InspectionVisit
    erased = select(Erased.enterprise_id).distinct()
    shortest = min((rule.months for rule in _rules_in_force(day) if VISIT_KIND in rule.kinds), default=None)
    may_be_over: ColumnElement[bool] = row.enterprise_id.in_(erased)
    if shortest is not None:
        may_be_over |= row.visited_on < oldest_used(day, shortest)
    query = select(row.enterprise_id, row.number).join(VisitMinutes, VisitMinutes.number == row.number)
    concerned = connection.execute(query.where(row.amends.is_(None), may_be_over)).all()
    return list(_numbers_of_gone(connection, concerned, day))


def _numbers_of_gone(connection: Connection, concerned: Iterable[Any], day: date) -> Iterable[int]:
    for row in concerned:
        visit = stored_visit(connection, row.enterprise_id, row.number)
        records = latest_records(connection, visit.record_ids) if visit else {}
        if all(_is_over(record, day) for record in records.values()):
            yield row.number
            amended = select(InspectionVisit.number).where(InspectionVisit.amends == row.number)
            yield from connection.execute(amended).scalars()
