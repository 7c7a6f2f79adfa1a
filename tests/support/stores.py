"""Stores for tests: a small district in a database, a clock that stands still, facts to enter."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from store_digest import store_digest

from scoring.administration.casework.further_steps import FurtherStep, take_step
from scoring.administration.casework.opening import NewCase, open_case
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.records.read.typed_record import RecordReader
from scoring.store.facts.deletion import due_for_erasure, erase, scrub
from scoring.store.facts.importing import Imported, import_source
from scoring.store.people.accounts import add_account
from scoring.store.people.clock import confirm_clock
from scoring.store.standing.adopting import adopt
from scoring.store.standing.assessing import ScoredStore, score_store
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import MakeFact, Recorded, Recorder
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, RecordVersion, Standing, table_of
from scoring.store.tables.writing import begin_writing
from scoring.workdays import add_workdays

DAY = date(2026, 9, 30)
ACTOR = "tester"
REVIEWERS = ("anna", "bert", "cleo")
"""Accounts that record nothing."""
AUDITOR = "审计甲"
ACCOUNTS = (ACTOR, *REVIEWERS, AUDITOR)
READER = RecordReader()
DAYS = (date(2026, 12, 31), date(2027, 6, 30), date(2028, 6, 30))
LATER = date(2031, 6, 30)


def noon(day: date = DAY) -> datetime:
    """Noon in China on a day."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def ready(database: Database, clock: Callable[[], datetime]) -> None:
    """Makes the schema of an empty store, with the accounts of the tests."""
    migrate.create(database)
    for name in ACCOUNTS:
        add_account(database, name, "", ACTOR, clock)


def remove(place: Path) -> None:
    """Removes a file, or a folder with what is in it."""
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()


class Clock:
    """A clock that tests set; it moves a millisecond with every look."""

    def __init__(self, day: date = DAY) -> None:
        self.now = noon(day)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@cache
def _demonstration(day: date) -> ResolvedPolicy:
    return load_policy("quzhou-demo", day)


class StoreHarness:
    """A store with its clock and policy, and short names for what tests do with it."""

    def __init__(self, database: Database, day: date = DAY, folder: Path = Path()) -> None:
        self.database, self.clock, self.day, self.folder = database, Clock(day), day, folder
        self.drafted: ResolvedPolicy | None = None

    @property
    def version(self) -> ResolvedPolicy:
        """The policy of the day, or the draft that a test took up."""
        return self.drafted or _demonstration(self.day)

    def go_to(self, day: date) -> None:
        """Sets day and clock; somebody vouches for the clock."""
        self.day, self.clock.now = day, noon(day)
        confirm_clock(self.database, ACTOR, self.clock)

    def take(self, folder: Path, source: str = "canonical", **options: Any) -> Imported:
        """Imports a folder."""
        return import_source(self.database, SourceSpec(source, folder), ACTOR, self.clock, **options)

    def score(self) -> ScoredStore:
        """Scores the store on its day; what the law has deleted goes."""
        with self.database.read() as connection:
            due = len(due_for_erasure(connection, self.day))
        return score_store(self.database, self.version, self.day, ACTOR, self.clock, agreed=due)

    def erase(self) -> int:
        """Deletes what is due today; how many versions."""
        with begin_writing(self.database, ACTOR, self.clock) as writing:
            due = due_for_erasure(writing.connection, self.day)
            erase(writing, due, self.day)
        scrub(self.database)
        return len(due)

    def adopt(self) -> int | None:
        """Takes over the first results, as two accounts say."""
        for actor in (ACTOR, REVIEWERS[0]):
            adopted = adopt(self.database, self.version, "test", actor, self.clock)
        return adopted

    def step(self, kind: str, enterprise_id: str, actor: str = ACTOR, **more: Any) -> int:
        """One step about the open proposal of an enterprise, or its statement."""
        if kind == "statement":
            return self.open(kind, enterprise_id, actor)
        step = NewStep(kind, enterprise_id, "test", **more)
        return take_step(self.database, self.version, step, actor, self.clock).number

    def open(self, procedure: str, enterprise_id: str, actor: str = ACTOR, **more: Any) -> int:
        """Opens a case; its number."""
        opening = NewCase(procedure, enterprise_id, "test", **more)
        return open_case(self.database, self.version, opening, actor, self.clock).number

    def follow(self, kind: str, case: int, actor: str = REVIEWERS[2], **more: Any) -> int:
        """One step about a case; its number."""
        step = FurtherStep(kind, case, "test", **more)
        return take_step(self.database, self.version, step, actor, self.clock).number

    def serve(self, enterprise_id: str) -> int:
        """Serves the notice of its open proposal today."""
        return self.step("served", enterprise_id, how="handed_over")

    def fall(self, enterprise_id: str) -> None:
        """Lets its proposed fall take effect: served, confirmed by two, the notice over, scored."""
        self.serve(enterprise_id)
        for reviewer in REVIEWERS[:2]:
            self.step("confirm", enterprise_id, reviewer)
        self.go_to(add_workdays(self.day, 6))
        self.score()

    def enter(self, make: MakeFact, by: str = ACTOR) -> Recorded:
        """Enters one fact."""
        return Recorder(self.database, by, self.clock).record(make, self.version, self.day)

    def add(
        self, enterprise_id: str, emergency: str | None = None, by: str = ACTOR, **columns: str
    ) -> Recorded:
        """Adds a record."""
        return self.enter(self.facts.add(enterprise_id, columns, "test", None, emergency), by)

    @property
    def facts(self) -> TypedFacts:
        """Facts of the day."""
        return TypedFacts(self.day, READER)

    def digest(self) -> str:
        """Digest of facts and colours."""
        with self.database.read() as connection:
            return store_digest(connection)

    def standing(self, enterprise_id: str) -> Mapping[str, object]:
        """Where an enterprise stands."""
        with self.database.read() as connection:
            query = select(Standing.__table__).where(Standing.enterprise_id == enterprise_id)
            return dict(connection.execute(query).mappings().one())

    def latest(self, enterprise_id: str) -> Mapping[str, object]:
        """Its latest assessment."""
        with self.database.read() as connection:
            number = self.standing(enterprise_id)["latest"]
            query = select(Assessment.__table__).where(Assessment.number == number)
            return dict(connection.execute(query).mappings().one())

    def one(self, colour: str) -> str:
        """An enterprise of a colour."""
        with self.database.read() as connection:
            enterprises = select(Standing.enterprise_id).where(Standing.colour == colour)
            first_of_them = connection.execute(enterprises.order_by(Standing.enterprise_id)).scalars().first()
            return str(first_of_them)

    def count(self, table: str) -> int:
        """Rows of a table."""
        with self.database.read() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def lived(harness: StoreHarness, restored: int = 5) -> int:
    """Years of a store: scored again and again, records restored, records deleted when their
    time was over; how many were deleted.
    """
    version = table_of(RecordVersion).c
    for day in DAYS:
        harness.go_to(day)
        harness.score()
        with harness.database.read() as connection:
            penalties = (
                select(version.record_id)
                .where(version.kind == "administrative_penalty")
                .group_by(version.record_id)
            )
            unrestored = penalties.having(func.count(version.restored_on) == 0).order_by(version.record_id)
            ids = connection.execute(unrestored).scalars().all()
        for record_id in ids[:restored]:
            harness.enter(harness.facts.end("restored", record_id, day, "信用修复决定", "修复1号"))
    harness.go_to(LATER)
    return len(harness.score().deleted)
