"""The batch over what is stored: facts as of a ``seq``, the engine, and a new assessment only where the result or its state changed."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, func, select

from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.prior import prior_table
from scoring.engine.results import DecidedRows
from scoring.entities import Progress, silent
from scoring.errors import StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import id_ranges
from scoring.records.link.versions import cluster_versions
from scoring.store.facts.stored_facts import versions
from scoring.store.standing.computed import Computed, computed
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.policies import keep_policy
from scoring.store.standing.standings import (
    Changed,
    StoredStanding,
    changed_results,
    stood,
    store_assessments,
)
from scoring.store.standing.taking_effect import PROPOSED
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Head, ScoreRun, SourceMapVersion, Standing
from scoring.store.tables.writing import Clock, writing

RANGE = 50_000
"""Enterprises whose assessments commit together: a killed run loses at most so many, and holds the lock for seconds."""
MEMORY = "500MB"


@dataclass
class Scored:
    """What a run did.

    Attributes:
        enterprises: Enterprises scored.
        changed: New assessments.
        proposed: Those of them that wait.
        bands: Enterprises by computed band.
        not_rated: Those without one, by reason.
    """

    as_of: date
    seq: int
    enterprises: int = 0
    changed: int = 0
    proposed: int = 0
    bands: Counter[str] = field(default_factory=Counter)
    not_rated: Counter[str] = field(default_factory=Counter)


def score_store(
    database: Database,
    version: ResolvedPolicy,
    as_of: date,
    actor: str,
    clock: Clock,
    *,
    progress: Progress = silent,
) -> Scored:
    """Scores every enterprise and stores what changed; run again after a kill it does what was left.

    Args:
        database: The store.
        version: The policy.
        as_of: The day; not before the last one that was scored.
        actor: Who runs it.
        clock: The time.
        progress: Called with a step and the share done.

    Raises:
        StoreError: The day is before the last one that was scored.
        EnvironmentRefusedError: The database or the disk refuses.
    """
    with (
        tempfile.TemporaryDirectory(prefix="sise-") as folder,
        DuckEngine(2, MEMORY, Path(folder) / "spill") as engine,
    ):
        with database.read() as connection:
            refuse_looking_back(connection, version.policy.id, as_of)
            found = Snapshot.take(connection, Path(folder), progress)
        run = Scored(as_of, found.seq)
        with writing(database, actor, clock) as w:
            if keep_policy(w, version):
                w.log("policy", {"policy": version.sha256})
        for n, ids in enumerate(found.ranges):
            progress("score", n / len(found.ranges))
            _score_range(database, version, run, found, engine, ids, actor, clock)
        with writing(database, actor, clock) as w:
            row = {
                "event": w.next_event,
                "policy_id": version.policy.id,
                "policy_sha256": version.sha256,
                "as_of": as_of,
                "seq": run.seq,
            }
            w.insert(ScoreRun, [{**row, "enterprises": run.enterprises, "changed": run.changed}])
            w.log("scored", {"policy": version.sha256, "as_of": as_of.isoformat(), "seq": run.seq})
    progress("score", 1.0)
    return run


@dataclass(frozen=True)
class Snapshot:
    """The facts up to ``seq`` as clustered files, what the sources cover and the ranges of ids."""

    seq: int
    clustered: Clustered
    ranges: Sequence[tuple[str, str]]

    @classmethod
    def take(
        cls, connection: Connection, folder: Path, progress: Progress, seq: int | None = None
    ) -> Snapshot:
        """Reads the facts of the connection's state, up to ``seq`` if it is given."""
        progress("facts", 0.0)
        upto = connection.execute(select(Head.seq)).scalar_one() if seq is None else seq
        kinds = covers(connection)
        paths = cluster_versions(
            versions(connection, "enterprises", seq),
            versions(connection, "records", seq),
            kinds,
            folder,
            memory=MEMORY,
        )
        progress("facts", 1.0)
        return cls(upto, Clustered(*paths, kinds), id_ranges(paths[0], RANGE))


