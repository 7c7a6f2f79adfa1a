"""Logging in by a provider of identities: its word leads to an account by a sealed link alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from scoring.administration.identity.invitations import name_for_enterprise
from scoring.administration.identity.log_ins import latest_login, needs_second_factor
from scoring.administration.identity.provider_links import is_subject, link_of, put_link
from scoring.administration.identity.second_factor import step_of
from scoring.administration.identity.sessions import Ticket, begin_session
from scoring.errors import StoreError, UnknownEnterpriseError
from scoring.store.facts.fictitious_facts import holds_fictitious
from scoring.store.people.accounts import put_account
from scoring.store.people.grants import ENTERPRISE, Grant, put_grant
from scoring.store.tables.actors import ACTIVE, account_name, printable, state_of
from scoring.store.tables.database import Database
from scoring.store.tables.visible import VisibleEnterprise
from scoring.store.tables.writing import Clock, begin_writing, day_in_china


@dataclass(frozen=True)
class Assertion:
    """What a provider says of who has just proved to it who he is.

    Attributes:
        provider: Its id.
        subject: What it calls the person, always the same.
        enterprise_id: The enterprise for which the person acts as its legal representative or
            with its authority, as the provider says; ``None``: it says of none.
        has_second_factor: Whether the person showed the provider more than a password.
    """

    provider: str
    subject: str
    enterprise_id: str | None = None
    has_second_factor: bool = False

    @property
    def linked_subject(self) -> str:
        """Under what its link is kept: who acts for two firms has a link and an account for each."""
        return self.subject if self.enterprise_id is None else f"{self.subject} {self.enterprise_id}"


def log_in_by_provider(
    database: Database,
    assertion: Assertion,
    typed: str | None,
    clock: Clock,
    instead_of: str | None = None,
) -> Ticket | None:
    """Begins a session for whom a provider vouches for; a firm that is new gets its account.

    Args:
        database: The store.
        assertion: What the provider says.
        typed: The one-time password; ``None``: nobody was asked for one yet.
        clock: The time.
        instead_of: The token that the browser came with; it is over.

    Returns:
        The session; ``None``: a one-time password is asked for first.

    Raises:
        StoreError: The subject leads to no account that is in use, the one-time password is not
            right, or an officer has no second factor.
        UnknownEnterpriseError: The store has no such enterprise.
    """
    account = _account_of(database, assertion, clock)
    with database.read() as connection:
        secret = _asked_factor(connection, account, assertion, clock)
    used_code = None
    if secret is not None:
        if typed is None:
            return None
        used_code = step_of(secret, typed, clock())
        if used_code is None:
            raise StoreError("second_factor_wrong")
    return begin_session(database, account, clock(), used_code, instead_of)


def _account_of(database: Database, assertion: Assertion, clock: Clock) -> str:
    """The account that is meant, which is in use."""
    # A subject with a blank could spell the link of a person and a firm.
    if not is_subject(assertion.subject):
        raise StoreError("provider_not_linked", subject=printable(assertion.subject))
    with database.read() as connection:
        known = link_of(connection, assertion.provider, assertion.linked_subject)
        if known is not None and known.account and state_of(connection, known.account) == ACTIVE:
            return known.account
    # What somebody took back is not given again by coming once more.
    if known is not None or assertion.enterprise_id is None:
        raise StoreError("provider_not_linked", subject=printable(assertion.subject))
    return _enrolled(database, assertion, assertion.enterprise_id, clock)


def _enrolled(database: Database, assertion: Assertion, enterprise_id: str, clock: Clock) -> str:
    """The new account of a firm, which was granted its enterprise and linked."""
    with database.read() as connection:
        account = name_for_enterprise(connection, enterprise_id)

    def who(connection: Connection, typed_name: str) -> str:
        """For whom the provider vouches acts under the account that this makes."""
        return account_name(typed_name)

    with begin_writing(database, account, clock, who=who) as writing:
        known = select(VisibleEnterprise.seq).where(VisibleEnterprise.enterprise_id == enterprise_id).limit(1)
        if writing.connection.execute(known).first() is None:
            raise UnknownEnterpriseError("enterprise_unknown", enterprise_id=printable(enterprise_id))
        is_overtaken = link_of(writing.connection, assertion.provider, assertion.linked_subject) is not None
        if is_overtaken or account != name_for_enterprise(writing.connection, enterprise_id):
            raise StoreError("provider_not_linked", subject=printable(assertion.subject))
        put_account(writing, account, "", ACTIVE)
        grant = Grant(account, ENTERPRISE, f"provider {assertion.provider}", enterprise_id=enterprise_id)
        put_grant(writing, grant, account, day_in_china(clock()))
        put_link(writing, assertion.provider, assertion.linked_subject, account)
    return account


def _asked_factor(connection: Connection, account: str, assertion: Assertion, clock: Clock) -> str | None:
    """The secret of the one-time password that is still asked for; ``None``: nothing more is."""
    if assertion.has_second_factor:
        return None
    login = latest_login(connection, account)
    if login is not None and login.second_factor is not None:
        return str(login.second_factor)
    if needs_second_factor(connection, account, clock) and not holds_fictitious(connection):
        raise StoreError("login_without_second_factor")
    return None
