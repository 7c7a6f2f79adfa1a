"""What the store knows of codes: of one that was scanned, of all for the status list, and of what a scoring did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, func, select

from scoring.store.standing.code_issuing import DAY, CodeCounts
from scoring.store.standing.gone import gone_among
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.code_desk import SHOWN
from scoring.store.tables.orm import Standing
from scoring.store.tables.orm_codes import CodeEnd, IssuedCode, LiveCode, OpaquePlate
from scoring.store.tables.writing import day_in_china

STATES = {"superseded": 1, "revoked": 2}
UNDER_REVIEW = 3
"""Numbers of the status list."""
KEPT = 30 * DAY
"""Seconds for which a code stays in the list after its end: an expired one is refused for that alone."""


class RecordedCode(NamedTuple):
    """A code as the store knows it.

    Attributes:
        enterprise_id: Whose it is.
        face: Sticker or shown.
        colour: The colour that it says.
        as_of: The day of that colour.
        expires_at: Its last second.
        state: ``superseded`` or ``revoked`` where it ended.
        cause: Why.
        ended_on: When, by the days of China.
        content: The code itself.
    """

    enterprise_id: str
    face: str
    colour: str | None
    as_of: date | None
    expires_at: int
    state: str | None = None
    cause: str | None = None
    ended_on: date | None = None
    content: bytes = b""


def recorded_code(connection: Connection, serial: str, day: date) -> RecordedCode | None:
    """The code with a serial; ``None``: this store never issued it, whoever signed it.

    An enterprise that is gone on the day has no code, also before the next scoring says so.
    """
    columns = (IssuedCode.enterprise_id, IssuedCode.face, IssuedCode.colour, IssuedCode.as_of)
    query = (
        select(
            *columns,
            IssuedCode.expires_at,
            IssuedCode.content,
            CodeEnd.state,
            CodeEnd.cause,
            CodeEnd.ended_at,
        )
        .outerjoin(CodeEnd, CodeEnd.status_index == IssuedCode.status_index)
        .where(IssuedCode.serial == serial)
        .order_by(CodeEnd.number)
    )
    row = connection.execute(query.limit(1)).first()
    if row is None:
        return None
    ended_on = day_in_china(datetime.fromtimestamp(row.ended_at, UTC)) if row.ended_at else None
    known = (
        row.enterprise_id,
        row.face,
        row.colour,
        row.as_of,
        row.expires_at,
        row.state,
        row.cause,
    )
    code = RecordedCode(*known, ended_on, bytes(row.content))
    gone = gone_among(connection, [code.enterprise_id], day)
    if gone and code.state != "revoked":
        return code._replace(state="revoked", cause=gone[code.enterprise_id], ended_on=day)
    return code


def plate_owner(connection: Connection, token: bytes) -> str | None:
    """The enterprise whose plate has a random id; ``None``: nobody's, or one that was replaced."""
    query = select(OpaquePlate.enterprise_id).where(OpaquePlate.token == token.hex())
    owner: str | None = connection.execute(query).scalar()
    if owner is None or plate_token(connection, owner) != token:
        return None
    return owner


def plate_token(connection: Connection, enterprise_id: str) -> bytes | None:
    """The random id of an enterprise's plate, where it has one."""
    last = select(OpaquePlate.token).where(OpaquePlate.enterprise_id == enterprise_id)
    token = connection.execute(last.order_by(OpaquePlate.number.desc()).limit(1)).scalar()
    return None if token is None else bytes.fromhex(token)


def live_code(connection: Connection, enterprise_id: str, face: str) -> bytes | None:
    """The last code of an enterprise in a face, while it has not ended."""
    query = (
        select(IssuedCode.content)
        .join(LiveCode, LiveCode.number == IssuedCode.number)
        .where(LiveCode.enterprise_id == enterprise_id, LiveCode.face == face)
    )
    content: bytes | None = connection.execute(query).scalar()
    return content


def status_states(connection: Connection, at: int, under_review: Collection[str]) -> dict[int, int]:
    """The states of the status list by place; places that are not named are valid.

    Args:
        connection: The store.
        at: The moment, in POSIX seconds.
        under_review: Enterprises of whom it is public that something waits.
    """
    is_recent = exists().where(
        and_(IssuedCode.status_index == CodeEnd.status_index, IssuedCode.expires_at >= at - KEPT)
    )
    states: dict[int, int] = {}
    for ids in in_parts(sorted(under_review)):
        live = select(LiveCode.status_index).where(LiveCode.enterprise_id.in_(ids), LiveCode.face != SHOWN)
        states |= dict.fromkeys(connection.execute(live).scalars(), UNDER_REVIEW)
    ended = select(CodeEnd.status_index, CodeEnd.state).where(is_recent)
    return states | {index: STATES[state] for index, state in connection.execute(ended)}


def signed_by(connection: Connection, key_id: str, at: int) -> int:
    """How many codes that hold were signed by a key."""
    live = select(func.count()).select_from(LiveCode)
    return int(
        connection.execute(live.where(LiveCode.key_id == key_id, LiveCode.expires_at >= at)).scalar_one()
    )


def codes_after(connection: Connection, event: int, renewed: int = 0) -> CodeCounts:
    """What became of codes since a log entry, of which so many were renewed."""
    issued = select(func.count()).select_from(IssuedCode).where(IssuedCode.event > event)
    ended = select(CodeEnd.state, func.count()).where(CodeEnd.event > event).group_by(CodeEnd.state)
    by_state: dict[str, int] = {row[0]: row[1] for row in connection.execute(ended)}
    count = int(connection.execute(issued).scalar_one())
    return CodeCounts(count - renewed, renewed, by_state.get("superseded", 0), by_state.get("revoked", 0))


def without_code(connection: Connection, policy_id: str) -> int:
    """How many enterprises have a colour in effect under a policy and no code that says so."""
    query = (
        select(func.count())
        .select_from(Standing)
        .outerjoin(LiveCode, and_(LiveCode.enterprise_id == Standing.enterprise_id, LiveCode.face != SHOWN))
        .where(Standing.policy_id == policy_id, Standing.colour.is_not(None), LiveCode.number.is_(None))
    )
    return int(connection.execute(query).scalar_one())
