"""What a succession does to a result: nothing is laundered, nothing else moves; and what brings nothing is listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from successions import FIRMS, RELATIONS, Row, day, linked, renamed, row, succession
from worlds import DAY as JUDGED_ON
from worlds import World, indicator, make_policy, per_unit, rule

from scoring.engine.duckdb import DuckEngine
from scoring.records.intake import write_tables

WRITTEN = ("record_id", "enterprise_id", "kind", "result", "decided_on", "known_on", "refers_to")
POLICY = make_policy(
    indicator("lists", kind="wage_arrears_listing", bins=per_unit(0, -60), direction="adverse"),
    indicator(
        "credit",
        kind="public_credit_score",
        select={"result": ["grade_d"]},
        bins=per_unit(0, -25),
        direction="adverse",
    ),
    relations="enforcement-2026",
    vetoes=[rule("listed", all=[{"indicator": "lists", "at_least": 1}], band="D")],
)


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[World]:
    """A world to score."""
    with DuckEngine(threads=1, memory="300MB") as engine:
        yield World(engine, tmp_path)


def _points(judged: World, *rows: Row) -> dict[str, int]:
    firm = {"enterprise_id": "b", "name": "b", "entity_type": "company", "status": "active"}
    judged.holds([firm], linked("b", *rows))
    return judged.contributions(POLICY).get("b", {})


def test_one_document_about_both_firms_launders_nothing(judged: World) -> None:
    """Two firms listed by one document on one day: the removal of the successor is not that of the predecessor."""
    listed = {
        "document_no": "虚列〔2026〕7号",
        "authority": "虚构人社局",
        "matter_id": "M",
        "act_id": "虚构人社局|虚列[2026]7号",
    }
    both = [row(firm, f"of {firm}", "wage_arrears_listing", 0, **listed) for firm in "ab"]
    removed = [row("b", "of b", "wage_arrears_listing", 0, **listed, restored_on=day(10))]
    removed[0]["known_on"] = day(10)
    assert {} == _points(judged, *both, *removed)
    assert {"lists": -60} == _points(judged, *both, *removed, succession("b", "a", 20))
    gone = {**both[0], "restored_on": day(30), "known_on": day(30)}
    assert {} == _points(judged, *both, *removed, succession("b", "a", 20), gone)


def test_a_grade_of_before_is_not_void_by_what_followed(judged: World) -> None:
    """Taking over a firm and restoring its record voids no grade that could not contain it; one given after it is void."""
    debt = row("a", "debt", "tax_arrears", -100, field="tax", restored_on=day(60))
    before, after = (row("b", "grade", "public_credit_score", at, result="grade_d") for at in (0, 50))
    assert {"credit": -25} == _points(judged, debt, before, succession("b", "a", 20))
    assert {} == _points(judged, debt, after, succession("b", "a", 20))
    assert JUDGED_ON > day(60)


def test_what_brings_nothing_is_listed(tmp_path: Path) -> None:
    """Of itself, in a circle, of somebody unknown, without saying how: each is a remark of its source."""
    given = [
        succession("a", "a", 1),
        succession("b", "a", 1),
        succession("a", "b", 2),
        succession("c", "unknown", 3),
        succession("d", "c", 4, None),
        succession("c", "d", 5, refers_to=None, record_id="nobody"),
    ]
    written = renamed(given, "demo:")
    tables = [
        pa.Table.from_pylist([{"enterprise_id": f"demo:{firm}", "name": firm} for firm in FIRMS]),
        pa.Table.from_pylist([{name: row[name] for name in WRITTEN} for row in written]),
    ]
    counts = next(iter(write_tables(*tables, tmp_path, relations=RELATIONS).sources.values()))
    expected = {"of_itself": 1, "circle": 2, "unsaid": 1}
    found = {
        name.removeprefix("succession_"): n for name, n in counts.warnings.items() if "succession" in name
    }
    assert expected == found
    assert 2 == counts.warnings["unknown_predecessor"]
    assert 7 == len((tmp_path / "remarks.csv").read_text(encoding="utf-8-sig").splitlines())
