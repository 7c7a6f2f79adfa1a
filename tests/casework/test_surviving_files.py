"""A mark outlives what files say meanwhile: on either database, in one go and in parts, of objections and of claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import postgres
import pytest
from casework import OFFICER, OTHER, OWN, Counter, firm, record, row_of
from sqlalchemy import select

from scoring.store.audit.verify import verify
from scoring.store.facts import storing
from scoring.store.keep.transfer import put_in_place, unpacked
from scoring.store.tables.database import Database
from scoring.store.tables.orm import ImportPart, table_of

NEXT_MONTH = date(2026, 10, 20)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of either kind."""
    if request.param == "sqlite":
        yield str(tmp_path_factory.mktemp("files") / "sise.db")
        return
    with postgres.server() as server, postgres.fresh(server) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def town(address: str, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """The town in that database; each test has a record of its own."""
    database = Database(address)
    harness = Counter(database, folder=tmp_path_factory.mktemp("given"))
    with ExitStack() as stack:
        put_in_place(stack.enter_context(unpacked(made)), database)
    harness.reuse()
    yield harness
    database.close()


ANEW = {"known_on": NEXT_MONTH, "amount_fen": 100}
TOLD: Mapping[str, tuple[Mapping[str, Any], object, object]] = {
    "changed": (ANEW, "disputed", None),
    "word-for-word": ({}, "disputed", None),
    "known-on-the-day": ({"known_on": NEXT_MONTH}, "disputed", None),
    "annulled": (ANEW | {"contest": "annulled"}, "annulled", "annulled"),
    "lawsuit": (ANEW | {"contest": "lawsuit"}, "lawsuit", "lawsuit"),
    "withdrawn": (ANEW | {"withdrawn_on": NEXT_MONTH}, None, None),
    "restored": (ANEW | {"restored_on": NEXT_MONTH}, None, None),
    "upheld": (ANEW | {"contest": "upheld"}, "disputed", None),
}
"""What a file tells of a disputed record; its state of contest then, and once the case is closed."""
CLAIMED = "penalty-claimed"


@pytest.fixture(scope="module")
def month(town: Counter) -> dict[str, int]:
    """The town after next month's file, with its cases: an objection to each record, and a claim of another one."""
    town.take(town.file("first", *[row_of(name) for name in (*NAMED, CLAIMED)]))
    town.go_to(NEXT_MONTH)
    cases = {name: town.object_to(name) for name in NAMED}
    town.enter_by(OTHER).record(
        town.facts.correct(record(CLAIMED), {"severity": "minor"}, "x"), town.version, town.day
    )
    rows = [row_of(name, **told) for name, (told, _, _) in NAMED.items()]
    taken = town.take(town.file("month", *rows, row_of(CLAIMED, **ANEW)))
    # All but the one that says what it said before is new, and nothing contradicts what stands on file.
    assert (len(rows), 0) == (taken.records, taken.changes.conflicting)
    town.score()
    return cases


NAMED = {f"penalty-{name}": told for name, told in TOLD.items()}


def test_the_mark_stands_but_for_what_the_file_states(town: Counter, month: dict[str, int]) -> None:
    """Changed, known later or word for word, a record stays disputed, with what the file newly says of it.

    That it was annulled, is before a court, was withdrawn or restored is what the file says, mark or not.
    """
    assert {name: (contest, told.get("amount_fen")) for name, (told, contest, _) in NAMED.items()} == {
        name: (town.contest(record(name)), town.latest_version(record(name))["amount_fen"]) for name in NAMED
    }
    assert ("green", False) == town.colour("penalty-changed")


def test_closed_it_is_what_it_was_with_what_the_file_said(town: Counter, month: dict[str, int]) -> None:
    """Not upheld, each record has its former state of contest or the one that the file stated, and counts again."""
    for number in month.values():
        town.follow("answer", number, outcome="rejected", office=OWN)
    assert {name: after for name, (_, _, after) in NAMED.items()} == {
        name: town.contest(record(name)) for name in NAMED
    }
    assert town.colour("penalty-changed")[1]
    assert 100 == town.latest_version(record("penalty-changed"))["amount_fen"]


def test_a_claim_survives_too(town: Counter, month: dict[str, int]) -> None:
    """What an officer claims of a record stays disputed through a file, and the second account ends it."""
    assert "disputed" == town.contest(record(CLAIMED))
    second = town.facts.second(record(CLAIMED), "y", OFFICER)
    town.enter_by(OFFICER).record(second, town.version, town.day)
    latest = town.latest_version(record(CLAIMED))
    assert (None, "minor", 100) == (latest["contest"], latest["severity"], latest["amount_fen"])


def test_in_parts_too(town: Counter, month: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that goes in by parts carries the mark as well, and nothing of it is seen before its end."""
    names = [f"finding-part-{number}" for number in range(4)]
    town.take(town.file("parts-before", *[row_of(name) for name in names]))
    for name in names[:2]:
        town.open("objection", firm(name), reason="wrong", record_id=record(name))
    monkeypatch.setattr(storing, "PART", 2)
    anew = [row_of(name, result="violation", known_on=town.day) for name in names]
    taken = town.take(town.file("parts", *anew))
    with town.database.read() as connection:
        parts = connection.execute(select(table_of(ImportPart))).all()
    assert (4, True) == (taken.records, len(parts) > 2)
    contests = [town.contest(record(name)) for name in names]
    assert ["disputed"] * 2 + [None] * 2 == contests
    assert {"violation"} == {town.latest_version(record(name))["result"] for name in names}


def test_opened_while_the_file_goes_in(
    town: Counter, month: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An objection between two parts marks what is in already, which is compared anew, and what is still to come."""
    names = [f"finding-while-{number}" for number in range(4)]
    town.take(town.file("while-before", *[row_of(name) for name in names]))
    monkeypatch.setattr(storing, "PART", 2)
    opened: list[int] = []

    def meanwhile(stage: str, share: float) -> None:
        """Objects to the first and the last record once the first part is stored."""
        if stage == "store" and not opened:
            for name in (names[0], names[-1]):
                opened.append(town.open("objection", firm(name), reason="wrong", record_id=record(name)))

    anew = [row_of(name, result="violation", known_on=town.day) for name in names]
    town.take(town.file("while", *anew), progress=meanwhile)
    seen = [(town.contest(record(name)), town.latest_version(record(name))["result"]) for name in names]
    marked, plain = ("disputed", "violation"), (None, "violation")
    assert [marked, plain, plain, marked] == seen


def test_red_is_not_left_by_the_file_that_carries_the_mark(after: Counter) -> None:
    """The version that a file brings while the record is disputed decides no more than the objection did."""
    after.object_to("listing-a")
    after.take(after.file("month", row_of("listing-a", amount_fen=1, known_on=after.day)))
    after.score()
    assert ("disputed", ("red", True)) == (after.contest(record("listing-a")), after.colour("listing-a"))


def test_all_of_it_is_sealed(town: Counter) -> None:
    """After all that the store verifies."""
    with town.database.read() as connection:
        assert [] == verify(connection).findings
