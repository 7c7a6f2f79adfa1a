"""One measure in a process of its own, so that its peak memory is its own: prints seconds and megabytes as JSON.

``python -m benchmarks.measure WHAT FOLDER``; imports are not counted.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from benchmarks import peers
from scoring.batch import score_sources
from scoring.engine.compile import record_columns
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.policy.load import load_policy
from scoring.records.intake import id_ranges, read_sources
from scoring.records.sources import SourceSpec

AS_OF = date(2026, 6, 30)
COLUMNS = ("enterprise_id", "points", "band_no", "gate")     # what the peers hand over too


def cluster(folder: Path) -> None:
    """Reads the unsorted district: checks every row, finds versions and acts, sorts by enterprise."""
    target = folder / "clustered"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    read_sources([SourceSpec("canonical", folder / "unsorted")], target)


def decode(folder: Path) -> None:
    """(a) DuckDB decodes the columns that the policy reads, and does nothing with them: the floor."""
    columns = ", ".join(f"max({c}) AS {c}" for c in (*record_columns(load_policy("quzhou-demo", AS_OF).policy), "act_rank"))
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as con:
        con.execute(f"SELECT {columns} FROM read_parquet('{folder / 'clustered' / 'records.parquet'}')").fetchall()


def points(folder: Path) -> None:
    """Ours up to points and colours: the compiled expression over every range, handed over as the peers do."""
    version = load_policy("quzhou-demo", AS_OF)
    clustered = folder / "clustered"
    tables = Clustered(clustered / "enterprises.parquet", clustered / "records.parquet", frozenset())
    covers = frozenset(_kinds())
    with DuckEngine(2, "700MB") as engine:
        for _ in engine.batch(version.policy, AS_OF, covers, engine.files(tables), id_ranges(tables.enterprises), COLUMNS):
            pass


def outputs(folder: Path) -> None:
    """Ours with reasons and every output written, from the sorted files to the renamed result folder."""
    version = load_policy("quzhou-demo", AS_OF)
    score_sources([SourceSpec("canonical", folder / "clustered")], version, AS_OF, folder / "result")


def by_hand(folder: Path) -> None:
    """(b) The hand-written SQL: the same snapshot, act merging, indicators, points and bands."""
    peers.by_hand(folder / "clustered", AS_OF)


def with_pandas(folder: Path) -> None:
    """(c) pandas: the same by groupby."""
    peers.with_pandas(folder / "clustered", AS_OF)


def _kinds() -> list[str]:
    from scoring.entities import codes

    return list(codes()["kinds"])


MEASURES: dict[str, Callable[[Path], None]] = {f.__name__: f for f in (cluster, decode, points, outputs, by_hand, with_pandas)}


def main() -> None:
    """Runs the measure named on the command line."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    start = time.perf_counter()
    MEASURES[what](folder)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": round(seconds, 3), "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
