"""What our batch is measured against: the best SQL that we could write by hand, and pandas.

Both know one policy, ``quzhou-demo@2026-04-01``, by heart and can explain nothing; a test holds them to our result.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa

from benchmarks.by_pandas import with_pandas
from scoring.records.intake import id_ranges
from scoring.workdays import lapsed_if_served_by

__all__ = ["by_hand", "hand_written", "with_pandas"]

MONTHS = 6                # zhejiang-11: the period for review and lawsuit
RANGE = 250_000


def by_hand(clustered: Path, as_of: date) -> int:
    """Scores a district by the hand-written SQL, range by range.

    Args:
        clustered: Folder with ``enterprises.parquet`` and ``records.parquet``.
        as_of: The day.

    Returns:
        Number of enterprises.
    """
    return sum(rows.num_rows for rows in hand_written(clustered, as_of))


def hand_written(clustered: Path, as_of: date) -> Iterator[pa.Table]:
    """Rows of each range: ``enterprise_id``, ``points``, ``band``, ``colour``, ``gate`` (null when rated), ordered by id."""
    text = Template(_text())
    given = {
        "as_of": as_of.isoformat(),
        "lapsed_by": lapsed_if_served_by(as_of, MONTHS).isoformat(),
        "enterprises": str(clustered / "enterprises.parquet"),
        "records": str(clustered / "records.parquet"),
    }
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as con:
        for low, high in id_ranges(clustered / "enterprises.parquet", RANGE):
            yield con.execute(text.substitute(given, low=low, high=high)).to_arrow_table()


@cache
def _text() -> str:
    return (Path(__file__).parent / "hand_written.sql").read_text(encoding="utf-8")
