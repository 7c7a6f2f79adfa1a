"""The days that a store may be written for: not before the last one scored, not after today."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, func, select

from scoring.errors import StoreError
from scoring.store.tables.orm import AuditEvent, ScoreRun
from scoring.store.tables.writing import MENDED


def last_scored(connection: Connection, policy_id: str) -> date | None:
    """The last day scored under a policy since the clock was last mended."""
    mended = select(func.max(AuditEvent.seq)).where(AuditEvent.kind == MENDED)
    since = connection.execute(mended).scalar() or 0
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
        StoreError: It is before the last day scored, or after today.
    """
    if as_of > today:
        raise StoreError("score_after_today", as_of=as_of, today=today)
    last_day = last_scored(connection, policy_id)
    if last_day is not None and as_of < last_day:
        raise StoreError("score_before_last_day", as_of=as_of, last=last_day)
