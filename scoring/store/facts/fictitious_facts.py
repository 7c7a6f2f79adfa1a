"""Whether a store holds made-up facts, which their rows say themselves by their source."""

from __future__ import annotations

from sqlalchemy import Connection, select

from scoring.entities import FICTITIOUS_SOURCE
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleEnterprise


def holds_fictitious(connection: Connection) -> bool:
    """Whether some version of an enterprise comes from the source of made-up facts."""
    version = table_of(VisibleEnterprise).c
    made_up = select(version.seq).where(version.source == FICTITIOUS_SOURCE).limit(1)
    return connection.execute(made_up).first() is not None
