"""A store of some months for figures: visits of known authorities, colours that move, restorations, cases about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from casework import FOREIGN, OFFICER, OWN, Counter, write_town
from stores import ready
from worlds import Row, bands, indicator, make_policy, per_unit, version_of, writable

from scoring.policy.resolved import ResolvedPolicy
from scoring.store.tables.database import Database

FIRST, LAST = date(2026, 7, 31), date(2026, 10, 9)
ALL = {"colour": True, "points": True, "reasons": True, "records": True}
VERSION = writable(
    version_of(
        make_policy(
            indicator(
                "food",
                kind="inspection",
                select={"field": ["food"], "result": ["problem"]},
                bins=per_unit(0, -60),
            ),
            indicator("fire", kind="inspection", select={"field": ["fire"]}, bins=per_unit(0)),
            indicator("honours", direction="favourable", bins=per_unit(0, 60)),
            indicator("penalties", kind="administrative_penalty", bins=per_unit(0, -60)),
            fields=[{"id": "food", "indicators": ["food"]}, {"id": "fire", "indicators": ["fire"]}],
            activity={"kind": ["inspection", "licence"], "window_days": 365},
            bands=bands(("A", 150), ("B", 80), ("C", 40), ("D", 0)),
            supervision={
                "A": {"sampling_bp": 100, "annual_cap": 1},
                "B": {"sampling_bp": 500, "annual_cap": 2},
                "C": {"sampling_bp": 5000, "annual_cap": 4},
                "D": {"sampling_bp": 10000},
            },
            audiences=dict.fromkeys(("enterprise", "inspector", "officer"), ALL)
            | {"public": {"colour": True}},
        )
    )
)
AUTHORITIES = {
    "market": "柯城区虚构市场监管局",
    "ecology": "柯城区虚构生态环境局",
    "fire": "柯城区虚构消防救援局",
    "there": "江山市虚构市场监管局",
    "unknown": "=某不在册机关",
}
"""Whose visits there are; the last one is in no register, and begins like a formula."""
AREAS = ("330802-T01", "330802-T02", "330881-T01", "330899-Z1")


class FigureStore(Counter):
    """A store that is scored at the end of each month."""

    @property
    def version(self) -> ResolvedPolicy:
        """Two fields, a cap for each grade but the worst."""
        return VERSION

    def object_to_record(self, number: str, who: str) -> int:
        """Objects to a visit at the window; the number of the case."""
        return self.open("objection", who, reason="wrong", record_id=f"v:{number}")

    def score_on(self, *days: date) -> None:
        """Scores on some days, one after the other."""
        for day in days:
            self.go_to(day)
            self.score()


def visit(number: str, who: str, whose: str, day: str, **more: str) -> Row:
    """A visit that is known the day after."""
    return {
        "record_id": f"v:{number}",
        "enterprise_id": who,
        "kind": "inspection",
        "field": "food",
        "result": "no_problem",
        "occasion": "routine",
        "occurred_on": day,
        "known_on": day,
        "authority": AUTHORITIES[whose],
        **more,
    }


def decision(number: str, who: str, whose: str, kind: str) -> Row:
    """A penalty or an honour of September."""
    return {
        "record_id": f"v:{number}",
        "enterprise_id": who,
        "kind": kind,
        "severity": "general" if kind == "administrative_penalty" else "",
        "decided_on": "2026-09-02",
        "known_on": "2026-09-03",
        "authority": AUTHORITIES[whose],
        "document_no": f"虚〔2026〕{number}号",
    }


def enterprise_of(number: int) -> str:
    """The id of an enterprise; each stands in the next area."""
    return f"town:{number:03}"


def figure_store(folder: Path, rows: Sequence[Row], enterprises: int = 12) -> FigureStore:
    """A store with enterprises in four areas, on its first day, scored.

    Args:
        folder: Where it lies.
        rows: Records of them.
        enterprises: How many there are.
    """
    harness = FigureStore(Database(str(folder / "figures.db")), FIRST, folder)
    ready(harness.database, harness.clock)
    harness.reuse()
    take_rows(harness, "first", rows, enterprises)
    harness.score()
    return harness


def take_rows(harness: FigureStore, name: str, rows: Sequence[Row], enterprises: int = 12) -> None:
    """Imports records of the enterprises."""
    licences: list[Row] = [
        {
            "record_id": f"l:{number}",
            "enterprise_id": enterprise_of(number),
            "kind": "licence",
            "field": "food",
            "decided_on": "2026-01-05",
            "known_on": "2026-01-06",
        }
        for number in range(enterprises)
    ]
    folder = write_town(harness.folder / name, [*licences, *rows])
    _place(folder)
    harness.take(folder)


def _place(folder: Path) -> None:
    """Puts each enterprise into its area."""
    file = folder / "enterprises.csv"
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    names = head.split(",")
    placed = [head]
    for line in lines:
        cells = dict(zip(names, line.split(","), strict=True))
        number = int(cells["enterprise_id"].removeprefix("town:"))
        area = AREAS[number % len(AREAS)]
        cells |= {"supervised_by": area, "district_code": area[:6]}
        placed.append(",".join(cells[name] for name in names))
    file.write_text("\n".join(placed) + "\n", encoding="utf-8")


def lively_rows() -> list[Row]:
    """Visits of five authorities, alone and together, drawn and asked for, within the cap and over it."""
    rows: list[Row] = []
    for number in range(12):
        who = enterprise_of(number)
        home = "there" if AREAS[number % 4].startswith("330881") else "market"
        for month in range(1, 2 + number % 4):
            rows.append(visit(f"{number}-{month}", who, home, f"2026-0{month}-1{number % 9}"))
        rows.append(visit(f"{number}-e", who, "ecology", f"2026-01-1{number % 9}", field="environment"))
        rows.append(visit(f"{number}-f", who, "fire", "2026-05-20", field="fire", occasion="triggered"))
    rows.append(visit("u", enterprise_of(0), "unknown", "2026-06-02", field=""))
    rows.append(visit("gone", enterprise_of(1), "market", "2026-06-03", withdrawn_on="2026-06-20"))
    rows.append(visit("again", enterprise_of(1), "market", "2026-06-04", occasion="followup"))
    rows.append(
        visit(
            "hidden", enterprise_of(5), "ecology", "2026-06-05", field="environment", masked_from="2026-06-06"
        )
    )
    return rows


def live_on(harness: FigureStore) -> None:
    """Lets colours move, cases be opened and answered, and time pass, up to ``LAST``."""
    harness.score_on(date(2026, 8, 31))
    later = [
        decision("p2", enterprise_of(2), "there", "administrative_penalty"),
        decision("p4", enterprise_of(4), "market", "administrative_penalty"),
        decision("h5", enterprise_of(5), "market", "honour"),
        decision("h8", enterprise_of(8), "market", "honour"),
    ]
    harness.go_to(date(2026, 9, 15))
    take_rows(harness, "second", later)
    harness.score_on(date(2026, 9, 15), date(2026, 9, 30))
    answered = harness.object_to_record("p4", enterprise_of(4))
    harness.object_to_record("0-e", enterprise_of(0))
    harness.go_to(date(2026, 10, 8))
    harness.enter(harness.facts.end("restored", "v:p2", date(2026, 10, 8), "信用修复决定", "修复1号"))
    harness.follow(
        "answer",
        answered,
        OFFICER,
        outcome="withdrawn",
        document="异〔2026〕1号",
        office=OWN,
    )
    harness.score_on(LAST)


def departments(*names: str) -> frozenset[str]:
    """Codes of authorities."""
    return frozenset({"market": OWN, "ecology": FOREIGN}[name] for name in names)


def rows_with(rows: Sequence[Row], **more: Any) -> list[Row]:
    """Rows with further columns."""
    return [{**row, **more} for row in rows]
