"""The batch over what is stored: a new assessment only where a result or its state changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from scoring.assess.not_looked_at import list_not_looked_at
from scoring.disk import scratch_folder
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.prior import prior_table
from scoring.engine.results import DecidedRows
from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import id_ranges as split
from scoring.store.facts.deletion import OverdueVersion, due_for_erasure, erase, require_agreed, scrub
from scoring.store.snapshot.last_batch import LastBatch, read_last_batch
from scoring.store.snapshot.linked_facts import MEMORY, LinkedFacts
from scoring.store.snapshot.renewing import open_linked_facts
from scoring.store.standing.choosing import MOST, enterprises_to_score, last_run
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
    computed_counts,
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
        enterprises: Enterprises that there are.
        looked_at: Enterprises scored: all, or those that something new or the day may have changed.
        changed: New assessments.
        proposed: Those of them that wait.
        bands: Enterprises by computed band.
        not_rated: Those without one, by reason.
        deleted: Versions of records that the law had deleted.
        not_looked_at: Groups of records that the policy cannot see (``list_not_looked_at``).
        is_listed_before: Whether that list is the one of the last batch, and was not written again.
    """

    as_of: date
    seq: int
    enterprises: int = 0
    looked_at: int = 0
    changed: int = 0
    proposed: int = 0
    bands: Counter[str] = field(default_factory=Counter)
    not_rated: Counter[str] = field(default_factory=Counter)
    deleted: Sequence[OverdueVersion] = ()
    not_looked_at: Sequence[Mapping[str, Any]] = ()
    is_listed_before: bool = False


class AssessedRange(NamedTuple):
    """The results of a range of enterprises, where they stood, and which results are new."""

    results: list[ComputedResult]
    standings: dict[str, StoredStanding]
    changed: list[ChangedResult]


@dataclass(frozen=True)
class Batch:
    """Facts of a store, open in an engine, under one policy on one day.

    Attributes:
        database: The store.
        version: The policy.
        as_of: The day.
        facts: All linked facts.
        clustered: Those of the enterprises that are scored.
        engine: The engine.
        before: The last batch, where this one goes on from it.
    """

    database: Database
    version: ResolvedPolicy
    as_of: date
    facts: LinkedFacts
    clustered: Clustered
    engine: DuckEngine
    before: LastBatch | None

    def ranges(self, progress: Progress) -> Iterator[tuple[IdRange, bool]]:
        """The ranges of enterprises, one after the other, each with whether it is the last."""
        id_ranges = split(self.clustered.enterprises, RANGE)
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
        relations = self.engine.with_prior(self.engine.files(self.clustered), prior_bands)
        decided = self.engine.batch(self.version, self.as_of, self.facts.covers, relations, [ids])
        return DecidedRows.of(next(iter(decided)), self.version.policy)


