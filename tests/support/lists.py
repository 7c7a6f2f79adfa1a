"""A small points table and a few enterprises to put in order with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from worlds import World, enterprise, record, text

from scoring.assess.dataset import Dataset
from scoring.policy.language.points_table import ModelTable, table_sha256
from scoring.policy.verdicts import beside, write_verdict
from scoring.records.intake import Intake

Row = dict[str, Any]


def _input(name: str, kind: str, aggregate: str = "count", **select: Any) -> Row:
    return {"id": name, "select": {"kind": [kind], **select}, "aggregate": aggregate, "window_days": 730}


TABLE: Row = {
    "format": "sise-points-table/1",
    "id": "tiny",
    "use": "ordering",
    "title": text("tiny"),
    "purpose": text("p"),
    "limits": text("l"),
    "finality": "at-once",
    "label": {"text": text("a finding"), "kind": "inspection", "result": ["problem"], "within_days": 1},
    "inputs": [
        _input("penalties", "administrative_penalty"),
        _input("findings", "inspection", result=["problem"]),
        _input("visits", "inspection"),
        _input("last_visit", "inspection", "days_since"),
    ],
    "features": [
        {
            "id": "penalties",
            "label": text("penalties"),
            "of": "penalties",
            "monotone": 1,
            "unknown": 0,
            "bins": [{"upto": 0, "points": 0}, {"upto": 1, "points": 10}, {"points": 25}],
        },
        {
            "id": "share",
            "label": text("own share"),
            "of": "findings",
            "among": "visits",
            "prior": 1,
            "mean_bp": 2000,
            "unknown": 0,
            "bins": [{"upto": 2000, "points": 0}, {"upto": 5000, "points": 8}, {"points": 20}],
        },
        {
            "id": "since",
            "label": text("last visit"),
            "of": "last_visit",
            "unknown": 9,
            "bins": [{"upto": 100, "points": 0}, {"points": 6}],
        },
        {
            "id": "area",
            "label": text("area"),
            "of": "findings",
            "among": "visits",
            "by": "supervised_by",
            "mean_bp": 2000,
            "unknown": 0,
            "table": {"north": 1000, "south": 4000},
            "bins": [{"upto": 1500, "points": 0}, {"upto": 3000, "points": 5}, {"points": 12}],
        },
    ],
    "intercept": -3.0,
    "points_to_double_odds": 20,
    "calibration": {"intercept": -0.1, "slope": 0.9},
    "algorithm": "scorecard",
    "trained": {"first": "2024-01-01", "last": "2026-03-31"},
    "looked_up_on": "2026-03-31",
    "data_sha256": "0",
    "seed": 1,
    "versions": {},
    "metrics": {
        "gate": {
            "holdout": True,
            "fewest_in_fold": 60,
            "findings": 200,
            "floors": {},
            "below_on_origins": {},
            "looks": 1,
            "area_rates": None,
            "assumed_publication": False,
            "later": {},
        }
    },
}
"""Penalties, own share of findings, days since the last visit, and a look-up by area."""


def table_file(folder: Path, verdict: str | None = "ok", **changes: Any) -> str:
    """The table with changes, hashed anew, as the path that names the model; beside it its verdict.

    Args:
        folder: Where it is written.
        verdict: What is said of its drift since the month of training; ``None``: nobody has measured it.
        changes: Of the table.
    """
    data = {**TABLE, **changes, "metrics": {**TABLE["metrics"], **changes.get("metrics", {})}}
    path = folder / "tiny.json"
    unsigned = ModelTable.model_validate_json(json.dumps(data | {"sha256": ""}), strict=True)
    table = unsigned.model_copy(update={"sha256": table_sha256(unsigned)})
    path.write_text(json.dumps(data | {"sha256": table.sha256}, ensure_ascii=False), encoding="utf-8")
    beside(path).unlink(missing_ok=True)
    if verdict:
        months = [{"month": month, "verdict": verdict} for month in ("2026-04", "2026-05", "2026-06")]
        report = {"until": "2026-06-15", "verdict": verdict, "since": "2026-04", "months": months}
        write_verdict(beside(path), table, report)
    return str(path)


def sourced(world: World) -> Dataset:
    """A world as sources that were read."""
    paths = world.folder / "enterprises.parquet", world.folder / "records.parquet"
    return Dataset(
        world.engine,
        world.tables,
        world.covers,
        Intake(*paths, world.folder / "rejects.csv", {}, world.covers, 0, 0),
    )


def penalty(who: str, name: str, **changes: Any) -> Row:
    """A penalty of a year ago."""
    return record(who, name, age=365, kind="administrative_penalty", **changes)


def visit(who: str, name: str, age: int, result: str = "no_problem") -> Row:
    """An inspection of its own."""
    return record(who, name, age=age, kind="inspection", result=result)


STREET = [
    enterprise("e1", name="=cmd", supervised_by="south"),
    enterprise("e2", supervised_by="north"),
    enterprise("e3", supervised_by="north"),
    enterprise("e4", supervised_by="east"),
    enterprise("e5", status="deregistered"),
    enterprise("e6", supervised_by="north"),
]
FACTS = [
    penalty("e1", "p1"),
    visit("e1", "v1", 30, "problem"),
    visit("e1", "v2", 200),
    penalty("e3", "p2"),
    penalty("e3", "p3"),
    visit("e3", "v3", 300, "problem"),
    visit("e4", "v4", 10),
    penalty("e5", "p4"),
]
"""Facts of the street; e2 and e6 have none."""
