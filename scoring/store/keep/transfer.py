"""The store out and in: canonical files, and backups, which are always SQLite files."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import Connection, delete, insert, select

from scoring.disk import atomic_file, atomic_folder, private_file, refuse_foreign, scratch_folder
from scoring.errors import InputError, StoreError
from scoring.records.link.already_stored import as_given
from scoring.records.link.resolve import KEYS, Fact
from scoring.store.facts.stored_facts import TABLES, schema
from scoring.store.snapshot.generations import drop_generations
from scoring.store.standing.counts import forget_counts, recount
from scoring.store.tables import migrate
from scoring.store.tables.bulk import read_rows
from scoring.store.tables.database import Database, raw_of
from scoring.store.tables.orm import Head, table_of
from scoring.store.tables.orm_access import Viewing
from scoring.store.tables.orm_base import Base
from scoring.store.tables.orm_codes import PublicPage

MARK = "export.json"
"""The file by which an export is known, so that a later one may take its place."""
ROWS = 10_000
"""Rows that are copied at once."""


def export(database: Database, out: Path) -> dict[str, int]:
    """Writes all facts as a canonical folder, which ``db import`` reads.

    Args:
        database: The store.
        out: Folder to write; an older export there is replaced, anything else is refused.

    Returns:
        Rows by file.

    Raises:
        InputError: The folder holds something else.
    """
    refuse_foreign(out, MARK)
    counts: dict[str, int] = {}
    with atomic_folder(out) as folder, database.read() as connection:
        for fact in TABLES:
            if count := _export(connection, fact, folder):
                counts[fact] = count
        (folder / MARK).write_text(str(counts), encoding="utf-8")
    return counts


def _export(connection: Connection, fact: Fact, folder: Path) -> int:
    """Writes the versions of one table; returns how many."""
    canonical_form, table, key = schema(fact, canonical=True), TABLES[fact], KEYS[fact]
    columns = ", ".join(f"v.{column}" for column in canonical_form.names)
    # Of two versions of one day the later counts: read back, the earlier would contradict it.
    statement = f"""
        SELECT {columns}
        FROM {table} v
        WHERE NOT EXISTS (
            SELECT 1
            FROM {table} n
            WHERE n.{key} = v.{key} AND n.known_on IS NOT DISTINCT FROM v.known_on AND n.seq > v.seq
        )
        ORDER BY v.seq
    """
    row_count = 0
    with pq.ParquetWriter(folder / f"{fact}.parquet", canonical_form, compression="zstd") as writer:
        for rows in read_rows(connection, statement, canonical_form):
            writer.write_table(as_given(rows) if fact == "records" else rows)
            row_count += rows.num_rows
    return row_count


def backup(database: Database, file: Path) -> None:
    """Writes one state of the store into a SQLite file, while others go on writing.

    Raises:
        InputError: The file is there already.
    """
    if file.exists():
        raise InputError("backup_exists", place=str(file))
    with atomic_file(file) as part:
        # What a killed backup left behind would be written into.
        part.unlink(missing_ok=True)
        private_file(part)
        try:
            with database.faults():
                _copy_out(database, part)
        finally:
            for suffix in ("-wal", "-shm"):
                Path(f"{part}{suffix}").unlink(missing_ok=True)


def _copy_out(database: Database, part: Path) -> None:
    """Copies the store into a new SQLite file, which needs no other file beside it."""
    if database.is_sqlite:
        copy = sqlite3.connect(part)
        try:
            with database.engine.connect() as live:
                # In one step: between two, every write of another would begin it again.
                raw_of(live).backup(copy)
        finally:
            copy.close()
    else:
        target = Database(str(part))
        migrate.create(target)
        with database.read() as source, target.write() as connection:
            copy_rows(source, connection)
        target.close()
    finished = sqlite3.connect(part)
    finished.execute("PRAGMA journal_mode = DELETE")
    finished.close()


def copy_rows(source: Connection, target: Connection) -> None:
    """Copies the rows of all tables but those of sessions, in the place of those that were there."""
    # Nobody is logged in to a copy; addresses of pages that were handed out go on leading there.
    for table in (*Base.metadata.sorted_tables, table_of(Viewing), table_of(PublicPage)):
        target.execute(delete(table))
        rows = source.execute(select(table), execution_options={"stream_results": True})
        for some_rows in rows.mappings().partitions(ROWS):
            target.execute(insert(table), [dict(stored_row) for stored_row in some_rows])


@contextmanager
def unpacked(file: Path) -> Iterator[Database]:
    """A backup as a database that may be written to; the file itself is left as it is.

    Raises:
        InputError: There is no such file.
        StoreError: It is no backup, or a newer programme's.
    """
    if not file.is_file():
        raise InputError("backup_missing", place=str(file))
    with scratch_folder() as folder:
        # A copy, because raising its schema would change the backup.
        copy = folder / "backup.db"
        shutil.copyfile(file, copy)
        database = Database(str(copy))
        try:
            if migrate.revision(database) is None:
                migrate.require_current(database)
            migrate.change(database, migrate.newest())
            yield database
        finally:
            database.close()


def put_in_place(backup_copy: Database, database: Database, last_event: int | None = None) -> None:
    """Puts the rows of a backup into the store, in one transaction.

    Args:
        backup_copy: What ``unpacked`` gave.
        database: The store, which may be empty.
        last_event: The entry that must still be the store's last.

    Raises:
        StoreError: Somebody has written to the store meanwhile.
    """
    if migrate.revision(database) is None:
        migrate.create(database)
    migrate.require_current(database)
    with backup_copy.read() as source, database.write() as target:
        present = target.execute(select(Head.event)).scalar_one()
        if last_event is not None and present != last_event:
            raise StoreError("store_written_meanwhile", entry=present, looked_at=last_event)
        copy_rows(source, target)
        # What was counted of the rows that were there says nothing of these.
        forget_counts(target)
    recount(database)
    drop_generations(database)
