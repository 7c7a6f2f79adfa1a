"""The number of an approval that comes after an emergency: added to the minutes of its visit, never written over."""

from __future__ import annotations

import hashlib
from datetime import date

from sqlalchemy import Connection

from scoring.administration.casework.parties import office_for
from scoring.administration.inspection.stored_visits import StoredVisit, stored_visit
from scoring.administration.inspection.visit_checks import LONGEST_NUMBER
from scoring.administration.inspection.visit_recording import put_minutes
from scoring.errors import StoreError, UsageError
from scoring.store.log.canonical_json import compact
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, begin_writing, day_in_china


def add_order(
    database: Database, enterprise_id: str, number: int, order_no: str, actor: str, clock: Clock
) -> None:
    """Adds the number of the notice or approval to a visit that began without one.

    Args:
        database: The store.
        enterprise_id: The enterprise.
        number: The visit.
        order_no: The number.
        actor: Who adds it.
        clock: The time.

    Raises:
        UsageError: There is no number.
        StoreError: There is no such visit, it has a number, or the account is of none of its authorities.
    """
    if not order_no.strip() or len(order_no) > LONGEST_NUMBER or not order_no.isprintable():
        raise UsageError("visit_without_order")
    today = day_in_china(clock())
    with begin_writing(database, actor, clock) as writing:
        visit = _open_visit(writing.connection, enterprise_id, number, writing.actor, today)
        added = {"order_no": order_no.strip(), "account": writing.actor, "entered_on": today.isoformat()}
        # A row of its own: what was signed at the visit stays as it was signed.
        row = {
            "enterprise_id": enterprise_id,
            "request": hashlib.sha256(f"order\n{number}".encode()).hexdigest(),
            "body": hashlib.sha256(compact(added).encode()).hexdigest(),
            "visited_on": visit.visited_on,
            "amends": number,
        }
        put_minutes(writing, row, added)
        writing.log("visit amended", {"visit": number})


def _open_visit(
    connection: Connection, enterprise_id: str, number: int, actor: str, today: date
) -> StoredVisit:
    visit = stored_visit(connection, enterprise_id, number)
    if visit is None or not visit.minutes:
        raise StoreError("visit_unknown", number=number)
    if visit.order_no:
        raise StoreError("visit_has_order", number=number)
    office_for(connection, actor, enterprise_id, visit.offices[0], today)
    return visit
