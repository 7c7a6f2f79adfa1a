"""A town of a few enterprises under a tiny policy, each of which is about to have another result, and why."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from stores import REVIEWERS, StoreHarness, ready
from worlds import bands, indicator, make_policy, per_unit, rule, version_of, writable

from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.pending_results import pending_proposals
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, PendingProposal
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.tables.database import Database

BEFORE, NOW = date(2026, 9, 30), date(2026, 10, 15)
LAST_DAY = date(2026, 10, 22)
"""Last day of a notice served on the day of the proposals."""
FINAL = date(2026, 10, 12)
LAPSED = date(2026, 10, 10)
PENALTY = {"kind": "administrative_penalty", "severity": "general", "procedure": "ordinary"}
VISIT = {"kind": "inspection", "severity": "general"}
LISTING = {"kind": "serious_violation_listing", "severity": "serious"}
ALL = {"colour": True, "points": True, "reasons": True, "records": True}
PENALTIES = {"kind": "administrative_penalty", "direction": "adverse"}
POLICY = make_policy(
    indicator("honours", direction="favourable", bins=per_unit(0, 60)),
    indicator(
        "penalties", **PENALTIES, select={"severity": ["general", "serious"]}, bins=per_unit(0, -30, -60)
    ),
    indicator("warnings", **PENALTIES, select={"severity": ["minor"]}, bins=per_unit(0, -10)),
    indicator(
        "problems",
        kind="inspection",
        direction="adverse",
        select={"result": ["problem"]},
        aggregate="share",
        among={"kind": ["inspection"]},
        bins=[{"upto": 4_999, "points": 0}, {"points": -30}],
    ),
    indicator("listings", kind="serious_violation_listing", direction="adverse", bins=per_unit(0, -5)),
    vetoes=[rule("listed", all=[{"indicator": "listings", "at_least": 1}], band="D", legal=["law"])],
    bands=bands(("A", 150), ("B", 80), ("C", 50), ("D", 0)),
    finality="zhejiang-11",
    worsening_notice_workdays=5,
    disputed="hold_worsening",
    review={"to": ["D"]},
    audiences={"public": {"colour": True}, "enterprise": ALL, "inspector": {**ALL, "records": False}},
)
VERSION = writable(version_of(POLICY))
RECORDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "becomes-final": (
        {**PENALTY, "decided_on": "2026-08-20", "final_on": FINAL, "document_no": "罚〔2026〕77号"},
    ),
    "presumed-final": ({**PENALTY, "decided_on": "2026-04-09", "document_no": "罚〔2026〕78号"},),
    "honour-lapses": ({"kind": "honour", "decided_on": "2025-10-10", "document_no": "奖〔2025〕5号"},),
    "clean-lapses": (
        {**VISIT, "result": "no_problem", "occurred_on": "2025-10-10", "document_no": "检〔2025〕1号"},
        {**VISIT, "result": "problem", "occurred_on": "2026-05-06", "document_no": "检〔2026〕2号"},
        {**VISIT, "result": "no_problem", "occurred_on": "2025-10-09", "document_no": "检〔2025〕3号"},
    ),
    "first": ({**LISTING, "decided_on": "2026-10-09", "document_no": "列〔2026〕9号"},),
    "corrected": (
        {
            **PENALTY,
            "severity": "minor",
            "publish_until": "2026-11-20",
            "decided_on": "2026-08-20",
            "final_on": "2026-09-10",
            "amount_fen": 900_000,
        },
    ),
}
"""What the sources say of enterprises, by their names."""
BY_HAND: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "new-record": (
        {**PENALTY, "decided_on": "2026-10-08", "final_on": "2026-10-09", "document_no": "罚〔2026〕1号"},
    ),
    "two-alike": (
        {**PENALTY, "decided_on": "2026-10-08", "final_on": "2026-10-09", "document_no": "罚〔2026〕2号"},
        {**PENALTY, "decided_on": "2026-10-07", "final_on": "2026-10-09", "document_no": "罚〔2026〕3号"},
    ),
    "two-unlike": (
        {**PENALTY, "decided_on": "2026-10-08", "final_on": "2026-10-09", "document_no": "罚〔2026〕4号"},
        {**LISTING, "decided_on": "2026-10-09", "document_no": "列〔2026〕1号"},
    ),
    "problem": (
        {**VISIT, "result": "problem", "occurred_on": "2026-10-13", "document_no": "检〔2026〕4号"},
        {**VISIT, "result": "no_problem", "occurred_on": "2026-10-14", "document_no": "检〔2026〕5号"},
    ),
    "urgent": ({**LISTING, "decided_on": "2026-10-14", "document_no": "列〔2026〕2号"},),
}
"""What is entered by hand on the day."""
AUTHORITY = "虚构市应急管理局"
NAMES = (*RECORDS, *BY_HAND, "quiet")


class Town(StoreHarness):
    """The town's store, with names of enterprises for ids."""

    @property
    def version(self) -> ResolvedPolicy:
        """The tiny policy."""
        return VERSION

    def pending(self, name: str, day: date | None = None) -> PendingProposal:
        """The open proposal of an enterprise."""
        return self.all_pending(day)[who(name)]

    def all_pending(self, day: date | None = None) -> dict[str, PendingProposal]:
        """All open proposals by enterprise."""
        with self.database.read() as connection:
            waiting = pending_proposals(KeptReadings(self.database), connection, VERSION, day or self.day)
        return {proposal.enterprise_id: proposal for proposal in waiting}


