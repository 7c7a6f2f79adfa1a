"""Addresses of the public's pages: by the random id that the store has given to an enterprise."""

from __future__ import annotations

from sqlalchemy import select

from scoring.store.tables.database import Database
from scoring.store.tables.orm_codes import PublicPage

UNKNOWN = "0" * 32
"""An id that nobody's page has."""


def public_ids(store: str) -> dict[str, str]:
    """The ids of all pages by enterprise."""
    database = Database(store)
    try:
        with database.read() as connection:
            query = select(PublicPage.enterprise_id, PublicPage.public_id)
            return {row.enterprise_id: row.public_id for row in connection.execute(query)}
    finally:
        database.close()


def public_path(store: str, enterprise_id: str) -> str:
    """The address of the public's page of an enterprise."""
    return f"/e/{public_ids(store).get(enterprise_id, UNKNOWN)}"
