"""Enterprises that are not there any more, or not the same: closed, moved away, merged, in other hands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.store.facts.family import is_succession
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import Standing, table_of
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord

CLOSED: Mapping[str | None, str] = {
    "revoked": "licence_revoked",
    "deregistered": "deregistered",
    "moved": "moved",
}
"""Status of an enterprise -> why it has no code any more."""
HANDED_ON: Mapping[str | None, str] = {
    "merger": "merged",
    "conversion": "converted",
    None: "new_owner",
}
"""Result of a succession -> why whom it names has no code any more; who was divided goes on."""
FEW = 2_000
"""As many ids are asked for one by one; more are looked for in one pass over everybody."""
_version = table_of(VisibleEnterprise).c
_record = table_of(VisibleRecord).c


def gone_among(connection: Connection, enterprise_ids: Collection[str], day: date) -> dict[str, str]:
    """Those of some enterprises that are gone on a day, each with why.

    Of many those are found that have a code or a colour; nobody else is asked for.
    """
    ids = sorted(set(enterprise_ids))
    gone = {**_handed_on(connection, ids, day), **_closed(connection, ids)}
    return {enterprise_id: gone[enterprise_id] for enterprise_id in ids if enterprise_id in gone}


def _closed(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Enterprises whose latest version has one of the statuses."""
    closing = select(_version.enterprise_id).where(_version.status.in_(CLOSED)).distinct()
    once = set(_ids(connection, closing, _version.enterprise_id, ids)) & set(ids)
    status: dict[str, str | None] = {}
    for some_ids in in_parts(sorted(once)):
        latest_last = select(_version.enterprise_id, _version.status).where(
            _version.enterprise_id.in_(some_ids)
        )
        # A version that a source lists counts before one that a record created; of several the last is left.
        in_order = (
            _version.created.desc(),
            _version.known_on.asc().nulls_first(),
            _version.seq.asc(),
        )
        status |= {row[0]: row[1] for row in connection.execute(latest_last.order_by(*in_order))}
    return {enterprise_id: CLOSED[word] for enterprise_id, word in status.items() if word in CLOSED}


def _handed_on(connection: Connection, ids: Sequence[str], day: date) -> dict[str, str]:
    """Enterprises that another one has succeeded as a whole, by what is believed on the day."""
    naming = select(_record.record_id).where(is_succession(), _record.refers_to.is_not(None)).distinct()
    named = list(_ids(connection, naming, _record.refers_to, ids))
    latest: dict[str, Any] = {}
    columns = (
        _record.record_id,
        _record.refers_to,
        _record.result,
        _record.withdrawn_on,
        _record.known_on,
    )
    for some in in_parts(sorted(named)):
        versions = select(*columns).where(_record.record_id.in_(some))
        in_order = versions.order_by(_record.known_on.asc().nulls_first(), _record.seq.asc())
        latest |= {row.record_id: row for row in connection.execute(in_order) if _is_known(row, day)}
    standing = [row for row in latest.values() if row.withdrawn_on is None or row.withdrawn_on > day]
    return {str(row.refers_to): HANDED_ON[row.result] for row in standing if row.result in HANDED_ON}


def _is_known(row: Any, day: date) -> bool:
    return row.known_on is None or row.known_on <= day


def _ids(connection: Connection, query: Any, column: Any, ids: Sequence[str]) -> Iterator[str]:
    """What a query gives of some ids, or where they are many of all who have a standing."""
    # By the index of the column, from one id to the next: a pass over all records would take longer.
    everybody = column.in_(select(Standing.enterprise_id))
    conditions: Iterable[Any] = [everybody] if len(ids) > FEW else map(column.in_, in_parts(ids))
    for condition in conditions:
        yield from connection.execute(query.where(condition)).scalars()
