"""Scoring a country: our batch against the floor, the best hand-written SQL, and pandas, side by side in one run."""

from __future__ import annotations

import json
import shutil
import statistics
from pathlib import Path

from benchmarks.measure import AS_OF
from benchmarks.processes import Measured, district, measure

PANDAS_LIMIT = 1_000_000  # pandas holds everything in memory; beyond this it would only measure swapping


def run(sizes: list[int], repeat: int, folder: Path) -> dict[str, object]:
    """Measures every size and prints the ratios.

    Args:
        sizes: Numbers of enterprises, with ten records each.
        repeat: Runs of each measure; the median is taken, the runs of different measures alternate.
        folder: Where districts are generated and kept.
    """
    found = {str(n): _size(n, repeat, folder) for n in sorted(sizes)}
    if len(sizes) > 1:
        found["linear"] = _linear(min(sizes), max(sizes), found)
    print(json.dumps(found, indent=2))
    return dict(found)


def _size(n: int, repeat: int, folder: Path) -> dict[str, object]:
    place = district(folder, "district", n, AS_OF)
    cluster = measure("cluster", place)
    wanted = ["decode", "by_hand", "points", "outputs"] + (["with_pandas"] if n <= PANDAS_LIMIT else [])
    runs: dict[str, list[Measured]] = {what: [] for what in wanted}
    for turn in range(repeat):
        for what in wanted:
            if what != "with_pandas" or turn == 0:
                runs[what].append(measure(what, place))
    shutil.rmtree(place / "result", ignore_errors=True)
    seconds = {what: statistics.median(r["seconds"] for r in each) for what, each in runs.items()}
    ratios = {
        f"{ours} / {peer}": round(seconds[ours] / seconds[peer], 2)
        for ours in ("points", "outputs")
        for peer in ("decode", "by_hand", "with_pandas")
        if peer in seconds
    }
    peak = {what: max(r["megabytes"] for r in each) for what, each in runs.items()}
    return {"cluster": cluster, "seconds": seconds, "peak_megabytes": peak, "ratios": ratios}


def _linear(small: int, large: int, found: dict[str, dict[str, object]]) -> dict[str, object]:
    """Time of the large size against linear growth from the small one."""
    factor = large / small

    def over(what: str) -> float:
        a, b = (found[str(n)]["seconds"][what] for n in (small, large))  # type: ignore[index]
        return float(round(b / (a * factor), 2))

    a, b = (found[str(n)]["cluster"]["seconds"] for n in (small, large))  # type: ignore[index]
    return {"points": over("points"), "outputs": over("outputs"), "cluster": round(b / (a * factor), 2)}
