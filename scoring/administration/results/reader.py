"""Reads the results of one store for as long as a programme runs; many threads may use one reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, func, select

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.kept import KeptReadings, Remembered
from scoring.errors import StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.policies import shown_policy
from scoring.store.tables.migrate import open_store
from scoring.store.tables.orm import Registration, ScoreRun

_LAST = select(
    select(func.max(ScoreRun.event)).scalar_subquery(),
    select(func.max(Registration.number)).scalar_subquery(),
)
"""The last batch and the last registered version."""


class ResultsReader:
    """Makes the results of a store as they stand when a question comes.

    Args:
        address: The store.

    Raises:
        StoreError: There is no store.
    """

    def __init__(self, address: str) -> None:
        self.database = open_store(address)
        self._kept = KeptReadings(self.database)
        self._shown_at = Remembered[tuple[int | None, ...], tuple[ResolvedPolicy, date]]()

    def current(self) -> CurrentResults:
        """The results as they stand now: each question asks anew, so a new scoring needs no restart.

        Raises:
            StoreError: Nothing in the store is scored yet.
        """
        with self.database.read() as connection:
            return replace(self._current(connection), connection=None)

    @contextmanager
    def snapshot(self) -> Iterator[CurrentResults]:
        """As ``current``, with all answers from one read transaction: no scoring comes between two of them."""
        with self.database.read() as connection:
            yield self._current(connection)

    def _current(self, connection: Connection) -> CurrentResults:
        # Which policy is shown, and up to which day, changes with a batch or with a registered version alone.
        last = connection.execute(_LAST).one()
        version, as_of = self._shown_at.answer(tuple(last), lambda: self._shown(connection))
        return CurrentResults(self._kept, version, as_of, connection)

    def _shown(self, connection: Connection) -> tuple[ResolvedPolicy, date]:
        shown = shown_policy(connection)
        runs = select(ScoreRun).where(ScoreRun.policy_id == shown).order_by(ScoreRun.event.desc())
        run = connection.execute(runs.limit(1)).first()
        if run is None:
            raise StoreError("store_not_scored", place=self.database.place)
        days = select(func.max(ScoreRun.as_of)).where(ScoreRun.policy_id == run.policy_id)
        as_of = date.fromisoformat(str(connection.execute(days).scalar_one()))
        return self._kept.version(connection, run.rules_sha256), as_of


def open_results(address: str) -> CurrentResults:
    """The results of a store as they stand now, for one question.

    Raises:
        StoreError: There is no store, or nothing in it is scored yet.
    """
    return ResultsReader(address).current()
