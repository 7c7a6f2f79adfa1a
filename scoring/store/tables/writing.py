"""One writing transaction: numbers given in order, rows sealed, and one log entry that binds them, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from scoring.errors import StoreError
from scoring.store.log.entry import event_row
from scoring.store.log.merkle import Frontier, leaf_hash
from scoring.store.log.sealing import NOT_SEALED, Sealer
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, Base, Head, table_of

Clock = Callable[[], datetime]
"""The present moment, with its zone; only the edge reads a real clock."""
CHINA = ZoneInfo("Asia/Shanghai")
PATIENCE = timedelta(seconds=60)
"""How far clocks of two machines may differ. Further back than this, a clock was set wrong and nothing is written."""


@dataclass
class Writing:
    """A transaction that has the lock: what it may number and what it has written so far."""

    connection: Connection
    actor: str
    at: str
    seq: int
    event: int
    assessment: int
    step: int
    _rows: dict[str, Frontier] = field(default_factory=dict)

    def seqs(self, n: int) -> range:
        """The next ``n`` numbers of facts."""
        self.seq += n
        return range(self.seq - n + 1, self.seq + 1)

    def assessments(self, n: int) -> range:
        """The next ``n`` numbers of assessments."""
        self.assessment += n
        return range(self.assessment - n + 1, self.assessment + 1)

    def next_step(self) -> int:
        """The next number of a step."""
        self.step += 1
        return self.step

    @property
    def next_event(self) -> int:
        """Number of the log entry that this transaction's rows will be bound by."""
        return self.event + 1

    def binds(self, table: str, digests: Sequence[bytes]) -> None:
        """Takes digests of rows that were written, in the order of their numbers."""
        self._rows.setdefault(table, Frontier()).extend(map(leaf_hash, digests))

    def insert(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds a few rows with ``event``, salt and digest; many go through ``bulk``."""
        table = table_of(model)
        names = [column.name for column in table.columns if column.name not in NOT_SEALED]
        whole = [dict.fromkeys(names) | dict(row) | {"event": self.next_event} for row in rows]
        sealed = list(Sealer(names).seal([[row[name] for name in names] for row in whole]))
        self.connection.execute(
            insert(table),
            [
                row | {"salt": salt, "digest": digest}
                for row, (salt, digest) in zip(whole, sealed, strict=True)
            ],
        )
        self.binds(table.name, [digest for _, digest in sealed])

    def log(self, kind: str, payload: Mapping[str, Any]) -> int:
        """Appends the entry that binds the rows written since the last one; returns its number."""
        number = self.next_event
        self.connection.execute(
            insert(AuditEvent), event_row(number, kind, self.actor, self.at, payload, self._rows)
        )
        self.event, self._rows = number, {}
        return number


@contextmanager
def writing(database: Database, actor: str, clock: Clock) -> Iterator[Writing]:
    """The lock, the numbers and the time of one writing transaction; it commits when the block ends well.

    Raises:
        StoreError: The clock is behind the last entry of the log.
    """
    with database.write() as connection:
        head = connection.execute(select(Head)).one()
        w = Writing(
            connection, actor, _moment(clock, head.at), head.seq, head.event, head.assessment, head.step
        )
        yield w
        if w.event != head.event:
            connection.execute(
                update(Head).values(seq=w.seq, event=w.event, assessment=w.assessment, step=w.step, at=w.at)
            )


def day_in_china(moment: datetime) -> date:
    """The day that it is in China."""
    return moment.astimezone(CHINA).date()


def _moment(clock: Clock, last: str) -> str:
    """The time of this entry: never before the last one's."""
    now = clock().astimezone(UTC)
    if last and now < (before := datetime.fromisoformat(last)):
        if before - now > PATIENCE:
            raise StoreError(
                zh=f"系统时钟（{now:%Y-%m-%d %H:%M:%S} UTC）早于日志最后一条（{last}），未作任何改动；请校准时钟后重试",
                en=f"the clock ({now:%Y-%m-%d %H:%M:%S} UTC) is behind the last log entry ({last}), nothing was changed; set it right",
            )
        return last
    return now.isoformat(timespec="milliseconds")
