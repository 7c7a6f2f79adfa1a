"""The facts of a store open in an engine: those of all enterprises, or of whom a batch must look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

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
from scoring.store.standing.computed import ComputedResult, computed_results
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.rescorer import Rescorer, RescoreRequest, leaving_reviewed, read_family
from scoring.store.standing.standings import (
    ChangedResult,
    IdRange,
    StoredStanding,
    changed_results,
    read_range,
)
from scoring.store.tables.database import Database

RANGE = 50_000
"""Enterprises whose assessments commit together.

A killed run loses at most so many, and the lock is held for seconds.
"""


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
