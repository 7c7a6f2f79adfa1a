"""A backup put back: what was deleted or restored by law after it was made is deleted and restored again before the store opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from scoring.entities import RECORD_COLUMNS
from scoring.errors import StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.deletion import Overdone, remove
from scoring.store.keep.transfer import put_in_place, unpacked
from scoring.store.standing.policies import stored_version
from scoring.store.standing.recording import NewFact, Recorder
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, Erased, Head, RecordVersion, ScoreRun
from scoring.store.tables.writing import Clock, writing


@dataclass(frozen=True)
class Later:
    """What the present log says that a backup does not know: versions deleted, and restorations, since its last entry."""

    erased: Sequence[int] = ()
    restored: Sequence[Mapping[str, Any]] = field(default=())


def restore(file: Path, database: Database, actor: str, clock: Clock) -> Later:
    """Puts a backup in the place of the store's rows.

    Args:
        file: A backup.
        database: The store, which may be empty; what its log has on deletions and restorations is applied to the backup first.
        actor: Who restores.
        clock: The time.

    Raises:
        InputError: There is no such file.
        StoreError: It is no backup, or not one of this store.
    """
    with unpacked(file) as copy:
        later = _later(database, copy)
        _apply(copy, later, actor, clock)
        put_in_place(copy, database)
    return later


def _later(database: Database, copy: Database) -> Later:
    if migrate.revision(database) is None:
        return Later()
    migrate.require_current(database)
    with copy.read() as connection:
        head = connection.execute(select(Head)).one()
        last = connection.execute(select(AuditEvent.leaf_hash).where(AuditEvent.seq == head.event)).scalar()
    with database.read() as connection:
        present = connection.execute(select(Head)).one()
        if present.event == 0:
            return Later()
        if (
            present.event < head.event
            or connection.execute(select(AuditEvent.leaf_hash).where(AuditEvent.seq == head.event)).scalar()
            != last
        ):
            raise StoreError(
                zh="这个备份不属于此库（日志不是其开头），未作任何改动；请恢复到空库，例如 --database restored.db",
                en="the backup is not one of this store (its log is no beginning of this one's), nothing was changed; "
                "restore into an empty one, e.g. --database restored.db",
            )
        return Later(
            connection.execute(
                select(Erased.seq)
                .where(Erased.event > head.event, Erased.seq <= head.seq)
                .order_by(Erased.seq)
            )
            .scalars()
            .all(),
            _restorations(connection, head.seq),
        )


def _restorations(connection: Connection, seq: int) -> list[Mapping[str, Any]]:
    events = select(AuditEvent.seq).where(AuditEvent.kind == "record restored")
    rows = connection.execute(
        select(RecordVersion)
        .where(RecordVersion.seq > seq, RecordVersion.event.in_(events))
        .order_by(RecordVersion.seq)
    ).mappings()
    return [dict(row) for row in rows]


def _apply(copy: Database, later: Later, actor: str, clock: Clock) -> None:
    with writing(copy, actor, clock) as w:
        rows = (
            w.connection.execute(select(RecordVersion).where(RecordVersion.seq.in_(later.erased)))
            .mappings()
            .all()
        )
        entries = remove(
            w,
            [
                Overdone(r["seq"], r["record_id"], r["enterprise_id"], r["event"], r["digest"], "", "")
                for r in rows
            ],
        )
        w.log(
            "backup restored",
            {"erased": list(later.erased), "restored": len(later.restored), "entries": entries},
        )
    recorder, version = Recorder(copy, actor, clock), _last_version(copy)
    for row in later.restored:
        with copy.read() as connection:
            known = connection.execute(
                select(RecordVersion.seq).where(RecordVersion.record_id == row["record_id"])
            ).first()
        if known is not None and version is not None:
            entry = NewFact(
                "restored", {name: row[name] for name in RECORD_COLUMNS}, row["ground"], row["document"]
            )
            recorder.record(_always(entry), version[0], max(version[1], row["known_on"]))


def _always(entry: NewFact) -> Callable[[Connection], NewFact]:
    return lambda connection: entry


def _last_version(copy: Database) -> tuple[ResolvedPolicy, Any] | None:
    """The policy and day of the last batch, as the store keeps them."""
    with copy.read() as connection:
        run = connection.execute(select(ScoreRun).order_by(ScoreRun.event.desc()).limit(1)).first()
        return (stored_version(connection, run.policy_sha256), run.as_of) if run else None
