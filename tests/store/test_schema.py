"""Migrations with data in them, and databases that are not what is needed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from stores import StoreHarness

from scoring.errors import EnvironmentRefusedError, SiseError, StoreError, UsageError
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.orm import METADATA


def test_models_and_migrations_agree(empty: StoreHarness) -> None:
    """The newest schema is what the models say."""
    with empty.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrate.OURS})
        assert [] == compare_metadata(context, list(METADATA))


@pytest.mark.parametrize("to", ["0004", "0001", "base"])
def test_a_schema_is_not_lowered(scored: StoreHarness, to: str) -> None:
    """An older programme would not ask who writes: lowering is refused and changes nothing."""
    before = scored.digest()
    with pytest.raises(StoreError, match="store_not_lowered"):
        migrate.change(scored.database, to)
    assert (before, migrate.newest()) == (scored.digest(), migrate.revision(scored.database))


def test_a_store_that_was_sealed_otherwise_is_left_alone(address: str) -> None:
    """An older store is raised while it is empty; with entries it is refused with what to do, and kept."""
    database = Database(address)
    migrate.change(database, "0003")
    with pytest.raises(StoreError, match="upgrade"):
        migrate.require_current(database)
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_event (seq, kind, actor, at, sealed, payload_hash, leaf_hash) "
            "VALUES (1, 'import', 'w', '2026-01-01', '{}', '', '')"
        )
    with pytest.raises(StoreError, match="db export"):
        migrate.change(database, migrate.newest())
    assert "0003" == migrate.revision(database)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM audit_event")
    migrate.create(database)
    assert migrate.newest() == migrate.revision(database)
    database.close()


def test_making_it_twice_changes_nothing(scored: StoreHarness) -> None:
    """`db init` on a store leaves it as it is."""
    before = scored.digest()
    migrate.create(scored.database)
    assert before == scored.digest()


def test_a_newer_schema_is_left_alone(scored: StoreHarness) -> None:
    """A database with a schema that this programme does not know is refused by every way in."""
    with scored.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE {migrate.OURS} SET version_num = '9999'")
    for way_in in (migrate.require_current, migrate.create):
        with pytest.raises(StoreError, match="newer"):
            way_in(scored.database)


def test_another_programmes_database_is_left_alone(address: str) -> None:
    """A database with somebody's tables is refused, and keeps them."""
    database = Database(address)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE invoices (id INTEGER)")
    for way_in in (migrate.require_current, migrate.create):
        with pytest.raises(StoreError, match="another programme"):
            way_in(database)
    database.close()


def test_a_clock_that_went_backwards(scored: StoreHarness) -> None:
    """An hour behind the last log entry nothing is written;
    within a minute the log's own time goes on.
    """
    scored.clock.now -= timedelta(hours=1)
    before = scored.digest(), scored.count("audit_event")
    with pytest.raises(StoreError, match="clock"):
        scored.score()
    assert before == (scored.digest(), scored.count("audit_event"))
    scored.clock.now += timedelta(minutes=59, seconds=30)
    scored.score()


@pytest.mark.parametrize("address", ["mysql://x/y", "http://x", "postgresql://", "sqlite://", ""], ids=str)
def test_no_address(address: str) -> None:
    """What is no address, or reaches no server, is a sentence."""
    with pytest.raises((UsageError, EnvironmentRefusedError)):
        migrate.require_current(Database(address))


BAD_FILES = {"text": b"hello, this is no database at all" * 40, "cut": None}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_is_no_database(tmp_path: Path, scored_file: Path, kind: str) -> None:
    """A text file, or half a database, is refused with a sentence."""
    content = BAD_FILES[kind] or scored_file.read_bytes()[:3000]
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(SiseError):
        migrate.require_current(Database(str(tmp_path / "x.db")))


def test_nothing_there(tmp_path: Path) -> None:
    """Asking after a store that is not there makes no file."""
    with pytest.raises(StoreError, match="db init"):
        migrate.open_store(str(tmp_path / "none.db"))
    assert [] == list(tmp_path.iterdir())


def test_a_locked_file(tmp_path: Path, scored_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another programme keeps the file locked, a writer is refused after its patience,
    and reads go on.
    """
    monkeypatch.setattr("scoring.store.tables.database.BUSY_SECONDS", 0.2)
    shutil.copyfile(scored_file, tmp_path / "x.db")
    harness = StoreHarness(Database(str(tmp_path / "x.db")))
    before = harness.digest()
    with sqlite3.connect(tmp_path / "x.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EnvironmentRefusedError, match="another writer"):
            harness.score()
        assert before == harness.digest()
    harness.database.close()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions bind everybody but root")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """In a read-only folder `db init` is refused with a sentence."""
    tmp_path.chmod(0o500)
    with pytest.raises(EnvironmentRefusedError):
        migrate.create(Database(str(tmp_path / "x.db")))
