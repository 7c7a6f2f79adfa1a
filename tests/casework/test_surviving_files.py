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
PENALTY = "penalty-a"


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


def test_next_months_file_leaves_the_mark(town: Counter) -> None:
    """A file that tells the record anew, changed and known later, stores what it says and leaves it disputed."""
    number = town.object_to(PENALTY)
    town.go_to(NEXT_MONTH)
    anew = row_of(PENALTY, amount_fen=900_000, known_on=NEXT_MONTH)
    taken = town.take(town.file("month", anew))
    town.score()
    latest = town.latest_version(record(PENALTY))
    assert (1, 900_000, "disputed") == (taken.records, latest["amount_fen"], latest["contest"])
    assert ("green", False) == town.colour(PENALTY)
    town.follow("answer", number, outcome="rejected", office=OWN)
    after = town.latest_version(record(PENALTY))
    assert (None, 900_000) == (after["contest"], after["amount_fen"])
    assert town.colour(PENALTY)[1]


def test_the_same_file_again_changes_nothing(town: Counter) -> None:
    """A file that says what it said before is known, and contradicts nothing."""
    town.object_to("penalty-b")
    taken = town.take(town.file("again", row_of("penalty-b")))
    assert (0, 0, "disputed") == (taken.records, taken.changes.conflicting, town.contest(record("penalty-b")))
    # Known on the very day of the objection it contradicts nothing either.
    taken = town.take(town.file("same-day", row_of("penalty-b", known_on=town.day)))
    assert (1, 0, "disputed") == (taken.records, taken.changes.conflicting, town.contest(record("penalty-b")))


TOLD: Mapping[str, tuple[Mapping[str, Any], object, object]] = {
    "annulled": ({"contest": "annulled"}, "annulled", "annulled"),
    "lawsuit": ({"contest": "lawsuit"}, "lawsuit", "lawsuit"),
    "withdrawn": ({"withdrawn_on": NEXT_MONTH}, None, None),
    "restored": ({"restored_on": NEXT_MONTH}, None, None),
    "upheld": ({"contest": "upheld"}, "disputed", None),
    "as-before": ({}, "disputed", None),
}
"""What a file tells of a disputed record; its state of contest then, and once the objection is not upheld."""


def test_what_the_file_states_stands(town: Counter) -> None:
    """That it was annulled, is before a court, was withdrawn or restored is what the file says, mark or not."""
    names = {f"penalty-{name}": told for name, told in TOLD.items()}
    town.take(town.file("told-first", *[row_of(name) for name in names]))
    cases = {name: town.object_to(name) for name in names}
    rows = [row_of(name, known_on=town.day, amount_fen=100, **told) for name, (told, _, _) in names.items()]
    town.take(town.file("told", *rows))
    # The version of the same day stands behind the objection's.
    assert {name: (contest, 100) for name, (_, contest, _) in names.items()} == {
        name: (town.contest(record(name)), town.latest_version(record(name))["amount_fen"]) for name in names
    }
    for number in cases.values():
        town.follow("answer", number, outcome="rejected", office=OWN)
    assert {name: after for name, (_, _, after) in names.items()} == {
        name: town.contest(record(name)) for name in names
    }


def test_a_claim_survives_too(town: Counter) -> None:
    """What an officer claims of a record stays disputed through a file, and the second account ends it."""
    name = "penalty-foreign"
    town.enter(town.facts.correct(record(name), {"severity": "minor"}, "x"), OTHER)
    town.take(town.file("claimed", row_of(name, amount_fen=500, known_on=town.day)))
    assert "disputed" == town.contest(record(name))
    town.enter(town.facts.second(record(name), "y", OFFICER), OFFICER)
    latest = town.latest_version(record(name))
    assert (None, "minor", 500) == (latest["contest"], latest["severity"], latest["amount_fen"])


def test_in_parts_too(town: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that goes in by parts carries the mark as well, and nothing of it is seen before its end."""
    names = [f"finding-part-{number}" for number in range(6)]
    town.take(town.file("parts-before", *[row_of(name) for name in names]))
    for name in names[:2]:
        town.open("objection", firm(name), reason="wrong", record_id=record(name))
    monkeypatch.setattr(storing, "PART", 2)
    anew = [row_of(name, result="violation", known_on=town.day) for name in names]
    taken = town.take(town.file("parts", *anew))
    with town.database.read() as connection:
        parts = connection.execute(select(table_of(ImportPart))).all()
    assert (6, True) == (taken.records, len(parts) > 2)
    contests = [town.contest(record(name)) for name in names]
    assert ["disputed"] * 2 + [None] * 4 == contests
    assert {"violation"} == {town.latest_version(record(name))["result"] for name in names}


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
