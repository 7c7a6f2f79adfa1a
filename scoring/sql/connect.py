"""Connections to DuckDB, all with the same settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


def connect(
    threads: int | None = None, memory: str | None = None, scratch: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that reaches for no network, keeps no cache of files and prints nothing.

    Args:
        threads: Most threads; all cores when ``None``.
        memory: Most memory, e.g. ``"700MB"``; DuckDB's own limit when ``None``.
        scratch: Folder for what does not fit into memory.
    """
    config: dict[str, str | int | bool] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # A file written again within a tick of its clock would be read from the cache of old bytes.
        "enable_external_file_cache": False,
    }
    if threads is not None:
        config["threads"] = threads
    if memory is not None:
        config["memory_limit"] = memory
    if scratch is not None:
        config["temp_directory"] = str(scratch)
    connection = duckdb.connect(config=config)  # type: ignore[arg-type]
    # The bar would go to stdout after two seconds, even into a pipe; a notebook may not set it.
    if connection.execute("SELECT current_setting('enable_progress_bar')").fetchone() == (True,):
        connection.execute("SET enable_progress_bar = false")
    return connection


@contextmanager
def short_lists(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Within it lists of words are compared one by one, and only where a CASE comes to them.

    DuckDB would join them to all rows first, each list on its own.
    """
    connection.execute("SET disabled_optimizers = 'in_clause'")
    try:
        yield
    finally:
        connection.execute("SET disabled_optimizers = ''")
