"""The way to a database: SQLite embedded, PostgreSQL by its address.

One writes at a time; whoever reads sees one state throughout.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from scoring.disk import private_file
from scoring.errors import EnvironmentRefusedError, StoreError, UsageError
from scoring.store.log.note import Signer
from scoring.store.tables.code_desk import CodeOffice
from scoring.store.tables.orm import Head

BUSY_SECONDS = 30.0
"""How long a writer waits for another: longer than a batch holds the lock for one range."""
LOOK_AGAIN = 0.005
"""Seconds after which a writer looks again whether SQLite is free."""
CACHE_KIB = 64 * 1024
POOL = {"pool_size": 8, "max_overflow": 56}
"""Connections of one process: 64 at most."""
PRAGMAS = (
    "journal_mode = WAL",
    # What was acknowledged is on the disk, also when the power goes.
    "synchronous = FULL",
    # Pages that one transaction after another changes are brought into the file once in a while.
    "wal_autocheckpoint = 4000",
    f"cache_size = -{CACHE_KIB}",
    "temp_store = MEMORY",
    # What the law has deleted is overwritten, not only unlinked.
    "secure_delete = ON",
)
APPLICATION = 0x53495345
"""``SISE`` in the header of a SQLite file: it tells ours from another programme's."""
FROZEN = "frozen"
"""Why a connection reads a file as one that nobody changes."""
UNWRITABLE = ("readonly", "read-only", "unable to open", "is full", "No space left", "disk I/O error")
"""What SQLite says where it cannot make its files."""
REFUSALS: Mapping[tuple[str, ...], str] = {
    ("is locked",): "database_locked",
    ("is full", "No space left", "disk I/O error"): "database_disk_full",
    ("readonly", "read-only"): "database_read_only",
    ("unable to open",): "database_not_opened",
    (
        "onnection refused",
        "could not translate",
        "failed to resolve",
        "timeout expired",
        "No such file",
    ): "database_unreachable",
    ("authentication failed", "no password", "does not exist"): "database_login_refused",
    ("Could not decode",): "rows_unreadable",
}
"""What the drivers say -> the code of our refusal; they give no numbers that both have."""


class Database:
    """One database of the store.

    Args:
        address: A path, or an URL (``sqlite:///sise.db``, ``postgresql://user@host/name``).

    Attributes:
        signer: Who signs the entries of the log that are written by it; nobody by default.
        codes: Who issues codes for the colours that are written by it; nobody by default.

    Raises:
        UsageError: The address is none.
    """

    def __init__(self, address: str) -> None:
        self.url = address_of(address)
        self.engine = _engine(self.url)
        self.signer: Signer | None = None
        self.codes: CodeOffice | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is embedded."""
        return self.engine.dialect.name == "sqlite"

    @property
    def place(self) -> str:
        """The address as people may see it, without a password."""
        return str(self.url.database) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state throughout."""
        # By default PostgreSQL shows every statement what is committed by then.
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.faults(), self.engine.connect() as raw, raw.execution_options(**options).begin():
            yield raw

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one writing transaction, which holds the lock; it commits when the block ends well."""
        with self.faults(), self.engine.connect() as raw:
            connection = raw.execution_options(sise_write=True)
            with connection.begin():
                # SQLite locks by BEGIN IMMEDIATE, PostgreSQL by the one row of this table.
                if not self.is_sqlite:
                    connection.execute(select(Head.id).with_for_update())
                yield connection

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turns what a database refuses into a sentence.

        Raises:
            EnvironmentRefusedError: Disk full, file locked or read-only, server away.
            StoreError: It is no database of the store.
        """
        try:
            yield
        except (OperationalError, sqlite3.OperationalError) as error:
            raise _refusal(_words_of(error), self.place) from error
        except (DatabaseError, sqlite3.DatabaseError) as error:
            reason = _words_of(error)
            if "not a database" in reason or "malformed" in reason:
                raise StoreError("database_damaged", place=self.place, reason=reason) from error
            raise

    def is_empty(self) -> bool:
        """Whether nobody has made a table in it yet; asking makes no SQLite file."""
        if self.is_sqlite and not Path(str(self.url.database)).exists():
            return True
        with self.faults():
            return not inspect(self.engine).get_table_names()

    def close(self) -> None:
        """Closes its connections."""
        self.engine.dispose()


