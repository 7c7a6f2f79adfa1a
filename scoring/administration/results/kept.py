"""What reading a store keeps from question to question, for it does not change: policies, linked records, histories."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import partial

from sqlalchemy import Connection, func, select

from scoring.explain.history.timeline import History
from scoring.explain.public_result import PublicResult
from scoring.policy.load import shipped_versions
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.spans import OwnVersion
from scoring.records.link.versions import Linker
from scoring.store.facts.family import FactRow
from scoring.store.facts.fictitious_facts import holds_fictitious
from scoring.store.standing.policies import known_versions, stored_version
from scoring.store.standing.standings import StandingCounts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, Head, ImportRun, Registration
from scoring.store.tables.visible import VisibleEnterprise

MOST_HISTORIES = 64
"""Histories that are kept: a page asks for one, and its picture for the same again."""
MOST_PUBLIC = 4096
"""Answers to the public that are kept: small ones, of one store and one day."""
HistoryKey = tuple[str, int, date, date, date, int, frozenset[str]]


class KeptReadings:
    """A store with the policies read from it by their hash, a linker of records and the last histories; threads may share it.

    Args:
        database: The store.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._versions: dict[str, ResolvedPolicy] = {}
        self._histories: dict[HistoryKey, History] = {}
        self._counts: dict[Hashable, tuple[int, StandingCounts]] = {}
        self._public: dict[Hashable, tuple[int, PublicResult]] = {}
        self._fictitious_at: tuple[tuple[int | None, ...], bool] | None = None
        self._linker, self._lock = Linker(), threading.Lock()

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

    def own_versions(self, policy_id: str) -> dict[date, OwnVersion]:
        """The versions of a policy that the store has registered and that are not shipped, by their first day."""
        shipped = {entry.valid_from for entry in shipped_versions(policy_id)}
        with self.database.read() as connection:
            known = known_versions(connection, policy_id)
        own = {entry.registered.valid_from: entry for entry in known}
        return {
            day: OwnVersion(entry.registered, partial(self._read_version, entry.sha256))
            for day, entry in own.items()
            if day not in shipped
        }

    def _read_version(self, sha256: str) -> ResolvedPolicy:
        with self.database.read() as connection:
            return self.version(connection, sha256)

    def last_registration(self) -> int:
        """Number of the store's last registration: a history made before it may lack a version."""
        with self.database.read() as connection:
            return connection.execute(select(func.max(Registration.number))).scalar() or 0

    def fictitious(self, connection: Connection) -> bool:
        """Whether a version of an enterprise comes from the source of made-up facts."""
        # A long import is seen by its run, behind whose number its rows are not.
        last = tuple(
            connection.execute(select(func.max(model.seq))).scalar()
            for model in (VisibleEnterprise, ImportRun)
        )
        if self._fictitious_at is None or self._fictitious_at[0] != last:
            self._fictitious_at = (last, holds_fictitious(connection))
        return self._fictitious_at[1]

    def counts(
        self, connection: Connection, whose: Hashable, count: Callable[[], StandingCounts]
    ) -> StandingCounts:
        """Numbers of enterprises that were counted since the last assessment, else counted now.

        Args:
            connection: The store.
            whose: Under which policy, and in which areas.
            count: Counts them.
        """
        last: int = connection.execute(select(func.max(Assessment.number))).scalar() or 0
        known = self._counts.get(whose)
        if known is None or known[0] != last:
            if len(self._counts) >= MOST_HISTORIES:
                self._counts.clear()
            known = self._counts[whose] = (last, count())
        return known[1]

    def link(
        self,
        enterprises: Sequence[FactRow],
        records: Sequence[FactRow],
        enterprise_id: str,
        version: ResolvedPolicy,
    ) -> tuple[list[FactRow], list[FactRow]]:
        """Versions of one enterprise and its records with what relates them under a policy, as the engine takes them."""
        with self._lock:
            return self._linker.link(enterprises, records, enterprise_id, version.law.relations)

    def public(self, connection: Connection, key: Hashable, make: Callable[[], PublicResult]) -> PublicResult:
        """What the public sees of somebody, made since the last entry of the log, else made now.

        Args:
            connection: The store.
            key: Of whom, on which day, under which rules.
            make: Makes it.
        """
        last: int = connection.execute(select(Head.event)).scalar_one()
        known = self._public.get(key)
        if known is None or known[0] != last:
            if len(self._public) >= MOST_PUBLIC:
                self._public.clear()
            known = self._public[key] = (last, make())
        return known[1]

    def history(self, key: HistoryKey, make: Callable[[], History]) -> History:
        """A history that was made for the same question before, else a new one."""
        known = self._histories.get(key)
        if known is None:
            if len(self._histories) >= MOST_HISTORIES:
                self._histories.clear()
            known = self._histories[key] = make()
        return known
