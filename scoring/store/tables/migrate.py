"""The schema's versions: made, raised and lowered by Alembic; a database of another programme or of a newer one is left alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from scoring.errors import StoreError
from scoring.store.tables.database import APPLICATION, Database

SCRIPTS = Path(__file__).resolve().parents[1] / "migrations"
OURS = "sise_schema"
"""Name of Alembic's table here: another programme's in the same database is not ours."""


def newest() -> str:
    """The newest schema that this programme knows."""
    return str(ScriptDirectory(str(SCRIPTS)).get_current_head())


def revision(database: Database) -> str | None:
    """The schema that a database has; ``None`` if it has none of ours."""
    if database.is_empty():
        return None
    with database.read() as connection:
        return MigrationContext.configure(connection, opts={"version_table": OURS}).get_current_revision()


def create(database: Database) -> None:
    """Makes the schema in an empty database; where it is there already, raises it.

    Raises:
        StoreError: The database is another programme's, or newer.
    """
    if database.is_sqlite and database.url.database:
        with suppress(OSError):  # the database itself will say that it cannot be opened
            Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    if revision(database) is None and not database.is_empty():
        raise _foreign(database)
    change(database, newest())


def change(database: Database, to: str) -> None:
    """Raises or lowers the schema, in one transaction.

    Args:
        database: The database.
        to: A revision, or ``base`` for none.

    Raises:
        StoreError: It has a schema that this programme does not know.
    """
    _known(database)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    with database.faults(), database.engine.connect() as raw:
        connection = raw.execution_options(sise_write=True)
        with connection.begin():
            config.attributes["connection"] = connection
            before = MigrationContext.configure(
                connection, opts={"version_table": OURS}
            ).get_current_revision()
            order = [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()][::-1]
            down = to == "base" or (before in order and order.index(to) < order.index(before))
            (command.downgrade if down else command.upgrade)(config, to)
            if database.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")


def require_current(database: Database) -> None:
    """Refuses to work on a database whose schema is not the present one.

    Raises:
        StoreError: There is none, it is another programme's, older, newer, or half restored.
    """
    if database.is_empty():
        raise StoreError(
            zh=f"这里还没有数据库；请先运行 sise db init --database {database.place}",
            en=f"there is no store here yet; run `sise db init --database {database.place}` first",
            place=database.place,
        )
    have = _known(database)
    if have is None:
        raise _foreign(database)
    if have != newest():
        raise StoreError(
            zh=f"数据库结构是旧版本（{have}，现为 {newest()}）；请先备份，再运行 sise db upgrade",
            en=f"the database has an older schema ({have}, now {newest()}); back it up, then run `sise db upgrade`",
            place=database.place,
        )


def _known(database: Database) -> str | None:
    have = revision(database)
    if have is not None and have not in {
        script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()
    }:
        raise StoreError(
            zh=f"数据库由更新的程序建立（结构 {have}，本程序认识到 {newest()}），未作任何改动；请更新程序",
            en=f"a newer programme made this database (schema {have}, this one knows {newest()}), nothing was changed; update it",
            place=database.place,
        )
    return have


def _foreign(database: Database) -> StoreError:
    with database.faults():
        tables = ", ".join(sorted(inspect(database.engine).get_table_names())[:3])
    return StoreError(
        zh=f"这是另一个程序的数据库（有表 {tables}），未作任何改动；请换一个，例如 --database sise.db",
        en=f"this database is another programme's (it holds {tables}), nothing was changed; name another, e.g. --database sise.db",
        place=database.place,
    )


def open_store(address: str) -> Database:
    """A database with the present schema.

    Raises:
        StoreError: See ``require_current``.
    """
    database = Database(address)
    try:
        require_current(database)
    except BaseException:
        database.close()
        raise
    return database
