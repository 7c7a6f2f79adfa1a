"""Enterprises whose published and unpublished records are known, under a policy that grants the public the grounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from policy_forms import PolicyHarness, _enterprise, _write
from stores import ready
from worlds import Row, indicator, make_policy, per_unit, rule

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.resolved import resolve
from scoring.store.tables.database import Database

DAY = date(2026, 12, 10)
"""The day of ``PolicyHarness``."""
LATER = DAY + timedelta(days=400)

PENALTY: Row = {"kind": "administrative_penalty", "severity": "general", "document_no": "虚罚〔2026〕1号"}
LISTING: Row = {"kind": "serious_violation_listing", "document_no": "虚列〔2026〕1号"}
IN_PERIOD: Row = {"publish_until": LATER}
PUBLISHED: Mapping[str, tuple[Row, ...]] = {
    "nothing": (),
    "penalty": ({**PENALTY, **IN_PERIOD},),
    "listing": ({**LISTING},),
    "both": ({**PENALTY, **IN_PERIOD}, {**LISTING, **IN_PERIOD}),
}
"""What is published of an enterprise: a listing stands without a period, a penalty needs one."""
PROBLEM: Row = {"kind": "inspection", "result": "problem"}
HONOUR: Row = {"kind": "honour"}
UNPUBLISHED: Mapping[str, tuple[Row, ...]] = {
    "nothing": (),
    "expired": ({**PENALTY, "publish_until": DAY - timedelta(days=3), "document_no": "虚罚〔2026〕9号"},),
    "honour": (HONOUR,),
    "honours": (HONOUR, HONOUR),
    "problem": (PROBLEM,),
    "problems": (PROBLEM, PROBLEM, PROBLEM),
    "even": (PROBLEM, HONOUR),
    "silent": ({"kind": "complaint", "result": "substantiated"},),
    "no_period": ({**PENALTY, "document_no": "虚罚〔2026〕2号"},),
}
"""What is not: records for and against, one that moves no points, a penalty of whose publication nobody knows."""
UNSEEN = ("nothing", "expired")
"""Of these nothing counts."""

PUBLIC: dict[str, Any] = {
    "audiences": {
        "public": {"colour": True, "grounds": True},
        "enterprise": dict.fromkeys(("colour", "points", "reasons", "records"), True),
    },
    "publication": {
        "period": ["administrative_penalty"],
        "standing": ["serious_violation_listing"],
        "lists": ["serious_violation_listing"],
    },
}
POLICY = make_policy(
    indicator("penalties", kind="administrative_penalty", bins=per_unit(0, -40, -80)),
    indicator("listed", kind="serious_violation_listing", bins=per_unit(0, -10)),
    indicator("visits", kind="inspection", select={"result": ["problem"]}, bins=per_unit(0, -30, -60, -95)),
    indicator("honours", bins=per_unit(0, 30, 60)),
    indicator("complaints", kind="complaint", bins=per_unit(0, 0, -5)),
    id="published",
    vetoes=[rule("list", all=[{"indicator": "listed", "at_least": 1}], band="D")],
    worsening_notice_workdays=5,
    **PUBLIC,
)


def firm(published: str, unpublished: str) -> str:
    """Id of the enterprise with these records."""
    return f"case:{published}-{unpublished}"


def published_store(folder: Path) -> PolicyHarness:
    """A store of every pair of published and unpublished records, scored and taken over."""
    version = resolve(POLICY, path="published.toml", text="# published\n")
    harness = PolicyHarness(Database(str(folder / "sise.db")), version, folder)
    ready(harness.database, harness.clock)
    enterprises, records = [], []
    for published, unpublished in product(PUBLISHED, UNPUBLISHED):
        who = firm(published, unpublished)
        enterprises.append(_enterprise(who, "canonical"))
        held = (*PUBLISHED[published], *UNPUBLISHED[unpublished])
        records += [_row(who, number, columns) for number, columns in enumerate(held)]
    district = folder / "district"
    district.mkdir()
    _write(district / "enterprises.csv", list(ENTERPRISE_COLUMNS), enterprises)
    _write(district / "records.csv", list(RECORD_COLUMNS), records)
    harness.take(district)
    harness.score()
    harness.adopt()
    return harness


def _row(who: str, number: int, columns: Row) -> Row:
    day = DAY - timedelta(days=40)
    given = {"record_id": f"{who}-{number}", "enterprise_id": who, "decided_on": day, "known_on": day}
    return {**given, "authority": "虚构局", "source": "canonical", **columns}
