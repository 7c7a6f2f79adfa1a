"""kill -9 at random moments of an import and of a batch: sound as it stands, and resumed it ends
as if nothing had happened.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from crashing import NOTHING, SAMPLE, clock, damage, digest, import_once, killed, opened, score_once, stored
from stores import ready

from scoring.analysis.synthetic import DistrictPlan, write_district

RESUMED = int(os.environ.get("SISE_RESUMED", "2"))
ENTERPRISES = int(os.environ.get("SISE_ENTERPRISES", "0"))
"""Enterprises of a synthetic district; 0 takes the sample that comes with the project."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of facts of as many enterprises as the environment says."""
    if not ENTERPRISES:
        return SAMPLE
    folder = tmp_path_factory.mktemp("facts")
    write_district(DistrictPlan(enterprises=ENTERPRISES, as_of=date(2026, 6, 30)), folder)
    return folder


def resumed(start: Path, work: Callable[..., None], *arguments: Any, folder: Path) -> tuple[int, int]:
    """Kills ``work`` on copies of a store at random moments and runs it again: (kills that hit,
    digests that differ).
    """
    chance, whole = random.Random(50), folder / "whole.db"
    shutil.copy(start, whole)
    begin = time.perf_counter()
    work(str(whole), *arguments)
    lasted, wanted, kills_that_hit, different = time.perf_counter() - begin, digest(whole), 0, 0
    for number in range(RESUMED):
        path = folder / f"{number}.db"
        shutil.copy(start, path)
        running, _ = killed(
            work,
            (str(path), *arguments),
            lambda begun: begun.recv() and time.sleep(chance.uniform(0, 1) * lasted),
        )
        kills_that_hit += running
        assert damage(path, []) == NOTHING
        work(str(path), *arguments)
        different += digest(path) != wanted
        path.unlink()
        print(f"{number + 1}: {kills_that_hit} killed, {different} differ", flush=True)
    return kills_that_hit, different


def test_a_killed_import_is_resumed(tmp_path: Path, facts: Path) -> None:
    """An import killed at any moment is whole or has left nothing, and run again it gives the
    digest of an uninterrupted one.
    """
    start = tmp_path / "start.db"
    with opened(start) as database:
        ready(database, clock)
    kills_that_hit, different = resumed(start, import_once, str(facts), folder=tmp_path)
    print(f"{RESUMED} imports, {kills_that_hit} killed: {different} differ")
    assert different == 0


def test_a_killed_batch_is_resumed(tmp_path: Path, facts: Path) -> None:
    """A batch killed at any moment is sound as it stands,
    and run again it gives the digest of an uninterrupted one.
    """
    start = stored(tmp_path / "start.db", facts)
    kills_that_hit, different = resumed(start, score_once, date(2026, 12, 31), folder=tmp_path)
    print(f"{RESUMED} batches, {kills_that_hit} killed: {different} differ")
    assert different == 0
