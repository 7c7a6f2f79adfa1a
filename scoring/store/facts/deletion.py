"""What the law orders deleted: found by its rules, deleted with its salt, and the log says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection, delete, func, select, update

from scoring.policy.law.retention import UsePeriod, erase_rules, oldest_used
from scoring.records.link.new_versions import Overdue
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, Erased, RecordVersion
from scoring.store.tables.writing import Clock, Writing, writing

T = TypeVar("T")
AT_ONCE = 5_000
"""Versions that one log entry names."""


@dataclass(frozen=True)
class Overdone:
    """One version that is to be deleted, with the rule that says so."""

    seq: int
    record_id: str
    enterprise_id: str
    event: int
    digest: bytes
    rule: str
    article: str


def overdue_on(day: date) -> list[Overdue]:
    """Kinds whose records are no longer kept on a day, and the oldest day that is."""
    return [
        (rule.kinds, oldest_used(day, rule.months))
        for _, rule in erase_rules(day)
        if rule.classes is None and rule.fields is None
    ]


def due_for_erasure(connection: Connection, day: date) -> list[Overdone]:
    """All versions of records whose time of keeping is over on a day, by their latest version; in the order of ``seq``."""
    found: dict[int, Overdone] = {}
    for instrument, rule in erase_rules(day):
        article = f"{instrument.legal.document} {rule.article}"
        found |= {one.seq: one for one in _by_rule(connection, rule, article, oldest_used(day, rule.months))}
    return [found[seq] for seq in sorted(found)]


def _by_rule(connection: Connection, rule: UsePeriod, article: str, oldest: date) -> Iterator[Overdone]:
    dated = func.coalesce(RecordVersion.decided_on, RecordVersion.occurred_on)
    ids = (
        connection.execute(
            select(RecordVersion.record_id)
            .where(RecordVersion.kind.in_(rule.kinds), dated < oldest)
            .distinct()
        )
        .scalars()
        .all()
    )
    for part in _parts(ids):
        rows = (
            connection.execute(select(RecordVersion).where(RecordVersion.record_id.in_(part)))
            .mappings()
            .all()
        )
        latest = {
            row["record_id"]: row
            for row in sorted(rows, key=lambda row: (row["known_on"] or date.min, row["seq"]))
        }
        for row in rows:
            last = latest[row["record_id"]]
            on = last["decided_on"] or last["occurred_on"]
            if (
                on is not None
                and on < oldest
                and rule.fits(last["kind"], last["info_class"] or last["severity"], last["field"])
            ):
                yield Overdone(
                    row["seq"],
                    row["record_id"],
                    row["enterprise_id"],
                    row["event"],
                    row["digest"],
                    rule.id,
                    article,
                )


def erase(database: Database, day: date, actor: str, clock: Clock) -> int:
    """Deletes what is due on a day; returns how many versions. Their digests stay, so the log still verifies."""
    with database.read() as connection:
        if not due_for_erasure(connection, day):
            return 0
    with writing(database, actor, clock) as w:
        due = due_for_erasure(w.connection, day)
        for part in _parts(due, AT_ONCE):
            entries = remove(w, part)
            rules = Counter(f"{one.rule} ({one.article})" for one in part)
            w.log(
                "erased",
                {
                    "as_of": day.isoformat(),
                    "rules": dict(rules),
                    "seqs": [one.seq for one in part],
                    "entries": entries,
                },
            )
    _scrub(database)
    return len(due)


def remove(w: Writing, versions: Sequence[Overdone]) -> list[int]:
    """Deletes versions and leaves their digests; of entries that brought nothing else, payload and salt.

    Returns:
        Those entries, for the log entry that the caller writes.
    """
    for part in _parts(versions):
        w.connection.execute(delete(RecordVersion).where(RecordVersion.seq.in_([one.seq for one in part])))
        w.insert(
            Erased,
            [
                {
                    "seq": one.seq,
                    "fact": "record",
                    "enterprise_id": one.enterprise_id,
                    "brought_by": one.event,
                    "row_digest": one.digest,
                }
                for one in part
            ],
        )
    return [
        entry
        for part in _parts(sorted({one.event for one in versions}))
        for entry in _emptied(w.connection, part)
    ]


def _emptied(connection: Connection, entries: Sequence[int]) -> list[int]:
    """Deletes payload and salt of those entries that brought a single fact: its id and grounds stand in them."""
    single = (
        AuditEvent.seq.in_(entries) & AuditEvent.kind.startswith("record ") & AuditEvent.payload.is_not(None)
    )
    found = list(connection.execute(select(AuditEvent.seq).where(single)).scalars())
    connection.execute(update(AuditEvent).where(AuditEvent.seq.in_(found)).values(payload=None, salt=None))
    return found


def _scrub(database: Database) -> None:
    """SQLite: the write-ahead log holds what was deleted until it is folded back."""
    if database.is_sqlite:
        with database.faults(), database.engine.connect() as raw:
            raw.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]


def _parts(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]
