"""What our batch is measured against: the best SQL that we could write by hand, pandas, and Polars (``by_polars``).

The SQL knows two versions of one policy by heart, pandas and Polars the older one; none can explain anything. Tests hold them to our
result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.by_pandas import with_pandas
from scoring.engine.results import CONTRIBUTION_SCHEMA, SCORE_SCHEMA
from scoring.entities.buckets import bucket_number
from scoring.policy.law.retention import oldest_used
from scoring.policy.load import load_policy
from scoring.records.intake import id_ranges
from scoring.sql.parquet_files import bucket_files
from scoring.workdays import lapsed_if_served_by

__all__ = ["by_hand", "by_hand_outputs", "hand_written", "with_pandas"]

MONTHS = 6  # zhejiang-11: the period for review and lawsuit
USES = (3, 12, 24, 36, 60)  # months that the law in force from 2026-04-01 lets records of some kinds count
RANGE, RANGE_OF_OUTPUTS = 250_000, 125_000
_HERE = Path(__file__).resolve().parent
APRIL, JULY = (
    str(_HERE / "policies" / "april.toml"),
    str(_HERE / "policies" / "july.toml"),
)  # rules of an earlier draft, kept to be measured against
MORE_KINDS = ["industry_grade", "fulfilment", "ip_infringement", "monitoring_alarm"]  # 23 to 26
MORE_RESULTS = ["grade_c", "kept"]  # 14 and 15
FIELDS = [  # indicators of open findings, in the order of the sums
    ["food"],
    ["drugs", "medical_devices"],
    ["special_equipment"],
    ["public_health"],
    ["medical_insurance"],
    ["environment"],
    ["hazardous_chemicals"],
    ["work_safety"],
    ["labour"],
    ["transport"],
    ["ip"],
    ["finance"],
    ["market", "fire", "construction", "culture_tourism", "science_technology", "tax", "credit"],
]


def by_hand(clustered: Path, as_of: date, policy: str = APRIL) -> int:
    """Scores a district by the hand-written SQL, range by range.

    Args:
        clustered: Folder with ``enterprises.parquet`` and ``records.parquet``.
        as_of: The day, from 2026-04-01 on: the SQL knows no older law.
        policy: ``APRIL`` or ``JULY``.

    Returns:
        Number of enterprises.
    """
    return sum(rows.num_rows for rows in hand_written(clustered, as_of, policy))


def hand_written(clustered: Path, as_of: date, policy: str = APRIL) -> Iterator[pa.Table]:
    """Rows of each range, in any order: ``enterprise_id``, ``points``, ``band``, ``colour``, ``gate`` (null when rated)."""
    given = _given(clustered, as_of, policy)
    with _open_with_acts(given) as connection:
        for text in _ranges(clustered, given, policy, RANGE):
            yield connection.execute(text + _text("points")).to_arrow_table()


def by_hand_outputs(clustered: Path, as_of: date, target: Path) -> int:
    """Scores a district by the hand-written SQL and writes ``scores.parquet`` and ``contributions.parquet``.

    They hold what our batch writes under ``APRIL``, in any order. The SQL takes for granted that the sources cover every
    kind. Of what else stands in our result folder it makes nothing: no count of records left out by rule (``run.json``),
    no ``not_looked_at.csv``, no links to the clustered files, and no hashes.

    Args:
        clustered: Folder with ``enterprises.parquet`` and ``records.parquet``.
        as_of: The day, from 2026-04-01 on.
        target: An existing folder.

    Returns:
        Number of enterprises.
    """
    version = load_policy(APRIL, as_of)
    indicators = [i.id for i in version.policy.indicators if any(b.points for b in i.bins)]
    given = _given(clustered, as_of, APRIL) | {
        "version": version.policy.version,
        "rules": version.rules_sha256,
        "indicators": str(len(indicators)),
    }
    moved = " UNION ALL ".join(_moved_by(name, place) for place, name in enumerate(indicators))
    scores, contributions = _filled("scores", given), _text("contributions")
    count = 0
    with (
        _open_with_acts(given) as connection,
        pq.ParquetWriter(target / "scores.parquet", SCORE_SCHEMA, compression="zstd") as scores_file,
        pq.ParquetWriter(
            target / "contributions.parquet", CONTRIBUTION_SCHEMA, compression="zstd"
        ) as contributions_file,
    ):
        for text in _ranges(clustered, given, APRIL, RANGE_OF_OUTPUTS):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE decided AS {text} {_text('decided')}")
            connection.execute(f"CREATE OR REPLACE TEMP TABLE moved AS {moved}")
            rows = connection.execute(scores).to_arrow_table()
            scores_file.write_table(rows.cast(SCORE_SCHEMA))
            more = connection.execute(contributions).to_arrow_table()
            contributions_file.write_table(more.cast(CONTRIBUTION_SCHEMA))
            count += rows.num_rows
    return count


def _moved_by(indicator: str, place: int) -> str:
    """Rows of the enterprises whose points one indicator moved."""
    # The SQL counts arrears in hundredths of a fen.
    value = f"v_{indicator} // 100" if indicator == "arrears" else f"v_{indicator}"
    return f"""
        SELECT enterprise_id, '{indicator}' AS indicator_id, {place} AS place, CAST({value} AS BIGINT) AS value, p_{indicator} AS points
        FROM decided WHERE gate IS NULL AND p_{indicator} <> 0
        """


@contextmanager
def _open_with_acts(given: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the macros, and with the records of acts that have several in a table."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute(_filled("macros", given))
        acts = _filled("snapshot", {**given, "which": "act_rank > 0"}) + _text("acts")
        connection.execute(f"CREATE TEMP TABLE acts AS {acts}")
        yield connection


def _ranges(clustered: Path, given: Mapping[str, str], policy: str, size: int) -> Iterator[str]:
    """The SQL of each range, up to where the enterprises have points and a band."""
    tables = {name: bucket_files(clustered / f"{name}.parquet") for name in ("enterprises", "records")}
    for low, high in id_ranges(clustered / "enterprises.parquet", size):
        which = f"act_rank <= 0 AND enterprise_id BETWEEN '{low}' AND '{high}'"
        of_bucket = {name: str(files[bucket_number(low, len(files))]) for name, files in tables.items()}
        filled = {**given, **of_bucket, "which": which, "low": low, "high": high}
        version = "april" if policy == APRIL else "july"
        yield "".join(_filled(part, filled) for part in ("snapshot", "range", version))


def _given(clustered: Path, as_of: date, policy: str) -> dict[str, str]:
    """What the SQL asks for, but for the range."""
    tables = {name: clustered / f"{name}.parquet" for name in ("enterprises", "records")}
    files = {name: str(table / "*.parquet" if table.is_dir() else table) for name, table in tables.items()}
    days = {
        "as_of": as_of,
        "lapsed_by": lapsed_if_served_by(as_of, MONTHS),
        **{f"since_{n}": oldest_used(as_of, n) for n in USES},
    }
    return files | {name: day.isoformat() for name, day in days.items()} | _besides(policy)


def _besides(policy: str) -> dict[str, str]:
    """What the snapshot needs for one version only."""
    if policy == APRIL:
        return {"kinds": "", "results": "", "field": "NULL"}
    groups = [str(n) for n, fields in enumerate(FIELDS, start=1) for _ in fields]
    known = [f"'{field}'" for fields in FIELDS for field in fields]
    look_up = f"([{', '.join(groups)}])[list_position([{', '.join(known)}], field)]"
    return {
        "kinds": "".join(f", '{kind}'" for kind in MORE_KINDS),
        "results": "".join(f", '{r}'" for r in MORE_RESULTS),
        "field": look_up,
    }


def _filled(name: str, given: Mapping[str, str]) -> str:
    return Template(_text(name)).substitute(given)


@cache
def _text(name: str) -> str:
    return (_HERE / "sql" / f"{name}.sql").read_text(encoding="utf-8")
