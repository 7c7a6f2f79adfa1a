"""The disk fills up: a clear sentence, reads go on, nothing is corrupt, and with room again work
goes on without a restart.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from crashing import (
    DAY,
    NOTHING,
    SAMPLE,
    clock,
    clock_of,
    damage,
    digest,
    enterprises,
    fact,
    opened,
    policy,
    stored,
    vouch,
)
from lossy import Disk, lossy
from stores import ACTOR, ready

from scoring.errors import EnvironmentRefusedError
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import import_source
from scoring.store.standing.assessing import score_store
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database

POINTS = int(os.environ.get("SISE_FULL_POINTS", "5"))
LATER = date(2026, 12, 31)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store."""
    return stored(tmp_path_factory.mktemp("start") / "sise.db")


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file of this process grows beyond ``size`` bytes, as under a quota."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_recording_on_a_full_disk(start: Path, tmp_path: Path) -> None:
    """At any point of a recording the full disk is named, the store is read on, and the fact is
    recorded once there is room.
    """
    shutil.copy(start, tmp_path / "sise.db")
    disk, chance = Disk(), random.Random(11)
    store, system = lossy(tmp_path / "sise.db", disk)
    recorder, version = Recorder(store, ACTOR, clock), policy()
    with store.read() as connection:
        known = enterprises(connection, POINTS)
    for number in range(POINTS):
        entry = fact(number, known[number])
        disk.room = chance.randint(0, 20_000)
        with pytest.raises(EnvironmentRefusedError, match=r"disk is full.*nothing was changed"):
            recorder.record(entry, version, DAY)
        with store.read() as connection:
            assert (
                connection.exec_driver_sql(
                    "SELECT COUNT(*) FROM record_version WHERE record_id LIKE 'crash:%'"
                ).scalar_one()
                == number
            )
        disk.room = None
        recorder.record(entry, version, DAY)
    store.close()
    del system
    assert damage(tmp_path / "sise.db", list(range(POINTS))) == NOTHING


@pytest.mark.parametrize(("job", "most"), [("import", 200_000), ("batch", 60_000)])
def test_bulk_work_on_a_full_disk(start: Path, tmp_path: Path, job: str, most: int) -> None:
    """Wherever an import or a batch meets the end of the disk it says so, the store is sound,
    and run again it ends as it should.
    """
    path, chance = tmp_path / "sise.db", random.Random(12)
    works: dict[str, Callable[[Database], object]] = {
        "import": lambda database: import_source(database, SourceSpec("canonical", SAMPLE), ACTOR, clock),
        "batch": lambda database: score_store(database, policy(), LATER, ACTOR, clock_of(LATER)),
    }
    with opened(tmp_path / "whole.db") as database:
        ready(database, clock)
    begin = shutil.copy(start if job == "batch" else tmp_path / "whole.db", tmp_path / "begin.db")
    if job == "batch":
        with opened(Path(begin)) as database:
            vouch(database, LATER)
    with opened(Path(shutil.copy(begin, tmp_path / "whole.db"))) as database:
        works[job](database)
    wanted, before = digest(tmp_path / "whole.db"), digest(Path(begin))
    for _ in range(POINTS):
        shutil.copy(begin, path)
        with opened(path) as database:
            with (
                files_end_at(chance.randint(1, most)),
                pytest.raises(EnvironmentRefusedError, match=r"free space|disk is full"),
            ):
                works[job](database)
            assert damage(path, []) == NOTHING
            assert digest(path) == before
            works[job](database)
        assert damage(path, []) == NOTHING
        assert digest(path) == wanted
