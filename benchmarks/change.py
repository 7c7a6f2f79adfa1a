"""Trying a policy on a district against scoring the district under both versions: a simulation should cost no more."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import PROCESSOR, WALL, Runs, report
from benchmarks.measure import LATER
from benchmarks.processes import alternating, clustered

MEASURES = ("simulated", "outputs_april", "outputs_july")
PAIR = "simulated / outputs_april + outputs_july"
BOUND = 1.0


def run(sizes: list[int], repeat: int, folder: Path) -> dict[str, object]:
    """Measures every size: the simulation over the two scorings, without reading and as whole commands.

    Args:
        sizes: Numbers of enterprises, with ten records each.
        repeat: Runs of each measure, in turns.
        folder: Where districts are generated and kept.
    """
    return {str(n): _size(n, repeat, folder) for n in sorted(sizes)}


def _size(n: int, repeat: int, folder: Path) -> dict[str, object]:
    runs = alternating(MEASURES, clustered(folder, "rules", n, LATER), repeat)
    return {
        "whole_commands": report(f"{n:,} enterprises, whole commands", runs, [PAIR]),
        "after_reading": report(f"{n:,} enterprises, without reading", _after_reading(runs), [PAIR]),
        "bound": BOUND,
    }


def _after_reading(runs: Runs) -> Runs:
    """The same runs, with what they took once everything was read."""
    return {
        what: [
            {**run, WALL: run["seconds_after_reading"], PROCESSOR: run["cpu_after_reading"]} for run in each
        ]
        for what, each in runs.items()
    }
