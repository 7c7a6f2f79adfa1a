"""The versions that readers see: all but those of an import that is still going in.

A long import is stored in parts, so that others can write meanwhile. It counts from the moment at which its run is
stored, as if all its rows had come then: ``visible_seq`` is the number of that run, and of every other version its
own.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, FromClause, MetaData, Table, exists, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped

from scoring.store.tables.orm import (
    EnterpriseVersion,
    ImportPart,
    ImportRun,
    RecordVersion,
    table_of,
)


class Visible(DeclarativeBase):
    """Root of what is only read: no table of its own lies behind it."""

    metadata = MetaData()


def _visible(table: Table, name: str) -> FromClause:
    """The visible rows of a table of versions."""
    part, run = table_of(ImportPart), table_of(ImportRun)
    stored = exists().where(run.c.begun == part.c.begun)
    going_in = exists().where(part.c.event == table.c.event, ~stored)
    of_run = select(run.c.seq).join(part, run.c.begun == part.c.begun).where(part.c.event == table.c.event)
    visible_seq = func.coalesce(of_run.scalar_subquery(), table.c.seq).label("visible_seq")
    return select(table, visible_seq).where(~going_in).subquery(name)


class VisibleEnterprise(Visible):
    """A version of an enterprise that readers see."""

    if TYPE_CHECKING:
        seq: Mapped[int]
        visible_seq: Mapped[int]
        enterprise_id: Mapped[str]
        parent_id: Mapped[str | None]
        known_on: Mapped[date | None]
        created: Mapped[bool]
        event: Mapped[int]

    __table__ = _visible(table_of(EnterpriseVersion), "enterprise")
    __mapper_args__: Any = {"primary_key": [__table__.c.seq]}  # noqa: RUF012 - as the mapper wants it


class VisibleRecord(Visible):
    """A version of a record that readers see."""

    if TYPE_CHECKING:
        seq: Mapped[int]
        visible_seq: Mapped[int]
        record_id: Mapped[str]
        enterprise_id: Mapped[str]
        kind: Mapped[str]
        refers_to: Mapped[str | None]
        result: Mapped[str | None]
        contest: Mapped[str | None]
        occurred_on: Mapped[date | None]
        decided_on: Mapped[date | None]
        known_on: Mapped[date | None]
        event: Mapped[int]

    __table__ = _visible(table_of(RecordVersion), "record")
    __mapper_args__: Any = {"primary_key": [__table__.c.seq]}  # noqa: RUF012 - as the mapper wants it


def visible_in_sql(model: type[Visible]) -> str:
    """The visible rows as SQL of either database, to stand in the place of a table's name."""
    return f"({model.__table__.element})"  # type: ignore[attr-defined]


def numbered_from(connection: Connection, seq: int) -> int:
    """The number behind which all versions stand that became visible after a fact; not all there did."""
    part, run = table_of(ImportPart).c, table_of(ImportRun)
    first = select(func.min(part.after_seq)).join(run, run.c.begun == part.begun).where(run.c.seq > seq)
    begun = connection.execute(first).scalar()
    return seq if begun is None else min(seq, int(begun))
