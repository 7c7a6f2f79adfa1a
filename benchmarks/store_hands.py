"""Accounts and the clock with which benchmarks write to a store."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from benchmarks.measure import LATER
from scoring.store.people.accounts import add_account
from scoring.store.tables import migrate
from scoring.store.tables.database import Database

HANDS = ("bench", "second")
"""Two accounts: a stock of colours is taken over by two."""
NOON = datetime(LATER.year, LATER.month, LATER.day, 4, tzinfo=UTC)
"""Noon in China on the day scored."""


def clock() -> datetime:
    """The afternoon of the day scored; in no process it is earlier than in the one before."""
    # The machine's own clock since its start is one for all processes; ten thousand times slower it stays
    # in the afternoon for years.
    return NOON + timedelta(seconds=time.monotonic() / 10_000)


def with_hands(database: Database) -> None:
    """Makes the schema of an empty store, with the accounts."""
    migrate.create(database)
    for name in HANDS:
        add_account(database, name, "", HANDS[0], clock)
