"""Whose linked records new facts may change: their owners, and those who take records over from these."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from scoring.store.facts.family import is_succession, parents_by_branch, reached
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import Erased
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord, numbered_from


def concerned_by(connection: Connection, owners: Collection[str]) -> set[str]:
    """Whose linked records follow from facts of some enterprises: these, with whoever succeeded them, and with the legal persons of all these."""
    successors = reached(owners, lambda ids: _successors(connection, ids))
    members = {*owners, *successors}
    return members | set(_parents(connection, sorted(members)))


def family_of_all(connection: Connection, enterprise_ids: Collection[str]) -> set[str]:
    """Whose facts the linked records of some enterprises follow from: these, their branches and predecessors."""
    members = set(enterprise_ids)
    for some_ids in in_parts(sorted(enterprise_ids)):
        members.update(parents_by_branch(connection, some_ids))
    return members


def count_new(connection: Connection, seq: int) -> int:
    """How many versions of records are newer than a fact, at most."""
    numbered = VisibleRecord.seq > numbered_from(connection, seq)
    newest = select(VisibleRecord.seq).where(numbered).order_by(VisibleRecord.seq)
    # Numbers are given in order, so the first and the last tell enough without a count of them all.
    first = connection.execute(newest.limit(1)).scalar()
    last = connection.execute(newest.order_by(None).order_by(VisibleRecord.seq.desc()).limit(1)).scalar()
    return 0 if first is None or last is None else last - first + 1


def owners_of_new(connection: Connection, seq: int) -> Iterator[str]:
    """Enterprises with a newer version than a fact, or of whose records somebody else has a newer one."""
    start = numbered_from(connection, seq)
    for model in (VisibleEnterprise, VisibleRecord):
        new = select(model.enterprise_id).where(model.seq > start, model.visible_seq > seq)
        yield from connection.execute(new.distinct()).scalars()
    newer, other = aliased(VisibleRecord), aliased(VisibleRecord)
    moved = (
        select(other.enterprise_id)
        .select_from(newer)
        .join(other, other.record_id == newer.record_id)
        .where(newer.seq > start, newer.visible_seq > seq, other.enterprise_id != newer.enterprise_id)
        .distinct()
    )
    yield from connection.execute(moved).scalars()


def owners_of_deleted(connection: Connection, event: int, gone: Collection[int] = ()) -> set[str]:
    """Enterprises of which a version was deleted after a log entry, those left out that were gone already."""
    later = select(Erased.seq, Erased.enterprise_id).where(Erased.event > event)
    return {enterprise_id for seq, enterprise_id in connection.execute(later) if seq not in gone}


def _successors(connection: Connection, enterprise_ids: Sequence[str]) -> Iterable[str]:
    """Whoever has ever been said to have directly succeeded one of some enterprises."""
    for some_ids in in_parts(enterprise_ids):
        query = select(VisibleRecord.enterprise_id).where(
            is_succession(), VisibleRecord.refers_to.in_(some_ids)
        )
        yield from connection.execute(query.distinct()).scalars()


def _parents(connection: Connection, enterprise_ids: Sequence[str]) -> Iterable[str]:
    """Whom some enterprises have named as their legal person in any version."""
    for some_ids in in_parts(enterprise_ids):
        query = select(VisibleEnterprise.parent_id).where(
            VisibleEnterprise.enterprise_id.in_(some_ids), VisibleEnterprise.parent_id.is_not(None)
        )
        yield from map(str, connection.execute(query.distinct()).scalars())
