"""An empty store that is ready to be written to: accounts, and a clock on the day of the benchmarks."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from benchmarks.measure import LATER
from scoring.store.people.accounts import add_account
from scoring.store.tables import migrate
from scoring.store.tables.database import Database

BENCH, SECOND = "bench", "second"
"""The accounts that write."""
_SINCE = 1_790_000_000
"""A moment of September 2026: from it on the clock moves."""


def now() -> datetime:
    """Noon of the day, and a little more with every second: what is recorded is known on the day scored."""
    passed = timedelta(seconds=(time.time() - _SINCE) / 1_000)
    return datetime(LATER.year, LATER.month, LATER.day, 4, tzinfo=UTC) + passed


def ready(database: Database) -> None:
    """Makes the schema and the accounts."""
    migrate.create(database)
    for name in (BENCH, SECOND):
        add_account(database, name, "", BENCH, now)
