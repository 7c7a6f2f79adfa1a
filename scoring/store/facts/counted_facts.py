"""Visits and restorations as figures count them: one row for each record, by its latest version.

A record that is withdrawn, no longer believed, or was ever hidden by a court, is counted nowhere. Made of facts, and made
again where it is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from scoring.entities import Progress, silent
from scoring.entities.authorities import office_of
from scoring.store.facts.visit_spread import put_spread
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Head, RecordVersion, table_of
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_figures import CountedUpTo, RestoredRecord, Visit
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord, numbered_from

TOGETHER = 2_000
"""Enterprises that are written in one transaction: others write meanwhile."""
FACTS = "facts"
"""Name of the mark up to where facts are counted."""
VISIT_KIND = "inspection"
_READ = (
    *(
        "record_id",
        "enterprise_id",
        "kind",
        "field",
        "occasion",
        "scope",
        "authority",
        "known_until",
    ),
    *("occurred_on", "decided_on", "restored_on", "withdrawn_on", "masked_from"),
)


def renew_counted_facts(database: Database, progress: Progress = silent) -> int:
    """Brings visits and restorations up to the facts that are stored now; the directory is
    renewed before.

    Args:
        database: The store.
        progress: Called with ``counts`` and the share done.

    Returns:
        Of how many enterprises there was something new.
    """
    with database.read() as connection:
        # Whatever readers come to see later has a greater number than the last that was given.
        newest = connection.execute(select(Head.seq)).scalar_one()
        seq = counted_up_to(connection, FACTS)
        if seq == newest:
            return 0
        # A store that was put back to an earlier state is counted anew.
        since = seq if seq <= newest else 0
        concerned = sorted(_concerned(connection, since) if since else _everybody(connection))
        for number, ids in enumerate(in_parts(concerned, TOGETHER)):
            progress("counts", number * TOGETHER / len(concerned))
            visits, restored = _rows(connection, ids)
            with database.write() as writing:
                _replace(writing, ids, visits, restored)
    with database.write() as writing:
        count_up_to(writing, FACTS, newest)
    return len(concerned)


def recount_enterprises(writing: Connection, ids: Iterable[str]) -> None:
    """Counts some enterprises anew, as after the law has deleted records of theirs."""
    for some in in_parts(sorted(set(ids)), TOGETHER):
        _replace(writing, some, *_rows(writing, some))


def counted_up_to(connection: Connection, what: str) -> int:
    """Up to which number something is counted."""
    query = select(CountedUpTo.seq).where(CountedUpTo.what == what)
    return int(connection.execute(query).scalar() or 0)


def count_up_to(connection: Connection, what: str, seq: int) -> None:
    """Says up to which number something is counted."""
    connection.execute(delete(CountedUpTo).where(CountedUpTo.what == what))
    connection.execute(insert(CountedUpTo), {"what": what, "seq": seq})


def _everybody(connection: Connection) -> set[str]:
    """Enterprises of the directory: all of whom something can be counted in an area."""
    return set(connection.execute(select(DirectoryEntry.enterprise_id)).scalars())


def _concerned(connection: Connection, seq: int) -> set[str]:
    """Enterprises of which a version, or a version of a record, became visible after a fact."""
    concerned: set[str] = set()
    for model in (VisibleRecord, VisibleEnterprise):
        version = table_of(model).c
        stands_behind = version.seq > numbered_from(connection, seq)
        unseen = select(version.enterprise_id).where(stands_behind, version.visible_seq > seq)
        concerned.update(connection.execute(unseen.distinct()).scalars())
    return concerned


def _rows(connection: Connection, ids: Sequence[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The visits and the restorations of some enterprises."""
    visits: list[dict[str, Any]] = []
    restored: list[dict[str, Any]] = []
    for some in in_parts(ids):
        query = select(DirectoryEntry.enterprise_id, DirectoryEntry.area)
        of_these = connection.execute(query.where(DirectoryEntry.enterprise_id.in_(some)))
        areas = {row.enterprise_id: row.area for row in of_these}
        for record in _latest(connection, some):
            row = _row(record, areas.get(record["enterprise_id"]))
            dated_on = record["occurred_on"] or record["decided_on"]
            if record["kind"] == VISIT_KIND and dated_on:
                dated = {"year": dated_on.year, "day": dated_on}
                visits.append({**row, **dated, "occasion": record["occasion"] or ""})
            if record["restored_on"]:
                restored.append({**row, "day": record["restored_on"]})
    _mark_joint(visits)
    return visits, restored


def _latest(connection: Connection, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The latest versions of what may count; what is withdrawn or no longer believed is left out."""
    stored, version = table_of(RecordVersion).c, table_of(VisibleRecord).c
    # Any version: a later one may say that it was never restored.
    candidates = select(stored.record_id).where(
        stored.enterprise_id.in_(ids),
        or_(stored.kind == VISIT_KIND, stored.restored_on.is_not(None)),
    )
    query = (
        select(*(version[name] for name in _READ))
        .where(version.enterprise_id.in_(ids), version.record_id.in_(candidates))
        .order_by(version.known_on.nulls_first(), version.seq)
    )
    latest = {row["record_id"]: row for row in connection.execute(query).mappings()}
    for row in latest.values():
        record: dict[str, Any] = {**row}
        ended = (record[name] for name in ("withdrawn_on", "known_until", "masked_from"))
        if not any(ended) and record["scope"] != "branch":
            yield record


def _row(record: Mapping[str, Any], area: str | None) -> dict[str, Any]:
    authority = (record["authority"] or "").strip()
    return {
        "record_id": record["record_id"],
        "enterprise_id": record["enterprise_id"],
        "area": area,
        "office": office_of(authority) or authority,
        "field": record["field"] or "",
    }


def _mark_joint(visits: Sequence[dict[str, Any]]) -> None:
    """Says of each visit whether another authority was at the enterprise on that day."""
    offices: dict[tuple[str, Any], set[str]] = {}
    for visit in visits:
        offices.setdefault((visit["enterprise_id"], visit["day"]), set()).add(visit["office"])
    for visit in visits:
        # Who is not named may be the same one.
        visit["joint"] = len(offices[visit["enterprise_id"], visit["day"]] - {""}) > 1


def _replace(
    writing: Connection,
    ids: Sequence[str],
    visits: Sequence[Mapping[str, Any]],
    restored: Sequence[Mapping[str, Any]],
) -> None:
    """Puts the rows of some enterprises in the place of those that there were."""
    before: list[dict[str, Any]] = []
    for some in in_parts(ids):
        stored = select(table_of(Visit)).where(Visit.enterprise_id.in_(some))
        before += [dict(row) for row in writing.execute(stored).mappings()]
        writing.execute(delete(Visit).where(Visit.enterprise_id.in_(some)))
        writing.execute(delete(RestoredRecord).where(RestoredRecord.enterprise_id.in_(some)))
    put_spread(writing, ids, before, visits)
    if visits:
        writing.execute(insert(Visit), visits)
    if restored:
        writing.execute(insert(RestoredRecord), restored)
