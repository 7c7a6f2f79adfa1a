"""Whether the store is sound in itself: pages, schema, numbers, standings. Whether somebody changed the past is the audit's question."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from scoring.store.tables.database import Database
from scoring.store.tables.orm import (
    Assessment,
    AuditEvent,
    EnterpriseVersion,
    Erased,
    Head,
    ImportRun,
    RecordVersion,
    Standing,
    Step,
)


def check(database: Database) -> list[dict[str, str]]:
    """Findings as sentences in zh and en; none if all is well."""
    with database.read() as connection:
        return [{"zh": zh, "en": en} for zh, en in _findings(connection, database.is_sqlite)]


def _findings(connection: Connection, sqlite: bool) -> Iterator[tuple[str, str]]:
    if sqlite:
        for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if line != "ok":
                yield f"数据库页面损坏：{line}", f"a page of the database is damaged: {line}"
    head = connection.execute(select(Head)).one()
    seqs = [func.max(table.seq) for table in (EnterpriseVersion, RecordVersion, Erased, ImportRun)]
    last = {
        "seq": max((connection.execute(select(one)).scalar() or 0) for one in seqs),
        "event": connection.execute(select(func.max(AuditEvent.seq))).scalar() or 0,
        "assessment": connection.execute(select(func.max(Assessment.number))).scalar() or 0,
        "step": connection.execute(select(func.max(Step.number))).scalar() or 0,
    }
    for name, number in last.items():
        if getattr(head, name) != number:
            yield (
                f"编号 {name} 应为 {getattr(head, name)}，库中到 {number}",
                f"{name}: {getattr(head, name)} were given, the store holds {number}",
            )
    yield from _standings(connection)


def _standings(connection: Connection) -> Iterator[tuple[str, str]]:
    """A standing shows the last assessment in effect; a proposal is newer than that."""
    newest = select(func.max(Assessment.number)).where(
        Assessment.policy_id == Standing.policy_id, Assessment.enterprise_id == Standing.enterprise_id
    )
    shown = newest.where(Assessment.state == "in_effect")
    wrong = select(Standing.enterprise_id).where(
        (Standing.latest != newest.scalar_subquery()) | (Standing.in_effect != shown.scalar_subquery())
    )
    colour = (
        select(Standing.enterprise_id)
        .join(Assessment, Assessment.number == Standing.in_effect)
        .where(
            Standing.colour.is_distinct_from(Assessment.colour)
            | Standing.band.is_distinct_from(Assessment.band)
        )
    )
    for who in sorted({*connection.execute(wrong).scalars(), *connection.execute(colour).scalars()}):
        yield (
            f"主体 {who} 的现行颜色与其评价不符",
            f"the colour in effect of {who} is not that of its assessments",
        )
