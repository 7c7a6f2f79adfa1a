"""Authorities in relations: every spelling is one of them, and who holds a power that day closes what was found by it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from linking import linked_together

from scoring.entities import RECORD_COLUMNS, RelationSet
from scoring.entities.authorities import AuthorityRegister, name_key, read_register, register
from scoring.policy.law.relations import _of_register, load_relations

RELATIONS = load_relations("enforcement-2026")
DAY = date(2026, 1, 5)
BODIES = ("bureau", "station", "town", "enforcement")
FIELDS = ("food", "fire")
DAYS = (0, 10, 20, 30)
REGISTERS = 12
Row = dict[str, Any]


def day(days: int) -> date:
    """A day, counted from a Monday."""
    return DAY + timedelta(days=days)


def row(owner: str, record_id: str, kind: str, when: date, **changes: Any) -> Row:
    """A record of a day, known on it."""
    ids = {"record_id": f"{owner}.{record_id}", "act_id": f"{owner}.{record_id}", "enterprise_id": owner}
    return {
        **dict.fromkeys(RECORD_COLUMNS),
        **ids,
        "kind": kind,
        "decided_on": when,
        "known_on": when,
        **changes,
    }


def finding(owner: str, when: date, authority: str, field: str) -> Row:
    """A visit with an open finding."""
    return row(owner, "finding", "inspection", when, result="problem", authority=authority, field=field)


def check(owner: str, when: date, authority: str, field: str) -> Row:
    """A passed follow-up that names nothing."""
    changes = {"result": "no_problem", "occasion": "followup", "authority": authority, "field": field}
    return row(owner, "check", "inspection", when, **changes)


def closings(pairs: list[tuple[Row, Row]], folder: Path, relations: RelationSet) -> list[bool]:
    """Of each pair of finding and check, whether the one closes the other; each pair has an enterprise of its own."""
    rows: list[Row] = []
    for pair in pairs:
        rows += pair
    owners = [pair[0]["enterprise_id"] for pair in pairs]
    linked = linked_together(rows, owners, folder, relations)
    return [any(record["recheck_of"] for record in linked[owner]) for owner in owners]


def some_register(chance: Random) -> AuthorityRegister:
    """Four bodies that hand powers to each other, on and back, one at a time."""
    names = {
        body: {"zh": f"虚构{body}", "en": body, "area": "330802", "telephone": "0570-0000999"}
        for body in BODIES
    }
    shared = {name: {"zh": "无", "en": "none"} for name in ("office", "address", "hours")}
    table: dict[str, Any] = {"every": shared, "authorities": names, "powers": []}
    for body, field in product(BODIES, FIELDS):
        starts = sorted(chance.sample(range(-5, 35, 3), 2))
        for begins, until in ((starts[0], starts[1]), (starts[1], None)):
            if chance.random() < 0.4:
                to = chance.choice([other for other in BODIES if other != body])
                power = {"of": body, "field": field, "from": day(begins), "to": to, "document": "虚"}
                table["powers"].append(power | ({"until": day(until)} if until is not None else {}))
    return read_register(table)


def closes(
    authorities: AuthorityRegister, field: str, finder: str, found: date, checker: str, when: date
) -> bool:
    """Whether the checker is the finder, or holds on its day a power by which the finder may have acted on its own."""
    powers = {finder, *(body for body in BODIES if authorities.holder(field, body, found) == finder)}
    return checker == finder or any(authorities.holder(field, power, when) == checker for power in powers)


def test_who_holds_the_power_that_day_closes(tmp_path: Path) -> None:
    """In twelve registers, of every pair of bodies, on every pair of days, before, during and after what was handed on."""
    chance, numbers, outcomes = Random(5), count(1), set()
    for number in range(REGISTERS):
        authorities = some_register(chance)
        relations = RELATIONS.model_copy(update=_of_register(authorities))
        pairs: list[tuple[Row, Row]] = []
        expected: list[bool] = []
        for finder, checker, field, found, when in product(BODIES, BODIES, FIELDS, DAYS, DAYS):
            if found < when:
                owner = f"e{next(numbers)}"
                names = [authorities.authorities[body].name["zh"] for body in (finder, checker)]
                pairs.append(
                    (finding(owner, day(found), names[0], field), check(owner, day(when), names[1], field))
                )
                expected.append(closes(authorities, field, finder, day(found), checker, day(when)))
        assert expected == closings(pairs, tmp_path / str(number), relations)
        outcomes |= {
            (pair[0]["authority"] == pair[1]["authority"], done)
            for pair, done in zip(pairs, expected, strict=True)
        }
    assert {(True, True), (False, True), (False, False)} == outcomes


BUREAU, ENFORCEMENT = "330802-housing", "330802-enforcement"
STATION, TOWN = "330802-market-jinfeng", "330802-jinfeng"


@pytest.mark.parametrize(
    ("finder", "checker", "field", "found", "when", "expected"),
    [
        (BUREAU, ENFORCEMENT, "construction", date(2025, 3, 1), date(2025, 6, 30), False),
        (BUREAU, ENFORCEMENT, "construction", date(2025, 3, 1), date(2025, 7, 1), True),
        (BUREAU, ENFORCEMENT, "fire", date(2025, 3, 1), date(2025, 7, 1), False),
        (STATION, TOWN, "food", date(2025, 12, 1), date(2025, 12, 31), False),
        (STATION, TOWN, "food", date(2025, 12, 1), date(2026, 1, 1), True),
        (STATION, TOWN, "food", date(2027, 12, 1), date(2028, 1, 1), False),
        (TOWN, STATION, "food", date(2027, 12, 1), date(2028, 1, 1), True),
        (TOWN, STATION, "food", date(2027, 6, 1), date(2027, 7, 1), False),
    ],
)
def test_the_shipped_powers(
    tmp_path: Path, finder: str, checker: str, field: str, found: date, when: date, expected: bool
) -> None:
    """The enforcement bureau and the town close what bureau and station found, from the handover until its end."""
    names = [register().authorities[code].name["zh"] for code in (finder, checker)]
    pair = finding("e", found, names[0], field), check("e", when, names[1], field)
    assert [expected] == closings([pair], tmp_path, RELATIONS)


# Spellings


def spelled() -> list[tuple[str, str]]:
    """Every other spelling of the register with the name."""
    return [(alias, body.name["zh"]) for body in register().authorities.values() for alias in body.aliases]


def test_another_spelling_is_the_same_authority(tmp_path: Path) -> None:
    """Under every registered spelling an act, a re-check, a series of grades and an unmarked number are one; else none is."""
    given = [*((a, b, True) for a, b in spelled()), *((f"{a}某科", b, False) for a, b in spelled())]
    rows: list[Row] = []
    for number, (alias, name, _same) in enumerate(given):
        owner = f"e{number}"
        penalty = {"kind": "administrative_penalty", "when": day(0), "document_no": "〔2026〕33号"}
        for record_id, authority in (("one", alias), ("two", name)):
            act_id = f"{name_key(authority)}|[2026]33号"
            rows.append(row(owner, record_id, **penalty, authority=authority) | {"act_id": act_id})
            changes = {"field": "tax", "result": "grade_a", "authority": authority}
            rows.append(row(owner, f"grade {record_id}", "tax_grade", day(1), **changes))
        rows += [finding(owner, day(0), alias, "food"), check(owner, day(9), name, "food")]
    linked = linked_together(rows, [f"e{number}" for number in range(len(given))], tmp_path, RELATIONS)
    assert len(spelled()) > 10
    for number, (_alias, _name, same) in enumerate(given):
        records = {record["record_id"].partition(".")[2]: record for record in linked[f"e{number}"]}
        pairs = [(records["one"], records["two"]), (records["grade one"], records["grade two"])]
        assert same is (pairs[0][0]["act_id"] == pairs[0][1]["act_id"])
        assert same is (pairs[0][0]["matter"] is not None)
        assert same is (pairs[1][0]["series"] == pairs[1][1]["series"])
        assert same is (records["check"]["recheck_of"] is not None)


def test_without_relations_acts_stay_as_they_were(tmp_path: Path) -> None:
    """What was released under the act alone keeps its results."""
    alias, name = spelled()[0]
    rows = [
        row("e", record_id, "accident", day(0), authority=office) | {"act_id": f"{office}|7号"}
        for record_id, office in (("one", alias), ("two", name))
    ]
    linked = linked_together(rows, ["e"], tmp_path, None)["e"]
    assert {f"{alias}|7号", f"{name}|7号"} == {record["act_id"] for record in linked}
