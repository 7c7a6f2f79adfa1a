"""A policy of 49 indicators against the floor, the hand-written SQL of the same policy, and the version of 31 indicators."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measure import LATER
from benchmarks.processes import Measured, alternating, clustered, medians

MEASURES = ("decode_july", "by_hand_july", "points_july", "points_april")
BOUNDS = {"points_july / by_hand_july": 1.6, "points_july / points_april": 2.5}


def run(sizes: list[int], repeat: int, folder: Path) -> dict[str, object]:
    """Measures every size; ratios of seconds, and of processor seconds because a machine may be shared.

    Args:
        sizes: Numbers of enterprises, with ten records each.
        repeat: Runs of each measure, in turns; the median is taken.
        folder: Where districts are generated and kept.
    """
    found: dict[str, object] = {str(n): _size(n, repeat, folder) for n in sorted(sizes)}
    print(json.dumps(found, indent=2))
    return found


def _size(n: int, repeat: int, folder: Path) -> dict[str, object]:
    runs = alternating(MEASURES, clustered(folder, "rules", n, LATER), repeat)
    seconds, cpu = medians(runs, "seconds"), medians(runs, "cpu")
    return {
        "seconds": seconds,
        "cpu": cpu,
        "ratios": _ratios(seconds),
        "cpu_ratios": _ratios(cpu),
        "bounds": BOUNDS,
    }


def _ratios(of: Measured) -> Measured:
    return {pair: round(of[ours] / of[other], 2) for pair in BOUNDS for ours, other in [pair.split(" / ")]}
