"""The days that a store may be written for: not before the last one scored, not after today."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from scoring.errors import StoreError
from scoring.store.tables.orm import AuditEvent, ScoreRun
from scoring.store.tables.writing import MENDED, day_in_china


class Mended(NamedTuple):
    """When the clock was mended: the number of the entry and its day."""

    seq: int
    day: date


def last_mended(connection: Connection) -> Mended | None:
    """The last time the clock was mended; the days before it are not in order."""
    newest = select(AuditEvent.seq, AuditEvent.at).where(AuditEvent.kind == MENDED)
    entry = connection.execute(newest.order_by(AuditEvent.seq.desc()).limit(1)).first()
    return Mended(entry.seq, day_in_china(datetime.fromisoformat(entry.at))) if entry else None


def last_scored(connection: Connection, policy_id: str, mended: Mended | None) -> date | None:
    """The last day scored under a policy since the clock was mended."""
    since = mended.seq if mended else 0
    newest = select(func.max(ScoreRun.as_of)).where(ScoreRun.policy_id == policy_id, ScoreRun.event > since)
    day: date | None = connection.execute(newest).scalar_one()
    return day


def require_real_day(connection: Connection, policy_id: str, as_of: date, today: date) -> None:
    """Refuses to write for a day that is not real any more, or not yet.

    Args:
        connection: The store.
        policy_id: The policy.
        as_of: The day of the assessment.
        today: The day of the clock.

    Raises:
        StoreError: It is before the last day scored or before the clock was mended, or after today.
    """
    if as_of > today:
        raise StoreError("score_after_today", as_of=as_of, today=today)
    mended = last_mended(connection)
    if mended and as_of < mended.day:
        raise StoreError("score_before_mend", as_of=as_of, mended=mended.day)
    last_day = last_scored(connection, policy_id, mended)
    if last_day is not None and as_of < last_day:
        raise StoreError("score_before_last_day", as_of=as_of, last=last_day)