def covers(connection: Connection) -> frozenset[str]:
    """Kinds that the sources of the store cover together."""
    return frozenset(
        kind
        for (text,) in connection.execute(select(SourceMapVersion.covers)).all()
        for kind in json.loads(text)
    )


def refuse_looking_back(connection: Connection, policy_id: str, as_of: date) -> None:
    """Refuses a day before the last one that was scored: a colour in effect does not change by looking back.

    Raises:
        StoreError: It is before.
    """
    last = connection.execute(
        select(func.max(ScoreRun.as_of)).where(ScoreRun.policy_id == policy_id)
    ).scalar_one()
    if last is not None and as_of < last:
        raise StoreError(
            zh=f"{as_of} 早于上次评价日期 {last}；现行颜色不因回看而改变；请给出 {last} 或以后的日期，回看用 sise explain",
            en=f"{as_of} is before the last day scored, {last}; looking back changes no colour: give {last} or later, "
            "or look back with `sise explain`",
        )


def _score_range(
    database: Database,
    version: ResolvedPolicy,
    run: Scored,
    found: Snapshot,
    engine: DuckEngine,
    ids: tuple[str, str],
    actor: str,
    clock: Clock,
) -> None:
    results, standing, changed = assessed_range(database, version, run.as_of, found, engine, ids)
    run.enterprises += len(results)
    run.bands.update(result.band for result in results if result.band is not None)
    run.not_rated.update(result.status_reason for result in results if result.status_reason is not None)
    if not changed:
        return
    with writing(database, actor, clock) as w:
        overtaken = _overtaken(
            w.connection, version.policy.id, ids, max((s.latest for s in standing.values()), default=0)
        )
        kept = [change for change in changed if change.result.enterprise_id not in overtaken]
        if kept:
            store_assessments(w, version, run.as_of, run.seq, kept)
            w.log(
                "assessed",
                {
                    "policy": version.sha256,
                    "as_of": run.as_of.isoformat(),
                    "seq": run.seq,
                    "covers": sorted(found.clustered.covers),
                },
            )
            run.changed += len(kept)
            run.proposed += sum(change.decision.state == PROPOSED for change in kept)


def assessed_range(
    database: Database,
    version: ResolvedPolicy,
    as_of: date,
    found: Snapshot,
    engine: DuckEngine,
    ids: tuple[str, str],
) -> tuple[list[Computed], dict[str, StoredStanding], list[Changed]]:
    """The results of a range of enterprises, where they stood, and which results are new; nothing is stored."""
    with database.read() as connection:
        standing = stood(connection, version.policy.id, ids)
        pending = open_proposals(connection, version.policy)
    results = list(computed(_computed(engine, version, as_of, found, standing, ids), version))
    return results, standing, list(changed_results(results, standing, pending, version, as_of))


def _computed(
    engine: DuckEngine,
    version: ResolvedPolicy,
    as_of: date,
    found: Snapshot,
    standing: dict[str, StoredStanding],
    ids: tuple[str, str],
) -> DecidedRows:
    bands = {enterprise_id: before.band for enterprise_id, before in standing.items() if before.band}
    tables = engine.with_prior(engine.files(found.clustered), prior_table(bands, version.policy))
    batch = engine.batch(version, as_of, found.clustered.covers, tables, [ids])
    return DecidedRows.of(next(iter(batch)), version.policy)


def _overtaken(connection: Connection, policy_id: str, ids: tuple[str, str], latest: int) -> set[str]:
    """Enterprises that somebody else has assessed since this range was read."""
    rows = connection.execute(
        select(Standing.enterprise_id).where(
            Standing.policy_id == policy_id, Standing.latest > latest, Standing.enterprise_id.between(*ids)
        )
    )
    return {row.enterprise_id for row in rows}
