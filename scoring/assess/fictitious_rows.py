"""Whether what was read is made up, which its rows say themselves by their source."""

from __future__ import annotations

from pathlib import Path

from scoring.engine.duckdb import DuckEngine
from scoring.entities import FICTITIOUS_SOURCE
from scoring.sql.literals import literal
from scoring.sql.parquet_files import rows_of


def holds_fictitious(enterprises: Path, engine: DuckEngine) -> bool:
    """Whether some enterprise of a table that was read is made up.

    Args:
        enterprises: The table as Parquet.
        engine: What reads it.
    """
    made_up = f"source = {literal(FICTITIOUS_SOURCE)}"
    first_of_them = f"SELECT 1 FROM {rows_of(enterprises)} WHERE {made_up} LIMIT 1"
    return bool(engine.select(first_of_them).num_rows)
