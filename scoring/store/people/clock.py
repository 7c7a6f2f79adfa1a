"""What people say of the clock: that it is right after a pause, or that it was wrong before."""

from __future__ import annotations

from sqlalchemy import func, select

from scoring.store.people.requests import second_of_two
from scoring.store.tables.database import Database
from scoring.store.tables.orm import EnterpriseVersion, RecordVersion
from scoring.store.tables.writing import CHECKED, MENDED, Clock, begin_writing, day_in_china


def confirm_clock(database: Database, actor: str, clock: Clock) -> str:
    """Puts on file that somebody looked at the clock, so that writing goes on after a pause.

    Returns:
        The time of the entry.
    """
    with begin_writing(database, actor, clock, vouched=True) as writing:
        writing.log(CHECKED, {})
        return writing.at


def mend_clock(database: Database, actor: str, clock: Clock) -> int | None:
    """Mends a clock that was wrong: from the entry of the second account on, days count anew.

    Args:
        database: The store.
        actor: The account that asks for it, and then another one.
        clock: The time, which is right now.

    Returns:
        How many facts carry a later day and must be entered anew; ``None``: it was asked for, a second
        account must say so too.

    Raises:
        StoreError: The same account says it twice.
    """
    with begin_writing(database, actor, clock, vouched=True, backwards=True) as writing:
        today = day_in_china(clock())
        if second_of_two(writing, MENDED, {"day": today.isoformat()}) is None:
            return None
        writing.log(MENDED, {"day": today.isoformat()})
        # Only now: what one person says moves nothing.
        writing.order_from = writing.at
        later = 0
        for model in (EnterpriseVersion, RecordVersion):
            known_later = select(func.count()).select_from(model).where(model.known_on > today)
            later += writing.connection.execute(known_later).scalar_one()
        return later
