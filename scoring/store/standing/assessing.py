"""The batch over what is stored: a new assessment only where a result or its state changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from scoring.assess.not_looked_at import list_not_looked_at
from scoring.disk import scratch_folder
from scoring.engine.duckdb import DuckEngine
from scoring.engine.prior import prior_table
from scoring.engine.results import DecidedRows
from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.deletion import OverdueVersion, due_for_erasure, erase, require_agreed, scrub
from scoring.store.facts.facts_snapshot import MEMORY, FactsSnapshot
from scoring.store.standing.claims import lapse_claims
from scoring.store.standing.computed import ComputedResult, computed_results
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.policies import keep_policy, require_usable
from scoring.store.standing.real_days import require_real_day
from scoring.store.standing.rescorer import Rescorer, RescoreRequest, leaving_reviewed, read_family
from scoring.store.standing.standings import (
    ChangedResult,
    IdRange,
    StoredStanding,
    changed_results,
    read_range,
    store_assessments,
)
from scoring.store.standing.taking_effect import PROPOSED
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm import ScoreRun, Standing
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

RANGE = 50_000
"""Enterprises whose assessments commit together.

A killed run loses at most so many, and the lock is held for seconds.
"""


@dataclass
class ScoredStore:
    """What a batch did.

    Attributes:
        as_of: The day.
        seq: The last fact that it looked at.
        enterprises: Enterprises scored.
        changed: New assessments.
        proposed: Those of them that wait.
        bands: Enterprises by computed band.
        not_rated: Those without one, by reason.
        deleted: Versions of records that the law had deleted.
        not_looked_at: Groups of records that the policy cannot see (``list_not_looked_at``).
    """

    as_of: date
    seq: int
    enterprises: int = 0
    changed: int = 0
    proposed: int = 0
    bands: Counter[str] = field(default_factory=Counter)
    not_rated: Counter[str] = field(default_factory=Counter)
    deleted: Sequence[OverdueVersion] = ()
    not_looked_at: Sequence[Mapping[str, Any]] = ()

    def count(self, results: list[ComputedResult]) -> None:
        """Counts the results of a range."""
        self.enterprises += len(results)
        self.bands.update(result.band for result in results if result.band is not None)
        self.not_rated.update(result.status_reason for result in results if result.status_reason is not None)


class AssessedRange(NamedTuple):
    """The results of a range of enterprises, where they stood, and which results are new."""

    results: list[ComputedResult]
    standings: dict[str, StoredStanding]
    changed: list[ChangedResult]


@dataclass(frozen=True)
class Batch:
    """All facts of a store, open in an engine, under one policy on one day.

    Attributes:
        database: The store.
        version: The policy.
        as_of: The day.
        snapshot: The facts.
        engine: The engine.
    """

    database: Database
    version: ResolvedPolicy
    as_of: date
    snapshot: FactsSnapshot
    engine: DuckEngine

    def ranges(self, progress: Progress) -> Iterator[tuple[IdRange, bool]]:
        """The ranges of enterprises, one after the other, each with whether it is the last."""
        id_ranges = self.snapshot.ranges(RANGE)
        for number, id_range in enumerate(id_ranges, start=1):
            progress("score", (number - 1) / len(id_ranges))
            yield id_range, number == len(id_ranges)

    def assess(self, ids: IdRange) -> AssessedRange:
        """Computes the results of a range of enterprises; nothing is stored."""
        with self.database.read() as connection:
            standings = read_range(connection, self.version.policy.id, ids)
            proposals = open_proposals(connection, self.version.policy)
            results = list(computed_results(self._rows(standings, ids), self.version))
            by_hand = self._by_hand(connection, results, standings)
        changed = changed_results(results, standings, proposals, self.version, self.as_of, by_hand)
        return AssessedRange(results, standings, list(changed))

    def _by_hand(
        self,
        connection: Connection,
        results: Sequence[ComputedResult],
        standings: Mapping[str, StoredStanding],
    ) -> Mapping[str, frozenset[str]]:
        """Whose hands alone bring enterprises of this range out of a reviewed band."""
        leaving = leaving_reviewed(results, standings, self.version.policy)
        if not leaving:
            return {}
        requests = [
            RescoreRequest(read_family(connection, enterprise_id, self.version), self.version, self.as_of)
            for enterprise_id in leaving
        ]
        by_enterprise = {result.enterprise_id: result for result in results}
        return Rescorer().by_hand(requests, by_enterprise)

    def _rows(self, standings: dict[str, StoredStanding], ids: IdRange) -> DecidedRows:
        """The engine's rows of a range; the band in effect of each enterprise is its prior one."""
        in_effect = {who: standing.band for who, standing in standings.items() if standing.band is not None}
        prior_bands = prior_table(in_effect, self.version.policy)
        clustered = self.snapshot.clustered
        relations = self.engine.with_prior(self.engine.files(clustered), prior_bands)
        decided = self.engine.batch(self.version, self.as_of, clustered.covers, relations, [ids])
        return DecidedRows.of(next(iter(decided)), self.version.policy)


