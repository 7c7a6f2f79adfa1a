"""An enterprise with its branches, and its legal person: whose facts one enterprise's result needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from scoring.store.tables.orm import EnterpriseVersion, RecordVersion

Fact = Mapping[str, Any]


def family_facts(
    connection: Connection, enterprise_id: str, seq: int | None = None
) -> tuple[list[Fact], list[Fact]]:
    """Versions of an enterprise and its branches, and of their records, up to ``seq`` if it is given."""
    ids = [enterprise_id, *branches_of(connection, enterprise_id)]
    return versions_of(connection, EnterpriseVersion, ids, seq), versions_of(
        connection, RecordVersion, ids, seq
    )


def versions_of(connection: Connection, table: Any, ids: Iterable[str], seq: int | None = None) -> list[Fact]:
    """Versions of enterprises or records of some enterprises, up to ``seq`` if it is given, in its order."""
    query = select(*table.__table__.columns).where(table.enterprise_id.in_(sorted(ids))).order_by(table.seq)
    rows = connection.execute(query if seq is None else query.where(table.seq <= seq)).mappings()
    return [dict(row) for row in rows]


def parents_of(connection: Connection, enterprise_id: str) -> list[str]:
    """The legal person of a branch by its latest version, if the store knows it."""
    latest = (
        select(EnterpriseVersion.parent_id)
        .where(EnterpriseVersion.enterprise_id == enterprise_id)
        .order_by(
            EnterpriseVersion.created,
            EnterpriseVersion.known_on.desc().nulls_last(),
            EnterpriseVersion.seq.desc(),
        )
        .limit(1)
    )
    parent = connection.execute(latest).scalar()
    known = (
        parent
        and connection.execute(
            select(EnterpriseVersion.seq).where(EnterpriseVersion.enterprise_id == parent).limit(1)
        ).first()
    )
    return [parent] if parent and known and parent != enterprise_id else []


def branches_of(connection: Connection, enterprise_id: str) -> list[str]:
    """Whoever has named the enterprise as legal person in any version: the linking asks for the latest."""
    found = (
        select(EnterpriseVersion.enterprise_id).where(EnterpriseVersion.parent_id == enterprise_id).distinct()
    )
    return [one for one in connection.execute(found).scalars() if one != enterprise_id]
