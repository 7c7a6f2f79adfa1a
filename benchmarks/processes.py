"""Districts that are made once and kept, and measures in processes of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from scoring.analysis.synthetic import DistrictPlan, write_district

Measured = dict[str, float]


def district(folder: Path, name: str, enterprises: int, as_of: date) -> Path:
    """The folder of a synthetic district with its ``unsorted`` records, generated where it is missing."""
    found = folder / f"{name}-{enterprises}"
    if not (found / "unsorted").is_dir():
        say(f"generating {enterprises:,} enterprises")
        shutil.rmtree(found / "started", ignore_errors=True)
        # in a process of its own: a measure's peak memory would begin at what this one has taken
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(
                write_district, DistrictPlan(enterprises=enterprises, as_of=as_of), found / "started"
            ).result()
        (found / "started").rename(found / "unsorted")
    return found


def clustered(folder: Path, name: str, enterprises: int, as_of: date) -> Path:
    """The same, sorted by enterprise once and for all."""
    found = district(folder, name, enterprises, as_of)
    if not (found / "clustered").is_dir():
        measure("cluster", found)
    return found


def related(folder: Path, name: str, enterprises: int, as_of: date) -> Path:
    """The same as ``district``, sorted and with how the records of an enterprise stand to each other."""
    found = district(folder, name, enterprises, as_of)
    if not (found / "related").is_dir():
        measure("cluster_related", found)
    return found


def measure(what: str, folder: Path) -> Measured:
    """One measure of ``benchmarks.measure`` in a new process."""
    say(f"{what} …")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure", what, str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    say(f"{what}: {measured}")
    return measured


def alternating(wanted: Sequence[str], folder: Path, repeat: int) -> dict[str, list[Measured]]:
    """Every measure ``repeat`` times, in turns, so that what else the machine does falls on all of them."""
    runs: dict[str, list[Measured]] = {what: [] for what in wanted}
    for _turn in range(repeat):
        for what in wanted:
            runs[what].append(measure(what, folder))
    return runs


def say(text: str) -> None:
    """Tells what is going on, to stderr."""
    print(text, file=sys.stderr, flush=True)