@contextmanager
def open_batch(
    database: Database,
    version: ResolvedPolicy,
    as_of: date,
    progress: Progress,
    due: Sequence[OverdueVersion] = (),
    *,
    full: bool = False,
) -> Iterator[Batch]:
    """A batch over the facts that are there now, without those that are due to be deleted.

    It goes on from the last one under the same rules, where that is known: then it holds those enterprises
    alone whose result or state may have changed since.

    Args:
        database: The store.
        version: The policy.
        as_of: The day.
        progress: Called with a step and the share done.
        due: What is about to be deleted.
        full: Whether it holds all enterprises, whatever is known of the last one.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(scratch_folder()))
        engine = stack.enter_context(DuckEngine(2, MEMORY, folder / "spill"))
        with database.read() as connection:
            opened = open_linked_facts(database, connection, version.law.relations, folder, progress, due)
            facts = stack.enter_context(opened)
            last = last_run(connection, version.policy.id)
            before = None
            if last is not None and last.rules_sha256 == version.rules_sha256 and not full:
                before = read_last_batch(database, connection, version.policy.id, last.event, facts.covers)
            chosen = None
            if before is not None and last is not None:
                chosen = enterprises_to_score(connection, facts, version, as_of, last, due)
        if chosen is None or len(chosen) * MOST > facts.count(as_of):
            clustered = facts.whole()
        else:
            clustered = facts.part(chosen, folder)
        yield Batch(database, version, as_of, facts, clustered, engine, before)


def score_store(
    database: Database,
    version: ResolvedPolicy,
    as_of: date,
    actor: str,
    clock: Clock,
    *,
    agreed: int | None = None,
    unseen: Path | None = None,
    full: bool = False,
    progress: Progress = silent,
) -> ScoredStore:
    """Scores the enterprises, stores what changed and deletes what the law has deleted by today.

    Those that nothing new concerns and of whom no date fell due since the last batch are not looked at: they
    stand as it left them. Run again after a kill, it does the rest. What is due to be deleted counts nowhere
    any more.

    Args:
        database: The store.
        version: The policy.
        as_of: The day; not before the last one that was scored, not after today.
        actor: Who runs it.
        clock: The time.
        agreed: How many versions of records may be deleted, where it is more than 1 %.
        unseen: Where the records go that the policy cannot see; they are not looked for without it.
        full: Whether all enterprises are scored, whatever the last batch did.
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
    with open_batch(database, version, as_of, progress, due, full=full) as batch:
        run = ScoredStore(as_of, batch.facts.seq, batch.facts.count(as_of), deleted=due)
        _list_unseen(batch, run, unseen)
        is_last = False
        for id_range, is_last in batch.ranges(progress):
            assessed = batch.assess(id_range)
            run.looked_at += len(assessed.results)
            if assessed.changed or is_last:
                with begin_writing(database, actor, clock) as writing:
                    _store_range(writing, batch, run, id_range, assessed)
                    # With its last results: readers see the new policy when they see its colours.
                    if is_last:
                        finished = _finish(writing, version, run, today)
        # Without a range there is nobody to look at.
        if not is_last:
            with begin_writing(database, actor, clock) as writing:
                finished = _finish(writing, version, run, today)
    if due:
        scrub(database)
    with database.read() as connection:
        run.bands, run.not_rated = computed_counts(connection, version.policy.id)
        listed = run.not_looked_at if unseen else None
        last = LastBatch.of(connection, finished, run.seq, batch.facts.covers, listed)
    last.keep(database, version.policy.id)
    progress("score", 1.0)
    return run


def _list_unseen(batch: Batch, run: ScoredStore, target: Path | None) -> None:
    """Lists the records that the policy cannot see, unless the last batch saw the same facts and listed them."""
    if target is None:
        return
    before = batch.before
    if before is not None and before.seq == run.seq and before.not_looked_at is not None and not run.deleted:
        run.not_looked_at, run.is_listed_before = before.not_looked_at, True
    else:
        run.not_looked_at = list_not_looked_at(batch.facts.rows("records"), batch.version, target)


def _begin(writing: Writing, version: ResolvedPolicy, today: date) -> None:
    """Lets claims lapse that nobody seconded, and keeps the rules."""
    lapse_claims(writing, version.policy.id, today)
    if keep_policy(writing, version):
        writing.log("policy", {"policy": version.rules_sha256})


def _finish(writing: Writing, version: ResolvedPolicy, run: ScoredStore, today: date) -> int:
    """Stores that the batch took place, and deletes last what it left out; gives the number of the batch's entry."""
    event = _store_run(writing, version, run)
    erase(writing, run.deleted, today)
    return event


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
            "covers": sorted(batch.facts.covers),
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


def _store_run(writing: Writing, version: ResolvedPolicy, run: ScoredStore) -> int:
    """Stores that the batch took place, with its log entry; gives that one's number."""
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
    return writing.log(
        "scored", {"policy": version.rules_sha256, "as_of": run.as_of.isoformat(), "seq": run.seq}
    )
