"""Some people at a store, who do whatever comes to their minds, on whatever day."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from stores import DAY, StoreHarness

from scoring.administration.casework.further_steps import FurtherStep, take_step
from scoring.administration.casework.opening import NewCase, open_case
from scoring.entities import ENTERPRISE_COLUMNS
from scoring.errors import SiseError
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import import_source
from scoring.store.people.clock import confirm_clock, mend_clock
from scoring.store.standing.adopting import adopt
from scoring.store.standing.assessing import score_store
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.recording import MakeFact, Recorder
from scoring.store.standing.registering import register_policy

DOCUMENTED = ("restore", "decided elsewhere")
"""Commands that enter what somebody else decided: they may better a red at once."""
STEP_IF_WAITING = 0.4
"""How often the next command is about a proposal, where one waits."""
RECORDS = (
    {"kind": "inspection", "result": "no_problem"},
    {"kind": "inspection", "result": "problem"},
    {"kind": "honour", "severity": "serious"},
    {"kind": "administrative_penalty", "severity": "general", "final_on": "2026-09-01"},
    {"kind": "serious_violation_listing", "severity": "serious"},
)


@dataclass
class Hands:
    """These people, their store and what they have done.

    All of them use one recorder, whose engine has planned its query once.
    """

    store: StoreHarness
    people: Sequence[str]
    chance: Random
    folder: Path
    recorder: Recorder
    done: list[str] = field(default_factory=list)
    documented: bool = False
    imported: set[str] = field(default_factory=set)

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
        return self.chance.choice((today, today, today, today, last_day, self.chance.choice(odd)))

    def one(self) -> None:
        """One command; a refusal is an answer and writes nothing."""
        name = self.chance.choice(sorted(COMMANDS))
        if self._waiting() and self.chance.random() < STEP_IF_WAITING:
            name = "step"
        before = self._entries()
        try:
            COMMANDS[name](self, self.chance.choice(self.people))
        except SiseError:
            assert before == self._entries(), (name, self.done)
        else:
            self.done.append(name)
            self.documented |= name in DOCUMENTED

    def _waiting(self) -> list[str]:
        return self._column("SELECT enterprise_id FROM standing WHERE proposed ORDER BY 1")

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
        self._with_recorder(actor)
        self.recorder.record(fact, self.store.version, self.a_day)

    def _with_recorder(self, actor: str) -> None:
        """Lets the one recorder write for an account."""
        store, recorder = self.store, self.recorder
        recorder.database, recorder.actor, recorder.clock = store.database, actor, store.clock

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
        waiting = self._waiting()
        who = self.chance.choice(waiting) if waiting and self.chance.random() < 0.8 else self.who
        kind = self.chance.choice(("confirm", "confirm", "served", "served", "return", "emergency"))
        more: dict[str, Any] = {
            "record_id": self.a_record,
            "on": self.chance.choice((None, None, self.a_day)),
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

    def open(self, actor: str) -> None:
        """Opens any case about anything."""
        store, who = self.store, self.who
        opening = NewCase(
            self.chance.choice(("objection", "objection", "statement", "recheck", "person_review")),
            who,
            "x",
            reason=self.chance.choice(("wrong", "over")),
            record_id=self.chance.choice((self.a_record, self._record_of(who))),
        )
        self._with_recorder(actor)
        open_case(store.database, store.version, opening, actor, store.clock, self.a_day, self.recorder)

    def answer(self, actor: str) -> None:
        """Answers or drops any case in any way."""
        store, cases = self.store, self._column("SELECT number FROM step WHERE answers IS NULL")
        outcomes = (
            "corrected",
            "withdrawn",
            "rejected",
            "not_adopted",
            "confirmed",
            "documents",
            "not_mended",
        )
        step = FurtherStep(
            self.chance.choice(("answer", "answer", "answer", "dropped", "extended")),
            self.chance.choice(cases) if cases else 1,
            "x",
            document=self.chance.choice((None, "1")),
            outcome=self.chance.choice(outcomes),
            columns={"severity": "minor"},
            record_id=self.a_record,
            office="330802-market",
        )
        self._with_recorder(actor)
        take_step(store.database, store.version, step, actor, store.clock, self.a_day, self.recorder)

    def _record_of(self, who: str) -> str:
        """A record of an enterprise."""
        mine = self._column(
            f"SELECT record_id FROM record_version WHERE enterprise_id = '{who}' ORDER BY seq"
        )
        return str(self.chance.choice(mine or ["none"]))

    def import_status(self, actor: str) -> None:
        """Imports a register in which an enterprise has moved away or come back: what a file says acts at once."""
        who = self.who
        columns = ", ".join(ENTERPRISE_COLUMNS)
        with self.store.database.read() as connection:
            newest = f"SELECT {columns} FROM enterprise_version WHERE enterprise_id = ? ORDER BY seq DESC"
            row = dict(connection.exec_driver_sql(newest, (who,)).mappings().first() or {})
        row |= {"status": self.chance.choice(("active", "moved", "suspended")), "known_on": ""}
        folder = self.folder / "register"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with (folder / "enterprises.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(ENTERPRISE_COLUMNS))
            writer.writeheader()
            writer.writerow(row)
        import_source(self.store.database, SourceSpec("canonical", folder), actor, self.store.clock)
        self.imported.add(who)

    def adopt(self, actor: str) -> None:
        """Takes over a stock."""
        adopt(self.store.database, self.store.version, "x", actor, self.store.clock)

    def register(self, actor: str) -> None:
        """Registers rules of one's own."""
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
    "open": Hands.open,
    "answer": Hands.answer,
    "tomorrow": Hands.tomorrow,
    "wrong clock": Hands.wrong_clock,
    "mend clock": Hands.mend_clock,
    "import": Hands.import_status,
    "adopt": Hands.adopt,
    "register": Hands.register,
}
