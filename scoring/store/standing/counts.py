"""All that figures count, made again from what the store holds."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from scoring.entities import Progress, silent
from scoring.store.facts.counted_facts import renew_counted_facts
from scoring.store.facts.directory import renew_directory
from scoring.store.standing.colour_counts import recount_colours
from scoring.store.tables.database import Database
from scoring.store.tables.orm import ScoreRun
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_figures import COUNTED


def recount(database: Database, progress: Progress = silent) -> None:
    """Makes the directory and all counts anew.

    Needed after another store was put in the place of this one, or the register of authorities
    was changed.

    Args:
        database: The store.
        progress: Called with a step and the share done.
    """
    with database.write() as connection:
        forget_counts(connection)
    renew_directory(database, progress)
    renew_counted_facts(database, progress)
    with database.write() as connection:
        policies = connection.execute(select(ScoreRun.policy_id).distinct()).scalars().all()
        for number, policy_id in enumerate(sorted(policies)):
            progress("colours", number / len(policies))
            recount_colours(connection, policy_id)


def forget_counts(connection: Connection) -> None:
    """Empties the directory and all counts."""
    for table in (DirectoryEntry, *COUNTED):
        connection.execute(delete(table))
