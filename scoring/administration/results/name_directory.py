"""The names of a district's enterprises by code, for the device of an officer: codes hold no names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from scoring.administration.identity.scope import holds
from scoring.store.people.grants import Grant
from scoring.store.standing.sole_traders import SOLE_TRADER
from scoring.store.tables.orm_access import DirectoryEntry


def names_within(connection: Connection, grants: Sequence[Grant]) -> dict[str, str]:
    """Names by id of the enterprises in the areas of some grants; a sole trader's is a person's, and left out.

    Args:
        connection: A reading one.
        grants: The grants.
    """
    query = (
        select(DirectoryEntry.enterprise_id, DirectoryEntry.name)
        .where(holds(grants, DirectoryEntry.area), DirectoryEntry.name.is_not(None))
        .where(DirectoryEntry.entity_type.is_distinct_from(SOLE_TRADER))
        .order_by(DirectoryEntry.enterprise_id)
    )
    return {row.enterprise_id: row.name for row in connection.execute(query)}
