"""A policy of 49 indicators against the floor, the hand-written SQL of the same policy, and the version of 31 indicators."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import report
from benchmarks.measure import LATER
from benchmarks.processes import alternating, clustered

MEASURES = ("decode_july", "by_hand_july", "points_july", "points_april")
BOUNDS = {"points_july / by_hand_july": 1.6, "points_july / points_april": 2.5}


def run(sizes: list[int], repeat: int, folder: Path) -> dict[str, object]:
    """Measures every size and prints figures and ratios, by processor too because a machine may be shared.

    Args:
        sizes: Numbers of enterprises, with ten records each.
        repeat: Runs of each measure, in turns.
        folder: Where districts are generated and kept.
    """
    return {str(n): _size(n, repeat, folder) for n in sorted(sizes)}


def _size(n: int, repeat: int, folder: Path) -> dict[str, object]:
    runs = alternating(MEASURES, clustered(folder, "rules", n, LATER), repeat)
    return {**report(f"{n:,} enterprises", runs, list(BOUNDS)), "bounds": BOUNDS}
