"""Restorations that are killed midway: the store is what it was or what was put back, and the state that
was to be replaced is kept whole or not at all.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from crashing import DAY, SAMPLE, clock, enterprises, fact, import_once, killed, opened, policy, score_once
from stores import ready, remove

from scoring.store.audit.verify import verify
from scoring.store.keep.restoring import prepared
from scoring.store.keep.transfer import backup
from scoring.store.standing.recording import Recorder

KILLS = int(os.environ.get("SISE_RESTORES", "3"))


def restore_once(path: str, file: str, keep: str, begun: Pipe | None = None) -> None:
    """Puts a backup back and gives up whatever is lost by it."""
    if begun:
        begun.send(True)
    with opened(Path(path)) as database, prepared(Path(file), database) as restoration:
        restoration.put_in_place(len(restoration.since.lost), "tester", clock, Path(keep))


def state(path: Path) -> list[tuple[object, ...]]:
    """All entries of a store's log and all digests of its facts, which must be sound."""
    with opened(path) as database, database.read() as connection:
        assert [] == verify(connection).findings
        wanted = "SELECT seq, digest FROM record_version UNION ALL SELECT seq, leaf_hash FROM audit_event"
        return sorted(map(tuple, connection.exec_driver_sql(wanted)))


def test_a_killed_restoration_is_old_or_new(tmp_path: Path) -> None:
    """After each kill the store verifies, with all that it held or with all of the backup, and the state
    that is kept, if it is there, is the whole of what was to be replaced.
    """
    start, file, path, keep = (tmp_path / name for name in ("start.db", "b.db", "sise.db", "kept.db"))
    with opened(start) as database:
        ready(database, clock)
    import_once(str(start), str(SAMPLE))
    score_once(str(start), DAY)
    with opened(start) as database:
        backup(database, file)
        with database.read() as connection:
            (one,) = enterprises(connection, 1)
        for number in range(3):
            Recorder(database, "tester", clock).record(fact(number, one), policy(), DAY)
    with sqlite3.connect(start) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    old, backed_up, chance, seen = state(start), state(file), random.Random(18), Counter[str]()
    shutil.copy(start, path)
    begin = time.perf_counter()
    restore_once(str(path), str(file), str(keep))
    lasted = time.perf_counter() - begin
    for _ in range(KILLS):
        for left in [*tmp_path.glob("sise.db*"), *tmp_path.glob("*kept.db*")]:
            remove(left)
        shutil.copy(start, path)
        arguments = (str(path), str(file), str(keep))
        killed(
            restore_once, arguments, lambda ours: ours.recv() and time.sleep(chance.uniform(0, 1.3) * lasted)
        )
        found = state(path)
        is_old = found == old
        # The entry that says that it was restored comes on top.
        assert is_old or set(backed_up) < set(found)
        assert not keep.exists() or state(keep) == old
        seen[("old" if is_old else "new") + (", kept" if keep.exists() else "")] += 1
    print(f"{KILLS} restorations killed, found {dict(seen)}: none half done")
