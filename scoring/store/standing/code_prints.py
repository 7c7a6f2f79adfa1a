"""The codes that are to be printed: stickers that were issued, and plates that were given, since a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from scoring.store.standing.gone import gone_among
from scoring.store.standing.sole_traders import SOLE_TRADER
from scoring.store.tables.code_desk import STICKER
from scoring.store.tables.orm import AuditEvent, Standing
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_codes import IssuedCode, LiveCode, OpaquePlate
from scoring.store.tables.writing import CHINA


class CodeToPrint(NamedTuple):
    """A code to be printed.

    Attributes:
        enterprise_id: Its enterprise.
        name: Its name; of a sole trader ``None``.
        content: The code, or the random id of a plate.
    """

    enterprise_id: str
    name: str | None
    content: bytes


def stickers_since(
    connection: Connection, policy_id: str, since: date | None, today: date
) -> list[CodeToPrint]:
    """The stickers that hold and were issued on a day or after it, by enterprise.

    Args:
        connection: A reading one.
        policy_id: The policy whose colours the store shows.
        since: The day; ``None``: all.
        today: The present day: who is gone on it has no code.
    """
    query = (
        select(Standing.enterprise_id, Standing.name, IssuedCode.content, DirectoryEntry.entity_type)
        .join(LiveCode, LiveCode.enterprise_id == Standing.enterprise_id)
        .join(IssuedCode, IssuedCode.number == LiveCode.number)
        .outerjoin(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
        .where(Standing.policy_id == policy_id, LiveCode.face == STICKER)
        .order_by(Standing.enterprise_id)
    )
    if since is not None:
        query = query.where(IssuedCode.issued_at >= int(_begin(since).timestamp()))
    rows = [(row[0], row[1], bytes(row[2]), row[3]) for row in connection.execute(query)]
    return _present(connection, rows, today)


def plates_since(
    connection: Connection, policy_id: str, since: date | None, today: date
) -> list[CodeToPrint]:
    """The plates that were given on a day or after it, by enterprise; arguments as of ``stickers_since``."""
    last = select(func.max(OpaquePlate.number)).group_by(OpaquePlate.enterprise_id)
    query = (
        select(Standing.enterprise_id, Standing.name, OpaquePlate.token, DirectoryEntry.entity_type)
        .join(OpaquePlate, OpaquePlate.enterprise_id == Standing.enterprise_id)
        .join(AuditEvent, AuditEvent.seq == OpaquePlate.event)
        .outerjoin(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
        .where(Standing.policy_id == policy_id, OpaquePlate.number.in_(last))
        .order_by(Standing.enterprise_id)
    )
    if since is not None:
        query = query.where(AuditEvent.at >= _begin(since).isoformat(timespec="microseconds"))
    rows = [(row[0], row[1], bytes.fromhex(row[2]), row[3]) for row in connection.execute(query)]
    return _present(connection, rows, today)


def with_colours(connection: Connection, policy_id: str) -> list[str]:
    """Enterprises with a colour in effect, by id: those to whom plates are given."""
    mine = (Standing.policy_id == policy_id, Standing.colour.is_not(None))
    query = select(Standing.enterprise_id).where(*mine).order_by(Standing.enterprise_id)
    return list(connection.execute(query).scalars())


def _begin(day: date) -> datetime:
    """The first moment of a day in China."""
    return datetime.combine(day, time(0), CHINA).astimezone(UTC)


def _present(
    connection: Connection, rows: list[tuple[str, str | None, bytes, str | None]], today: date
) -> list[CodeToPrint]:
    # The code of who is gone ends with the next scoring alone; until then nobody prints it.
    gone = gone_among(connection, [row[0] for row in rows], today)
    return [
        CodeToPrint(enterprise_id, None if kind == SOLE_TRADER else name, content)
        for enterprise_id, name, content, kind in rows
        if enterprise_id not in gone
    ]
