"""The batch over what is stored: a new assessment only where a result or its state changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from scoring.assess.not_looked_at import list_not_looked_at
from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.counted_facts import renew_counted_facts
from scoring.store.facts.deletion import (
    OverdueVersion,
    due_for_erasure,
    erase,
    require_agreed,
    scrub,
)
from scoring.store.facts.directory import renew_directory
from scoring.store.snapshot.follow_ups import renew_follow_ups
from scoring.store.snapshot.last_batch import LastBatch
from scoring.store.standing.assessments import store_assessments
from scoring.store.standing.batch import AssessedRange, Batch, open_batch
from scoring.store.standing.claims import lapse_claims
from scoring.store.standing.code_issuing import CodeCounts, renew_codes
from scoring.store.standing.code_records import codes_after
from scoring.store.standing.colour_counts import count_colours
from scoring.store.standing.policies import keep_policy, require_usable
from scoring.store.standing.real_days import require_real_day
from scoring.store.standing.standings import IdRange, computed_counts
from scoring.store.standing.taking_effect import PROPOSED
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Head, ScoreRun, Standing
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china


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
        codes: What became of codes.
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
    codes: CodeCounts = field(default_factory=CodeCounts)


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
        due, began = due_for_erasure(connection, today), connection.execute(select(Head.event)).scalar_one()
        require_agreed(connection, due, agreed)
    with begin_writing(database, actor, clock) as writing:
        _begin(writing, version, today)
    renew_directory(database, progress)
    renew_counted_facts(database, progress)
    with open_batch(database, version, as_of, progress, due, full=full) as batch:
        run = ScoredStore(as_of, batch.facts.seq, batch.facts.count(as_of), deleted=due)
        _list_unseen(batch, run, unseen)
        _renew_follow_ups(batch, run)
        finished = _score(batch, run, today, actor, clock, progress)
    renewed = renew_codes(database, version, as_of, actor, clock, progress)
    if due:
        scrub(database)
    with database.read() as connection:
        run.bands, run.not_rated = computed_counts(connection, version.policy.id)
        run.codes = codes_after(connection, began, renewed.renewed)
        listed = run.not_looked_at if unseen else None
        last = LastBatch.of(connection, finished, run.seq, batch.facts.covers, listed)
    last.keep(database, version.policy.id)
    progress("score", 1.0)
    return run


def _score(batch: Batch, run: ScoredStore, today: date, actor: str, clock: Clock, progress: Progress) -> int:
    """Scores range after range and stores what is new; gives the number of the batch's log entry."""
    is_last, finished = False, 0
    for id_range, is_last in batch.ranges(progress):
        assessed = batch.assess(id_range)
        run.looked_at += assessed.n_results
        if assessed.changes.num_rows or is_last:
            with begin_writing(batch.database, actor, clock) as writing:
                _store_range(writing, batch, run, id_range, assessed)
                # With its last results: readers see the new policy when they see its colours.
                if is_last:
                    finished = _finish(writing, batch.version, run, today)
    # Without a range there is nobody to look at.
    if not is_last:
        with begin_writing(batch.database, actor, clock) as writing:
            finished = _finish(writing, batch.version, run, today)
    return finished


def _list_unseen(batch: Batch, run: ScoredStore, target: Path | None) -> None:
    """Lists the records that the policy cannot see, unless the last batch saw the same facts and listed them."""
    if target is None:
        return
    before = batch.before
    if before is not None and before.seq == run.seq and before.not_looked_at is not None and not run.deleted:
        run.not_looked_at, run.is_listed_before = before.not_looked_at, True
    else:
        run.not_looked_at = list_not_looked_at(batch.facts.rows("records"), batch.version, target)


def _renew_follow_ups(batch: Batch, run: ScoredStore) -> None:
    """Finds what waits for an authority, unless the last batch saw the same facts."""
    relations, before = batch.version.law.relations, batch.before
    if relations is not None and (before is None or before.seq != run.seq or run.deleted):
        renew_follow_ups(batch.database, batch.facts, relations, batch.as_of)


def _begin(writing: Writing, version: ResolvedPolicy, today: date) -> None:
    """Lets claims lapse that nobody seconded, and keeps the rules."""
    lapse_claims(writing, version.policy.id, today)
    if keep_policy(writing, version):
        writing.log("policy", {"policy": version.rules_sha256})


def _finish(writing: Writing, version: ResolvedPolicy, run: ScoredStore, today: date) -> int:
    """Stores that the batch took place, and deletes last what it left out; gives the number of the batch's entry."""
    event = _store_run(writing, version, run)
    count_colours(writing.connection, version.policy.id)
    erase(writing, run.deleted, today)
    return event


def _store_range(
    writing: Writing, batch: Batch, run: ScoredStore, ids: IdRange, assessed: AssessedRange
) -> None:
    """Stores what is new in a range, with its log entry."""
    overtaken = _overtaken(writing.connection, batch.version.policy.id, ids, assessed.newest_read)
    is_overtaken = pc.is_in(assessed.changes["enterprise_id"], pa.array(overtaken, pa.string()))
    changed = assessed.changes.filter(pc.invert(is_overtaken))
    if not changed.num_rows:
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
    run.changed += changed.num_rows
    run.proposed += pc.sum(pc.equal(changed["state"], PROPOSED)).as_py()


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
