"""Scoring a country: our batch against the floor, the best hand-written SQL, Polars and pandas, side by side in one run.

Clustering stands beside DuckDB's own sort of the same rows, which is its floor.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from benchmarks.figures import PROCESSOR, WALL, Runs, report, spread
from benchmarks.measure import AS_OF
from benchmarks.processes import alternating, district, say

MEASURES = (
    "cluster_floor",
    "cluster",
    "cluster_related",
    "decode",
    "by_hand",
    "with_polars",
    "points",
    "by_hand_outputs",
    "outputs",
    "with_pandas",
)
"""In the order of a turn: ``cluster`` writes what the others read."""
RATIOS = (
    "points / decode",
    "points / by_hand",
    "points / with_polars",
    "outputs / by_hand_outputs",
    "outputs / by_hand",
    "with_pandas / points",
    "with_pandas / outputs",
    "cluster / cluster_floor",
    "cluster_related / cluster_floor",
)
LIMITS = {"with_pandas": 1_000_000, "with_polars": 5_000_000}
"""Sizes beyond which what holds everything in memory would only measure swapping."""


def run(sizes: list[int], repeat: int, folder: Path) -> dict[str, object]:
    """Measures every size and prints figures and ratios.

    Args:
        sizes: Numbers of enterprises, with ten records each.
        repeat: Runs of each measure, in turns.
        folder: Where districts are generated and kept.
    """
    runs = {n: _runs(n, repeat, folder) for n in sorted(sizes)}
    reports: dict[str, object] = {
        str(n): report(f"{n:,} enterprises", of_size, RATIOS) for n, of_size in runs.items()
    }
    if len(runs) > 1:
        small, large = min(runs), max(runs)
        reports["linear"] = {
            figure: _growth(runs[small], runs[large], large / small, figure) for figure in (PROCESSOR, WALL)
        }
        print(f"\nagainst linear growth from {small:,} to {large:,}: {reports['linear']}")
    return reports


def _runs(n: int, repeat: int, folder: Path) -> Runs:
    place = district(folder, "district", n, AS_OF)
    wanted = [what for what in MEASURES if n <= LIMITS.get(what, n)]
    if "with_polars" in wanted and find_spec("polars") is None:
        say("Polars is not installed: with_polars is left out")
        wanted.remove("with_polars")
    runs = alternating(wanted, place, repeat)
    shutil.rmtree(place / "result", ignore_errors=True)
    return runs


def _growth(small: Runs, large: Runs, factor: float, figure: str) -> dict[str, float]:
    """How a figure's median grew against linear growth, of what both sizes measured."""
    medians = [
        {what: spread(run[figure] for run in each)["median"] for what, each in runs.items()}
        for runs in (small, large)
    ]
    return {what: round(medians[1][what] / (medians[0][what] * factor), 2) for what in medians[1]}
