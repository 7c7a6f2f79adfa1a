"""A synthetic district, generated and scored for tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from stores import ACTOR, REVIEWERS, StoreHarness, ready

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.assess.folder import BatchOptions, score_sources
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.store.standing.adopting import adopt
from scoring.store.standing.assessing import score_store
from scoring.store.tables.database import Database

AS_OF = date.fromisoformat(os.environ.get("SISE_AS_OF", "2026-09-30"))
"""Day of the district; a campaign sets one on which a version with a learned model is in force."""


@dataclass(frozen=True)
class District:
    """The unsorted sources, the result of scoring them, and the policy that did."""

    sources: Path
    results: Path
    version: ResolvedPolicy
    run: dict[str, object]


def make_district(folder: Path, enterprises: int, today: date | None = None) -> District:
    """Generates a district of this size in ``folder`` and scores it under ``quzhou-demo``; ``today`` as in ``BatchOptions``."""
    write_district(DistrictPlan(enterprises=enterprises, as_of=AS_OF), folder / "sources")
    version = load_policy("quzhou-demo", AS_OF)
    sources = [SourceSpec("canonical", folder / "sources")]
    run = score_sources(sources, version, AS_OF, folder / "results", BatchOptions(today=today))
    return District(folder / "sources", folder / "results", version, run)


def in_store(sources: Path, version: ResolvedPolicy, as_of: date, folder: Path) -> CurrentResults:
    """A canonical folder imported into a new store in ``folder`` and scored there."""
    database = Database(str(folder / "sise.db"))
    harness = StoreHarness(database, as_of)
    ready(database, harness.clock)
    harness.take(sources)
    score_store(database, version, as_of, ACTOR, harness.clock)
    for account in (ACTOR, REVIEWERS[0]):
        adopt(database, version, "test", account, harness.clock)
    database.close()
    return open_results(database.place)
