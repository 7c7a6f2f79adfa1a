"""The files of a store: whose they are, and that what is stored is read where nothing can be written."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stores import StoreHarness

from scoring.disk import SCRATCH_FOLDER, scratch_folder
from scoring.errors import EnvironmentRefusedError
from scoring.store.audit.verify import verify_store
from scoring.store.keep.restoring import prepared
from scoring.store.keep.transfer import backup
from scoring.store.tables import migrate
from scoring.store.tables.database import Database

NOBODY = 65534
HOLDS_A_COPY = """
import time
from scoring.disk import scratch_folder
with scratch_folder() as folder:
    (folder / "facts.db").write_text("91330802YYJFBM480Y")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def nothing_grows() -> Iterator[None]:
    """No file of this process may grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder and its files that may not be written to, as on a medium that is read-only."""
    for place in folder.iterdir():
        place.chmod(0o444)
    folder.chmod(0o555)
    own_user = os.geteuid()
    # Permissions bind everybody but root.
    if own_user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(own_user)
        folder.chmod(0o755)


WITHOUT_ROOM = {"full": lambda folder: nothing_grows(), "read-only": read_only}


def modes(folder: Path) -> dict[str, int]:
    """Permissions of the files of a folder."""
    return {place.name: stat.S_IMODE(place.stat().st_mode) for place in folder.iterdir()}


def test_files_are_their_owners_alone(tmp_path: Path, scored_file: Path) -> None:
    """The store, its log beside it, a backup and the state that a backup replaced are readable by
    their owner alone, whatever the process would allow.
    """
    own_mask = os.umask(0)
    try:
        database = Database(str(tmp_path / "sise.db"))
        migrate.create(database)
        backup(database, tmp_path / "b.db")
        with prepared(scored_file, database) as restoration:
            restoration.put_in_place(0, "tester", StoreHarness(database).clock)
        with prepared(scored_file, database) as restoration:
            lost = len(restoration.since.lost)
            kept = restoration.put_in_place(lost, "tester", StoreHarness(database).clock)
        with database.read() as connection:
            connection.exec_driver_sql("SELECT * FROM head").all()
            found = modes(tmp_path)
        database.close()
    finally:
        os.umask(own_mask)
    assert kept is not None and kept.name.startswith("sise.db.replaced-")
    assert {"sise.db", "sise.db-wal", "sise.db-shm", "b.db", kept.name} == set(found)
    assert {0o600} == set(found.values())


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither limits nor such permissions")
@pytest.mark.parametrize("kind", WITHOUT_ROOM)
def test_what_is_stored_is_read_without_room(folder: Path, scored_file: Path, kind: str) -> None:
    """On a full disk and on a read-only medium a store is read and verified; who writes is told why not,
    and writes again once there is room, without a new start.
    """
    shutil.copyfile(scored_file, folder / "sise.db")
    # Opened once, it is in the mode in which stores are.
    before = StoreHarness(Database(str(folder / "sise.db")))
    wanted = before.digest()
    before.database.close()
    assert ["sise.db"] == [place.name for place in folder.iterdir()]
    harness = StoreHarness(Database(str(folder / "sise.db")))
    with WITHOUT_ROOM[kind](folder):
        assert wanted == harness.digest()
        assert [] == verify_store(harness.database).findings
        with pytest.raises(EnvironmentRefusedError), harness.database.write():
            pass
    (folder / "sise.db").chmod(0o600)
    assert harness.add(harness.one("green"), kind="inspection", result="violation", occurred_on="2026-09-29")
    assert wanted != harness.digest()
    harness.database.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_copies_of_who_was_killed_are_swept() -> None:
    """A temporary copy whose process was killed is gone when the next one begins; that of a process
    that lives is left alone.
    """
    command = [sys.executable, "-c", HOLDS_A_COPY]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as living,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed,
    ):
        copies = [Path((process.stdout or sys.stdin).readline().strip()) for process in (living, killed)]
        assert all(
            (copy / "facts.db").is_file() and stat.S_IMODE(copy.stat().st_mode) == 0o700 for copy in copies
        )
        killed.kill()
        killed.wait()
        assert copies[1].is_dir()
        with scratch_folder() as own:
            assert own.name.startswith(SCRATCH_FOLDER)
            assert (copies[0].is_dir(), copies[1].exists()) == (True, False)
        assert not own.exists()
        living.kill()
    with scratch_folder():
        assert not copies[0].exists()
