"""A disk that forgets: SQLite's writes are kept in order, so that any power cut can be acted out.

The store's own code runs on it unchanged; only the driver is another one, because the standard
library's SQLite takes no file system.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import apsw
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from scoring.store.tables import database
from scoring.store.tables.database import Database

SECTOR = 512


class Happening(NamedTuple):
    """What happened to a file: ``write``, ``truncate`` to the offset, ``sync``; or, to none, ``ack``.

    An acknowledgement has the number that was acknowledged for an offset.
    """

    file: str
    what: str
    offset: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """What happened to the files of one folder, in order.

    Attributes:
        room: Bytes that may still be written; ``None`` for a disk that never fills.
        log: All that happened.
    """

    room: int | None = None
    log: list[Happening] = field(default_factory=list)

    def takes(self, size: int) -> None:
        """Uses up room.

        Raises:
            apsw.FullError: There is none left.
        """
        if self.room is not None:
            if size > self.room:
                raise apsw.FullError("database or disk is full")
            self.room -= size

    def acknowledge(self, number: int) -> None:
        """Notes that somebody was told that ``number`` is stored."""
        self.log.append(Happening("", "ack", number))

    def image(self, start: Path, folder: Path, cut: int, chance: random.Random) -> list[int]:
        """Lays out the files as they may be after a power cut.

        What was written before a file's last sync is there; of the writes after it each is there
        whole, in part or not at all.

        Args:
            start: Folder with the files as they were when the log began.
            folder: Where the files go.
            cut: How much of the log had happened.
            chance: What of the unsynced writes is lost.

        Returns:
            What had been acknowledged by then.
        """
        done = self.log[:cut]
        names = {happening.file for happening in done if happening.file}
        for name in names | {path.name for path in start.iterdir() if path.is_file()}:
            before = start / name
            content = bytearray(before.read_bytes() if before.exists() else b"")
            _replay(content, [happening for happening in done if happening.file == name], chance)
            (folder / name).write_bytes(content)
        return [happening.offset for happening in done if happening.what == "ack"]


def _replay(content: bytearray, happenings: Sequence[Happening], chance: random.Random) -> None:
    """Applies what happened to one file, of what came after its last sync some."""
    syncs = [place for place, happening in enumerate(happenings) if happening.what == "sync"]
    synced = max(syncs, default=-1)
    for place, (_, what, offset, data) in enumerate(happenings):
        if place <= synced:
            _apply(content, what, offset, data)
        elif chance.random() < 0.5:
            _apply(content, what, offset, _torn(data, chance))


def _torn(data: bytes, chance: random.Random) -> bytes:
    """The write as it may be found: mostly whole, at times only its first sectors."""
    return data if chance.random() < 0.8 else data[: SECTOR * chance.randint(0, len(data) // SECTOR)]


def _apply(content: bytearray, what: str, offset: int, data: bytes) -> None:
    if what == "truncate":
        del content[offset:]
    elif what == "write":
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data


class LossyFile(apsw.VFSFile):
    """A file that tells the disk what is done to it."""

    def __init__(self, filename: Any, flags: list[int], disk: Disk) -> None:
        super().__init__("", filename, flags)
        self._disk = disk
        self._name = Path(
            filename.filename() if isinstance(filename, apsw.URIFilename) else filename or "temporary"
        ).name

    def xWrite(self, data: bytes, offset: int) -> None:
        """Writes, if there is room."""
        self._disk.takes(len(data))
        super().xWrite(data, offset)
        self._disk.log.append(Happening(self._name, "write", offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        """Cuts."""
        super().xTruncate(newsize)
        self._disk.log.append(Happening(self._name, "truncate", newsize))

    def xSync(self, flags: int) -> None:
        """Makes what was written last."""
        super().xSync(flags)
        self._disk.log.append(Happening(self._name, "sync"))


class LossyVFS(apsw.VFS):
    """A file system over the real one whose files tell the disk."""

    def __init__(self, name: str, disk: Disk) -> None:
        self._disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> LossyFile:
        """Opens a file."""
        return LossyFile(name, flags, self._disk)


class _Cursor:
    """A cursor as the driver of the standard library has it."""

    arraysize, rowcount, lastrowid = 1, -1, None

    def __init__(self, raw: apsw.Connection) -> None:
        self._raw, self._rows, self.description = raw.cursor(), iter(()), None
        self._raw.exec_trace = self._described

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> _Cursor:
        """Runs a statement."""
        self._run(lambda: self._raw.execute(statement, tuple(parameters)))
        return self

    def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> _Cursor:
        """Runs a statement for each set of parameters."""
        self._run(lambda: self._raw.executemany(statement, parameters))
        return self

    def _described(self, raw: apsw.Cursor, statement: str, parameters: Any) -> bool:
        """Heard before a statement runs: the names of its columns,
        which a result without rows tells no more.
        """
        self.description = [(name, *[None] * 6) for name, _ in raw.get_description()] or None
        return True

    def _run(self, work: Any) -> None:
        self._rows, self.description = iter(()), None
        try:
            self._rows = iter(list(work()))
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error).partition(": ")[2] or str(error)) from error
        self.rowcount = self._raw.connection.changes()

    def fetchone(self) -> Any:
        """The next row."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return list(self._rows)

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows."""
        return [row for _, row in zip(range(size), self._rows, strict=False)]

    def __iter__(self) -> Any:
        return self._rows

    def close(self) -> None:
        """Forgets the rows that are left."""
        self._rows = iter(())


class _Connection:
    """A connection as the driver of the standard library has it."""

    isolation_level = None

    def __init__(self, raw: apsw.Connection) -> None:
        self.raw = raw

    def cursor(self) -> _Cursor:
        """A new cursor."""
        return _Cursor(self.raw)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> _Cursor:
        """Runs a statement on a cursor of its own."""
        return self.cursor().execute(statement, parameters)

    def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> _Cursor:
        """Runs a statement for each set of parameters, on a cursor of its own."""
        return self.cursor().executemany(statement, parameters)

    def create_function(self, *arguments: Any, **options: Any) -> None:
        """SQLAlchemy's REGEXP, which the store does not use."""

    def commit(self) -> None:
        """Ends a transaction, if there is one."""
        if self.raw.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Undoes a transaction, if there is one."""
        if self.raw.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Closes the file."""
        self.raw.close()


def lossy(path: Path, disk: Disk, *, synchronous: str = "") -> tuple[Database, LossyVFS]:
    """The store on such a disk; the file system has to be kept as long as the store is used.

    Args:
        path: A store that is there already.
        disk: Hears what is written.
        synchronous: Another setting than the store's own, to see that it matters.
    """
    system = LossyVFS(f"lossy{id(disk)}", disk)
    store = Database(str(path))
    store.engine.dispose()
    raw = apsw.Connection(str(path), vfs=f"lossy{id(disk)}", flags=apsw.SQLITE_OPEN_READWRITE)
    # A file system in Python has no shared memory.
    raw.execute("PRAGMA locking_mode = EXCLUSIVE")
    store.engine = create_engine("sqlite://", creator=lambda: _Connection(raw), poolclass=StaticPool)
    event.listen(store.engine, "connect", lambda made, record: database._prepared(made, database.PRAGMAS))
    event.listen(store.engine, "begin", database._begin)
    if synchronous:
        event.listen(
            store.engine, "connect", lambda made, record: made.execute(f"PRAGMA synchronous = {synchronous}")
        )
    return store, system
