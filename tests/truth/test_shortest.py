"""No shorter path exists: every set of steps on every day, tried one by one, finds none that is shorter or earlier."""

from __future__ import annotations

import os
from datetime import date, timedelta
from itertools import combinations

from districts import AS_OF, District

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.search import EnterpriseSearch
from scoring.assess.assessor import Assessed, Assessor
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.explain.outlook.actions import actions
from scoring.explain.outlook.lifetime import LEAST_GAIN
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.explain.outlook.questions import Questions

CASES = int(os.environ.get("SISE_SHORTEST", "12"))
"""Small cases that are tried to the end; a campaign sets 200."""
DAYS = 400
MOST = 3


def brute_force(bench: Questions, assessed: Assessed, until: date) -> tuple[int, date] | None:
    """Steps and day of the best path: all subsets of the actions, on every day from when they are done until the last.

    What gains less than two weeks over waiting is no path, and waiting alone is an answer only where
    nothing that can be done helps.
    """
    known = actions(bench, until)
    bands = [band.id for band in bench.policy.bands]
    now = bands.index(assessed.score.band) if assessed.score.band else len(bands)
    asked = {}
    cases = []
    for size in range(len(known) + 1):
        for chosen in combinations(known, size):
            ready = max([action.step.on for action in chosen], default=AS_OF)
            for n in range((until - ready).days + 1):
                day = ready + timedelta(days=n)
                if day > AS_OF:
                    name = str(len(cases))
                    asked[name] = (size + (day > ready), day, size)
                    cases.append(bench.case(name, day, *(action.change for action in chosen)))
    answers = bench.ask(cases)
    found = {name: way for name, way in asked.items() if answers[name].band_no < now}
    alone = [(way[1], answers[name].band_no) for name, way in found.items() if not way[2]]
    done = [
        way
        for name, way in found.items()
        if way[2]
        and all((day - way[1]).days >= LEAST_GAIN for day, band in alone if band <= answers[name].band_no)
    ]
    best = min(done or [way for way in found.values() if not way[2]], default=None)
    return best[:2] if best else None


def test_no_shorter_path_exists(district: District, stored: CurrentResults) -> None:
    """The printed path has as few steps as any, and of those the earliest day; where none is printed there is none."""
    covers = frozenset(district.run["covers"])  # type: ignore[call-overload]
    clustered = Clustered(
        district.results / "enterprises.parquet", district.results / "records.parquet", covers
    )
    until = AS_OF + timedelta(days=DAYS - 1)
    tried = 0
    with DuckEngine(threads=1) as engine:
        assessor = Assessor(engine, district.version, covers, engine.files(clustered))
        for row in (
            row
            for colour in ("yellow", "red", "green")
            for row in stored.find(EnterpriseSearch(colour=colour), limit=CASES)[1]
        ):
            assessed = assessor.full(row.enterprise_id, AS_OF)
            bench = Questions(assessor, assessed)
            if tried == CASES or len(actions(bench, until)) > MOST:
                continue
            tried += 1
            best = brute_force(bench, assessed, until)
            path = look_ahead(assessor, assessed, DAYS).outlook.path
            assert path is not None
            assert best == ((len(path.steps), path.on) if path.on else None), row.enterprise_id
    assert CASES == tried
