"""The command line as people run it: a process, its exit code, and what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def sise() -> Run:
    """Runs ``sise`` with these arguments in the project folder, in English unless told otherwise."""

    def run(*arguments: object, lang: str = "en", **environment: str) -> subprocess.CompletedProcess[str]:
        known = {**os.environ, "SISE_LANG": lang, "COLUMNS": "120", "PYTHONUTF8": "1", **environment}
        command = [sys.executable, "-m", "scoring.cli", *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, env=known, capture_output=True, text=True, timeout=120, check=False
        )

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
    """A store with the committed sample, scored through the command line; nobody writes to it."""
    file = tmp_path_factory.mktemp("city") / "city.db"
    for call in (
        ("db", "init"),
        ("db", "import", "--source", "canonical:data/sample", "--rejects", file.parent / "rejects.csv"),
        ("db", "score", "--as-of", "2026-09-30"),
    ):
        done = sise(*call, "--database", file)
        assert (0, "") == (done.returncode, "" if done.returncode == 0 else done.stderr)
    return file
