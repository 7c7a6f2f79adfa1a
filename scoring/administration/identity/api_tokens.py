"""Tokens with which another system acts as an account: for some things, until a day, given by an administrator."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.identity.secret_words import digest_of, new_token
from scoring.errors import StoreError, UsageError
from scoring.store.log.canonical_json import compact
from scoring.store.people.grants import ADMIN, accounts_with
from scoring.store.tables.actors import ACTIVE, require_account, state_of
from scoring.store.tables.database import Database
from scoring.store.tables.orm_visits import ApiToken
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

READ, RECORD = "read", "record"
SCOPES = (READ, RECORD)
"""What a token may be for: to read the twins of pages, and to record visits."""
LONGEST = timedelta(days=366)
"""For how long a token may be given."""


@dataclass(frozen=True)
class KnownToken:
    """A token as an administrator sees it.

    Attributes:
        number: Its number.
        account: As whom it acts.
        scopes: What it is for.
        until: First day without it.
        ground: Why it was given.
    """

    number: int
    account: str
    scopes: frozenset[str]
    until: date
    ground: str


def give_token(
    database: Database, name: str, scopes: Iterable[str], until: date, ground: str, actor: str, clock: Clock
) -> str:
    """Gives a system a token that acts as an account; what the account was granted bounds it.

    Args:
        database: The store.
        name: The account.
        scopes: Some of ``SCOPES``.
        until: First day without it.
        ground: Why, and to which system.
        actor: Who gives it: an administrator, to another account than his own.
        clock: The time.

    Returns:
        The token; only its digest is kept.

    Raises:
        UsageError: A scope is none, the day is not to come or too far, or there is no ground.
        StoreError: There is no such account, or who gives it may not.
    """
    wanted = sorted(set(scopes))
    if not wanted or set(wanted) - set(SCOPES):
        raise UsageError("token_scope_unknown", scopes=wanted, known=list(SCOPES))
    if not ground.strip():
        raise UsageError("grant_ground_missing")
    with begin_writing(database, actor, clock) as writing:
        today = day_in_china(clock())
        if not today < until <= today + LONGEST:
            raise UsageError("token_day", until=until, today=today, days=LONGEST.days)
        account = require_account(writing.connection, name)
        _require_administrator(writing, account, today)
        # Only its digest is kept: who reads the store cannot act with it.
        token = new_token()
        row = {
            "account": account,
            "token_sha256": digest_of(token),
            "scopes": compact(wanted),
            "until": until,
        }
        number = _put(writing, row | {"withdraws": None, "ground": ground})
        payload = {"account": account, "token": number, "scopes": wanted, "until": until.isoformat()}
        writing.log("token given", payload)
    return token


def withdraw_token(database: Database, number: int, ground: str, actor: str, clock: Clock) -> None:
    """Takes a token back, from the next request on.

    Raises:
        UsageError: There is no ground.
        StoreError: There is no such token, or who takes it back may not.
    """
    if not ground.strip():
        raise UsageError("grant_ground_missing")
    with begin_writing(database, actor, clock) as writing:
        today = day_in_china(clock())
        known = {token.number: token for token in all_tokens(writing.connection, today)}
        if number not in known:
            raise StoreError("token_unknown", number=number)
        token = known[number]
        if writing.actor not in accounts_with(writing.connection, (ADMIN,), today):
            raise StoreError("grant_by_administrator", actor=writing.actor)
        row = {"account": token.account, "token_sha256": "", "scopes": "[]", "until": token.until}
        _put(writing, row | {"withdraws": number, "ground": ground})
        writing.log("token withdrawn", {"account": token.account, "token": number})


def all_tokens(connection: Connection, day: date) -> list[KnownToken]:
    """The tokens that hold on a day, by account."""
    withdrawn = select(ApiToken.withdraws).where(ApiToken.withdraws.is_not(None))
    query = (
        select(ApiToken)
        .where(ApiToken.withdraws.is_(None), ApiToken.number.not_in(withdrawn), ApiToken.until > day)
        .order_by(ApiToken.account, ApiToken.number)
    )
    return [_known(row) for row in connection.execute(query)]


def token_of(connection: Connection, token: str, day: date) -> KnownToken | None:
    """The token that somebody sends; ``None``: it is none, is over or was taken back, or its account is out of use."""
    withdrawn = select(ApiToken.withdraws).where(ApiToken.withdraws.is_not(None))
    query = select(ApiToken).where(
        ApiToken.token_sha256 == digest_of(token),
        ApiToken.withdraws.is_(None),
        ApiToken.number.not_in(withdrawn),
        ApiToken.until > day,
    )
    row = connection.execute(query).first()
    # Whoever is out of use acts with nothing that he was given before.
    if row is None or state_of(connection, row.account) != ACTIVE:
        return None
    return _known(row)


def _known(row: Any) -> KnownToken:
    return KnownToken(row.number, row.account, frozenset(json.loads(row.scopes)), row.until, row.ground)


def _put(writing: Writing, row: dict[str, object]) -> int:
    last: int = writing.connection.execute(select(func.max(ApiToken.number))).scalar() or 0
    writing.insert(ApiToken, [row | {"number": last + 1}])
    return last + 1


def _require_administrator(writing: Writing, account: str, today: date) -> None:
    if writing.actor not in accounts_with(writing.connection, (ADMIN,), today):
        raise StoreError("grant_by_administrator", actor=writing.actor)
    if account == writing.actor:
        raise StoreError("grant_to_oneself", actor=writing.actor)
