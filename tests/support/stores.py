"""Stores for tests: a small district in a database, a clock that stands still, facts to enter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from store_digest import store_digest

from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.records.read.typed_record import RecordReader
from scoring.store.facts.deletion import erase
from scoring.store.facts.importing import Imported, import_source
from scoring.store.standing.assessing import ScoredStore, score_store
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import MakeFact, Recorded, Recorder
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, RecordVersion, Standing, table_of

DAY = date(2026, 9, 30)
ACTOR = "tester"
READER = RecordReader()
DAYS = (date(2026, 12, 31), date(2027, 6, 30), date(2028, 6, 30))
LATER = date(2031, 6, 30)


def noon(day: date = DAY) -> datetime:
    """Noon in China on a day."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


class Clock:
    """A clock that tests set; it moves a millisecond with every look."""

    def __init__(self, day: date = DAY) -> None:
        self.now = noon(day)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class StoreHarness:
    """A store with its clock and policy, and short names for what tests do with it."""

    def __init__(self, database: Database, day: date = DAY) -> None:
        self.database, self.clock, self.day = database, Clock(day), day

    @property
    def version(self) -> ResolvedPolicy:
        """The policy of the day."""
        return load_policy("quzhou-demo", self.day)

    def go_to(self, day: date) -> None:
        """Sets day and clock."""
        self.day, self.clock.now = day, noon(day)

    def take(self, folder: Path, source: str = "canonical") -> Imported:
        """Imports a folder."""
        return import_source(self.database, SourceSpec(source, folder), ACTOR, self.clock)

    def score(self) -> ScoredStore:
        """Scores the store on its day."""
        return score_store(self.database, self.version, self.day, ACTOR, self.clock)

    def enter(self, make: MakeFact) -> Recorded:
        """Enters one fact."""
        return Recorder(self.database, ACTOR, self.clock).record(make, self.version, self.day)

    def add(self, enterprise_id: str, emergency: str | None = None, **columns: str) -> Recorded:
        """Adds a record."""
        return self.enter(self.facts.add(enterprise_id, columns, "test", None, emergency))

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
            harness.enter(harness.facts.end("restored", record_id, day, "信用修复决定"))
    harness.go_to(LATER)
    deleted = erase(harness.database, LATER, ACTOR, harness.clock)
    harness.score()
    return deleted
