"""An enterprise with its branches, predecessors, legal person and successors: whose facts a result needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, select

from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord

FactRow = Mapping[str, Any]
"""A version of an enterprise or of a record, by column."""


SUCCESSION = "succession"
"""Kind of the records that say whom an enterprise has succeeded (``refers_to``)."""


class FamilyFacts(NamedTuple):
    """Versions of an enterprise, its branches and predecessors, and of their records."""

    enterprises: list[FactRow]
    records: list[FactRow]


def family_facts(connection: Connection, enterprise_id: str, seq: int | None = None) -> FamilyFacts:
    """Facts of an enterprise, its branches and predecessors, up to ``seq`` if it is given."""
    ids = family_of(connection, enterprise_id)
    return FamilyFacts(
        versions_of(connection, VisibleEnterprise, ids, seq),
        versions_of(connection, VisibleRecord, ids, seq),
    )


def versions_of(
    connection: Connection,
    model: type[VisibleEnterprise] | type[VisibleRecord],
    enterprise_ids: Iterable[str],
    seq: int | None = None,
) -> list[FactRow]:
    """Versions of some enterprises, or of their records, in order, up to ``seq`` if it is given."""
    wanted = {"ids": sorted(enterprise_ids)} | ({} if seq is None else {"seq": seq})
    query = _versions_query(model, up_to=seq is not None)
    return [dict(version) for version in connection.execute(query, wanted).mappings()]


@cache
def _versions_query(model: type[VisibleEnterprise] | type[VisibleRecord], *, up_to: bool) -> Select[Any]:
    """The query of ``versions_of``: building it anew costs as much as the database's answer."""
    # The columns of the table and no objects: one recorded fact reads hundreds of these rows.
    ids: BindParameter[list[str]] = bindparam("ids", expanding=True)
    query = select(table_of(model)).where(model.enterprise_id.in_(ids)).order_by(model.seq)
    return query.where(model.visible_seq <= bindparam("seq")) if up_to else query


def parents_of(connection: Connection, enterprise_id: str) -> list[str]:
    """The legal person of a branch by its latest version, if the store knows it."""
    # A version that a source lists counts before one that a record created.
    latest = (
        select(VisibleEnterprise.parent_id)
        .where(VisibleEnterprise.enterprise_id == enterprise_id)
        .order_by(
            VisibleEnterprise.created,
            VisibleEnterprise.known_on.desc().nulls_last(),
            VisibleEnterprise.seq.desc(),
        )
        .limit(1)
    )
    parent = connection.execute(latest).scalar()
    if not parent or parent == enterprise_id:
        return []
    known = select(VisibleEnterprise.seq).where(VisibleEnterprise.enterprise_id == parent).limit(1)
    return [parent] if connection.execute(known).first() else []


def branches_of(connection: Connection, enterprise_id: str) -> list[str]:
    """Whoever has named the enterprise as legal person in any version."""
    # Whether the latest version of a branch still does is for the linking to find.
    branches = (
        select(VisibleEnterprise.enterprise_id).where(VisibleEnterprise.parent_id == enterprise_id).distinct()
    )
    return [branch for branch in connection.execute(branches).scalars() if branch != enterprise_id]


def family_of(connection: Connection, enterprise_id: str) -> list[str]:
    """An enterprise, its branches, and whom one of these has ever been said to have succeeded."""
    members = [enterprise_id, *branches_of(connection, enterprise_id)]
    named = reached(members, lambda some: chain.from_iterable(_predecessors(connection, some).values()))
    return [*members, *sorted(named)]


def read_families(
    connection: Connection, enterprise_ids: Sequence[str], new: Sequence[FactRow] = ()
) -> tuple[dict[str, set[str]], list[FactRow]]:
    """By enterprise, itself with its branches and predecessors; and the versions of all their records.

    Args:
        connection: The store.
        enterprise_ids: The enterprises.
        new: Versions of records that are to be entered.
    """
    families = {member: {member, *branches_of(connection, member)} for member in enterprise_ids}
    members = set(chain.from_iterable(families.values()))
    _everybody, records = with_predecessors(
        members,
        [*versions_of(connection, VisibleRecord, members), *new],
        lambda ids: versions_of(connection, VisibleRecord, ids),
    )
    predecessors: dict[str, set[str]] = defaultdict(set)
    for successor, predecessor in named_in(records):
        predecessors[successor].add(predecessor)

    def direct(ids: list[str]) -> Iterable[str]:
        return chain.from_iterable(predecessors.get(member, ()) for member in ids)

    return {member: family | reached(family, direct) for member, family in families.items()}, records


