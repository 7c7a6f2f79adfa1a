"""What the law orders deleted: chosen by its rules, deleted with its salt, and noted in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from scoring.errors import StoreError
from scoring.policy.law.retention import UsePeriod, erase_rules, oldest_used
from scoring.records.link.new_versions import Overdue
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, Erased, RecordVersion
from scoring.store.tables.writing import Writing

AT_ONCE = 5_000
"""Versions that one log entry names."""
MOST_UNASKED = 100
"""One record in so many goes without asking; more are deleted when their number is named."""


@dataclass(frozen=True)
class OverdueVersion:
    """One version that is to be deleted, with the rule that says so."""

    seq: int
    record_id: str
    enterprise_id: str
    event: int
    digest: bytes
    rule: str
    article: str

    @classmethod
    def of(cls, row: Mapping[Any, Any], rule: str = "", article: str = "") -> OverdueVersion:
        """A version as the store holds it; without a rule where a backup brought it back."""
        names = ("seq", "record_id", "enterprise_id", "event", "digest")
        return cls(**{column: row[column] for column in names}, rule=rule, article=article)


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
    for instrument, rule in erase_rules(day):
        article = f"{instrument.legal.document} {rule.article}"
        for version in _by_rule(connection, rule, article, oldest_used(day, rule.months)):
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
            if _is_over(latest[version["record_id"]], rule, oldest):
                yield OverdueVersion.of(version, rule.id, article)


def _is_over(latest: Mapping[Any, Any], rule: UsePeriod, oldest: date) -> bool:
    """Whether a record is one of a rule's and older than the rule lets it be kept."""
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
    for versions in in_parts(due, AT_ONCE):
        entries = remove(writing, versions)
        rules = Counter(f"{version.rule} ({version.article})" for version in versions)
        seqs = [version.seq for version in versions]
        payload = {"as_of": day.isoformat(), "rules": dict(rules), "seqs": seqs, "entries": entries}
        writing.log("erased", payload)


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


def remove(writing: Writing, versions: Sequence[OverdueVersion]) -> list[int]:
    """Deletes versions; of entries that brought nothing else, payload and salt. Digests stay.

    Returns:
        Those entries, for the log entry that the caller writes.
    """
    for some_versions in in_parts(versions):
        fact_numbers = [version.seq for version in some_versions]
        writing.connection.execute(delete(RecordVersion).where(RecordVersion.seq.in_(fact_numbers)))
        writing.insert(Erased, [_trace(version) for version in some_versions])
    entries: list[int] = []
    for events in in_parts(sorted({version.event for version in versions})):
        entries += _empty(writing.connection, events)
    return entries


def _trace(version: OverdueVersion) -> dict[str, Any]:
    """What stays of a deleted version."""
    return {
        "seq": version.seq,
        "fact": "record",
        "enterprise_id": version.enterprise_id,
        "brought_by": version.event,
        "row_digest": version.digest,
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
