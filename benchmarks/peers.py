"""What our batch is measured against: the best SQL that we could write by hand, and pandas.

The SQL knows two versions of one policy by heart, pandas the older one; neither can explain anything. Tests hold them to our result.
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
from scoring.policy.law.retention import oldest_used
from scoring.records.intake import id_ranges
from scoring.workdays import lapsed_if_served_by

__all__ = ["by_hand", "hand_written", "with_pandas"]

MONTHS = 6  # zhejiang-11: the period for review and lawsuit
USES = (3, 12, 24, 36, 60)  # months that the law in force from 2026-04-01 lets records of some kinds count
RANGE = 250_000
_POLICIES = Path(__file__).resolve().parent / "policies"
APRIL, JULY = (
    str(_POLICIES / "april.toml"),
    str(_POLICIES / "july.toml"),
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
    """Rows of each range: ``enterprise_id``, ``points``, ``band``, ``colour``, ``gate`` (null when rated), ordered by id."""
    files = {name: str(clustered / f"{name}.parquet") for name in ("enterprises", "records")}
    days = {
        "as_of": as_of,
        "lapsed_by": lapsed_if_served_by(as_of, MONTHS),
        **{f"since_{n}": oldest_used(as_of, n) for n in USES},
    }
    given = files | {name: day.isoformat() for name, day in days.items()} | _besides(policy)
    text = Template(
        _text("hand_written_snapshot") + _text("hand_written" if policy == APRIL else "hand_written_july")
    )
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as con:
        for low, high in id_ranges(clustered / "enterprises.parquet", RANGE):
            yield con.execute(text.substitute(given, low=low, high=high)).to_arrow_table()


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


@cache
def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
