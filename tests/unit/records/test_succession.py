"""What follows to whoever succeeds: day by day what the table says, over however many steps, and nothing is laundered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import chain, count
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from linking import linked_together
from worlds import DAY as JUDGED_ON
from worlds import World, indicator, make_policy, per_unit, rule

from scoring.engine.duckdb import DuckEngine
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, RelationSet, codes
from scoring.policy.law.relations import load_relations
from scoring.records.intake import write_tables
from scoring.records.link.versions import Linker

RELATIONS = load_relations("enforcement-2026")
DAY = date(2026, 3, 2)
LINKER = Linker()
FIRMS = ("a", "b", "c", "d")
LISTS = (*RELATIONS.matter.own_end, "judgment_default")
RESULTS = ("merger", "division", "conversion", None)
WORLDS = 200
WRITTEN = ("record_id", "enterprise_id", "kind", "result", "decided_on", "known_on", "refers_to")
Row = dict[str, Any]


def day(days: int) -> date:
    """A day, counted from a Monday."""
    return DAY + timedelta(days=days)


def row(owner: str, record_id: str, kind: str, at: int, /, **changes: Any) -> Row:
    """A record of that day, known on it."""
    days = {"decided_on": day(at), "known_on": day(at)}
    ids = {"record_id": record_id, "act_id": record_id, "enterprise_id": owner}
    return {**dict.fromkeys(RECORD_COLUMNS), **ids, "kind": kind, "scope": "own", **days, **changes}


def succession(owner: str, predecessor: str, at: int, result: str | None = "merger", **changes: Any) -> Row:
    """That somebody succeeded another one."""
    record_id = f"{owner}<{predecessor}"
    given = {"record_id": record_id, "act_id": record_id, "result": result, "refers_to": predecessor}
    return row(owner, record_id, "succession", at, **given | changes)


def linked(owner: str, *rows: Row, relations: RelationSet | None = RELATIONS) -> list[Row]:
    """What an enterprise has."""
    numbers = count(1)
    firms = [
        {**dict.fromkeys(ENTERPRISE_COLUMNS), "enterprise_id": e, "name": e, "created": False, "seq": 0}
        for e in FIRMS
    ]
    numbered = [{**given, "seq": next(numbers)} for given in rows]
    return [dict(record) for record in LINKER.link(firms, numbered, owner, relations)[1]]


def origins(owner: str, *rows: Row) -> set[tuple[str, str | None]]:
    """The records of an enterprise, each by its own id, and from whom it followed."""
    return {(_own_id(record), record["inherited_from"]) for record in linked(owner, *rows)}


def _own_id(record: Row) -> str:
    return str(record["record_id"]).partition("@")[0]


def on_day(records: list[Row], when: date) -> set[tuple[str, str | None]]:
    """Those that are believed on a day; no record twice."""
    believed = [
        record
        for record in records
        if record["known_on"] <= when and (record["known_until"] is None or when < record["known_until"])
    ]
    assert len({record["record_id"] for record in believed}) == len(believed)
    return {(_own_id(record), record["inherited_from"]) for record in believed}


# The table


def follows(kind: str, result: str | None, record_result: str | None = None) -> bool:
    """Whether a record follows at a succession of this result."""
    return kind in following(result, (kind,), record_result)


def following(result: str | None, kinds: Iterable[str], record_result: str | None = None) -> set[str]:
    """Those kinds that follow at a succession of this result."""
    given = [row("a", kind, kind, 0, result=record_result) for kind in kinds]
    return {name for name, origin in origins("b", *given, succession("b", "a", 9, result)) if origin == "a"}


@pytest.mark.parametrize("result", RESULTS)
def test_an_open_list_entry_always_follows(result: str | None) -> None:
    """However an enterprise is succeeded, and even where nobody says how."""
    assert set(LISTS) == following(result, LISTS)


def test_what_is_favourable_follows_the_same_person_alone() -> None:
    """A sole trader that turns into an enterprise keeps everything; no favourable kind follows at a merger or division."""
    kinds = {kind: at for kind, at in codes()["kinds"].items() if "scheme" not in at and kind != "succession"}
    assert set(kinds) == following("conversion", kinds)
    favourable = {kind for kind, attributes in kinds.items() if attributes["direction"] == "favourable"}
    assert {"honour", "fulfilment"} <= favourable
    assert set() == favourable & (following("merger", kinds) | following("division", kinds))
    assert not follows("inspection", "merger", "no_problem")
    assert follows("inspection", "merger", "problem")
    assert not follows("administrative_penalty", "division")
    assert follows("tax_arrears", "division")


def test_an_answer_follows_what_it_answers() -> None:
    """The settlement of a debt and the re-check of a finding follow; what settles nothing that follows does not."""
    rows = [
        row("a", "debt", "tax_arrears", 0, field="tax"),
        row("a", "paid", "fulfilment", 2, result="kept", refers_to="debt"),
        row("a", "other", "fulfilment", 2, result="kept", refers_to="elsewhere"),
        row("a", "visit", "inspection", 0, result="problem", field="food", authority="局"),
        row(
            "a",
            "check",
            "inspection",
            4,
            result="no_problem",
            occasion="followup",
            field="food",
            authority="局",
        ),
    ]
    records = {_own_id(record): record for record in linked("b", *rows, succession("b", "a", 9))}
    assert {"debt", "paid", "visit", "check", "b<a"} == set(records)
    assert ("debt@a@b", "visit@a@b") == (records["paid"]["recheck_of"], records["check"]["recheck_of"])


def test_a_finding_that_followed_is_mended_at_the_successor() -> None:
    """The re-check of the successor closes what followed, whether it names it or not."""
    visit = row("a", "visit", "inspection", 0, result="problem", field="food", authority="局")
    check = row(
        "b", "check", "inspection", 20, result="no_problem", occasion="followup", field="food", authority="局"
    )
    for given in (check, {**check, "refers_to": "visit"}):
        records = {_own_id(record): record for record in linked("b", visit, given, succession("b", "a", 9))}
        assert "visit@a@b" == records["check"]["recheck_of"]


# Day by day


def world(chance: Random) -> list[Row]:
    """Records of four enterprises, and who succeeds whom: corrected, withdrawn, annulled, in chains and circles."""
    kinds = (*LISTS, "honour", "administrative_penalty", "tax_arrears", "mending_check", "inspection")
    rows = [
        row(
            chance.choice(FIRMS),
            f"r{number}",
            chance.choice(kinds),
            chance.randint(0, 20),
            known_until=chance.choice([None, None, day(chance.randint(5, 30))]),
        )
        for number in range(8)
    ]
    for number in range(chance.randint(1, 5)):
        owner, predecessor = chance.choice(FIRMS), chance.choice([*FIRMS, "unknown"])
        first = chance.randint(0, 20)
        for at in range(first, first + chance.randint(1, 2) * 6, 6):
            changes = {
                "record_id": f"s{number}",
                "act_id": f"s{number}",
                "known_on": day(at + chance.randint(-2, 4)),
                "withdrawn_on": chance.choice([None, None, day(at + chance.randint(0, 9))]),
                "contest": chance.choice([None, None, None, "review", "annulled"]),
            }
            rows.append(succession(owner, predecessor, at, chance.choice(RESULTS), **changes))
    latest: dict[tuple[str, date], Row] = {(given["record_id"], given["known_on"]): given for given in rows}
    return list(latest.values())


def believed(rows: list[Row], when: date) -> list[Row]:
    """The version of each record that is believed on a day."""
    last: dict[str, Row] = {}
    for given in sorted(rows, key=lambda given: given["known_on"]):
        if given["known_on"] <= when:
            last[given["record_id"]] = given
    return [given for given in last.values() if given["known_until"] is None or when < given["known_until"]]


def expected(owner: str, rows: list[Row], when: date) -> set[tuple[str, str | None]]:
    """What an enterprise has on a day: its own, and what comes along every way to it."""
    present = believed(rows, when)
    steps = [
        given
        for given in present
        if given["kind"] == "succession"
        and given["decided_on"] <= when
        and given["contest"] != "annulled"
        and (given["withdrawn_on"] is None or when < given["withdrawn_on"])
    ]
    has = {(given["record_id"], None) for given in present if given["enterprise_id"] == owner}
    for ways, predecessor in _ways(owner, steps, {owner}):
        for given in present:
            if given["enterprise_id"] == predecessor and all(_follows(given, way) for way in ways):
                has.add((given["record_id"], predecessor))
    return has


def _ways(owner: str, steps: list[Row], seen: set[str]) -> Iterator[tuple[list[str | None], str]]:
    for given in steps:
        predecessor = given["refers_to"]
        if given["enterprise_id"] == owner and predecessor not in seen:
            yield [given["result"]], predecessor
            for ways, further in _ways(predecessor, steps, seen | {predecessor}):
                yield [given["result"], *ways], further


def _follows(given: Row, way: str | None) -> bool:
    rules = RELATIONS.on_succession(way)
    plainly = any(given["kind"] in rule.kinds and rule.results is None for rule in rules)
    answers = given["kind"] == "mending_check" and any(given["kind"] in rule.closing for rule in rules)
    return given["kind"] != "succession" and (plainly or answers)


def test_day_by_day_what_the_table_says(tmp_path: Path) -> None:
    """In two hundred worlds an enterprise has on each day its own and what follows along every way, and nothing else."""
    chance, inherited = Random(11), 0
    worlds = [_renamed(world(chance), f"w{number}.") for number in range(WORLDS)]
    firms = [[f"w{number}.{firm}" for firm in FIRMS] for number in range(WORLDS)]
    by_owner = linked_together(chain.from_iterable(worlds), chain.from_iterable(firms), tmp_path, RELATIONS)
    for rows, owners in zip(worlds, firms, strict=True):
        for owner in owners:
            records = by_owner[owner]
            assert len({(record["record_id"], record["known_on"]) for record in records}) == len(records)
            for at in range(-2, 40):
                has = on_day(records, day(at))
                assert expected(owner, rows, day(at)) == has
                inherited += sum(origin is not None for _record, origin in has)
    assert inherited > 5000


def _renamed(rows: list[Row], prefix: str) -> list[Row]:
    """The rows under ids of their own world."""
    columns = ("record_id", "act_id", "enterprise_id", "refers_to")
    return [
        {**given, **{name: prefix + given[name] for name in columns if given[name] is not None}}
        for given in rows
    ]


def test_circles_end() -> None:
    """Who succeeds itself, directly or round a circle, gets nothing back; the others keep what follows."""
    entries = [row(firm, f"of {firm}", "wage_arrears_listing", 0) for firm in "abc"]
    circle = [
        succession("b", "a", 5),
        succession("c", "b", 6),
        succession("a", "c", 7),
        succession("a", "a", 8),
    ]
    for firm in "abc":
        own = {f"{firm}<{given['refers_to']}" for given in circle if given["enterprise_id"] == firm}
        others = {(f"of {other}", other) for other in "abc" if other != firm}
        assert {(f"of {firm}", None), *((name, None) for name in own), *others} == origins(
            firm, *entries, *circle
        )


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
    renamed = _renamed(given, "demo:")
    tables = [
        pa.Table.from_pylist([{"enterprise_id": f"demo:{firm}", "name": firm} for firm in FIRMS]),
        pa.Table.from_pylist([{name: row[name] for name in WRITTEN} for row in renamed]),
    ]
    counts = next(iter(write_tables(*tables, tmp_path, relations=RELATIONS).sources.values()))
    expected = {"of_itself": 1, "circle": 2, "unsaid": 1}
    found = {
        name.removeprefix("succession_"): n for name, n in counts.warnings.items() if "succession" in name
    }
    assert expected == found
    assert 2 == counts.warnings["unknown_predecessor"]
    assert 7 == len((tmp_path / "remarks.csv").read_text(encoding="utf-8-sig").splitlines())


def test_new_owners_and_names_are_no_succession() -> None:
    """Nothing follows without a record of it: neither under a set of relations nor without one."""
    entry = row("a", "entry", "wage_arrears_listing", 0)
    assert set() == origins("b", entry)
    assert 1 == len(linked("b", entry, succession("b", "a", 5), relations=None))


# What an engine makes of it

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
