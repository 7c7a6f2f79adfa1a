"""Logging in: a name, a password and for officers a one-time password; one refusal, whatever was wrong."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from scoring.administration.identity.passwords import is_password
from scoring.administration.identity.second_factor import step_of
from scoring.administration.identity.sessions import Ticket, begin_session
from scoring.errors import StoreError, UsageError
from scoring.store.facts.fictitious_facts import holds_fictitious
from scoring.store.people.grants import ENTERPRISE, grants_of
from scoring.store.tables.actors import ACTIVE, account_name, state_of
from scoring.store.tables.database import Database
from scoring.store.tables.orm_access import Login
from scoring.store.tables.writing import Clock, Writing, day_in_china


def log_in(
    database: Database, typed_name: str, password: str, code: str, clock: Clock, instead_of: str | None = None
) -> Ticket:
    """Begins a session for whoever proves to be an account.

    Args:
        database: The store.
        typed_name: The name of the account, in any spelling.
        password: The password.
        code: The one-time password; empty for a firm.
        clock: The time.
        instead_of: The token that the browser came with; it is over.

    Raises:
        StoreError: Something is wrong (``login_refused``); what it is nobody is told. Or an officer has no second
            factor yet (``login_without_second_factor``).
    """
    moment = clock()
    with database.read() as connection:
        account = _spelled(typed_name)
        login = latest_login(connection, account) if account else None
        # The password is looked at in any case, so that all refusals take the same time.
        is_right = is_password(login.password if login else None, password)
        if account is None or login is None or not is_right or state_of(connection, account) != ACTIVE:
            raise StoreError("login_refused")
        used_code = None
        if login.second_factor is not None:
            used_code = step_of(login.second_factor, code, moment)
            if used_code is None:
                raise StoreError("login_refused")
        elif needs_second_factor(connection, account, clock) and not holds_fictitious(connection):
            raise StoreError("login_without_second_factor")
    return begin_session(database, account, moment, used_code, instead_of)


def needs_second_factor(connection: Connection, account: str, clock: Clock) -> bool:
    """Whether an account is an officer's: everybody but a firm, and whoever was granted nothing yet."""
    roles = {grant.role for grant in grants_of(connection, account, day_in_china(clock()))}
    return roles != {ENTERPRISE}


def put_login(
    writing: Writing, account: str, password: str | None, second_factor: str | None, invitation: int | None
) -> None:
    """Sets how an account logs in, in a transaction; nothing of it stands in the log.

    Args:
        writing: The transaction.
        account: The account.
        password: The hash of its password; ``None``: a provider vouches for it.
        second_factor: The secret of its one-time passwords.
        invitation: The number of the invitation that is used up.
    """
    last: int = writing.connection.execute(select(func.max(Login.number))).scalar() or 0
    row = {"number": last + 1, "account": account, "password": password, "second_factor": second_factor}
    writing.insert(Login, [row | {"invitation": invitation}])
    writing.log("login set", {"account": account, "invitation": invitation})


def latest_login(connection: Connection, account: str) -> Login | None:
    """How an account logs in now; ``None``: by no password."""
    query = select(Login).where(Login.account == account).order_by(Login.number.desc()).limit(1)
    return connection.execute(query).first()  # type: ignore[return-value]


def _spelled(typed: str) -> str | None:
    try:
        return account_name(typed)
    except UsageError:
        return None
