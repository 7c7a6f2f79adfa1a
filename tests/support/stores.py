"""Stores for tests: a small district in a database, a clock that stands still, facts to enter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from store_digest import store_digest

from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.records.read.typed_record import RecordReader
from scoring.store.facts.importing import Imported, import_source
from scoring.store.standing.assessing import ScoredStore, score_store
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import MakeFact, Recorded, Recorder
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, Standing

DAY = date(2026, 9, 30)
ACTOR = "tester"
READER = RecordReader()


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

    def take(self, folder: Path, source: str = "canonical", **options: Any) -> Imported:
        """Imports a folder."""
        return import_source(self.database, SourceSpec(source, folder), ACTOR, self.clock, **options)

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