def address_of(address: str) -> URL:
    """An address as an URL: what holds no ``://`` is the path of a SQLite file.

    Raises:
        UsageError: It is neither.
    """
    try:
        url = make_url(address if "://" in address else f"sqlite:///{address}")
    except ArgumentError as error:
        raise UsageError("database_address_invalid", address=address) from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise UsageError("database_address_invalid", address=address)


def raw_of(connection: Connection) -> Any:
    """The driver's own connection, for bulk work."""
    return connection.connection.driver_connection


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10}, **POOL)
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **POOL)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise EnvironmentRefusedError("database_driver_missing") from error
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkin", _forget_frozen)
    event.listen(engine, "begin", _begin)
    return engine


def _connect(
    dialect: object, record: Any, arguments: list[Any], options: dict[str, Any]
) -> sqlite3.Connection:
    """A connection of SQLite; where nothing can be written, one that reads the file as it lies there."""
    place = Path(arguments[0])
    # Its owner's alone from the first moment; where it cannot be made, SQLite says so.
    with suppress(OSError):
        private_file(place)
    raw = sqlite3.connect(*arguments, **options)
    try:
        return _prepared(raw, PRAGMAS)
    except sqlite3.OperationalError as error:
        raw.close()
        if not _is_frozen(place, reason := str(error)):
            raise
    raw = sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro&immutable=1", uri=True, **options)
    if record is not None:
        record.info[FROZEN] = reason
    return _prepared(raw, (f"cache_size = -{CACHE_KIB}", "temp_store = MEMORY"))


def _prepared(raw: sqlite3.Connection, pragmas: Sequence[str]) -> sqlite3.Connection:
    """A connection with its settings."""
    # The driver's own transactions are off, so that BEGIN IMMEDIATE is ours.
    raw.isolation_level = None
    for pragma in pragmas:
        raw.execute(f"PRAGMA {pragma}")
    return raw


def _is_frozen(place: Path, reason: str) -> bool:
    """Whether a file can be read though SQLite could not make its own files beside it."""
    # What is still in the write-ahead log would be missing from what is read.
    log = Path(f"{place}-wal")
    with suppress(OSError):
        is_whole = place.stat().st_size > 0 and not (log.exists() and log.stat().st_size > 0)
        return is_whole and any(words in reason for words in UNWRITABLE)
    return False


def _forget_frozen(raw: object, record: Any) -> None:
    """Keeps no connection that would not see what others write, once they can again."""
    if record.info.pop(FROZEN, None):
        record.invalidate(soft=True)


def _begin(connection: Connection) -> None:
    """Begins a transaction of SQLite."""
    # A writing one has the lock from its beginning: later it might be refused it.
    writes = connection.get_execution_options().get("sise_write")
    # Why it is so is what a writer is told, and not that it is so.
    if writes and (reason := connection.info.get(FROZEN)):
        raise sqlite3.OperationalError(reason)
    if writes:
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Takes the lock of SQLite as soon as it is free."""
    # SQLite's own waiting looks again after a tenth of a second, and so misses whoever takes the lock
    # again soon after giving it back, as a long import does between its parts.
    looks = int(BUSY_SECONDS / LOOK_AGAIN)
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        while not _has_begun(connection, is_last=looks == 0):
            looks -= 1
            sleep(LOOK_AGAIN)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


def _has_begun(connection: Connection, *, is_last: bool) -> bool:
    """Whether the lock was free; the last time that it is looked at, that it is not is an error."""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if is_last or "locked" not in _words_of(error):
            raise
        return False
    return True


def _words_of(error: Exception) -> str:
    """What the driver said."""
    return str(getattr(error, "orig", error))


def _refusal(reason: str, place: str) -> EnvironmentRefusedError:
    """The refusal for what the machine refused."""
    for words, code in REFUSALS.items():
        if any(word in reason for word in words):
            return EnvironmentRefusedError(code, place=place, database=place)
    return EnvironmentRefusedError("database_refused", place=place, reason=reason.strip())
