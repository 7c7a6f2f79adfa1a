"""The store out and in: canonical files, and backups, which are SQLite files whatever the store itself runs on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import Connection, delete, insert, select

from scoring.disk import atomic_folder, refuse_foreign
from scoring.errors import InputError
from scoring.records.link.new_versions import as_given
from scoring.store.facts.stored_facts import TABLES, schema
from scoring.store.tables import migrate
from scoring.store.tables.bulk import read_rows
from scoring.store.tables.database import Database, raw_of
from scoring.store.tables.orm import Base

MARK = "export.json"
ROWS = 10_000


def export(database: Database, out: Path) -> dict[str, int]:
    """Writes all facts as a canonical folder, which ``db import`` reads, and the standings beside them.

    Args:
        database: The store.
        out: Folder to write; an older export there is replaced, anything else is refused.

    Returns:
        Rows by file.
    """
    refuse_foreign(out, MARK)
    counts: dict[str, int] = {}
    with atomic_folder(out) as folder, database.read() as connection:
        for fact, table in TABLES.items():
            form = schema(fact, canonical=True)
            key = "enterprise_id" if fact == "enterprises" else "record_id"
            names = ", ".join(f"v.{name}" for name in form.names)
            later = f"n.{key} = v.{key} AND n.known_on IS NOT DISTINCT FROM v.known_on AND n.seq > v.seq"
            newest = f"NOT EXISTS (SELECT 1 FROM {table} n WHERE {later})"
            with pq.ParquetWriter(folder / f"{fact}.parquet", form, compression="zstd") as writer:
                for rows in read_rows(
                    connection, f"SELECT {names} FROM {table} v WHERE {newest} ORDER BY v.seq", form
                ):
                    writer.write_table(as_given(rows) if fact == "records" else rows)
                    counts[fact] = counts.get(fact, 0) + rows.num_rows
        (folder / MARK).write_text(str(counts), encoding="utf-8")
    return counts


def backup(database: Database, file: Path) -> None:
    """Writes one state of the store into a SQLite file, while others go on writing.

    Raises:
        InputError: The file is there already.
    """
    if file.exists():
        raise InputError(
            zh="文件已存在，未作改动；请换一个文件名",
            en="the file exists and was left alone; choose another name",
            place=str(file),
        )
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        with database.faults():
            _copy_out(database, part)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.rename(file)
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{part}{suffix}").unlink(missing_ok=True)


def _copy_out(database: Database, part: Path) -> None:
    if database.is_sqlite:
        file = sqlite3.connect(part)
        try:
            with database.engine.connect() as live:
                raw_of(live).backup(file)  # in one step: between two, every write of another begins it again
            file.execute("PRAGMA journal_mode = DELETE")
        finally:
            file.close()
        return
    copy = Database(str(part))
    migrate.create(copy)
    with database.read() as source, copy.write() as target:
        copy_rows(source, target)
    copy.close()
    written = sqlite3.connect(part)
    written.execute("PRAGMA journal_mode = DELETE")
    written.close()


def copy_rows(source: Connection, target: Connection) -> None:
    """All rows of all tables, in the place of those that were there."""
    for table in Base.metadata.sorted_tables:
        target.execute(delete(table))
        for part in (
            source.execute(select(table), execution_options={"stream_results": True})
            .mappings()
            .partitions(ROWS)
        ):
            target.execute(insert(table), [dict(row) for row in part])


@contextmanager
def unpacked(file: Path) -> Iterator[Database]:
    """A backup as a database that may be written to; the file itself is left as it is.

    Raises:
        InputError: There is no such file.
        StoreError: It is no backup, or a newer programme's.
    """
    if not file.is_file():
        raise InputError(
            zh="没有这个备份文件；例如 sise db restore backup.db",
            en="there is no such backup; e.g. sise db restore backup.db",
            place=str(file),
        )
    with tempfile.TemporaryDirectory(prefix="sise-") as folder:
        copy = Path(folder) / "backup.db"
        shutil.copyfile(file, copy)
        database = Database(str(copy))
        try:
            if migrate.revision(database) is None:
                migrate.require_current(database)
            migrate.change(database, migrate.newest())
            yield database
        finally:
            database.close()


def put_in_place(backup_copy: Database, database: Database) -> None:
    """The rows of a backup into the store, in one transaction."""
    if migrate.revision(database) is None:
        migrate.create(database)
    migrate.require_current(database)
    with backup_copy.read() as source, database.write() as target:
        copy_rows(source, target)