@contextmanager
def open_batch(
    database: Database,
    version: ResolvedPolicy,
    as_of: date,
    progress: Progress,
    due: Sequence[OverdueVersion] = (),
) -> Iterator[Batch]:
    """A batch over all facts that are there now, without those that are due to be deleted.

    Its files are gone when the block ends.
    """
    with (
        scratch_folder() as folder,
        DuckEngine(2, MEMORY, Path(folder) / "spill") as engine,
    ):
        with database.read() as connection:
            without = [version.seq for version in due]
            snapshot = FactsSnapshot.take(
                connection, Path(folder), progress, without=without, relations=version.law.relations
            )
        yield Batch(database, version, as_of, snapshot, engine)


def score_store(
    database: Database,
    version: ResolvedPolicy,
    as_of: date,
    actor: str,
    clock: Clock,
    *,
    agreed: int | None = None,
    unseen: Path | None = None,
    progress: Progress = silent,
) -> ScoredStore:
    """Scores every enterprise, stores what changed and deletes what the law has deleted by today.

    Run again after a kill, it does the rest. What is due to be deleted counts nowhere any more.

    Args:
        database: The store.
        version: The policy.
        as_of: The day; not before the last one that was scored, not after today.
        actor: Who runs it.
        clock: The time.
        agreed: How many versions of records may be deleted, where it is more than 1 %.
        unseen: Where the records go that the policy cannot see; they are not looked for without it.
        progress: Called with a step and the share done.

    Raises:
        StoreError: The day is not a real one, the rules may not write here, or nobody agreed to the deletion.
        EnvironmentRefusedError: The database or the disk refuses.
    """
    today = day_in_china(clock())
    with database.read() as connection:
        require_account(connection, actor)
        require_real_day(connection, version.policy.id, as_of, today)
        require_usable(connection, version, as_of)
        due = due_for_erasure(connection, today)
        require_agreed(connection, due, agreed)
    with begin_writing(database, actor, clock) as writing:
        _begin(writing, version, today)
    with open_batch(database, version, as_of, progress, due) as batch:
        run = ScoredStore(as_of, batch.snapshot.seq, deleted=due)
        if unseen:
            run.not_looked_at = list_not_looked_at(batch.snapshot.clustered.records, version, unseen)
        is_last = False
        for id_range, is_last in batch.ranges(progress):
            assessed = batch.assess(id_range)
            run.count(assessed.results)
            if assessed.changed or is_last:
                with begin_writing(database, actor, clock) as writing:
                    _store_range(writing, batch, run, id_range, assessed)
                    # With its last results: readers see the new policy when they see its colours.
                    if is_last:
                        _finish(writing, version, run, today)
        # Without a range nobody is registered yet.
        if not is_last:
            with begin_writing(database, actor, clock) as writing:
                _finish(writing, version, run, today)
    if due:
        scrub(database)
    progress("score", 1.0)
    return run


def _begin(writing: Writing, version: ResolvedPolicy, today: date) -> None:
    """Lets claims lapse that nobody seconded, and keeps the rules."""
    lapse_claims(writing, version.policy.id, today)
    if keep_policy(writing, version):
        writing.log("policy", {"policy": version.rules_sha256})


def _finish(writing: Writing, version: ResolvedPolicy, run: ScoredStore, today: date) -> None:
    """Stores that the batch took place, and deletes last what it left out."""
    _store_run(writing, version, run)
    erase(writing, run.deleted, today)


def _store_range(
    writing: Writing, batch: Batch, run: ScoredStore, ids: IdRange, assessed: AssessedRange
) -> None:
    """Stores what is new in a range, with its log entry."""
    newest_read = max((standing.latest for standing in assessed.standings.values()), default=0)
    overtaken = _overtaken(writing.connection, batch.version.policy.id, ids, newest_read)
    changed = [change for change in assessed.changed if change.result.enterprise_id not in overtaken]
    if not changed:
        return
    store_assessments(writing, batch.version, run.as_of, run.seq, changed)
    writing.log(
        "assessed",
        {
            "policy": batch.version.rules_sha256,
            "as_of": run.as_of.isoformat(),
            "seq": run.seq,
            "covers": sorted(batch.snapshot.clustered.covers),
        },
    )
    run.changed += len(changed)
    run.proposed += sum(change.decision.state == PROPOSED for change in changed)


def _overtaken(connection: Connection, policy_id: str, ids: IdRange, latest: int) -> set[str]:
    """Enterprises that somebody else has assessed since this range was read."""
    newer = connection.execute(
        select(Standing.enterprise_id).where(
            Standing.policy_id == policy_id,
            Standing.latest > latest,
            Standing.enterprise_id.between(*ids),
        )
    )
    return set(newer.scalars())


def _store_run(writing: Writing, version: ResolvedPolicy, run: ScoredStore) -> None:
    """Stores that the batch took place, with its log entry."""
    score_run = {
        "event": writing.next_event,
        "policy_id": version.policy.id,
        "rules_sha256": version.rules_sha256,
        "as_of": run.as_of,
        "seq": run.seq,
        "enterprises": run.enterprises,
        "changed": run.changed,
    }
    writing.insert(ScoreRun, [score_run])
    writing.log("scored", {"policy": version.rules_sha256, "as_of": run.as_of.isoformat(), "seq": run.seq})
