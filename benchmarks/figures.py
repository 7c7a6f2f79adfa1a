"""Runs of several measures as figures: medians with how far they spread, ratios turn by turn, and a table of both.

A machine may be shared: what its clock says then moves by a third, what its processor worked by less. So both are told,
and every ratio is of two runs of the same turn.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

from benchmarks.processes import Measured

Runs = Mapping[str, Sequence[Measured]]
"""The runs of each measure by its name, in the order of the turns."""
WALL, PROCESSOR, MEMORY = "seconds", "cpu", "megabytes"
PACKAGES = ("duckdb", "polars", "pandas", "pyarrow", "numpy")


class Spread(TypedDict):
    """Of some numbers the middle one and both ends."""

    median: float
    min: float
    max: float


def spread(numbers: Iterable[float]) -> Spread:
    """Median, least and greatest of some numbers."""
    ordered = sorted(numbers)
    return {
        "median": round(statistics.median(ordered), 3),
        "min": round(ordered[0], 3),
        "max": round(ordered[-1], 3),
    }


def summary(runs: Runs) -> dict[str, dict[str, object]]:
    """Of each measure how often it ran, and the spread of every figure that it gave."""
    return {
        what: {"runs": len(each), **{figure: spread(run[figure] for run in each) for figure in each[0]}}
        for what, each in runs.items()
    }


def ratios(runs: Runs, pairs: Iterable[str], figure: str) -> dict[str, Spread]:
    """The spread of a figure's ratios over the turns.

    Args:
        runs: The runs; a measure may have fewer of them than another, or be absent.
        pairs: As ``"one / another"``; the second may be a sum, ``"one / another + a third"``.
        figure: What is compared.
    """
    by_pair: dict[str, Spread] = {}
    for pair in pairs:
        one, _, others = pair.partition(" / ")
        measures = [one, *others.split(" + ")]
        if all(what in runs for what in measures):
            turns = zip(*(runs[what] for what in measures), strict=False)
            by_pair[pair] = spread(first[figure] / sum(run[figure] for run in rest) for first, *rest in turns)
    return by_pair


def report(title: str, runs: Runs, pairs: Sequence[str]) -> dict[str, object]:
    """Prints the table of some measures, and gives its figures.

    Args:
        title: What was measured.
        runs: The runs of each measure.
        pairs: Which are compared (``ratios``).
    """
    by_processor, by_wall = ratios(runs, pairs, PROCESSOR), ratios(runs, pairs, WALL)
    print(f"\n{title}")
    print(_row("measure", "processor s", "wall s", "peak MB", "runs"))
    for what, each in runs.items():
        seconds = (_words(spread(run[figure] for run in each)) for figure in (PROCESSOR, WALL))
        print(_row(what, *seconds, f"{max(run[MEMORY] for run in each):,.0f}", str(len(each))))
    print(f"\n{_row('ratio', 'by processor', 'by wall')}")
    for pair, ratio in by_processor.items():
        print(_row(pair, _words(ratio), _words(by_wall[pair])))
    return {"measures": summary(runs), "ratios_by_processor": by_processor, "ratios_by_wall": by_wall}


def _row(name: str, *cells: str) -> str:
    """A line of the table: a name, two cells of seconds or ratios, and cells of one number."""
    wide, narrow = cells[:2], cells[2:]
    line = f"{name:<42}" + "".join(f"{cell:>22}" for cell in wide) + "".join(f"{cell:>9}" for cell in narrow)
    return line.rstrip()


def _words(numbers: Spread) -> str:
    return f"{numbers['median']:.2f} ({numbers['min']:.2f}–{numbers['max']:.2f})"


def circumstances() -> dict[str, object]:
    """On what, by what, when and how it is measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": " ".join(["python3 run.py bench", *sys.argv[1:]]),
        "machine": platform.machine(),
        "processor": _processor_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_megabytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
    }


def _processor_model() -> str | None:
    """The name that Linux tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