def who(name: str) -> str:
    """The id of an enterprise of the town."""
    return f"town:{name}"


def make_town(folder: Path) -> Town:
    """The town on the day on which everything is proposed."""
    database = Database(str(folder / "town.db"))
    town = Town(database, BEFORE, folder)
    ready(database, town.clock)
    _import(town, [name for name in NAMES if name != "first"], folder / "before")
    town.score()
    town.go_to(NOW)
    _import(town, ["first"], folder / "first")
    for name, records in BY_HAND.items():
        for number, record in enumerate(records):
            urgent = "fire" if name == "urgent" else None
            named = {"record_id": f"hand:{name}:{number}", "authority": AUTHORITY}
            town.add(who(name), emergency=urgent, **named, **record)
    corrected = town.facts.correct(
        f"{name_of('corrected')}:0", {"severity": "general"}, "x", "7", "recording_authority"
    )
    town.enter(corrected)
    town.score()
    return town


def name_of(name: str) -> str:
    """The beginning of the ids of an enterprise's records in the sources."""
    return f"source:{name}"


def serve_everybody(town: Town) -> None:
    """Serves the notice of every open proposal today."""
    for enterprise_id in town.all_pending():
        town.serve(enterprise_id)


def confirm(town: Town, name: str, people: int = 1) -> None:
    """Lets so many people confirm a proposal."""
    for reviewer in REVIEWERS[:people]:
        town.step("confirm", who(name), reviewer)


def _import(town: Town, names: list[str], folder: Path) -> None:
    """Imports enterprises with what the sources say of them."""
    folder.mkdir()
    enterprises = [
        {"enterprise_id": who(name), "name": f"虚构{name}公司", "entity_type": "company", "status": "active"}
        for name in names
    ]
    records = []
    for name in names:
        for number, record in enumerate(RECORDS.get(name, ())):
            ids = {
                "record_id": f"{name_of(name)}:{number}",
                "enterprise_id": who(name),
                "authority": AUTHORITY,
            }
            known_on = record.get("decided_on") or record["occurred_on"]
            records.append({"known_on": known_on, **ids, **record})
    _write(folder / "enterprises.csv", list(ENTERPRISE_COLUMNS), enterprises)
    _write(folder / "records.csv", list(RECORD_COLUMNS), records)
    town.take(folder)


def _write(file: Path, columns: list[str], rows: list[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
