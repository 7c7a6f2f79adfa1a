"""The way to a database: SQLite embedded, PostgreSQL by its address; one writer at a time, readers on a snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from scoring.errors import EnvironmentRefusedError, StoreError, UsageError
from scoring.store.tables.orm import Head

BUSY_SECONDS = 30.0
"""How long a writer waits for another: longer than a batch holds the lock for one range."""
CACHE_KIB = 64 * 1024
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    f"cache_size = -{CACHE_KIB}",
    "temp_store = MEMORY",
    "secure_delete = ON",  # what the law has deleted is overwritten, not only unlinked
)
APPLICATION = 0x53495345
"""``SISE`` in the header of a SQLite file: it tells ours from another programme's."""


class Database:
    """One database of the store.

    Args:
        address: A path, or an SQLAlchemy URL (``sqlite:///sise.db``, ``postgresql://user@host/name``).

    Raises:
        UsageError: The address is none.
    """

    def __init__(self, address: str) -> None:
        self.url = address_of(address)
        self.engine = _engine(self.url)

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
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.faults(), self.engine.connect() as raw, raw.execution_options(**options).begin():
            yield raw

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one writing transaction: it holds the lock from its beginning and commits whole when the block ends well."""
        with self.faults(), self.engine.connect() as raw:
            connection = raw.execution_options(sise_write=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(select(Head.id).with_for_update())
                yield connection

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turns what a database refuses into a sentence.

        Raises:
            EnvironmentRefusedError: The disk is full, the file locked or read-only, the server away.
            StoreError: It is no database of the store.
        """
        try:
            yield
        except (OperationalError, sqlite3.OperationalError) as error:
            raise _refusal(str(getattr(error, "orig", error)), self.place) from error
        except (DatabaseError, sqlite3.DatabaseError) as error:
            raise self._foreign(error) from error

    def _foreign(self, error: Exception) -> Exception:
        text = str(getattr(error, "orig", error))
        if "not a database" in text or "malformed" in text:
            return StoreError(
                zh=f"这个文件不是可用的数据库（{text}）；请给出 sise db init 建立的库，或从备份恢复",
                en=f"this file is no sound database ({text}); name one that `sise db init` made, or restore a backup",
                place=self.place,
            )
        return error

    def is_empty(self) -> bool:
        """Whether nobody has made a table in it yet; a SQLite file that is not there is not made by asking."""
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
        raise _no_address(address) from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise _no_address(address)


def _no_address(address: str) -> UsageError:
    return UsageError(
        zh=f"数据库地址 “{address}” 无法识别；例如 sise.db 或 postgresql://user@localhost/sise（也可用 SISE_DATABASE_URL）",
        en=f'"{address}" is no address of a database; e.g. sise.db or postgresql://user@localhost/sise (SISE_DATABASE_URL will do too)',
    )


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(
                url, pool_pre_ping=True, pool_size=8, max_overflow=56, connect_args={"connect_timeout": 10}
            )
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=8, max_overflow=56)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise EnvironmentRefusedError(
            zh="没有安装 PostgreSQL 驱动；请运行 .venv/bin/pip install 'sise[postgres]'",
            en="the PostgreSQL driver is not installed; run .venv/bin/pip install 'sise[postgres]'",
        ) from error
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(raw: sqlite3.Connection, record: object) -> None:
    """Settings of every SQLite connection; the driver's own transactions are off, so that ``BEGIN IMMEDIATE`` is ours."""
    raw.isolation_level = None
    for pragma in PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE" if connection.get_execution_options().get("sise_write") else "BEGIN"
    )


def _refusal(text: str, place: str) -> EnvironmentRefusedError:
    """The sentence for what the machine refused."""
    for words, (zh, en) in _REFUSALS.items():
        if any(word in text for word in words):
            return EnvironmentRefusedError(zh=zh, en=en, place=place)
    return EnvironmentRefusedError(
        zh=f"数据库拒绝：{text.strip()}；请检查地址、权限和服务，例如 SISE_DATABASE_URL=sise.db",
        en=f"the database refused: {text.strip()}; check the address, permissions and server, e.g. SISE_DATABASE_URL=sise.db",
        place=place,
    )


_REFUSALS: dict[tuple[str, ...], tuple[str, str]] = {
    ("is locked",): (
        "数据库被另一个写入者占用太久，未作任何改动；请稍后重试",
        "another writer has held the database for too long, nothing was changed; try again later",
    ),
    ("is full", "No space left", "disk I/O error"): (
        "磁盘空间不足（或磁盘出错），未作任何改动；请清理后重试，已有的内容仍可读取",
        "the disk is full (or failing), nothing was changed; free some space and try again, what is stored can still be read",
    ),
    ("readonly", "read-only"): (
        "数据库只读，未作任何改动；请检查文件和目录的写权限",
        "the database is read-only, nothing was changed; check that the file and its folder may be written to",
    ),
    ("unable to open",): (
        "打不开数据库文件；请检查目录是否存在、可写，例如 --database sise.db",
        "cannot open the database file; check that its folder exists and may be written to, e.g. --database sise.db",
    ),
    ("onnection refused", "could not translate", "failed to resolve", "timeout expired", "No such file"): (
        "连不上数据库服务；请确认地址、端口和服务，例如 postgresql://user@localhost:5432/sise",
        "cannot reach the database server; check host, port and that it runs, e.g. postgresql://user@localhost:5432/sise",
    ),
    ("authentication failed", "no password", "does not exist"): (
        "数据库拒绝登录（用户、口令或库名不对）；例如 postgresql://user:password@localhost/sise",
        "the database refused the log-in (user, password or name); e.g. postgresql://user:password@localhost/sise",
    ),
}


def raw_of(connection: Connection) -> Any:
    """The driver's own connection, for bulk work."""
    return connection.connection.driver_connection
