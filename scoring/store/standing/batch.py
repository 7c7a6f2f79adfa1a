"""The facts of a store open in an engine: those of all enterprises, or of whom a batch must look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from scoring.disk import scratch_folder
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.prior import prior_table
from scoring.engine.results import DecidedRows
from scoring.entities import Progress
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import id_ranges as split
from scoring.store.facts.deletion import OverdueVersion
from scoring.store.snapshot.last_batch import LastBatch, read_last_batch
from scoring.store.snapshot.linked_facts import MEMORY, LinkedFacts
from scoring.store.snapshot.renewing import open_linked_facts
from scoring.store.standing.choosing import MOST, enterprises_to_score, last_run
from scoring.store.standing.computed import computed_table, results_of
from scoring.store.standing.new_results import changes_in_batch
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.rescorer import Rescorer, RescoreRequest, leaving_reviewed, read_family
from scoring.store.standing.sole_traders import sole_traders
from scoring.store.standing.standings import IdRange, read_range, standings_of
from scoring.store.standing.taking_effect import BAD
from scoring.store.tables.database import Database

RANGE = 50_000
"""Enterprises whose assessments commit together.

A killed run loses at most so many, and the lock is held for seconds.
"""


class AssessedRange(NamedTuple):
    """A range of enterprises scored.

    Attributes:
        n_results: How many results there are.
        newest_read: The latest assessment of anybody in the range, when it was read.
        changes: Which results are new (``new_results.CHANGE_SCHEMA``).
    """

    n_results: int
    newest_read: int
    changes: pa.Table


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
        policy = self.version.policy
        with self.database.read() as connection:
            standings = read_range(connection, policy.id, ids)
            proposals = open_proposals(connection, policy, within=ids)
            results = computed_table(self._rows(standings, ids), self.version)
            by_hand = self._by_hand(connection, results, standings)
            bad = results.filter(pc.is_in(results["colour"], pa.array(BAD, pa.string())))
            persons = sole_traders(connection, policy, bad["enterprise_id"].to_pylist())
        changes = changes_in_batch(results, standings, proposals, self.version, self.as_of, by_hand, persons)
        return AssessedRange(results.num_rows, pc.max(standings["latest"]).as_py() or 0, changes)

    def _by_hand(
        self, connection: Connection, results: pa.Table, standings: pa.Table
    ) -> Mapping[str, frozenset[str]]:
        """Whose hands alone bring enterprises of this range out of a reviewed band."""
        # Only of these can it be asked; they are few.
        reviewed = standings.filter(
            pc.is_in(standings["rated_band"], pa.array(self.version.policy.review.to, pa.string()))
        )
        in_question = results.filter(
            pc.is_in(results["enterprise_id"], reviewed["enterprise_id"].combine_chunks())
        )
        by_enterprise = {result.enterprise_id: result for result in results_of(in_question)}
        leaving = leaving_reviewed(list(by_enterprise.values()), standings_of(reviewed), self.version.policy)
        if not leaving:
            return {}
        requests = [
            RescoreRequest(read_family(connection, enterprise_id, self.version), self.version, self.as_of)
            for enterprise_id in leaving
        ]
        return Rescorer().by_hand(requests, by_enterprise)

    def _rows(self, standings: pa.Table, ids: IdRange) -> DecidedRows:
        """The engine's rows of a range; the band in effect of each enterprise is its prior one."""
        bands = standings.select(["enterprise_id", "shown_band"]).filter(pc.is_valid(standings["shown_band"]))
        in_effect = dict(zip(*(column.to_pylist() for column in bands.columns), strict=True))
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
            before = chosen = None
            if last is not None and not full and last.goes_on(version, as_of):
                before = read_last_batch(database, connection, version.policy.id, last.event, facts.covers)
            if last is not None and before is not None:
                chosen = enterprises_to_score(connection, facts, version, as_of, last, due)
        if chosen is None or len(chosen) * MOST > facts.count(as_of):
            clustered = facts.whole()
        else:
            clustered = facts.part(chosen, folder)
        yield Batch(database, version, as_of, facts, clustered, engine, before)
