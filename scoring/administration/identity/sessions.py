"""Sessions: who is logged in, by a token of which only the digest is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from scoring.administration.identity.secret_words import digest_of, new_token
from scoring.errors import StoreError
from scoring.store.tables.actors import ACTIVE, state_of
from scoring.store.tables.database import Database
from scoring.store.tables.orm_access import Session

LASTS = timedelta(hours=10)
"""How long a session lasts: a working day with its breaks."""
KEPT = timedelta(days=30)
"""For how long one that is over is kept."""


class Ticket(NamedTuple):
    """What somebody gets who logs in: the token, and when it ends."""

    token: str
    ends_at: datetime


def begin_session(
    database: Database,
    account: str,
    moment: datetime,
    used_code: int | None = None,
    instead_of: str | None = None,
) -> Ticket:
    """Begins a session; the token that the browser came with is over, so that nobody can have planted it.

    Args:
        database: The store.
        account: Who has proved to be this account.
        moment: Now.
        used_code: The time step of the one-time password that was typed.
        instead_of: The token that the browser came with.

    Raises:
        StoreError: The one-time password was used already.
    """
    ticket = Ticket(new_token(), moment + LASTS)
    row = {
        "token_sha256": digest_of(ticket.token),
        "account": account,
        "began_at": _iso(moment),
        "ends_at": _iso(ticket.ends_at),
        "used_code": used_code,
        "is_over": False,
    }
    with database.write() as connection:
        if used_code is not None and used_code <= _last_code(connection, account):
            raise StoreError("login_refused")
        if instead_of:
            _end(connection, Session.token_sha256 == digest_of(instead_of))
        connection.execute(delete(Session).where(Session.ends_at < _iso(moment - KEPT)))
        connection.execute(insert(Session), row)
    return ticket


def account_of(connection: Connection, token: str, moment: datetime) -> str | None:
    """The account that a token stands for now; ``None``: nobody, for whatever reason."""
    query = select(Session.account).where(
        Session.token_sha256 == digest_of(token), Session.is_over.is_(False), Session.ends_at > _iso(moment)
    )
    account = connection.execute(query).scalar()
    return account if account is not None and state_of(connection, account) == ACTIVE else None


def end_session(database: Database, token: str) -> None:
    """Ends a session, if there is one."""
    with database.write() as connection:
        _end(connection, Session.token_sha256 == digest_of(token))


def end_sessions_of(database: Database, account: str) -> int:
    """Ends all sessions of an account, as after a lost telephone; how many."""
    with database.write() as connection:
        return _end(connection, Session.account == account)


def _end(connection: Connection, whose: ColumnElement[bool]) -> int:
    return connection.execute(
        update(Session).where(whose, Session.is_over.is_(False)).values(is_over=True)
    ).rowcount


def _last_code(connection: Connection, account: str) -> int:
    return (
        connection.execute(select(func.max(Session.used_code)).where(Session.account == account)).scalar()
        or 0
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
