"""Photographs and minutes go with their records: with what was restored, and with what the law had deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select

from scoring.administration.inspection.open_findings import latest_records
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.stored_visits import StoredVisit, stored_visit
from scoring.store.facts.family import FactRow
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Erased
from scoring.store.tables.orm_visits import InspectionVisit, VisitMinutes


@dataclass(frozen=True)
class CleanedPhotos:
    """What went.

    Attributes:
        photos: Photographs.
        minutes: Minutes of visits all of whose records were deleted.
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
        gone = _without_records(connection)
    if gone:
        with database.write() as writing:
            # Nothing is asked again: records that the law has deleted do not come back.
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
    standing = {
        (told["office"], told["field"])
        for told in visit.minutes.get("records", ())
        if not told["recheck"] and any(_stands(records.get(record), day) for record in told["ids"])
    }
    shown: dict[str, str] = {}
    for part in visit.minutes.get("departments", ()):
        for item, answer in part["answers"].items():
            if (part["office"], visit.minutes["items"][item]["field"]) in standing:
                shown |= dict.fromkeys(answer["photos"], part["office"])
    return shown


def _stands(row: FactRow | None, day: date) -> bool:
    return row is not None and (row["restored_on"] is None or row["restored_on"] > day)


def _without_records(connection: Connection) -> list[int]:
    """Visits with minutes none of whose records is there any more."""
    erased = select(Erased.enterprise_id).distinct()
    query = select(VisitMinutes.enterprise_id, VisitMinutes.number)
    concerned: Sequence[Any] = connection.execute(query.where(VisitMinutes.enterprise_id.in_(erased))).all()
    return list(_numbers_of_gone(connection, concerned))


def _numbers_of_gone(connection: Connection, concerned: Iterable[Any]) -> Iterable[int]:
    for row in concerned:
        visit = stored_visit(connection, row.enterprise_id, row.number)
        if visit and visit.record_ids and not latest_records(connection, visit.record_ids):
            yield visit.number
            amended = select(InspectionVisit.number).where(InspectionVisit.amends == visit.number)
            yield from connection.execute(amended).scalars()
