"""What an explanation costs: the reasons of one enterprise, what is to come and its path, from a store.

Processor milliseconds stand beside those of the clock, because a machine may be shared.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.measure import LATER
from benchmarks.peers import JULY
from benchmarks.processes import clustered, say
from benchmarks.store_hands import HANDS, clock, with_hands
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import import_source
from scoring.store.standing.adopting import adopt
from scoring.store.standing.assessing import score_store
from scoring.store.tables.database import Database

COLOURS = ("blue", "green", "yellow", "red", "none")
OF_EACH = 12
BOUND = 300.0


def run(enterprises: int, folder: Path) -> dict[str, object]:
    """Milliseconds of ``CurrentResults.explain`` with forecast and path, warm, over 12 enterprises of each colour and not rated.

    Args:
        enterprises: Size of the district whose results are read.
        folder: Where districts are generated and kept.
    """
    place = clustered(folder, "rules", enterprises, LATER)
    say(f"scoring {enterprises:,} enterprises")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        return _asked(_scored(place / "unsorted", Path(scratch) / "sise.db"))


def _scored(source: Path, store: Path) -> CurrentResults:
    database = Database(str(store))
    with_hands(database)
    import_source(database, SourceSpec("canonical", source), HANDS[0], clock)
    version = load_policy(JULY, LATER)
    score_store(database, version, LATER, HANDS[0], clock)
    # First results that need notice are shown only once they are in effect.
    for account in HANDS:
        adopt(database, version, "bench", account, clock)
    return open_results(database.place)


def _asked(results: CurrentResults) -> dict[str, object]:
    chosen = {colour: _spread(results, colour) for colour in COLOURS}
    results.explain(chosen["blue"][0])
    whole = {colour: [_milliseconds(results, i, ahead=True) for i in ids] for colour, ids in chosen.items()}
    assessed = [_milliseconds(results, i, ahead=False) for ids in chosen.values() for i in ids]
    every = [ms for times in whole.values() for ms in times]
    found: dict[str, object] = {
        **_both("", every),
        **_both("reasons_only_", assessed),
        "by_colour_cpu_ms": {colour: _figures([cpu for _, cpu in times]) for colour, times in whole.items()},
        "bound_of_median_ms": BOUND,
    }
    print(json.dumps(found, indent=2))
    return found


def _spread(results: CurrentResults, colour: str) -> list[str]:
    """Ids at even distances among the enterprises of one colour."""
    count, _ = results.find(EnterpriseSearch(colour=colour), limit=1)
    if count < OF_EACH:
        raise SystemExit(f"{count} enterprises are {colour}, {OF_EACH} are needed: use more --enterprises")
    return [
        results.find(EnterpriseSearch(colour=colour), limit=1, offset=n * count // OF_EACH)[1][
            0
        ].enterprise_id
        for n in range(OF_EACH)
    ]


def _milliseconds(results: CurrentResults, enterprise_id: str, *, ahead: bool) -> tuple[float, float]:
    start, worked = time.perf_counter(), time.process_time()
    results.explain(enterprise_id, ahead=ahead)
    return (time.perf_counter() - start) * 1000, (time.process_time() - worked) * 1000


def _both(what: str, times: list[tuple[float, float]]) -> dict[str, object]:
    return {
        f"{what}ms": _figures([wall for wall, _ in times]),
        f"{what}cpu_ms": _figures([cpu for _, cpu in times]),
    }


def _figures(times: list[float]) -> dict[str, float]:
    tenths = statistics.quantiles(times, n=10)
    return {
        "median": round(statistics.median(times), 1),
        "p90": round(tenths[-1], 1),
        "max": round(max(times), 1),
    }
