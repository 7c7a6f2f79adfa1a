"""The random ids under which the public finds the pages of enterprises; who was given one keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from scoring.store.log.sealing import new_salts
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm_codes import PublicPage

ID_BYTES = 16
"""Nobody guesses one of so many, and from one no other follows."""


def give_public_ids(connection: Connection, enterprise_ids: Sequence[str]) -> None:
    """Gives an id to those of some enterprises that have none.

    Args:
        connection: A writing one.
        enterprise_ids: The enterprises, each once.
    """
    for some_ids in in_parts(enterprise_ids):
        named = select(PublicPage.enterprise_id).where(PublicPage.enterprise_id.in_(some_ids))
        known = set(connection.execute(named).scalars())
        lacking = [enterprise_id for enterprise_id in some_ids if enterprise_id not in known]
        drawn = zip(lacking, new_salts(len(lacking), ID_BYTES), strict=True)
        rows = [
            {"enterprise_id": enterprise_id, "public_id": drawn_id.hex()} for enterprise_id, drawn_id in drawn
        ]
        if rows:
            connection.execute(insert(PublicPage), rows)


def whose_page(connection: Connection, public_id: str) -> str | None:
    """The enterprise whose page has an id; ``None``: nobody's has."""
    query = select(PublicPage.enterprise_id).where(PublicPage.public_id == public_id)
    enterprise_id: str | None = connection.execute(query).scalar()
    return enterprise_id


def public_id_of(connection: Connection, enterprise_id: str) -> str | None:
    """The id of an enterprise's page; ``None``: it came since the last scoring and has none yet."""
    query = select(PublicPage.public_id).where(PublicPage.enterprise_id == enterprise_id)
    public_id: str | None = connection.execute(query).scalar()
    return public_id
