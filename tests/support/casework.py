"""The town of ``town.py`` at the counter: records of known authorities, accounts of officers, and cases about them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from stores import ACTOR, REVIEWERS, StoreHarness, ready
from worlds import bands, indicator, make_policy, per_unit, rule, version_of, writable

from scoring.administration.casework.case_files import CaseFile, case
from scoring.administration.casework.daily import DayOfCases, run_daily_casework
from scoring.administration.casework.further_steps import FurtherStep, take_step
from scoring.administration.casework.opening import NewCase, open_case
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database
from scoring.store.tables.orm import RecordVersion, table_of

DAY = date(2026, 9, 30)
CLERK, OFFICER, OTHER = REVIEWERS
"""Who enters at the window, who answers, and who else may: none of them has recorded anything."""
OWN, FOREIGN = "330802-market", "330802-ecology"
MARKET, ECOLOGY = "柯城区虚构市场监管局", "柯城区虚构生态环境局"
ALL = {"colour": True, "points": True, "reasons": True, "records": True}
COUNTED = {"kind": "administrative_penalty", "direction": "adverse"}
VERSION = writable(
    version_of(
        make_policy(
            indicator("honours", direction="favourable", bins=per_unit(0, 60)),
            indicator(
                "penalties",
                **COUNTED,
                select={"severity": ["general", "serious"]},
                bins=per_unit(0, -30, -60),
            ),
            indicator(
                "problems",
                kind="inspection",
                direction="adverse",
                select={"result": ["problem"], "state": ["open"]},
                bins=per_unit(0, -30),
            ),
            indicator(
                "listings", kind="serious_violation_listing", direction="adverse", bins=per_unit(0, -5)
            ),
            vetoes=[rule("listed", all=[{"indicator": "listings", "at_least": 1}], band="D", legal=["law"])],
            bands=bands(("A", 150), ("B", 80), ("C", 50), ("D", 0)),
            finality="zhejiang-11",
            relations="enforcement-2026",
            subjects=["company", "sole_trader"],
            worsening_notice_workdays=5,
            disputed="hold_worsening",
            review={"to": ["D"]},
            audiences={"public": {"colour": True}, "enterprise": ALL, "inspector": ALL, "officer": ALL},
        )
    )
)
PENALTY = {
    "kind": "administrative_penalty",
    "severity": "general",
    "procedure": "ordinary",
    "decided_on": "2026-08-20",
    "final_on": "2026-09-10",
    "known_on": "2026-08-21",
}
FINDING = {
    "kind": "inspection",
    "severity": "general",
    "field": "food",
    "result": "problem",
    "occurred_on": "2026-09-10",
    "known_on": "2026-09-11",
}
LISTING = {
    "kind": "serious_violation_listing",
    "severity": "serious",
    "decided_on": "2026-09-20",
    "known_on": "2026-09-21",
}
KINDS: Mapping[str, Mapping[str, str]] = {"penalty": PENALTY, "finding": FINDING, "listing": LISTING}
"""What stands on record of an enterprise, by the first part of its name; behind a dash whose record it is."""


def firm(name: str) -> str:
    """The id of an enterprise."""
    return f"town:{name}"


def record(name: str) -> str:
    """The id of its record."""
    return f"source:{name}"


class Counter(StoreHarness):
    """A store, and short names for what people do with cases."""

    recorder: Recorder

    @property
    def version(self) -> ResolvedPolicy:
        """The tiny policy."""
        return VERSION

    def reuse(self) -> None:
        """Makes the one recorder, whose engine plans its query once."""
        self.recorder = Recorder(self.database, ACTOR, self.clock)

    def enter_by(self, actor: str) -> Recorder:
        """The recorder, which writes for an account."""
        self.recorder.database, self.recorder.actor = self.database, actor
        self.recorder.clock = self.clock
        return self.recorder

    def open(self, procedure: str, enterprise_id: str, actor: str = CLERK, **more: Any) -> int:
        """Opens a case; its number."""
        opening = NewCase(procedure, enterprise_id, "test", **more)
        return open_case(
            self.database, self.version, opening, actor, self.clock, recorder=self.enter_by(actor)
        ).number

    def follow(self, kind: str, case: int, actor: str = OFFICER, **more: Any) -> int:
        """One step about a case; its number."""
        step = FurtherStep(kind, case, "test", **more)
        return take_step(
            self.database, self.version, step, actor, self.clock, recorder=self.enter_by(actor)
        ).number

    def object_to(self, name: str, actor: str = CLERK, reason: str = "wrong", **more: Any) -> int:
        """Objects to the record of an enterprise."""
        return self.open("objection", firm(name), actor, reason=reason, record_id=record(name), **more)

    def case(self, number: int, day: date | None = None) -> CaseFile:
        """A case as it stands."""
        with self.database.read() as connection:
            return case(connection, number, day or self.day)

    def daily(self) -> DayOfCases:
        """The day's work on open cases."""
        return run_daily_casework(self.database, self.version, ACTOR, self.clock)

    def contest(self, record_id: str) -> object:
        """State of contest of the latest version of a record."""
        return self.latest_version(record_id)["contest"]

    def latest_version(self, record_id: str) -> Mapping[str, Any]:
        """The latest version of a record."""
        version = table_of(RecordVersion)
        query = (
            select(version)
            .where(version.c.record_id == record_id)
            .order_by(version.c.known_on.desc(), version.c.seq.desc())
        )
        with self.database.read() as connection:
            return dict(connection.execute(query.limit(1)).mappings().one())

    def colour(self, name: str) -> tuple[object, bool]:
        """The colour in effect of an enterprise, and whether another one is proposed."""
        standing = self.standing(firm(name))
        return standing["colour"], bool(standing["proposed"])

    def file(self, folder: str, *rows: Mapping[str, Any], entity_type: str = "company") -> Path:
        """A canonical folder with some records of the town's enterprises."""
        return write_town(self.folder / folder, rows, entity_type)


def write_town(folder: Path, rows: Any, entity_type: str = "company", area: str = "") -> Path:
    """A canonical folder with records and their enterprises, which an area supervises."""
    folder.mkdir(parents=True)
    ids = dict.fromkeys(row["enterprise_id"] for row in rows)
    enterprises = [
        {
            "enterprise_id": enterprise_id,
            "name": f"虚构{enterprise_id.partition(':')[2]}公司",
            "entity_type": entity_type,
            "status": "active",
            "district_code": "330802",
            "supervised_by": area,
        }
        for enterprise_id in ids
    ]
    _write(folder / "enterprises.csv", list(ENTERPRISE_COLUMNS), enterprises)
    _write(folder / "records.csv", list(RECORD_COLUMNS), rows)
    return folder


def row_of(name: str, **more: Any) -> dict[str, Any]:
    """The record of an enterprise as a file has it; ``more`` takes the place of what it says."""
    kind, _, whose = name.partition("-")
    authority = ECOLOGY if whose.startswith("foreign") else MARKET
    number = f"虚〔2026〕{name}号"
    ids = {
        "record_id": record(name),
        "enterprise_id": firm(name),
        "authority": authority,
        "document_no": number,
    }
    return {**ids, **KINDS[kind], **more}


def make_counter(folder: Path, names: Any, *, entity_type: str = "company") -> Counter:
    """A store with some enterprises, scored, their first results taken over; imported and scored by one account."""
    harness = Counter(Database(str(folder / "counter.db")), DAY, folder)
    ready(harness.database, harness.clock)
    harness.reuse()
    harness.take(write_town(folder / "first", [row_of(name) for name in names], entity_type))
    harness.score()
    return harness


def _write(file: Path, columns: list[str], rows: Any) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
