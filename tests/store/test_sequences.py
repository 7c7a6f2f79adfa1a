"""Random sequences of all writing commands by one person, and by two, through a real store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from hands import Hands
from stores import ACTOR, REVIEWERS, StoreHarness, ready, remove

from scoring.store.facts.deletion import due_for_erasure
from scoring.store.standing.adopting import ADOPTED
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database

SEQUENCES = int(os.environ.get("SISE_SEQUENCES", "16"))
LONGEST = 30
PARTS = 4
"""The sequences in parts, so that a campaign runs on all cores."""
OF_EACH_COLOUR = 2
WORST_GOOD = "B"
"""The worst band that is blue or green."""


@pytest.fixture(scope="module")
def small_city(district: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a few enterprises of each colour, scored and taken over."""
    folder = tmp_path_factory.mktemp("city")
    whole = _store(folder / "whole.db", district)
    with whole.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT colour, enterprise_id FROM standing ORDER BY enterprise_id")
        by_colour: dict[str, list[str]] = {}
        for colour, enterprise_id in rows:
            by_colour.setdefault(str(colour), []).append(enterprise_id)
    whole.database.close()
    chosen = {who for members in by_colour.values() for who in members[:OF_EACH_COLOUR]}
    part = folder / "part"
    part.mkdir()
    for name in ("enterprises.parquet", "records.parquet"):
        _copy_of(chosen, district / name, part / name)
    store = _store(folder / "city.db", part)
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.database.close()
    return folder / "city.db"


def _store(file: Path, district: Path) -> StoreHarness:
    harness = StoreHarness(Database(str(file)))
    ready(harness.database, harness.clock)
    harness.take(district)
    harness.score()
    harness.adopt()
    return harness


def _copy_of(chosen: set[str], whole: Path, part: Path) -> None:
    """The rows of a table that are of some enterprises."""
    pq.write_table(pq.read_table(whole, filters=[("enterprise_id", "in", sorted(chosen))]), part)


@pytest.fixture
def fresh(small_city: Path, tmp_path: Path) -> Iterator[Callable[[int], StoreHarness]]:
    """Copies of the small city, one after the other."""
    opened: list[Database] = []

    def copy(number: int) -> StoreHarness:
        """A fresh copy; the one before is gone."""
        for database in opened:
            database.close()
        opened.clear()
        for left in tmp_path.glob("*.db*"):
            remove(left)
        file = tmp_path / f"{number}.db"
        shutil.copyfile(small_city, file)
        shutil.copytree(f"{small_city}.snapshot", f"{file}.snapshot")
        opened.append(Database(str(file)))
        return StoreHarness(opened[-1], folder=tmp_path)

    yield copy
    for database in opened:
        database.close()


def reds(store: StoreHarness) -> set[str]:
    """Whose colour in effect is red."""
    with store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT enterprise_id FROM standing WHERE colour = 'red'")
        return set(rows.scalars())


def fallen_unserved(store: StoreHarness) -> list[tuple[str, str | None, str]]:
    """Falls in effect of which no notice was served: who, from which band that was last rated, to which.

    Whatever lies between counts for nothing: who moved away blue and came back red has fallen. Who was
    never rated falls from the worst good band, unless two accounts took a stock over.
    """
    assessments = """
        SELECT a.policy_id, a.enterprise_id, a.band, a.state, a.proposal, e.kind
        FROM assessment a JOIN audit_event e ON e.seq = a.event
        ORDER BY a.number
    """
    served_proposals = """
        SELECT DISTINCT a.proposal FROM step s JOIN assessment a ON a.number = s.assessment
        WHERE s.kind = 'served'
    """
    with store.database.read() as connection:
        served = set(connection.exec_driver_sql(served_proposals).scalars())
        rows = connection.exec_driver_sql(assessments).all()
    rated: dict[tuple[str, str], str] = {}
    waiting: dict[tuple[str, str], int] = {}
    fallen = []
    for policy_id, enterprise_id, band, state, proposal, kind in rows:
        key = (policy_id, enterprise_id)
        if state == "proposed":
            waiting[key] = proposal
            continue
        last_proposal = waiting.pop(key, None)
        if band is not None:
            if band > rated.get(key, WORST_GOOD) and kind != ADOPTED and last_proposal not in served:
                fallen.append((enterprise_id, rated.get(key), band))
            rated[key] = band
    return fallen


def reviewed_by_recorders(store: StoreHarness) -> list[Any]:
    """Confirmations of accounts that had entered a record of that enterprise which speaks against it."""
    query = """
        SELECT s.number, s.actor FROM step s
        JOIN record_version r ON r.enterprise_id = s.enterprise_id AND r.event < s.event
        JOIN audit_event e ON e.seq = r.event AND e.actor = s.actor
        WHERE s.kind = 'confirm' AND r.kind IN ('administrative_penalty', 'serious_violation_listing')
    """
    with store.database.read() as connection:
        return list(connection.exec_driver_sql(query))


def deleted_too_early(store: StoreHarness, before: int) -> int:
    """Versions of records that are gone though none was due."""
    with store.database.read() as connection:
        due = due_for_erasure(connection, store.day)
    return 0 if due else max(0, before - store.count("record_version"))


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("people", [(ACTOR,), (ACTOR, REVIEWERS[0])], ids=["one", "two"])
def test_no_sequence_paints_or_bleaches(
    fresh: Callable[[int], StoreHarness], tmp_path: Path, people: tuple[str, ...], part: int
) -> None:
    """Whatever is done, on whatever day: nobody alone paints red or bleaches it, deletes, or lets an unserved fall hold."""
    sequences = SEQUENCES if len(people) == 1 else max(PARTS, SEQUENCES // 10)
    done, recorder = 0, None
    for number in range(part, sequences, PARTS):
        chance = Random(f"{len(people)}-{number}")
        store = fresh(number)
        red_before, facts_before = reds(store), store.count("record_version")
        recorder = recorder or Recorder(store.database, ACTOR, store.clock)
        hands = Hands(store, people, chance, tmp_path, recorder)
        for _ in range(chance.randint(1, LONGEST)):
            hands.one()
        shown = (number, hands.done)
        if len(people) == 1:
            assert reds(store) <= red_before, shown
            assert hands.documented or red_before - hands.imported <= reds(store), shown
        assert [] == fallen_unserved(store), shown
        assert [] == reviewed_by_recorders(store), shown
        assert 0 == deleted_too_early(store, facts_before), shown
        done += len(hands.done)
    print(f"part {part} of {PARTS} of {sequences} sequences by {len(people)}: {done} commands carried out")
    assert done * PARTS > sequences


def test_a_first_scoring_paints_nobody(district: Path, tmp_path: Path) -> None:
    """The first scoring of an empty store leaves no yellow and no red in effect."""
    harness = StoreHarness(Database(str(tmp_path / "first.db")))
    ready(harness.database, harness.clock)
    harness.take(district)
    harness.score()
    with harness.database.read() as connection:
        colours = set(connection.exec_driver_sql("SELECT DISTINCT colour FROM standing").scalars())
    harness.database.close()
    assert colours <= {"blue", "green", None}
    assert "blue" in colours
