"""Whether what is gone was lawfully deleted: each deletion opens kind and days, and they must be due.

Nothing else takes the place of a row: who deletes one by hand, digest, entry and all, must show that
the law had it deleted, and a digest opens as it was sealed or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from scoring.policy.law.retention import UseRule, erase_rules, oldest_used
from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.log_entries import UNREADABLE, CheckedLog, EntryHead, StatedDeletion
from scoring.store.facts.deletion import is_over
from scoring.store.log.sealing import Opening
from scoring.store.log.verify_proof import read_cells
from scoring.store.tables.bulk import in_parts, stream_rows
from scoring.store.tables.writing import day_in_china

DAYS = ("occurred_on", "decided_on", "known_on")
_ERASED = """
SELECT event, seq, fact, enterprise_id, brought_by, row_digest, opened, opened_salt, closed
FROM erased
ORDER BY event, seq
"""


@dataclass(frozen=True)
class LawfulDeletion:
    """A deletion that was due.

    Attributes:
        entry: The log entry that says so.
        day: By which day it was due.
        records: How many records were deleted.
        versions: How many versions they had.
        rules: The rules, with their articles.
    """

    entry: EntryHead
    day: str
    records: int
    versions: int
    rules: tuple[str, ...]


@dataclass
class CheckedDeletions:
    """What was deleted: lawfully, or not so."""

    lawful: list[LawfulDeletion] = field(default_factory=list)
    findings: list[AuditFinding] = field(default_factory=list)


class _Trace(NamedTuple):
    """A row of ``erased`` as the driver gives it, whatever it holds."""

    event: Any
    seq: int
    fact: Any
    enterprise_id: Any
    brought_by: Any
    row_digest: Any
    opened: Any
    opened_salt: Any
    closed: Any


class _Version(NamedTuple):
    """A deleted version as it was opened."""

    trace: _Trace
    first_seq: int
    cells: dict[str, Any]


def check_deletions(connection: Connection, log: CheckedLog, today: date | None = None) -> CheckedDeletions:
    """Holds every deletion against the law.

    Args:
        connection: A reading one.
        log: The log as recomputed.
        today: The day of the check, in China: nothing was due by a later one.
    """
    checked, opened_by_event = CheckedDeletions(), defaultdict[int, dict[int, _Version]](dict)
    for trace in map(_Trace._make, stream_rows(connection, _ERASED)):
        version = _opened(trace)
        if version is None or trace.event not in log.deletions:
            checked.findings.append(_unproven(trace.seq, trace.event))
        else:
            opened_by_event[trace.event][trace.seq] = version
    taken_whole: dict[int, _Version] = {}
    lawfully_emptied: set[int] = set()
    for event_number, stated in log.deletions.items():
        opened = opened_by_event[event_number]
        due = list(_due(stated, opened, today))
        checked.lawful += [deletion for deletion, _ in due]
        proven = {version.trace.seq: version for _, versions in due for version in versions}
        stated_numbers = {seq for numbers in stated.due.values() for seq in numbers}
        unproven = (stated_numbers | opened.keys()) - proven.keys()
        checked.findings += [_unproven(seq, event_number) for seq in unproven]
        taken_whole.update((version.first_seq, version) for version in proven.values())
        lawfully_emptied |= stated.emptied & {version.trace.brought_by for version in proven.values()}
    checked.findings += _left_behind(connection, taken_whole)
    # Without an entry that says so, nobody deletes a payload lawfully; and only that of a single fact.
    for number, kind in log.emptied.items():
        if number not in lawfully_emptied or not kind.startswith("record "):
            checked.findings.append(AuditFinding("changed", "audit_event", str(number)))
    return checked


def _unproven(seq: int, event: object) -> AuditFinding:
    return AuditFinding("unproven", "record_version", str(seq), str(event))


def _opened(trace: _Trace) -> _Version | None:
    """A deleted version, if its row's digest opens to what is said of it."""
    try:
        opening = Opening(trace.opened.encode(), trace.opened_salt, trace.closed)
        cells: dict[str, Any] = dict(read_cells(opening.content))
        for column in DAYS:
            cells[column] = date.fromisoformat(cells[column]) if column in cells else None
        is_same = (opening.digest, cells["seq"], cells["enterprise_id"]) == (
            trace.row_digest,
            trace.seq,
            trace.enterprise_id,
        )
        if not is_same or trace.fact != "record" or type(cells["first_seq"]) is not int:
            return None
    except UNREADABLE:
        return None
    optional = ("field", "severity", "info_class")
    return _Version(trace, cells["first_seq"], {**dict.fromkeys(optional), **cells})


def _due(
    stated: StatedDeletion, opened: dict[int, _Version], today: date | None
) -> Iterator[tuple[LawfulDeletion, list[_Version]]]:
    """What an entry deleted that was due, by day."""
    for day_text, numbers in stated.due.items():
        try:
            day = date.fromisoformat(day_text)
            written_on = day_in_china(datetime.fromisoformat(stated.entry.at))
            rules = [(use_rule, oldest_used(day, use_rule.rule.months)) for use_rule in erase_rules(day)]
        except (*UNREADABLE, OverflowError):
            continue
        # What would be due one day is not due before.
        if day > written_on or (today is not None and day > today):
            continue
        by_record = defaultdict[int, list[_Version]](list)
        for version in (opened[seq] for seq in numbers if seq in opened):
            by_record[version.first_seq].append(version)
        grounds = {first: _ground(versions, rules) for first, versions in by_record.items()}
        lawful = [version for first, ground in grounds.items() if ground for version in by_record[first]]
        names = tuple(sorted({ground for ground in grounds.values() if ground}))
        if lawful:
            records = len({version.first_seq for version in lawful})
            yield LawfulDeletion(stated.entry, day_text, records, len(lawful), names), lawful


def _ground(versions: Sequence[_Version], rules: Sequence[tuple[UseRule, date]]) -> str | None:
    """The rule by which a record was due, judged as the deletion judges it: by its latest version."""
    latest = max(versions, key=lambda version: (version.cells["known_on"] or date.min, version.trace.seq))
    for ordered, oldest in rules:
        if is_over(latest.cells, ordered.rule, oldest):
            return f"{ordered.rule.id} ({ordered.cited})"
    return None


def _left_behind(connection: Connection, taken: dict[int, _Version]) -> Iterator[AuditFinding]:
    """Records of which only some versions were deleted: the others might show that they were not due."""
    for first_numbers in in_parts(sorted(taken)):
        listed = ", ".join(map(str, first_numbers))
        statement = f"SELECT DISTINCT first_seq FROM record_version WHERE first_seq IN ({listed})"
        for (first_seq,) in connection.exec_driver_sql(statement).all():
            trace = taken[first_seq].trace
            yield _unproven(trace.seq, trace.event)
