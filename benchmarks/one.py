"""One enterprise rescored in the process: records in memory, SQL text cached, planned anew each time."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.measure import AS_OF
from benchmarks.peers import APRIL
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.assess.assessor import Assessor
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.policy.load import load_policy
from scoring.records.intake import read_sources
from scoring.records.map.sources import SourceSpec

SAMPLE = 200


def run(folder: Path) -> dict[str, float]:
    """Milliseconds for one day and for 365 days of one enterprise, over a sample of enterprises; medians and 95th percentiles."""
    version = load_policy(APRIL, AS_OF)
    with tempfile.TemporaryDirectory(dir=folder) as scratch, DuckEngine(threads=1) as engine:
        write_district(DistrictPlan(enterprises=2_000, as_of=AS_OF), Path(scratch) / "district")
        (Path(scratch) / "clustered").mkdir()
        intake = read_sources(
            [SourceSpec("canonical", Path(scratch) / "district")], Path(scratch) / "clustered"
        )
        files = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        ids = [
            row["enterprise_id"]
            for row in engine.select(
                f"SELECT DISTINCT enterprise_id FROM {files.enterprises} ORDER BY enterprise_id LIMIT {SAMPLE}"
            ).to_pylist()
        ]
        one_day: list[float] = []
        year: list[float] = []
        days = [AS_OF - timedelta(days=n) for n in range(365)]
        for enterprise_id in ids:
            assessor = Assessor(engine, version, intake.covers, engine.memory(files, [enterprise_id]))
            one_day.append(_milliseconds(lambda: assessor.one(enterprise_id, AS_OF)))  # noqa: B023  called at once
            year.append(_milliseconds(lambda: assessor.scores([enterprise_id], days)))  # noqa: B023
    found = {
        f"{name}_{what}_ms": of(times)
        for name, times in (("one_day", one_day), ("year", year))
        for what, of in (("median", _median), ("p95", _p95))
    }
    print(json.dumps(found, indent=2))
    return found


def _milliseconds(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - start) * 1000


def _median(times: list[float]) -> float:
    return round(statistics.median(times), 1)


def _p95(times: list[float]) -> float:
    return round(statistics.quantiles(times, n=20)[-1], 1)
