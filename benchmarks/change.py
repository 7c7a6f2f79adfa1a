"""Trying a policy on a district against scoring the district under both versions: a simulation should cost no more."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measure import LATER
from benchmarks.processes import Measured, alternating, clustered, medians

MEASURES = ("simulated", "outputs_april", "outputs_july")
BOUND = 1.0


def run(sizes: list[int], repeat: int, folder: Path) -> dict[str, object]:
    """Measures every size: seconds without reading of the simulation over those of the two scorings, and whole commands.

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
    figures = {
        figure: medians(runs, figure)
        for figure in ("seconds", "cpu", "seconds_after_reading", "cpu_after_reading")
    }
    return {
        **figures,
        "ratios": {figure: _ratio(of) for figure, of in figures.items()},
        "bound": BOUND,
        "ratio_of_each_turn": [_ratio(turn) for turn in _turns(runs)],
    }


def _turns(runs: dict[str, list[Measured]]) -> list[Measured]:
    return [
        {what: each[n]["cpu_after_reading"] for what, each in runs.items()}
        for n in range(len(runs[MEASURES[0]]))
    ]


def _ratio(of: Measured) -> float:
    return round(of["simulated"] / (of["outputs_april"] + of["outputs_july"]), 2)
