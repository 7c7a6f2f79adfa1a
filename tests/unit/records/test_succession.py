"""What follows to whoever succeeds: day by day what the table says, over however many steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from random import Random

import pytest
from linking import linked_together
from successions import FIRMS, RELATIONS, Row, day, linked, renamed, row, succession

from scoring.entities import codes

LISTS = (*RELATIONS.matter.own_end, "judgment_default")
RESULTS = ("merger", "division", "conversion", None)
WORLDS = 200


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
    worlds = [renamed(world(chance), f"w{number}.") for number in range(WORLDS)]
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


def test_new_owners_and_names_are_no_succession() -> None:
    """Nothing follows without a record of it: neither under a set of relations nor without one."""
    entry = row("a", "entry", "wage_arrears_listing", 0)
    assert set() == origins("b", entry)
    assert 1 == len(linked("b", entry, succession("b", "a", 5), relations=None))
