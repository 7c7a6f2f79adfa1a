"""Records that wait for an authority: findings to be checked again, and checks of unknown findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from scoring.administration.casework.case_state import workdays_after
from scoring.administration.identity.scope import holds
from scoring.store.people.grants import Grant
from scoring.store.tables.orm_access import DirectoryEntry, FollowUp


@dataclass(frozen=True)
class WaitingRecord:
    """A record that waits.

    Attributes:
        enterprise_id: Whose.
        name: Its name.
        record_id: The record.
        kind: Its kind.
        field: Its field.
        authority: Who made it.
        document_no: Its number.
        since: Its day.
        due_on: Last day of the re-check of what was reported as mended; ``None``: no law sets one.
    """

    enterprise_id: str
    name: str | None
    record_id: str
    kind: str
    field: str | None
    authority: str | None
    document_no: str | None
    since: date
    due_on: date | None

    def overdue_by(self, day: date) -> int:
        """Working days by which the re-check is late."""
        return workdays_after(self.due_on, day) if self.due_on else 0


class WaitingPage(NamedTuple):
    """How many records wait, and some of them; beyond the last one the number is 0."""

    total: int
    records: list[WaitingRecord]


def waiting_records(
    connection: Connection, need: str, within: Sequence[Grant], most: int, skip: int = 0
) -> WaitingPage:
    """Records of one's areas and authorities that wait: what has a last day first, then the oldest.

    Args:
        connection: The store.
        need: ``recheck`` or ``name_finding`` (``snapshot.follow_ups``).
        within: The grants of who asks.
        most: How many are read.
        skip: How many of the first are left out.
    """
    given = or_(*(and_(holds([grant], DirectoryEntry.area), _of_department(grant)) for grant in within))
    columns = [
        DirectoryEntry.name if name == "name" else getattr(FollowUp, name)
        for name in WaitingRecord.__dataclass_fields__
    ]
    query = (
        select(*columns, func.count().over())
        .join(DirectoryEntry, DirectoryEntry.enterprise_id == FollowUp.enterprise_id)
        .where(FollowUp.need == need, given)
        .order_by(FollowUp.due_on.is_(None), FollowUp.due_on, FollowUp.since, FollowUp.record_id)
    )
    rows = connection.execute(query.limit(most).offset(skip)).all()
    return WaitingPage(rows[0][-1] if rows else 0, [WaitingRecord(*row[:-1]) for row in rows])


def _of_department(grant: Grant) -> ColumnElement[bool]:
    return true() if grant.departments is None else FollowUp.office.in_(sorted(grant.departments))