def with_predecessors(
    ids: Collection[str], records: Iterable[FactRow], read: Callable[[list[str]], Iterable[FactRow]]
) -> tuple[set[str], list[FactRow]]:
    """Some enterprises with their predecessors, and the versions of all their records.

    Args:
        ids: The enterprises.
        records: Versions of their records.
        read: Reads those of further enterprises.
    """
    members, all_records = set(ids), list(records)
    new_records = all_records
    while missing := {predecessor for _successor, predecessor in named_in(new_records)} - members:
        members |= missing
        new_records = list(read(sorted(missing)))
        all_records = [*all_records, *new_records]
    return members, all_records


def named_in(records: Iterable[FactRow]) -> set[tuple[str, str]]:
    """Pairs of successor and predecessor that some records name."""
    successions = (version for version in records if version["kind"] == SUCCESSION and version["refers_to"])
    return {(str(version["enterprise_id"]), str(version["refers_to"])) for version in successions}


def reached(start: Iterable[str], following: Callable[[list[str]], Iterable[str]]) -> set[str]:
    """Whom one comes to from somebody over however many steps, who started left out."""
    start_ids = set(start)
    seen, last = set(start_ids), set(start_ids)
    while last:
        last = set(following(sorted(last))) - seen
        seen |= last
    return seen - start_ids


def successors_of(connection: Connection, enterprise_id: str) -> list[str]:
    """Whoever has ever been said to have succeeded an enterprise, over however many steps."""

    def direct(ids: list[str]) -> Iterable[str]:
        query = select(VisibleRecord.enterprise_id).where(is_succession(), VisibleRecord.refers_to.in_(ids))
        return connection.execute(query.distinct()).scalars()

    return sorted(reached([enterprise_id], direct))


def _predecessors(connection: Connection, enterprise_ids: Sequence[str]) -> dict[str, set[str]]:
    """By enterprise, whom it has directly succeeded in any version of a record."""
    predecessors: dict[str, set[str]] = defaultdict(set)
    succession = select(VisibleRecord.enterprise_id, VisibleRecord.refers_to).where(
        is_succession(), VisibleRecord.refers_to.is_not(None)
    )
    for some_ids in in_parts(enterprise_ids):
        query = succession.where(VisibleRecord.enterprise_id.in_(some_ids)).distinct()
        for successor, predecessor in connection.execute(query):
            predecessors[successor].add(str(predecessor))
    return predecessors


def is_succession() -> ColumnElement[bool]:
    """Whether a record says whom its enterprise has succeeded, as a condition on ``VisibleRecord``."""
    # Written out: a database takes an index over some rows only where it sees that those are meant.
    return VisibleRecord.kind == bindparam("succession_kind", SUCCESSION, literal_execute=True)


def parents_by_branch(connection: Connection, enterprise_ids: Sequence[str]) -> dict[str, set[str]]:
    """Whose facts some enterprises need besides their own, each with those of them that need them.

    That is their branches, by any version, and whom they or their branches have succeeded.
    """
    parents: dict[str, set[str]] = defaultdict(set)
    query = select(VisibleEnterprise.enterprise_id, VisibleEnterprise.parent_id).where(
        VisibleEnterprise.parent_id.in_(enterprise_ids)
    )
    for branch, parent in connection.execute(query):
        parents[branch].add(str(parent))
    # What a branch has taken over is needed by its legal person too: nearest first, until nothing new comes.
    last = {*enterprise_ids, *parents}
    while last:
        needed: set[str] = set()
        for successor, named in _predecessors(connection, sorted(last)).items():
            owners = parents.get(successor, set()) | ({successor} & set(enterprise_ids))
            for predecessor in named:
                if not owners <= parents[predecessor]:
                    parents[predecessor] |= owners
                    needed.add(predecessor)
        last = needed
    return parents
