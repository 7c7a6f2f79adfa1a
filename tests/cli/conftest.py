"""The command line as people run it: a process, its exit code, and what it prints."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import warm
from city import SCORED_ON, city_calls

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]
ON_A_DAY = Path(__file__).with_name("on_a_day.py")


@pytest.fixture(scope="session")
def sise(warm_python: str) -> Run:
    """Runs ``sise`` with these arguments in the project folder, in English unless told otherwise."""

    def run(
        *arguments: object, lang: str = "en", today: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """With ``today`` at noon of that day in China, as if the machine's clock said so."""
        known = {**os.environ, "SISE_LANG": lang, "COLUMNS": "120", "PYTHONUTF8": "1", **environment}
        start = [str(ON_A_DAY), today] if today else ["-m", "scoring.cli"]
        return warm.completed(warm_python, [*start, *map(str, arguments)], known, ROOT)

    return run


@pytest.fixture(scope="session")
def scored(sise: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed sample, scored through the command line."""
    folder = tmp_path_factory.mktemp("cli") / "out"
    done = sise(
        "score",
        "--source",
        "canonical:data/sample",
        "--policy",
        "quzhou-demo",
        "--as-of",
        "2026-09-30",
        "--out",
        folder,
    )
    assert (0, "") == (done.returncode, "" if done.returncode == 0 else done.stderr)
    return folder


@pytest.fixture(scope="session")
def city(sise: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the committed sample, scored through the command line on a day; nobody writes to it.

    It has the accounts mia, anna and bert, and the stock of colours was taken over.
    """
    file = tmp_path_factory.mktemp("city") / "city.db"
    for call in city_calls(file.parent / "rejects.csv"):
        done = sise(*call, "--database", file, today=SCORED_ON)
        assert (0, "") == (done.returncode, "" if done.returncode == 0 else done.stderr)
    return file
