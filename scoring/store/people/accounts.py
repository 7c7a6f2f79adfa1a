"""Accounts: who may write, added and disabled by those who may."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from scoring.errors import StoreError
from scoring.store.tables.actors import ACTIVE, DISABLED, account_name, require_account, state_of
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Account
from scoring.store.tables.writing import Clock, Writing, begin_writing


class KnownAccount(NamedTuple):
    """An account as it stands."""

    name: str
    title: str
    state: str


def accounts(connection: Connection) -> list[KnownAccount]:
    """All accounts by name, each in its latest state."""
    latest = select(func.max(Account.number)).group_by(Account.name)
    query = (
        select(Account.name, Account.title, Account.state)
        .where(Account.number.in_(latest))
        .order_by(Account.name)
    )
    return [KnownAccount(*row) for row in connection.execute(query)]


def add_account(database: Database, name: str, title: str, actor: str, clock: Clock) -> str:
    """Adds an account, or puts a disabled one back in use; the first account adds itself.

    Args:
        database: The store.
        name: The name.
        title: What is printed of whose account it is, such as the office; may be empty.
        actor: Who adds it: an account, or for the first one its own name.
        clock: The time.

    Returns:
        The one spelling of the name.

    Raises:
        UsageError: The name is none.
        StoreError: The account is there already, or who adds it has none.
    """
    spelled = account_name(name)

    def who(connection: Connection, typed: str) -> str:
        """The first account adds itself: nobody else is there yet."""
        if connection.execute(select(Account.number).limit(1)).first() is None:
            return spelled
        return require_account(connection, typed)

    with begin_writing(database, actor, clock, who=who) as writing:
        if state_of(writing.connection, spelled) == ACTIVE:
            raise StoreError("account_exists", name=spelled)
        put_account(writing, spelled, title, ACTIVE)
    return spelled


def disable_account(database: Database, name: str, actor: str, clock: Clock) -> str:
    """Takes an account out of use; what it wrote stays.

    Raises:
        StoreError: There is no such active account, or it is the last one.
    """
    with begin_writing(database, actor, clock) as writing:
        spelled = require_account(writing.connection, name)
        others = [
            account
            for account in accounts(writing.connection)
            if account.state == ACTIVE and account.name != spelled
        ]
        if not others:
            raise StoreError("account_is_the_last", name=spelled)
        put_account(writing, spelled, "", DISABLED)
    return spelled


def put_account(writing: Writing, name: str, title: str, state: str) -> None:
    """Adds a state of an account in a transaction; whether it may have it the caller asks."""
    last = writing.connection.execute(select(func.max(Account.number))).scalar()
    account = {"number": (last or 0) + 1, "name": name, "title": title, "state": state}
    writing.insert(Account, [account])
    writing.log(f"account {state}", {"account": name})
