"""An enterprise with its branches, and its legal person: whose facts a result needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from scoring.store.tables.orm import EnterpriseVersion, RecordVersion, table_of

FactRow = Mapping[str, Any]
"""A version of an enterprise or of a record, by column."""


class FamilyFacts(NamedTuple):
    """Versions of an enterprise and its branches, and of their records."""

    enterprises: list[FactRow]
    records: list[FactRow]


def family_facts(connection: Connection, enterprise_id: str, seq: int | None = None) -> FamilyFacts:
    """Facts of an enterprise and its branches, up to ``seq`` if it is given."""
    ids = [enterprise_id, *branches_of(connection, enterprise_id)]
    return FamilyFacts(
        versions_of(connection, EnterpriseVersion, ids, seq),
        versions_of(connection, RecordVersion, ids, seq),
    )


def versions_of(
    connection: Connection,
    model: type[EnterpriseVersion] | type[RecordVersion],
    enterprise_ids: Iterable[str],
    seq: int | None = None,
) -> list[FactRow]:
    """Versions of some enterprises, or of their records, in order, up to ``seq`` if it is given."""
    # The columns of the table and no objects: one recorded fact reads hundreds of these rows.
    table = table_of(model)
    query = select(table).where(model.enterprise_id.in_(sorted(enterprise_ids))).order_by(model.seq)
    if seq is not None:
        query = query.where(model.seq <= seq)
    return [dict(version) for version in connection.execute(query).mappings()]


def parents_of(connection: Connection, enterprise_id: str) -> list[str]:
    """The legal person of a branch by its latest version, if the store knows it."""
    # A version that a source lists counts before one that a record created.
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
    if not parent or parent == enterprise_id:
        return []
    known = select(EnterpriseVersion.seq).where(EnterpriseVersion.enterprise_id == parent).limit(1)
    return [parent] if connection.execute(known).first() else []


def branches_of(connection: Connection, enterprise_id: str) -> list[str]:
    """Whoever has named the enterprise as legal person in any version."""
    # Whether the latest version of a branch still does is for the linking to find.
    branches = (
        select(EnterpriseVersion.enterprise_id).where(EnterpriseVersion.parent_id == enterprise_id).distinct()
    )
    return [branch for branch in connection.execute(branches).scalars() if branch != enterprise_id]


def parents_by_branch(connection: Connection, enterprise_ids: Sequence[str]) -> dict[str, set[str]]:
    """The branches of some enterprises, each with those of them that it has named as legal person."""
    parents: dict[str, set[str]] = defaultdict(set)
    query = select(EnterpriseVersion.enterprise_id, EnterpriseVersion.parent_id).where(
        EnterpriseVersion.parent_id.in_(enterprise_ids)
    )
    for branch, parent in connection.execute(query):
        parents[branch].add(str(parent))
    return parents
