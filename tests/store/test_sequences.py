"""Random sequences of all writing commands by one person, and by two, through a real store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from stores import ACTOR, DAY, REVIEWERS, StoreHarness, ready

from scoring.errors import SiseError
from scoring.store.facts.deletion import due_for_erasure
from scoring.store.people.clock import confirm_clock, mend_clock
from scoring.store.standing.adopting import adopt
from scoring.store.standing.assessing import score_store
from scoring.store.standing.recording import MakeFact, Recorder
from scoring.store.standing.registering import register_policy
from scoring.store.standing.reviewing import NewStep, take_step
from scoring.store.tables.database import Database

SEQUENCES = int(os.environ.get("SISE_SEQUENCES", "300"))
LONGEST = 30
OF_EACH_COLOUR = 2
DOCUMENTED = ("restore", "decided elsewhere")
"""Commands that enter what somebody else decided: they may better a red at once."""
RECORDS = (
    {"kind": "inspection", "result": "no_problem"},
    {"kind": "inspection", "result": "problem"},
    {"kind": "honour", "severity": "serious"},
    {"kind": "administrative_penalty", "severity": "general", "final_on": "2026-09-01"},
    {"kind": "serious_violation_listing", "severity": "serious"},
)


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


@dataclass
class Hands:
    """Some people at a store, who do whatever comes to their minds, on whatever day."""

    store: StoreHarness
    people: Sequence[str]
    chance: Random
    folder: Path
    done: list[str] = field(default_factory=list)
    documented: bool = False

    @property
    def who(self) -> str:
        """An enterprise."""
        return self.chance.choice(self._column("SELECT enterprise_id FROM standing ORDER BY 1"))

    def _column(self, query: str) -> list[Any]:
        with self.store.database.read() as connection:
            return list(connection.exec_driver_sql(query).scalars())

    @property
    def a_day(self) -> date:
        """A day that is typed: past, real or to come."""
        today, last = self.store.day, max(map(str, self._column("SELECT as_of FROM score_run")))
        last_day = date.fromisoformat(last)
        odd = (date.min, last_day - timedelta(days=1), today + timedelta(days=1), date(2099, 1, 1), date.max)
        return self.chance.choice((today, today, last_day, self.chance.choice(odd)))

    def one(self) -> None:
        """One command; a refusal is an answer and writes nothing."""
        name = self.chance.choice(sorted(COMMANDS))
        before = self._entries()
        try:
            COMMANDS[name](self, self.chance.choice(self.people))
        except SiseError:
            assert before == self._entries(), (name, self.done)
        else:
            self.done.append(name)
            self.documented |= name in DOCUMENTED

    def _entries(self) -> int:
        return self.store.count("audit_event")

    def score(self, actor: str) -> None:
        """Scores on a typed day."""
        store = self.store
        score_store(
            store.database,
            store.version,
            self.a_day,
            actor,
            store.clock,
            agreed=self.chance.choice((None, 0, 5)),
        )

    def tomorrow(self, actor: str) -> None:
        """Lets days go by."""
        self.store.day += timedelta(days=self.chance.choice((1, 3, 8)))
        self.store.clock.now += timedelta(days=(self.store.day - self.store.clock.now.date()).days)
        confirm_clock(self.store.database, actor, self.store.clock)

    def wrong_clock(self, actor: str) -> None:
        """Writes by a clock that is far ahead."""
        right = self.store.clock.now
        self.store.clock.now = right + timedelta(days=1500)
        try:
            self.enter(self.store.facts.add(self.who, dict(RECORDS[1]), "x", None, None), actor)
        finally:
            self.store.clock.now = right

    def mend_clock(self, actor: str) -> None:
        """Says that the clock was wrong."""
        mend_clock(self.store.database, actor, self.store.clock)

    def enter(self, fact: MakeFact, actor: str) -> None:
        """Enters a fact as of a typed day."""
        store = self.store
        Recorder(store.database, actor, store.clock).record(fact, store.version, self.a_day)

    def add(self, actor: str) -> None:
        """Adds a record of any kind, at times as an emergency."""
        columns = dict(self.chance.choice(RECORDS)) | {
            "occurred_on": str(self.chance.choice((DAY, self.a_day)))
        }
        emergency = self.chance.choice((None, None, "urgent"))
        self.enter(self.store.facts.add(self.who, columns, "x", None, emergency), actor)

    @property
    def a_record(self) -> str:
        """A record, the last ones more often."""
        records = self._column("SELECT record_id FROM record_version ORDER BY seq")
        return str(self.chance.choice((self.chance.choice(records), records[-1])))

    def withdraw(self, actor: str) -> None:
        """Withdraws a record as its own authority."""
        self.enter(self.store.facts.end("withdrawn", self.a_record, self.a_day, "x"), actor)

    def correct(self, actor: str) -> None:
        """Corrects a record as its own authority."""
        columns = {"severity": self.chance.choice(("minor", "serious"))}
        self.enter(self.store.facts.correct(self.a_record, columns, "x"), actor)

    def second(self, actor: str) -> None:
        """Says as another what somebody claimed."""
        self.enter(self.store.facts.second(self.a_record, "x", actor), actor)

    def restore(self, actor: str) -> None:
        """Enters a restoration, which has its document."""
        self.enter(self.store.facts.end("restored", self.a_record, self.a_day, "x", "1"), actor)

    def decided_elsewhere(self, actor: str) -> None:
        """Enters that a court annulled."""
        self.enter(self.store.facts.end("withdrawn", self.a_record, self.a_day, "x", "1", "court"), actor)

    def step(self, actor: str) -> None:
        """Any step about a proposal, those that wait more often."""
        waiting = self._column("SELECT enterprise_id FROM standing WHERE proposed ORDER BY 1")
        who = self.chance.choice(waiting) if waiting and self.chance.random() < 0.8 else self.who
        kind = self.chance.choice(
            ("confirm", "confirm", "served", "served", "return", "statement", "answer", "emergency")
        )
        statements = self._column("SELECT number FROM step WHERE kind = 'statement'")
        more: dict[str, Any] = {
            "record_id": self.a_record,
            "answers": self.chance.choice(statements) if statements else 1,
            "on": self.chance.choice((None, self.a_day)),
            "how": self.chance.choice(("handed_over", "refused", "post")),
            "witness": self.chance.choice(self.people),
        }
        take_step(
            self.store.database,
            self.store.version,
            NewStep(kind, who, "x", **more),
            actor,
            self.store.clock,
            self.a_day,
        )

    def adopt(self, actor: str) -> None:
        """Takes over a stock."""
        adopt(self.store.database, self.store.version, "x", actor, self.store.clock)

    def register(self, actor: str) -> None:
        """Registers rules by which everybody is red."""
        text = Path(self.store.version.path).read_text(encoding="utf-8")
        file = self.folder / "own.toml"
        file.write_text(text.replace('id = "quzhou-demo"', 'id = "own"', 1), encoding="utf-8")
        register_policy(self.store.database, file, actor, self.store.clock)


COMMANDS: dict[str, Callable[[Hands, str], None]] = {
    "score": Hands.score,
    "score again": Hands.score,
    "add": Hands.add,
    "add another": Hands.add,
    "withdraw": Hands.withdraw,
    "correct": Hands.correct,
    "second": Hands.second,
    "restore": Hands.restore,
    "decided elsewhere": Hands.decided_elsewhere,
    "step": Hands.step,
    "step again": Hands.step,
    "and another step": Hands.step,
    "tomorrow": Hands.tomorrow,
    "wrong clock": Hands.wrong_clock,
    "mend clock": Hands.mend_clock,
    "adopt": Hands.adopt,
    "register": Hands.register,
}


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
            left.unlink()
        file = tmp_path / f"{number}.db"
        shutil.copyfile(small_city, file)
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


def fallen_unserved(store: StoreHarness) -> list[Any]:
    """Assessments in effect that are worse than the last rating, of enterprises that were served nothing before."""
    query = """
        SELECT a.enterprise_id, a.prior_band, a.band FROM assessment a
        WHERE a.state = 'in_effect' AND a.prior_band IS NOT NULL AND a.band > a.prior_band
          AND NOT EXISTS (
              SELECT 1 FROM step s
              WHERE s.kind = 'served' AND s.enterprise_id = a.enterprise_id AND s.assessment < a.number
          )
    """
    with store.database.read() as connection:
        return list(connection.exec_driver_sql(query))


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


@pytest.mark.parametrize("people", [(ACTOR,), (ACTOR, REVIEWERS[0])], ids=["one", "two"])
def test_no_sequence_paints_or_bleaches(
    fresh: Callable[[int], StoreHarness], tmp_path: Path, people: tuple[str, ...]
) -> None:
    """Whatever is done, on whatever day: nobody alone paints red or bleaches it, deletes, or lets an unserved fall hold."""
    sequences = SEQUENCES if len(people) == 1 else max(1, SEQUENCES // 4)
    done = 0
    for number in range(sequences):
        chance = Random(f"{len(people)}-{number}")
        store = fresh(number)
        red_before, facts_before = reds(store), store.count("record_version")
        hands = Hands(store, people, chance, tmp_path)
        for _ in range(chance.randint(1, LONGEST)):
            hands.one()
        shown = (number, hands.done)
        if len(people) == 1:
            assert reds(store) <= red_before, shown
            assert hands.documented or red_before <= reds(store), shown
        assert [] == fallen_unserved(store), shown
        assert [] == reviewed_by_recorders(store), shown
        assert 0 == deleted_too_early(store, facts_before), shown
        done += len(hands.done)
    print(f"{sequences} sequences by {len(people)}: {done} commands carried out")
    assert done > sequences


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
