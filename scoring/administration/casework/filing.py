"""Puts what was planned on file: with a new version of a record in one transaction, or alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from scoring.errors import StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.case_steps import NewStep, insert_step
from scoring.store.standing.policies import require_usable
from scoring.store.standing.real_days import require_real_day
from scoring.store.standing.recording import NewFact, Recorded, Recorder
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, begin_writing, day_in_china


@dataclass(frozen=True)
class Filed:
    """Steps that are put on file without a new version of a record.

    Attributes:
        steps: The steps, the first of which is the one that was taken.
        assessment: The result or proposal that they are about.
        log_kind: The log's word for them.
    """

    steps: tuple[NewStep, ...]
    assessment: int | None
    log_kind: str


Planned = NewFact | Filed
"""What a step does: a version of a record with the step, or steps alone."""
Plan = Callable[[Connection, str], Planned]
"""Gives what a step of an account does, from what is stored; it may refuse."""


@dataclass(frozen=True)
class Taken:
    """What became of a step.

    Attributes:
        number: Its number; of an opening step that is the case's.
        recorded: The version of a record that came with it, and the results that it changed.
    """

    number: int
    recorded: Recorded | None = None


@dataclass(frozen=True)
class Desk:
    """Where steps are filed: the store, the rules, who acts, when.

    Attributes:
        database: The store.
        version: The policy.
        actor: The account.
        clock: The time.
        as_of: The day whose policy it is; ``None``: today.
        recorder: Enters versions of records; one is made where there is none.
    """

    database: Database
    version: ResolvedPolicy
    actor: str
    clock: Clock
    as_of: date | None = None
    recorder: Recorder | None = None

    @property
    def today(self) -> date:
        """The day of the clock."""
        return day_in_china(self.clock())

    def carry_out(self, plan: Plan) -> Taken:
        """Files what a plan gives, under the lock: nothing comes between look and entry.

        Raises:
            StoreError: The plan refuses, the day is not a real one, or the rules may not write
                here.
        """
        with self.database.read() as connection:
            self._require_usable(connection)
            planned = plan(connection, require_account(connection, self.actor))
        if isinstance(planned, NewFact):
            return self._record(plan)
        with begin_writing(self.database, self.actor, self.clock) as writing:
            self._require_usable(writing.connection)
            again = plan(writing.connection, writing.actor)
            if isinstance(again, NewFact):
                raise StoreError("case_overtaken")
            numbers = [
                insert_step(writing, self.version.policy.id, step, self.today, again.assessment)
                for step in again.steps
            ]
            payload: dict[str, Any] = {"step": numbers[0], "assessment": again.assessment}
            writing.log(again.log_kind, payload)
        return Taken(numbers[0])

    def _record(self, plan: Plan) -> Taken:
        def make(connection: Connection) -> NewFact:
            """The version, from what is stored now."""
            planned = plan(connection, require_account(connection, self.actor))
            if not isinstance(planned, NewFact):
                raise StoreError("case_overtaken")
            return planned

        recorder = self.recorder or Recorder(self.database, self.actor, self.clock)
        recorded = recorder.record(make, self.version, self.as_of or self.today)
        return Taken(int(recorded.step or 0), recorded)

    def _require_usable(self, connection: Connection) -> None:
        day = self.as_of or self.today
        require_real_day(connection, self.version.policy.id, day, self.today)
        require_usable(connection, self.version, day)
