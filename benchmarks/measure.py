"""One measure in a process of its own, so that its peak memory is its own: prints seconds, seconds of processor and megabytes as JSON.

``python -m benchmarks.measure WHAT FOLDER``; imports are not counted.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb

from benchmarks import peers
from benchmarks.peers import APRIL, JULY
from scoring.analysis.impact.simulate import simulate
from scoring.assess.folder import BatchOptions, score_sources
from scoring.engine.compile import record_columns
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import codes
from scoring.policy.load import load_policy
from scoring.records.intake import id_ranges, read_sources
from scoring.records.map.sources import SourceSpec
from scoring.sql.parquet_files import rows_of

AS_OF = date(2026, 6, 30)
LATER = date(2026, 9, 30)  # both versions are compared on a day of the newer one
SHIPPED = "quzhou-demo@2026-04-01"  # findings by field, relations between records, results by field
WITH_MODEL = str(Path(__file__).resolve().parents[1] / "tests" / "drafts" / "with-model.toml")
DECEMBER_DAY = date(2026, 12, 1)
Measured = dict[str, float]
COLUMNS = ("enterprise_id", "points", "band_no", "gate")  # what the peers hand over too


def cluster(folder: Path) -> None:
    """Reads the unsorted district: checks every row, finds versions and acts, sorts by enterprise."""
    target = folder / "clustered"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    read_sources([SourceSpec("canonical", folder / "unsorted")], target)


def cluster_related(folder: Path) -> None:
    """The same, and finds how the records of an enterprise stand to each other."""
    target = folder / "related"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    relations = load_policy(SHIPPED, LATER).law.relations
    read_sources([SourceSpec("canonical", folder / "unsorted")], target, relations=relations)


def cluster_floor(folder: Path) -> None:
    """The floor of clustering: DuckDB sorts the same unsorted records by enterprise, and does nothing else with them."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as scratch,
        duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": scratch}) as con,
    ):
        con.execute(
            f"""
            COPY (
                SELECT * FROM read_parquet('{folder / "unsorted" / "records.parquet"}') ORDER BY enterprise_id, record_id
            ) TO '{Path(scratch) / "records.parquet"}' (FORMAT parquet, COMPRESSION zstd)
            """
        )


def decode(folder: Path) -> None:
    """(a) DuckDB decodes the columns that the policy reads, and does nothing with them: the floor."""
    _decode(folder, APRIL, AS_OF)


def points(folder: Path) -> None:
    """Ours up to points and colours: the compiled expression over every range, handed over as the peers do."""
    _points(folder, APRIL, AS_OF)


def decode_july(folder: Path) -> None:
    """The floor of the newer version."""
    _decode(folder, JULY, LATER)


def points_july(folder: Path) -> None:
    """Ours up to points and colours under the newer version."""
    _points(folder, JULY, LATER)


def points_april(folder: Path) -> None:
    """The same day under the older version."""
    _points(folder, APRIL, LATER)


def points_shipped(folder: Path) -> None:
    """Ours up to points and colours under the shipped version, over related records."""
    _points(folder, SHIPPED, LATER, "related")


def points_without_model(folder: Path) -> None:
    """The day on which the draft with a learned model is in force, under the shipped version without."""
    _points(folder, SHIPPED, DECEMBER_DAY, "related")


def points_with_model(folder: Path) -> None:
    """The same day under the draft that has one more indicator, a points table."""
    _points(folder, WITH_MODEL, DECEMBER_DAY, "related")


def _decode(folder: Path, policy: str, as_of: date) -> None:
    columns = ", ".join(f"max({c}) AS {c}" for c in (*record_columns(load_policy(policy, as_of)), "act_rank"))
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as con:
        con.execute(f"SELECT {columns} FROM {rows_of(folder / 'clustered' / 'records.parquet')}").fetchall()


def _points(folder: Path, policy: str, as_of: date, clustered_in: str = "clustered") -> None:
    version = load_policy(policy, as_of)
    clustered = folder / clustered_in
    tables = Clustered(clustered / "enterprises.parquet", clustered / "records.parquet", frozenset())
    covers = frozenset(codes()["kinds"])
    with DuckEngine(2, "700MB") as engine:
        for _ in engine.batch(
            version, as_of, covers, engine.files(tables), id_ranges(tables.enterprises), COLUMNS
        ):
            pass


