"""What the law orders deleted: chosen by its rules, deleted with its salt, and noted in the log.

What stays of a version shows that its deletion was due: whose it was, its kind, class, field and
days. Which record it was, what it said and who wrote it does not stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from scoring.errors import StoreError
from scoring.policy.law.retention import UsePeriod, erase_rules, oldest_used
from scoring.records.link.new_versions import Overdue
from scoring.store.facts.counted_facts import recount_enterprises
from scoring.store.log.entry import sealed_columns, sealer_of
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.kept_views import forget_facts_of
from scoring.store.tables.orm import AuditEvent, Erased, RecordVersion, table_of
from scoring.store.tables.writing import Writing

AT_ONCE = 5_000
"""Versions that one log entry names; one more record may carry it beyond."""
MOST_UNASKED = 100
"""One record in so many goes without asking; more are deleted when their number is named."""


@dataclass(frozen=True)
class OverdueVersion:
    """One version that is to be deleted, with the rule that says so.

    Attributes:
        row: The version as the store holds it.
        rule: The rule; empty where a backup brought the version back.
        article: Its article.
    """

    row: Mapping[Any, Any]
    rule: str = ""
    article: str = ""

    @property
    def seq(self) -> int:
        """Number of the version."""
        return int(self.row["seq"])

    @property
    def first_seq(self) -> int:
        """Number of the first version of its record."""
        return int(self.row["first_seq"])

    @property
    def record_id(self) -> str:
        """The record."""
        return str(self.row["record_id"])

    @property
    def enterprise_id(self) -> str:
        """Whose."""
        return str(self.row["enterprise_id"])

    @property
    def event(self) -> int:
        """The log entry that brought it."""
        return int(self.row["event"])


def overdue_on(day: date) -> list[Overdue]:
    """Kinds whose records are no longer kept on a day, and the oldest day that is."""
    return [
        (rule.kinds, oldest_used(day, rule.months))
        for _, rule in erase_rules(day)
        if rule.classes is None and rule.fields is None
    ]


def due_for_erasure(connection: Connection, day: date) -> list[OverdueVersion]:
    """All versions of records whose time of keeping is over on a day, in the order of ``seq``."""
    overdue: dict[int, OverdueVersion] = {}
    for ordered in erase_rules(day):
        oldest = oldest_used(day, ordered.rule.months)
        for version in _by_rule(connection, ordered.rule, ordered.cited, oldest):
            overdue[version.seq] = version
    return [overdue[seq] for seq in sorted(overdue)]


def _by_rule(connection: Connection, rule: UsePeriod, article: str, oldest: date) -> Iterator[OverdueVersion]:
    """Versions that one rule has deleted: all of a record, by what its latest version says."""
    dated = func.coalesce(RecordVersion.decided_on, RecordVersion.occurred_on)
    # Any version of that age; that the latest one is so old is for the next look.
    candidates = (
        select(RecordVersion.record_id).where(RecordVersion.kind.in_(rule.kinds), dated < oldest).distinct()
    )
    for record_ids in in_parts(connection.execute(candidates).scalars().all()):
        query = select(RecordVersion).where(RecordVersion.record_id.in_(record_ids))
        versions = connection.execute(query).mappings().all()
        in_order = sorted(versions, key=lambda version: (version["known_on"] or date.min, version["seq"]))
        latest = {version["record_id"]: version for version in in_order}
        for version in versions:
            if is_over(latest[version["record_id"]], rule, oldest):
                yield OverdueVersion(version, rule.id, article)


def is_over(latest: Mapping[Any, Any], rule: UsePeriod, oldest: date) -> bool:
    """Whether a record is one of a rule's and older than the rule lets it be kept.

    Args:
        latest: Its latest version, of which kind, field, class and days are looked at.
        rule: The rule.
        oldest: The oldest day that the rule lets be kept.
    """
    record_day = latest["decided_on"] or latest["occurred_on"]
    info_class = latest["info_class"] or latest["severity"]
    return (
        record_day is not None
        and record_day < oldest
        and rule.fits(latest["kind"], info_class, latest["field"])
    )


def erase(writing: Writing, due: Sequence[OverdueVersion], day: date) -> None:
    """Deletes what is due on a day; the digests stay, so the log still verifies.

    Args:
        writing: The transaction.
        due: What is deleted, each version with its rule.
        day: The day of the clock.
    """
    for versions in _whole_records(due):
        rules = Counter(f"{version.rule} ({version.article})" for version in versions)
        entries = remove(writing, versions)
        writing.log("erased", {"rules": dict(rules), **due_on({day: versions}), "entries": entries})


def require_agreed(connection: Connection, due: Sequence[OverdueVersion], agreed: int | None) -> None:
    """Refuses a deletion of many records unless somebody names their number.

    Args:
        connection: The store.
        due: What is to be deleted.
        agreed: The number that was named; ``None``: none was.

    Raises:
        StoreError: More than 1 % is to be deleted and the number was not named, or it is another one.
    """
    if agreed == len(due) or (agreed is None and not due):
        return
    total = connection.execute(select(func.count()).select_from(RecordVersion)).scalar_one()
    if agreed is not None or len(due) * MOST_UNASKED > total:
        rules = Counter(version.article for version in due)
        grounds = "; ".join(f"{article}: {count}" for article, count in sorted(rules.items())) or "0"
        raise StoreError("deletion_not_agreed", n=len(due), total=total, grounds=grounds, agreed=agreed or 0)


def due_on(versions_by_day: Mapping[date, Sequence[OverdueVersion]]) -> dict[str, Any]:
    """What a log entry says of deleted versions: by which day they were due."""
    seq = attrgetter("seq")
    return {"due": {day.isoformat(): list(map(seq, due)) for day, due in versions_by_day.items()}}


def _whole_records(due: Sequence[OverdueVersion]) -> Iterator[list[OverdueVersion]]:
    """Versions in parts of which none divides a record, each in the order of ``seq``."""
    part: list[OverdueVersion] = []
    by_record = sorted(due, key=attrgetter("first_seq", "seq"))
    for _, versions in groupby(by_record, key=attrgetter("first_seq")):
        part += versions
        if len(part) >= AT_ONCE:
            yield sorted(part, key=attrgetter("seq"))
            part = []
    if part:
        yield sorted(part, key=attrgetter("seq"))


def remove(writing: Writing, versions: Sequence[OverdueVersion]) -> list[int]:
    """Deletes versions; of entries that brought nothing else, payload and salt. Digests stay.

    Returns:
        Those entries, for the log entry that the caller writes.
    """
    for some_versions in in_parts(versions):
        fact_numbers = [version.seq for version in some_versions]
        writing.connection.execute(delete(RecordVersion).where(RecordVersion.seq.in_(fact_numbers)))
        writing.insert(Erased, [_trace(version) for version in some_versions])
        enterprise_ids = [version.enterprise_id for version in some_versions]
        recount_enterprises(writing.connection, enterprise_ids)
        forget_facts_of(writing.connection, set(enterprise_ids))
    entries: list[int] = []
    for events in in_parts(sorted({version.event for version in versions})):
        entries += _empty(writing.connection, events)
    return entries


def _trace(version: OverdueVersion) -> dict[str, Any]:
    """What stays of a deleted version."""
    table = table_of(RecordVersion)
    cells = [version.row[column] for column in sealed_columns(table)]
    opening = sealer_of(table).opening(version.row["salt"], cells)
    return {
        "seq": version.seq,
        "fact": "record",
        "enterprise_id": version.enterprise_id,
        "brought_by": version.event,
        "row_digest": version.row["digest"],
        "opened": opening.content.decode(),
        "opened_salt": opening.salt,
        "closed": opening.closed,
    }


def _empty(connection: Connection, entries: Sequence[int]) -> list[int]:
    """Deletes payload and salt of those entries that brought a single fact; gives their numbers."""
    # The id of a single fact stands in the payload; that of an import names files alone.
    brought_one_fact = (
        AuditEvent.seq.in_(entries) & AuditEvent.kind.startswith("record ") & AuditEvent.payload.is_not(None)
    )
    emptied = list(connection.execute(select(AuditEvent.seq).where(brought_one_fact)).scalars())
    deletion = update(AuditEvent).where(AuditEvent.seq.in_(emptied)).values(payload=None, salt=None)
    connection.execute(deletion)
    return emptied


def scrub(database: Database) -> None:
    """Folds back SQLite's write-ahead log, which still holds what was deleted."""
    if database.is_sqlite:
        with database.faults(), database.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
