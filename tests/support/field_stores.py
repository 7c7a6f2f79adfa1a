"""A store whose rules give points and grades by field of supervision."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from policy_forms import DAY, PolicyHarness, _enterprise, _write
from stores import ready
from worlds import Row, indicator, make_policy, per_unit

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import resolve
from scoring.store.tables.database import Database

ACTIVE_DAYS = 100
POLICY = make_policy(
    indicator(
        "food", kind="inspection", select={"field": ["food"], "result": ["problem"]}, bins=per_unit(0, -60)
    ),
    indicator(
        "fire", kind="inspection", select={"field": ["fire"], "result": ["problem"]}, bins=per_unit(0, -20)
    ),
    indicator("honours", bins=per_unit(0, 30)),
    id="by-field",
    fields=[{"id": "food", "indicators": ["food"]}, {"id": "fire", "indicators": ["fire"]}],
    activity={"kind": ["inspection", "licence"], "window_days": ACTIVE_DAYS},
    supervision={
        "A": {"sampling_bp": 100, "annual_cap": 1},
        "B": {"sampling_bp": 500},
        "C": {"sampling_bp": 5000, "annual_cap": 4},
        "D": {"sampling_bp": 10000},
    },
    audiences={
        name: dict.fromkeys(("colour", "points", "reasons", "records"), name != "public") | {"colour": True}
        for name in ("public", "enterprise", "inspector", "officer")
    },
)
HELD: dict[str, tuple[Row, ...]] = {
    "case:none": ({"kind": "honour"},),
    "case:licence": ({"kind": "licence", "field": "food"},),
    "case:food": ({"kind": "inspection", "field": "food", "result": "problem"},),
    "case:food2": ({"kind": "inspection", "field": "food", "result": "problem"},),
    "case:food3": ({"kind": "inspection", "field": "food", "result": "problem"},),
    "case:both": (
        {"kind": "inspection", "field": "food", "result": "no_problem"},
        {"kind": "inspection", "field": "fire", "result": "problem"},
    ),
}
"""What each enterprise has on record."""
FIELDS = {
    "case:none": [],
    "case:licence": [["food", 100, "B"]],
    "case:food": [["food", 40, "D"]],
    "case:food2": [["food", 40, "D"]],
    "case:food3": [["food", 40, "D"]],
    "case:both": [["fire", 80, "C"], ["food", 100, "B"]],
}
"""What follows from it, by hand."""


def field_store(folder: Path, policy: Policy = POLICY) -> PolicyHarness:
    """The store, scored."""
    version = resolve(policy, path="by-field.toml", text="# by-field\n")
    harness = PolicyHarness(Database(str(folder / "sise.db")), version, folder)
    ready(harness.database, harness.clock)
    district = folder / "district"
    district.mkdir()
    rows = [_row(who, number, held) for who, records in HELD.items() for number, held in enumerate(records)]
    _write(
        district / "enterprises.csv",
        list(ENTERPRISE_COLUMNS),
        [_enterprise(who, "canonical") for who in HELD],
    )
    _write(district / "records.csv", list(RECORD_COLUMNS), rows)
    harness.take(district)
    harness.score()
    return harness


def _row(who: str, number: int, columns: Row) -> Row:
    day: date = DAY - timedelta(days=40)
    given = {"record_id": f"{who}-{number}", "enterprise_id": who, "decided_on": day, "known_on": day}
    return {**given, "source": "canonical", **columns}
