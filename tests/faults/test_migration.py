"""Migrations that are killed midway: the store has the old schema or the new one,
never half of each.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from itertools import chain
from pathlib import Path

from crashing import killed, migrate_once, opened

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


def test_a_killed_migration_is_old_or_new(tmp_path: Path) -> None:
    """After each kill the schema is one of the known ones with all facts in it,
    and raising it again ends in the newest.
    """
    start, path, chance, seen = tmp_path / "start.db", tmp_path / "sise.db", random.Random(20), set()
    with opened(start) as database:
        change(database, "0001")
    wanted = facts(start)
    with opened(Path(shutil.copy(start, path))) as database:
        begin = time.perf_counter()
        change(database, newest())
        lasted = time.perf_counter() - begin
    for _ in range(KILLS):
        shutil.copy(start, path)
        killed(
            migrate_once,
            (str(path),),
            lambda begun: begun.recv() and time.sleep(chance.uniform(0, 1.2) * lasted),
        )
        with opened(path) as database:
            seen.add(revision(database))
            assert facts(path) == wanted
            change(database, newest())
            assert revision(database) == newest()
            with database.read() as connection:
                assert verify(connection).findings == []
    print(f"{KILLS} migrations killed, found at {sorted(map(str, seen))}: none half done")
    assert seen <= {"0001", newest()}
