"""Findings and orders of an enterprise that are still to be corrected, and what was last found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from scoring.administration.results.kept import KeptReadings
from scoring.entities import RelationSet
from scoring.entities.authorities import holder, office_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.family import FactRow, family_facts
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleRecord
from scoring.workdays import add_workdays

LAST = 5
"""Visits that are shown."""


@dataclass(frozen=True)
class KnownFinding:
    """A finding or an order that nobody has closed, or a visit of before.

    Attributes:
        record_id: The record.
        kind: Its kind.
        field: Its field.
        result: Its result.
        severity: Its gravity.
        authority: Who made it, as the record names it.
        document_no: Its number.
        dated_on: Its day.
        due_on: Until when it is to be corrected or looked at again; ``None``: nobody set a day.
        reported_on: The day on which the enterprise reported it as corrected.
    """

    record_id: str
    kind: str
    field: str | None
    result: str | None
    severity: str | None
    authority: str | None
    document_no: str | None
    dated_on: date | None
    due_on: date | None = None
    reported_on: date | None = None


@dataclass(frozen=True)
class KnownVisits:
    """What an inspector reads before he goes in.

    Attributes:
        open: Findings and orders that are still to be corrected, the oldest first.
        last: The last visits, the newest first.
    """

    open: tuple[KnownFinding, ...]
    last: tuple[KnownFinding, ...]


def known_visits(
    kept: KeptReadings,
    connection: Connection,
    version: ResolvedPolicy,
    enterprise_id: str,
    day: date,
    deadlines: Mapping[str, date],
) -> KnownVisits:
    """What is open and what was last found at an enterprise, by what is known now.

    Args:
        kept: Links its records.
        connection: The store.
        version: The policy, whose relations hold.
        enterprise_id: The enterprise.
        day: The day.
        deadlines: By record, the day that was set at the visit.
    """
    facts = family_facts(connection, enterprise_id)
    _enterprises, linked = kept.link(facts.enterprises, facts.records, enterprise_id, version)
    relations = version.law.relations
    rows = [row for row in linked if _stands(row, day)]
    is_open = _open_ids(rows, relations, day) if relations else frozenset()
    workdays = relations.rechecks.workdays if relations else 0
    still = [_known(row, deadlines, workdays) for row in rows if row["record_id"] in is_open]
    visits = [_known(row, deadlines, workdays) for row in rows if row["kind"] == "inspection"]
    newest = sorted(visits, key=_dated, reverse=True)[:LAST]
    return KnownVisits(tuple(sorted(still, key=_dated)), tuple(newest))


def _stands(row: FactRow, day: date) -> bool:
    """Whether a version is believed, the enterprise's own and not ended."""
    known = row["known_on"] is None or row["known_on"] <= day
    ended = any(
        row[name] is not None and row[name] <= day for name in ("restored_on", "withdrawn_on", "masked_from")
    )
    believed = known and row["known_until"] is None
    return bool(believed and not ended and row["scope"] != "branch" and row["contest"] != "annulled")


def _open_ids(rows: Sequence[FactRow], relations: RelationSet, day: date) -> frozenset[str]:
    """The findings that no passed re-check has closed by a day, those of re-checks themselves left out."""
    rechecks = relations.rechecks
    passed = {
        row["recheck_of"]
        for row in rows
        if row["recheck_of"] and row["result"] in rechecks.passed and _dated_by(row, day)
    }
    return frozenset(
        row["record_id"]
        for row in rows
        if rechecks.is_finding(row["kind"], row["result"])
        and row["recheck_of"] is None
        and row["record_id"] not in passed
        and (row["closed_on"] is None or row["closed_on"] > day)
        and _dated_by(row, day)
    )


def _dated_by(row: FactRow, day: date) -> bool:
    dated_on = row["decided_on"] or row["occurred_on"]
    return dated_on is not None and dated_on <= day


def _known(row: FactRow, deadlines: Mapping[str, date], workdays: int) -> KnownFinding:
    reported = row["mended_on"]
    due_on = deadlines.get(row["record_id"])
    # What was reported is to be looked at within the period of the law, whatever day was set before.
    due_on = add_workdays(reported, workdays) if reported and workdays else due_on
    return KnownFinding(
        record_id=row["record_id"],
        kind=row["kind"],
        field=row["field"],
        result=row["result"],
        severity=row["severity"],
        authority=row["authority"],
        document_no=row["document_no"],
        dated_on=row["decided_on"] or row["occurred_on"],
        due_on=due_on,
        reported_on=reported,
    )


def _dated(finding: KnownFinding) -> tuple[date, str]:
    return finding.dated_on or date.min, finding.record_id


def of_departments(
    findings: Iterable[KnownFinding], offices: Collection[str] | None, fields: Collection[str], day: date
) -> list[KnownFinding]:
    """Those of some findings that some authorities may see: their own, and those of their fields.

    Args:
        findings: The findings.
        offices: Codes of the authorities; ``None``: all.
        fields: Their fields.
        day: The day of their powers.
    """
    return [one for one in findings if offices is None or one.field in fields or _held_by(one, offices, day)]


def _held_by(finding: KnownFinding, offices: Collection[str], day: date) -> bool:
    office = office_of(finding.authority)
    return office is not None and holder(finding.field, office, day) in offices


def latest_records(connection: Connection, record_ids: Collection[str]) -> dict[str, FactRow]:
    """The latest version of each of some records."""
    table = table_of(VisibleRecord)
    query = (
        select(table)
        .where(table.c.record_id.in_(sorted(record_ids)))
        .order_by(table.c.known_on.nulls_first(), table.c.seq)
    )
    return {row["record_id"]: dict(row) for row in connection.execute(query).mappings()}
