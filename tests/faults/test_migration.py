"""Migrations that are killed midway: the store has the old schema or the new one,
never half of each.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest
from crashing import SAMPLE, clock, import_once, killed, migrate_once, opened, stored
from stores import ready

from scoring.errors import StoreError
from scoring.store.audit.verify import verify
from scoring.store.tables.migrate import change, newest, revision

KILLS = int(os.environ.get("SISE_MIGRATIONS", "3"))


def facts(path: Path) -> list[tuple[object, ...]]:
    """Digests and entries of the tables of facts and of the log, read without the store:
    columns come and go, these stay.
    """
    wanted = (
        "SELECT seq, digest FROM record_version",
        "SELECT seq, digest FROM enterprise_version",
        "SELECT * FROM audit_event",
    )
    with sqlite3.connect(path) as connection:
        rows = list(chain.from_iterable(map(connection.execute, wanted)))
    connection.close()
    return rows


def of_before(path: Path, facts_of: Path | None = None) -> Path:
    """A store of the first schema, with the facts and the log of another one if it is given."""
    with opened(path) as database:
        change(database, "0001")
    if facts_of:
        with sqlite3.connect(path) as connection:
            connection.execute("ATTACH ? AS newer", (str(facts_of),))
            connection.execute("DELETE FROM head")
            for table in ("head", "audit_event", "enterprise_version", "record_version"):
                names = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
                connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")
        connection.close()
    return path


def killed_midway(path: Path, lasted: float, chance: random.Random) -> None:
    """Raises a store's schema in a process that is killed at a random moment."""
    killed(
        migrate_once,
        (str(path),),
        lambda begun: begun.recv() and time.sleep(chance.uniform(0, 1.2) * lasted),
    )


def time_of_raising(path: Path) -> float:
    """The seconds that raising the schema takes, refused or not."""
    with opened(path) as database:
        begin = time.perf_counter()
        with suppress(StoreError):
            change(database, newest())
        return time.perf_counter() - begin


def test_a_killed_migration_is_old_or_new(tmp_path: Path) -> None:
    """After each kill the schema is one of the known ones,
    and raising it again ends in the newest, which takes facts.
    """
    start, path, chance, seen = (
        of_before(tmp_path / "start.db"),
        tmp_path / "sise.db",
        random.Random(20),
        set(),
    )
    wanted = facts(start)
    lasted = time_of_raising(Path(shutil.copy(start, path)))
    for _ in range(KILLS):
        shutil.copy(start, path)
        killed_midway(path, lasted, chance)
        with opened(path) as database:
            seen.add(revision(database))
            assert facts(path) == wanted
            change(database, newest())
            assert revision(database) == newest()
            with database.read() as connection:
                assert verify(connection).findings == []
    with opened(path) as database:
        ready(database, clock)
    import_once(str(path), str(SAMPLE))
    with opened(path) as database, database.read() as connection:
        assert verify(connection).findings == []
    assert len(facts(path)) > len(wanted)
    print(f"{KILLS} migrations killed, found at {sorted(map(str, seen))}: none half done")
    assert seen <= {"0001", newest()}


def test_a_store_of_before_accounts_keeps_its_facts(tmp_path: Path) -> None:
    """A store with entries of before accounts is refused: killed or not, its schema and all its facts stay."""
    start, path, chance = tmp_path / "start.db", tmp_path / "sise.db", random.Random(21)
    of_before(start, stored(tmp_path / "newer.db"))
    wanted = facts(start)
    lasted = time_of_raising(Path(shutil.copy(start, path)))
    assert len(wanted) > 2900
    for _ in range(KILLS):
        shutil.copy(start, path)
        killed_midway(path, lasted, chance)
        with opened(path) as database:
            with pytest.raises(StoreError, match="store_sealed_otherwise"):
                change(database, newest())
            assert "0001" == revision(database)
        assert facts(path) == wanted


def test_the_newest_schema_is_not_lowered(tmp_path: Path) -> None:
    """A store with accounts is not lowered: it stays as it is, with its facts."""
    path = stored(tmp_path / "sise.db")
    wanted = facts(path)
    with opened(path) as database:
        with pytest.raises(StoreError, match="store_not_lowered"):
            change(database, "0001")
        assert revision(database) == newest()
        with database.read() as connection:
            assert verify(connection).findings == []
    assert facts(path) == wanted