def outputs(folder: Path) -> Measured:
    """Ours with reasons and every output written, from the sorted files to the renamed result folder; its stages by the clock."""
    version = load_policy(APRIL, AS_OF)
    stages = score_sources(_sources(folder), version, AS_OF, folder / "result")["seconds"]
    return {f"seconds_to_{stage}": seconds for stage, seconds in stages.items()}


def outputs_april(folder: Path) -> Measured:
    """The older version on the later day with every output; what reading took is told apart."""
    return _outputs(folder, APRIL)


def outputs_july(folder: Path) -> Measured:
    """The newer version on the same day."""
    return _outputs(folder, JULY)


def outputs_shipped(folder: Path) -> Measured:
    """The shipped version on the same day, results by field among its outputs."""
    return _outputs(folder, SHIPPED, "related")


def _outputs(folder: Path, policy: str, clustered_in: str = "clustered") -> Measured:
    """Seconds of everything but reading."""
    start = _Reading()
    score_sources(
        [SourceSpec("canonical", folder / clustered_in)],
        load_policy(policy, LATER),
        LATER,
        folder / "result",
        BatchOptions(progress=start.progress),
    )
    return start.after()


def simulated(folder: Path) -> Measured:
    """The change from the older to the newer version tried on the district."""
    start = _Reading()
    old, new = load_policy(APRIL, LATER), load_policy(JULY, LATER)
    simulate(_sources(folder), old, new, LATER, folder / "simulation", BatchOptions(progress=start.progress))
    return start.after()


class _Reading:
    """Notices when reading has ended: at the first word about scoring."""

    def __init__(self) -> None:
        self._ended: tuple[float, float] | None = None

    def progress(self, stage: str, fraction: float) -> None:
        """Progress as the batch tells it."""
        if stage == "score" and self._ended is None:
            self._ended = time.perf_counter(), _processor()

    def after(self) -> Measured:
        """Seconds since reading ended."""
        if self._ended is None:
            raise RuntimeError("the batch never told that it was scoring")
        seconds, cpu = time.perf_counter() - self._ended[0], _processor() - self._ended[1]
        return {"seconds_after_reading": round(seconds, 3), "cpu_after_reading": round(cpu, 3)}


def _sources(folder: Path) -> list[SourceSpec]:
    return [SourceSpec("canonical", folder / "clustered")]


def by_hand(folder: Path) -> None:
    """(b) The hand-written SQL: the same snapshot, act merging, indicators, points and bands."""
    peers.by_hand(folder / "clustered", AS_OF)


def by_hand_outputs(folder: Path) -> None:
    """The hand-written SQL that writes scores with reasons, and contributions."""
    with tempfile.TemporaryDirectory(dir=folder) as target:
        peers.by_hand_outputs(folder / "clustered", AS_OF, Path(target))


def with_polars(folder: Path) -> None:
    """(d) Polars: the same, lazy and streaming."""
    import_module("benchmarks.by_polars").with_polars(folder / "clustered", AS_OF)


def with_pandas(folder: Path) -> None:
    """(c) pandas: the same by groupby."""
    peers.with_pandas(folder / "clustered", AS_OF)


def by_hand_july(folder: Path) -> None:
    """The hand-written SQL of the newer version."""
    peers.by_hand(folder / "clustered", LATER, JULY)


MEASURES: dict[str, Callable[[Path], Measured | None]] = {
    f.__name__: f
    for f in (
        cluster,
        cluster_related,
        cluster_floor,
        decode,
        points,
        outputs,
        by_hand,
        by_hand_outputs,
        with_pandas,
        with_polars,
        decode_july,
        by_hand_july,
        points_july,
        points_shipped,
        points_april,
        outputs_april,
        outputs_july,
        outputs_shipped,
        simulated,
        points_without_model,
        points_with_model,
    )
}


def main() -> None:
    """Runs the measure named on the command line."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == with_polars.__name__:
        _import_polars()
    start, worked = time.perf_counter(), _processor()
    more = MEASURES[what](folder) or {}
    seconds, cpu = time.perf_counter() - start, _processor() - worked
    measured = {"seconds": round(seconds, 3), "cpu": round(cpu, 3), "megabytes": peak_megabytes()}
    print(json.dumps({**measured, **more}))


def _import_polars() -> None:
    """Imports Polars for as many threads as the others have; it looks at their number but once."""
    os.environ["POLARS_MAX_THREADS"] = "2"
    import_module("benchmarks.by_polars")


def peak_megabytes() -> int:
    """The most memory that this process has held."""
    # Linux lets a process begin at the peak of the one that started it, but for this line.
    status = Path("/proc/self/status")
    for line in status.read_text(encoding="utf-8").splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
