"""Reads the results of one store for as long as a programme runs; many threads may use one reader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, func, select

from scoring.administration.results.current import CurrentResults
from scoring.errors import StoreError
from scoring.explain.history.timeline import History
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.versions import Linker
from scoring.store.facts.family import FactRow
from scoring.store.standing.policies import stored_version
from scoring.store.tables.migrate import open_store
from scoring.store.tables.orm import ScoreRun

MOST_HISTORIES = 64
"""Histories that are kept: a page asks for one, and its picture for the same again."""
HistoryKey = tuple[str, int, date, date, date]


class ResultsReader:
    """Keeps what does not change from question to question: policies by their hash, and a linker of records.

    Args:
        address: The store.

    Raises:
        StoreError: There is no store.
    """

    def __init__(self, address: str) -> None:
        self.database = open_store(address)
        self._versions: dict[str, ResolvedPolicy] = {}
        self._histories: dict[HistoryKey, History] = {}
        self._linker, self._lock = Linker(), threading.Lock()

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
        run = connection.execute(select(ScoreRun).order_by(ScoreRun.event.desc()).limit(1)).first()
        if run is None:
            raise StoreError("store_not_scored", place=self.database.place)
        days = select(func.max(ScoreRun.as_of)).where(ScoreRun.policy_id == run.policy_id)
        as_of = date.fromisoformat(str(connection.execute(days).scalar_one()))
        return CurrentResults(self, self.version(connection, run.policy_sha256), as_of, connection)

    def version(self, connection: Connection, sha256: str) -> ResolvedPolicy:
        """A policy that the store has scored under, by its hash.

        Raises:
            StoreError: The store has none of this hash.
            ModelError: A points table of it was changed in the store.
        """
        known = self._versions.get(sha256)
        if known is None:
            known = self._versions[sha256] = stored_version(connection, sha256)
        return known

    def link(
        self, enterprises: Sequence[FactRow], records: Sequence[FactRow], enterprise_id: str
    ) -> tuple[list[FactRow], list[FactRow]]:
        """Versions of one enterprise and its records with what relates them, as the engine takes them."""
        with self._lock:
            return self._linker.link(enterprises, records, enterprise_id)

    def remembered(self, key: HistoryKey, make: Callable[[], History]) -> History:
        """A history that was made for the same question before, else a new one."""
        known = self._histories.get(key)
        if known is None:
            if len(self._histories) >= MOST_HISTORIES:
                self._histories.clear()
            known = self._histories[key] = make()
        return known


def open_results(address: str) -> CurrentResults:
    """The results of a store as they stand now, for one question.

    Raises:
        StoreError: There is no store, or nothing in it is scored yet.
    """
    return ResultsReader(address).current()
