"""Single facts: version, assessments that follow and log entry commit together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Condition
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from scoring.errors import SiseError, StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.family import SUCCESSION, FactRow
from scoring.store.facts.first_numbers import first_number
from scoring.store.standing.assessments import store_assessments
from scoring.store.standing.case_steps import NewStep, insert_step, put_emergency
from scoring.store.standing.code_issuing import follow_colours
from scoring.store.standing.new_results import ChangedResult, change_table
from scoring.store.standing.policies import keep_policy, require_usable
from scoring.store.standing.real_days import require_real_day
from scoring.store.standing.rescorer import (
    Inputs,
    Rescorer,
    RescoreRequest,
    changed_since,
    read_inputs,
)
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.kept_views import forget_views
from scoring.store.tables.orm import RecordVersion
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

RESCORERS = 2
"""Groups of facts that are scored at once: each takes a core and some 40 MB."""
TOGETHER = 16
"""Facts that are scored and committed together where so many wait: the wait of each stays short."""
ATTEMPTS = 50
"""How often a fact is scored again because others were faster; fifty writers cause far fewer."""


@dataclass(frozen=True)
class NewFact:
    """A fact to be entered.

    Attributes:
        kind: The log's word: ``added``, ``corrected``, ``withdrawn``, ``restored``, ``joined``, ``parted``,
            ``confirmed``, ``masked``, ``disputed`` or ``stands again``.
        row: Canonical columns of the new version.
        ground: Why.
        document: The document behind it.
        emergency: Ground of an emergency that this record brings: it cuts the notice short.
        step: What is put on file with it: the step that opens a case about the record or closes one.
        more: Further versions of records of the same enterprise that come with it, or none of them does.
        beside: Writes what else belongs to it in its transaction, before its log entry.
    """

    kind: str
    row: FactRow
    ground: str
    document: str | None = None
    emergency: str | None = None
    step: NewStep | None = None
    more: tuple[FactRow, ...] = ()
    beside: WriteBeside | None = None

    @property
    def rows(self) -> tuple[FactRow, ...]:
        """All versions that it brings."""
        return (self.row, *self.more)


WriteBeside = Callable[[Writing], Mapping[str, Any]]
"""Writes rows of other tables; gives what the log entry says of them."""
MakeFact = Callable[[Connection], NewFact]
"""Gives a fact from what is stored; it may refuse."""


@dataclass(frozen=True)
class Recorded:
    """What became of a fact.

    Attributes:
        seq: Its number.
        event: Its log entry.
        changed: The assessments that it changed, with those of a legal person.
        attempts: How often it was scored.
        kind: What it was entered as (``NewFact.kind``).
        step: The step that was put on file with it.
    """

    seq: int
    event: int
    changed: tuple[ChangedResult, ...]
    attempts: int
    kind: str = ""
    step: int | None = None


@dataclass
class _Waiting:
    """A fact that somebody wants entered, and the promise of what becomes of it."""

    make: MakeFact
    version: ResolvedPolicy
    as_of: date
    actor: str
    attempts: int = 0
    family: frozenset[str] = frozenset()
    done: Future[Recorded] = field(default_factory=Future)

    def make_again(self, connection: Connection) -> NewFact:
        """The fact from what is stored now; counts the attempt.

        Raises:
            StoreError: There were too many.
        """
        if self.attempts == ATTEMPTS:
            raise StoreError("record_contended", attempts=ATTEMPTS)
        self.attempts += 1
        return self.make(connection)


class _Ready(NamedTuple):
    """A fact that was read, with what its result needs."""

    waiting: _Waiting
    fact: NewFact
    inputs: Inputs

    @property
    def request(self) -> RescoreRequest:
        """What is to be scored."""
        return RescoreRequest(self.inputs, self.waiting.version, self.waiting.as_of)


class _WaitingRoom:
    """The facts that wait, and the rescorers that nobody uses; ``changed`` guards both and tells of every change."""

    def __init__(self) -> None:
        self.waiting: list[_Waiting] = []
        self.changed = Condition()
        # The one used last comes first, so that a second is made only where two work at once.
        self.idle: list[Rescorer | None] = [None] * RESCORERS

    def waits(self, one: _Waiting) -> bool:
        """Whether nobody has begun to enter a fact."""
        return any(waiting is one for waiting in self.waiting)


class Recorder:
    """Enters single facts; many threads may use one.

    Facts that wait at the same time are scored by one query and commit in one transaction, each
    with its own log entry: whoever gets a rescorer serves the oldest that wait, whosever they are.

    Args:
        database: The store.
        actor: Who enters.
        clock: The time.
        shared: Another recorder of the store, whose queue and rescorers this one shares.
    """

    def __init__(self, database: Database, actor: str, clock: Clock, shared: Recorder | None = None) -> None:
        self.database, self.actor, self.clock = database, actor, clock
        self._room: _WaitingRoom = shared._room if shared else _WaitingRoom()

    def record(self, make: MakeFact, version: ResolvedPolicy, as_of: date) -> Recorded:
        """Enters one fact and rescores its enterprise.

        Args:
            make: Gives the fact; called again when another writer was faster.
            version: The policy.
            as_of: The day of the assessment.

        Raises:
            StoreError: The fact does not fit what is stored, or others keep being faster.
        """
        mine, room = _Waiting(make, version, as_of, self.actor), self._room
        with room.changed:
            room.waiting.append(mine)
        try:
            with self._turn(mine) as rescorer:
                if rescorer is not None:
                    self._serve(rescorer)
        except BaseException:
            # What is told as failed is not to be entered by another thread later.
            with room.changed:
                room.waiting = [waiting for waiting in room.waiting if waiting is not mine]
            raise
        return mine.done.result()

    @contextmanager
    def _turn(self, mine: _Waiting) -> Iterator[Rescorer | None]:
        """A rescorer that nobody else uses, made when it is needed first; ``None``: another one has served the fact.

        Whoever was served goes home and takes no rescorer: those who still wait gather meanwhile, and are served together.
        """
        room = self._room
        with room.changed:
            room.changed.wait_for(lambda: mine.done.done() or (room.idle and room.waits(mine)))
            has_turn = not mine.done.done()
            rescorer = room.idle.pop() if has_turn else None
        try:
            if has_turn:
                rescorer = rescorer or Rescorer()
            yield rescorer
        finally:
            with room.changed:
                if has_turn:
                    room.idle.append(rescorer)
                room.changed.notify_all()

    def _serve(self, rescorer: Rescorer) -> None:
        """Enters the oldest facts that wait, each until it is done."""
        room = self._room
        with room.changed:
            group, room.waiting = room.waiting[:TOGETHER], room.waiting[TOGETHER:]
        still_waiting = group
        try:
            while still_waiting:
                still_waiting = self._round(rescorer, still_waiting)
                with room.changed:
                    room.changed.notify_all()
        except BaseException as error:
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
            # A fault is told to everybody who waits; an interrupt stops this thread too.
            if not isinstance(error, Exception):
                raise

    def _round(self, rescorer: Rescorer, group: Sequence[_Waiting]) -> list[_Waiting]:
        """Enters those of a group that nobody stands in the way of; returns the others."""
        if ready := self._read(group):
            changed = rescorer.score([fact.request for fact in ready])
            self._commit(list(zip(ready, changed, strict=True)))
        return [waiting for waiting in group if not waiting.done.done()]

    def _read(self, group: Sequence[_Waiting]) -> list[_Ready]:
        """Makes the facts and reads what their results need; of one family only the first."""
        ready: list[_Ready] = []
        families: set[str] = set()
        # One state throughout: what holds of the rules for one fact of the group holds for all.
        usable: set[tuple[int, date]] = set()
        today = day_in_china(self.clock())
        with self.database.read() as connection:
            for waiting in group:
                # Known from an earlier round: there is no need to read it all again.
                if not families.isdisjoint(waiting.family):
                    continue
                try:
                    actor = require_account(connection, waiting.actor)
                    if (rules := (id(waiting.version), waiting.as_of)) not in usable:
                        require_real_day(connection, waiting.version.policy.id, waiting.as_of, today)
                        require_usable(connection, waiting.version, waiting.as_of)
                        usable.add(rules)
                    fact = waiting.make_again(connection)
                except SiseError as error:
                    waiting.done.set_exception(error)
                    continue
                row, *more = ({**version, "known_on": today} for version in fact.rows)
                fact = replace(fact, row=row, more=tuple(more))
                inputs = read_inputs(connection, fact.rows, waiting.version, fact.kind, actor)
                if families.isdisjoint(inputs.family):
                    ready.append(_Ready(waiting, fact, inputs))
                waiting.family = inputs.family
                families |= inputs.family
        return ready

    def _commit(self, scored: Sequence[tuple[_Ready, list[ChangedResult]]]) -> None:
        """Enters facts in one transaction, those left out that another writer has changed."""
        entered: list[tuple[_Waiting, Recorded]] = []
        current: _Waiting | None = None
        try:
            with begin_writing(self.database, self.actor, self.clock) as writing:
                for ready, changed in scored:
                    current = ready.waiting
                    writing.actor = require_account(writing.connection, current.actor)
                    if not changed_since(writing.connection, ready.inputs, current.version):
                        entered.append((current, _enter(writing, ready, changed)))
                current = None
        except (SiseError, SQLAlchemyError) as error:
            # What is refused at the end of the transaction is everybody's, not one fact's.
            if current is None:
                raise
            current.done.set_exception(error)
            return
        for waiting, recorded in entered:
            waiting.done.set_result(recorded)


def _enter(writing: Writing, ready: _Ready, changed: Sequence[ChangedResult]) -> Recorded:
    """Writes a fact, the assessments that follow and the log entry."""
    waiting, fact, seq = ready.waiting, ready.fact, _insert_versions(writing, ready.fact)
    forget_views(writing.connection, ready.inputs.enterprises)
    if changed:
        keep_policy(writing, waiting.version)
        # What follows knows all the versions that came together.
        store_assessments(writing, waiting.version, waiting.as_of, writing.seq, change_table(changed))
    if fact.row["kind"] == SUCCESSION and fact.row["refers_to"]:
        # Of whom another one has taken over the code ends with the record, whatever its colour.
        follow_colours(writing, waiting.version, waiting.as_of, [fact.row["refers_to"]])
    payload = {
        "record_id": fact.row["record_id"],
        "seq": seq,
        "as_of": waiting.as_of.isoformat(),
        "policy": waiting.version.rules_sha256,
    }
    if fact.beside:
        payload |= fact.beside(writing)
    step = None
    if fact.step:
        step = insert_step(writing, waiting.version.policy.id, fact.step, fact.row["known_on"])
        payload["step"] = step
    event = writing.log(f"record {fact.kind}", payload)
    if fact.emergency:
        _rest_emergency_on(writing, waiting.version, fact)
    return Recorded(seq, event, tuple(changed), waiting.attempts, fact.kind, step)


def _insert_versions(writing: Writing, fact: NewFact) -> int:
    """Writes the versions that a fact brings; returns the number of the first."""
    seqs = writing.seqs(len(fact.rows))
    for seq, row in zip(seqs, fact.rows, strict=True):
        first_seq = first_number(writing.connection, row["record_id"]) or seq
        version = {**row, "seq": seq, "first_seq": first_seq}
        version |= {"ground": fact.ground, "document": fact.document}
        writing.insert(RecordVersion, [version])
    return seqs[0]


def _rest_emergency_on(writing: Writing, version: ResolvedPolicy, fact: NewFact) -> None:
    """Puts an emergency on file that rests on the record just entered.

    Raises:
        StoreError: The record speaks against nobody, or no fall of its enterprise is proposed.
    """
    enterprise_id, record_id = fact.row["enterprise_id"], fact.row["record_id"]
    emergency = NewStep("emergency", enterprise_id, str(fact.emergency), fact.document, record_id)
    put_emergency(writing, version.policy, emergency, fact.row["known_on"])
