"""What falls due by a day: proposals whose notice is over, colours that time alone changes, records that the law has deleted."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from scoring.engine.duckdb import DuckEngine
from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.deletion import due_for_erasure
from scoring.store.standing.assessing import MEMORY, Snapshot, assessed_range
from scoring.store.standing.reviewing import Proposal, proposals
from scoring.store.tables.database import Database


@dataclass(frozen=True)
class Due:
    """One thing that falls due.

    Attributes:
        kind: ``proposal`` (its notice ends), ``colour`` (the computed result changes) or ``erasure``.
        on: The day, where one is known; a colour has changed by the day asked for.
        enterprise_id: Whose.
        what: The band proposed or computed, or the record and the article.
        waits: What a proposal still waits for: ``review``, ``statement``, ``returned``.
    """

    kind: Literal["proposal", "colour", "erasure"]
    on: date | None
    enterprise_id: str
    what: str
    waits: tuple[str, ...] = ()


def due(
    database: Database,
    version: ResolvedPolicy,
    by: date,
    progress: Progress = silent,
) -> list[Due]:
    """Everything that ``sise score --db`` on that day would apply, or would find waiting."""
    with database.read() as connection:
        open_ = proposals(connection, version)
        erasures = due_for_erasure(connection, by)
    found = [
        Due(
            "proposal", one.pending.notice_until + timedelta(days=1), one.enterprise_id, one.band, _waits(one)
        )
        for one in open_
        if one.pending.notice_until < by
    ]
    known = {one.enterprise_id for one in open_}
    found += [one for one in _colours(database, version, by, progress) if one.enterprise_id not in known]
    records = {one.record_id: one for one in erasures}
    return found + [
        Due("erasure", None, one.enterprise_id, f"{one.record_id} · {one.article}")
        for one in records.values()
    ]


def _waits(one: Proposal) -> tuple[str, ...]:
    reasons = {
        "review": len(one.pending.confirmed_by) < one.reviewers,
        "statement": one.pending.open_statements > 0,
        "returned": one.pending.returned,
    }
    return tuple(name for name, holds in reasons.items() if holds and not one.pending.emergency)


def _colours(database: Database, version: ResolvedPolicy, by: date, progress: Progress) -> list[Due]:
    """Enterprises whose band is another one by then, though no fact is added."""
    found: list[Due] = []
    with (
        tempfile.TemporaryDirectory(prefix="sise-") as folder,
        DuckEngine(2, MEMORY, Path(folder) / "spill") as engine,
    ):
        with database.read() as connection:
            snapshot = Snapshot.take(connection, Path(folder), progress)
        for n, ids in enumerate(snapshot.ranges):
            progress("score", n / len(snapshot.ranges))
            for change in assessed_range(database, version, by, snapshot, engine, ids)[2]:
                if change.before is None or change.before.band != change.result.band:
                    found.append(Due("colour", None, change.result.enterprise_id, change.result.band or "—"))
    progress("score", 1.0)
    return found
