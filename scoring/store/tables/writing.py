"""One writing transaction: numbers in order, sealed rows, and the log entry that binds them.

All of it is stored, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from scoring.errors import StoreError
from scoring.store.log.entry import event_row, sealed_columns, sealer_of
from scoring.store.log.merkle import Frontier, leaf_hash
from scoring.store.log.note import Signer
from scoring.store.tables.actors import require_account
from scoring.store.tables.code_desk import CodeOffice
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, Head, table_of
from scoring.store.tables.orm_base import Base

Clock = Callable[[], datetime]
"""The present moment, with its zone; only the edge reads a real clock."""
CHINA = ZoneInfo("Asia/Shanghai")
PATIENCE = timedelta(seconds=60)
"""How far clocks of two machines may differ; further back, one was set wrong."""
PAUSE = timedelta(days=1)
"""How long nobody may have written before somebody must vouch for the clock."""
CHECKED, MENDED = "clock checked", "clock mended"
"""Entries by which somebody vouches for the clock, and from which days count anew."""
Who = Callable[[Connection, str], str]
"""Gives the account of a typed name; it may refuse."""


@dataclass
class Writing:
    """A transaction that has the lock: what it may number and what it has written so far.

    Attributes:
        connection: The one that has the lock.
        actor: The account that writes.
        at: The time of its entries, in ISO 8601.
        order_from: The time that no later entry may be before.
        seq: The last number of a fact.
        event: The last number of a log entry.
        assessment: The last number of an assessment.
        step: The last number of a step.
        signer: Who signs its entries, if anybody does.
        codes: Who issues codes for the colours that it writes, if anybody does.
    """

    connection: Connection
    actor: str
    at: str
    order_from: str
    seq: int
    event: int
    assessment: int
    step: int
    signer: Signer | None = None
    codes: CodeOffice | None = None
    _rows: dict[str, Frontier] = field(default_factory=dict)

    def seqs(self, count: int) -> range:
        """The next ``count`` numbers of facts."""
        self.seq += count
        return range(self.seq - count + 1, self.seq + 1)

    def assessments(self, count: int) -> range:
        """The next ``count`` numbers of assessments."""
        self.assessment += count
        return range(self.assessment - count + 1, self.assessment + 1)

    def next_step(self) -> int:
        """The next number of a step."""
        self.step += 1
        return self.step

    @property
    def moment(self) -> datetime:
        """The time of its entries."""
        return datetime.fromisoformat(self.at)

    @property
    def next_event(self) -> int:
        """Number of the log entry that this transaction's rows will be bound by."""
        return self.event + 1

    def binds(self, table: str, digests: Sequence[bytes]) -> None:
        """Takes digests of rows that were written, in the order of their numbers."""
        self._rows.setdefault(table, Frontier()).extend(map(leaf_hash, digests))

    def insert(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds a few rows with ``event``, salt and digest; for many see ``bulk.insert_sealed``."""
        table = table_of(model)
        names = sealed_columns(table)
        whole = [dict.fromkeys(names) | dict(row) | {"event": self.next_event} for row in rows]
        salts, digests = sealer_of(table).seal(list(map(itemgetter(*names), whole)))
        for row, salt, digest in zip(whole, salts, digests, strict=True):
            row |= {"salt": salt, "digest": digest}
        self.connection.execute(insert(table), whole)
        self.binds(table.name, digests)

    def log(self, kind: str, payload: Mapping[str, Any]) -> int:
        """Appends the entry that binds the rows written since the last one; returns its number."""
        number = self.next_event
        entry = event_row(number, kind, self.actor, self.at, payload, self._rows, self.signer)
        self.connection.execute(insert(AuditEvent), entry)
        self.event, self._rows = number, {}
        return number


@contextmanager
def begin_writing(
    database: Database,
    actor: str,
    clock: Clock,
    *,
    who: Who = require_account,
    vouched: bool = False,
    backwards: bool = False,
) -> Iterator[Writing]:
    """One writing transaction, with the lock; it commits when the block ends well.

    Args:
        database: The store.
        actor: Who writes.
        clock: The time.
        who: Gives the account.
        vouched: Whether somebody vouches for the clock with this entry.
        backwards: Whether its entry may be before the last one: to mend a clock.

    Raises:
        StoreError: Nobody has this account; the clock is behind the last entry of the log, or so far
            ahead of it that somebody must vouch for it first.
    """
    with database.write() as connection:
        head = connection.execute(select(Head)).one()
        name = who(connection, actor)
        now = clock().astimezone(UTC)
        at = _iso(now) if backwards else _moment(now, head.at, vouched=vouched)
        order_from = head.at if backwards else at
        numbers = (head.seq, head.event, head.assessment, head.step)
        writing = Writing(connection, name, at, order_from, *numbers, database.signer, database.codes)
        yield writing
        # Without an entry nothing was bound, and so nothing may have been numbered.
        if writing.event != head.event:
            given = {name: getattr(writing, name) for name in ("seq", "event", "assessment", "step")}
            connection.execute(update(Head).values(given | {"at": writing.order_from}))


def day_in_china(moment: datetime) -> date:
    """The day that it is in China."""
    return moment.astimezone(CHINA).date()


def _moment(now: datetime, last: str, *, vouched: bool) -> str:
    """The time of this entry: never before the last one's, nor long after it unless somebody vouches."""
    if not last:
        return _iso(now)
    before = datetime.fromisoformat(last)
    if now - before > PAUSE and not vouched:
        raise StoreError("store_clock_ahead", now=now, last=last)
    if now >= before:
        return _iso(now)
    # Within a minute the log's own time goes on, so that it never runs backwards.
    if before - now > PATIENCE:
        raise StoreError("store_clock_behind", now=now, last=last)
    return last


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
