"""Versions of the schema: made, raised and lowered by Alembic.

A database of another programme, or of a newer one of ours, is left alone.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from scoring.errors import StoreError
from scoring.store.tables.database import APPLICATION, Database

SCRIPTS = Path(__file__).resolve().parents[1] / "migrations"
OURS = "sise_schema"
"""Name of Alembic's table here: another programme's in the same database is not ours."""


def newest() -> str:
    """The newest schema that this programme knows."""
    return _revisions()[-1]


def revision(database: Database) -> str | None:
    """The schema that a database has; ``None`` if it has none of ours."""
    if database.is_empty():
        return None
    with database.read() as connection:
        return _revision(connection)


def create(database: Database) -> None:
    """Makes the schema in an empty database; where it is there already, raises it.

    Raises:
        StoreError: The database is another programme's, or newer.
    """
    if database.is_sqlite and database.url.database:
        # Where the folder cannot be made, the database says that it cannot be opened.
        with suppress(OSError):
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
    with database.faults(), database.engine.connect() as raw:
        connection = raw.execution_options(sise_write=True)
        with connection.begin():
            migrate_on(connection, to)
            if database.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")


def migrate_on(connection: Connection, to: str) -> None:
    """Raises or lowers the schema on a connection, in the transaction that it has."""
    config = Config()
    # A percent sign would begin a reference to another setting.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    lowers = _is_below(to, _revision(connection))
    (command.downgrade if lowers else command.upgrade)(config, to)


def require_current(database: Database) -> None:
    """Refuses to work on a database whose schema is not the present one.

    Raises:
        StoreError: There is none, it is another programme's, older, newer, or half restored.
    """
    if database.is_empty():
        raise StoreError("store_missing", place=database.place, database=database.place)
    present = _known(database)
    if present is None:
        raise _foreign(database)
    if present != newest():
        raise StoreError("store_schema_older", place=database.place, present=present, newest=newest())


def open_store(address: str) -> Database:
    """A database with the present schema.

    Raises:
        StoreError: See ``require_current``.
    """
    database = Database(address)
    try:
        require_current(database)
    # Whatever stops it, nobody else has the database to close it.
    except BaseException:
        database.close()
        raise
    return database


def _revision(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": OURS})
    # One, unless somebody has written there by hand.
    return ", ".join(map(str, context.get_current_heads())) or None


def revisions() -> list[str]:
    """All revisions that this programme knows, the oldest first."""
    return list(_revisions())


@cache
def _revisions() -> tuple[str, ...]:
    # Read once: each look at them would load every file of the folder.
    scripts = ScriptDirectory(str(SCRIPTS)).walk_revisions()
    return tuple(script.revision for script in scripts)[::-1]


def _is_below(to: str, present: str | None) -> bool:
    """Whether a revision is older than the present one."""
    order = revisions()
    return to == "base" or (present in order and order.index(to) < order.index(present))


def _known(database: Database) -> str | None:
    """The schema that a database has, if this programme knows it.

    Raises:
        StoreError: A newer programme made it.
    """
    present = revision(database)
    if present is not None and present not in revisions():
        raise StoreError("store_schema_newer", place=database.place, present=present, newest=newest())
    return present


def _foreign(database: Database) -> StoreError:
    """The refusal of another programme's database, which names some of its tables."""
    with database.faults():
        tables = sorted(inspect(database.engine).get_table_names())[:3]
    return StoreError("database_foreign", place=database.place, tables=tables)
