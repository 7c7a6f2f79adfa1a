"""What reading a store keeps from question to question, for it does not change: policies, linked records, histories."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import Connection, func, select

from scoring.administration.results.engines import EnginePairs
from scoring.explain.history.timeline import History
from scoring.explain.public_result import PublicResult
from scoring.policy.load import shipped_versions
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.spans import OwnVersion, Span, spans
from scoring.records.link.versions import Linker
from scoring.store.facts.family import FactRow
from scoring.store.facts.fictitious_facts import holds_fictitious
from scoring.store.standing.code_holders import CodeHolder
from scoring.store.standing.policies import known_versions, stored_version
from scoring.store.standing.standings import StandingCounts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, EnterpriseVersion, ImportRun, Registration

MOST_KEPT = 64
"""Answers that are kept of each sort: a page asks for a history, and its picture for the same again."""
MOST_PUBLIC = 4096
"""Answers to the public that are kept: small ones, of one store and one day."""
Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")
HistoryKey = tuple[str, int, date, date, date, int, frozenset[str]]

_IMPORTED = select(
    *(select(func.max(number)).scalar_subquery() for number in (EnterpriseVersion.seq, ImportRun.seq))
)
"""The last version of an enterprise and the last import: a long one is seen by its run, behind whose number its rows
are not."""


class Remembered(Generic[Key, Answer]):
    """Answers by what they follow from; once there are too many, all are forgotten. Threads may share it.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._answers: dict[Key, Answer] = {}
        self._most = most

    def answer(self, key: Key, make: Callable[[], Answer]) -> Answer:
        """The answer that was made for a key before, else a new one."""
        known = self._answers.get(key)
        if known is None:
            known = make()
            if len(self._answers) >= self._most:
                self._answers = {}
            self._answers[key] = known
        return known


class KeptReadings:
    """A store with the policies read from it by their hash, what links and assesses records, and the last histories; threads may share it.

    Args:
        database: The store.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._versions: dict[str, ResolvedPolicy] = {}
        self._histories = Remembered[HistoryKey, History]()
        self._counts = Remembered[tuple[int, Hashable], StandingCounts]()
        self._fictitious = Remembered[tuple[int | None, ...], bool]()
        self._spans = Remembered[tuple[str, date, date, int], list[Span]]()
        self._public = Remembered[tuple[int, Hashable], PublicResult](MOST_PUBLIC)
        self.holders = Remembered[tuple[int, date, str], CodeHolder](MOST_PUBLIC)
        self._linker, self._lock = Linker(), threading.Lock()
        self.engines = EnginePairs()

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

    def spans(self, version: ResolvedPolicy, first: date, last: date) -> list[Span]:
        """The versions of a policy that were in force over some days, as ``spans.spans``."""
        key = (version.rules_sha256, first, last, self.last_registration())
        return self._spans.answer(
            key, lambda: spans(version, first, last, self.own_versions(version.policy.id))
        )

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
        last = connection.execute(_IMPORTED).one()
        return self._fictitious.answer(tuple(last), lambda: holds_fictitious(connection))

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
        return self._counts.answer((last, whose), count)

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

    def public(self, last: int, key: Hashable, make: Callable[[], PublicResult]) -> PublicResult:
        """What the public sees of somebody, made since the last entry of the log, else made now.

        Args:
            last: Number of the last entry of the log.
            key: Of whom, on which day, under which rules.
            make: Makes it.
        """
        return self._public.answer((last, key), make)

    def history(self, key: HistoryKey, make: Callable[[], History]) -> History:
        """A history that was made for the same question before, else a new one."""
        return self._histories.answer(key, make)
