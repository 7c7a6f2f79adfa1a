"""Single facts: the version, the assessments that follow from it and the log entry commit together, or nothing does."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from scoring.errors import SiseError, StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.family import Fact
from scoring.store.standing.policies import keep_policy
from scoring.store.standing.rescorer import Inputs, Question, Rescorer, changed_since, read_inputs
from scoring.store.standing.standings import Changed, store_assessments
from scoring.store.tables.database import Database
from scoring.store.tables.orm import RecordVersion
from scoring.store.tables.writing import Clock, Writing, writing

BENCHES = 2
"""Groups of facts that are scored at once: each takes a core and some 40 MB."""
TOGETHER = 16
"""Facts that are scored and committed together where so many wait: the wait of one stays short."""
ATTEMPTS = 50
"""How often a fact is scored again because another writer was faster: far more than fifty writers on one enterprise cause."""


@dataclass(frozen=True)
class NewFact:
    """A fact to be entered.

    Attributes:
        kind: ``added``, ``corrected``, ``withdrawn`` or ``restored``: the log's word for it.
        row: Canonical columns of the new version.
        ground: Why.
        document: The document behind it.
        emergency: Ground of an emergency: a worse colour takes effect at once.
    """

    kind: str
    row: Fact
    ground: str
    document: str | None = None
    emergency: str | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of a fact: its ``seq``, its log entry, and the assessments that it changed (with those of a legal person)."""

    seq: int
    event: int
    changed: tuple[Changed, ...]
    attempts: int


@dataclass
class _Asked:
    """A fact that waits to be entered, and the promise of what becomes of it."""

    make: Callable[[Connection], NewFact]
    version: ResolvedPolicy
    as_of: date
    attempts: int = 0
    family: frozenset[str] = frozenset()
    done: Future[Recorded] = field(default_factory=Future)

    def again(self) -> Self:
        """Counts one more attempt.

        Raises:
            StoreError: There were too many.
        """
        if self.attempts == ATTEMPTS:
            raise StoreError(
                zh=f"这一户正被频繁改动，重试 {ATTEMPTS} 次仍未写入，未作任何改动；请稍后重试",
                en=f"this enterprise keeps being changed by others, {ATTEMPTS} tries were in vain, nothing was changed; try again later",
            )
        self.attempts += 1
        return self


@dataclass(frozen=True)
class _Ready:
    """A fact that was read, with what its result needs."""

    asked: _Asked
    entry: NewFact
    seen: Inputs

    @property
    def question(self) -> Question:
        """What is to be scored."""
        return Question(self.seen, self.asked.version, self.asked.as_of, self.entry.emergency is not None)


class Recorder:
    """Enters single facts; many threads may use one.

    Facts that wait at the same time are scored by one query and commit in one transaction, each with its own log entry:
    whoever gets a bench serves the oldest that wait, be it his own or another's.

    Args:
        database: The store.
        actor: Who enters.
        clock: The time.
    """

    def __init__(self, database: Database, actor: str, clock: Clock) -> None:
        self.database, self.actor, self.clock = database, actor, clock
        self._waiting: list[_Asked] = []
        self._lock = Lock()
        self._benches: queue.LifoQueue[Rescorer | None] = queue.LifoQueue()
        for _ in range(BENCHES):
            self._benches.put(None)

    def record(self, make: Callable[[Connection], NewFact], version: ResolvedPolicy, as_of: date) -> Recorded:
        """Enters one fact and rescores its enterprise.

        Args:
            make: Gives the fact from what is stored; it may refuse. Asked again when another writer was faster.
            version: The policy.
            as_of: The day of the assessment.

        Raises:
            StoreError: The fact does not fit what is stored, or others keep being faster.
        """
        asked = _Asked(make, version, as_of)
        with self._lock:
            self._waiting.append(asked)
        try:
            with self._bench() as bench:
                # as many threads come here as facts wait, and each serves one at least: none is left
                self._serve(bench)
        except BaseException:
            with self._lock:  # what is told as failed is not to be entered by another thread later
                self._waiting = [one for one in self._waiting if one is not asked]
            raise
        return asked.done.result()

    @contextmanager
    def _bench(self) -> Iterator[Rescorer]:
        bench = self._benches.get()
        try:
            bench = bench or Rescorer()
            yield bench
        finally:
            self._benches.put(bench)

    def _serve(self, bench: Rescorer) -> None:
        """Enters the oldest facts that wait, each until it is done."""
        with self._lock:
            group, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        waiting = group
        try:
            while waiting:
                waiting = self._round(bench, waiting)
        except BaseException as error:
            for asked in group:
                if not asked.done.done():
                    asked.done.set_exception(error)
            if not isinstance(error, Exception):
                raise

    def _round(self, bench: Rescorer, group: Sequence[_Asked]) -> list[_Asked]:
        """Enters those of a group that neither another writer nor one before them stands in the way of; returns the others."""
        if ready := self._read(group):
            self._commit(list(zip(ready, bench.score([one.question for one in ready]), strict=True)))
        return [asked for asked in group if not asked.done.done()]

    def _read(self, group: Sequence[_Asked]) -> list[_Ready]:
        """Makes the facts and reads what their results need; of one family only the first."""
        ready: list[_Ready] = []
        families: set[str] = set()
        with self.database.read() as connection:
            for asked in group:
                if not families.isdisjoint(asked.family):
                    continue
                try:
                    entry = asked.again().make(connection)
                except SiseError as error:
                    asked.done.set_exception(error)
                    continue
                seen = read_inputs(connection, entry.row, asked.version)
                if families.isdisjoint(seen.family):
                    ready.append(_Ready(asked, entry, seen))
                asked.family = seen.family
                families |= seen.family
        return ready

    def _commit(self, scored: Sequence[tuple[_Ready, list[Changed]]]) -> None:
        """One transaction for all. What is refused in it is one fact's; what is refused at its end is everybody's."""
        entered: list[tuple[_Asked, Recorded]] = []
        at: _Asked | None = None
        try:
            with writing(self.database, self.actor, self.clock) as w:
                for one, changed in scored:
                    at = one.asked
                    if not changed_since(w.connection, one.seen, at.version):
                        entered.append((at, _enter(w, one, changed)))
                at = None
        except (SiseError, SQLAlchemyError) as error:
            if at is None:
                raise
            at.done.set_exception(error)
            return
        for asked, recorded in entered:
            asked.done.set_result(recorded)


def _enter(w: Writing, one: _Ready, changed: Sequence[Changed]) -> Recorded:
    asked, entry, seq = one.asked, one.entry, w.seqs(1)[0]
    w.insert(RecordVersion, [{**entry.row, "seq": seq, "ground": entry.ground, "document": entry.document}])
    if changed:
        keep_policy(w, asked.version)
        store_assessments(w, asked.version, asked.as_of, seq, changed)
    payload = {
        "record_id": entry.row["record_id"],
        "seq": seq,
        "as_of": asked.as_of.isoformat(),
        "policy": asked.version.sha256,
    }
    event = w.log(
        f"record {entry.kind}", payload | ({"emergency": entry.emergency} if entry.emergency else {})
    )
    return Recorded(seq, event, tuple(changed), asked.attempts)
