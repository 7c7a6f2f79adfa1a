"""Rows of a query as a Parquet file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from scoring.sql.literals import literal


def write_rows(connection: duckdb.DuckDBPyConnection, rows: str, target: Path) -> None:
    """Writes the rows of a query to a Parquet file, in their order."""
    connection.execute(f"COPY ({rows}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")
