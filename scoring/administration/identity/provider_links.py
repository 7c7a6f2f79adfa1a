"""Links of what providers of identities call people with accounts, made and ended by another person."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from scoring.administration.identity.sessions import end_sessions_of
from scoring.errors import StoreError, UsageError
from scoring.store.people.grants import ADMIN, ENTERPRISE, accounts_with, grants_of
from scoring.store.tables.actors import printable, require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm_access import ProviderLink
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

PROVIDER_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
"""The id of a provider, as configuration and links write it."""
LONGEST_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core 2)."""


class LinkedSubject(NamedTuple):
    """A link as it stands; without an account it was taken back."""

    provider: str
    subject: str
    account: str | None


def link_subject(database: Database, name: str, provider: str, subject: str, actor: str, clock: Clock) -> str:
    """Lets an officer's account be entered by whom a provider calls by a subject.

    Args:
        database: The store.
        name: The account.
        provider: The id of the provider.
        subject: What the provider calls the person.
        actor: An administrator, who is another person.
        clock: The time.

    Returns:
        The one spelling of the account.

    Raises:
        UsageError: It is no id of a provider, or no subject.
        StoreError: The account is one's own, a firm's, or there is none; the subject is linked
            already; or who links is no administrator.
    """
    _require_written(provider, subject)
    with begin_writing(database, actor, clock) as writing:
        connection, today = writing.connection, day_in_china(clock())
        account = require_account(connection, name)
        _require_administrator(writing, clock)
        if account == writing.actor:
            raise StoreError("link_to_oneself", actor=account)
        # A firm is enrolled by its provider or by a code on paper, never by an officer's word.
        if ENTERPRISE in {grant.role for grant in grants_of(connection, account, today)}:
            raise StoreError("link_of_firm", account=account)
        known = link_of(connection, provider, subject)
        if known is not None and known.account is not None:
            raise StoreError("subject_linked_already", subject=printable(subject), account=known.account)
        put_link(writing, provider, subject, account)
    return account


def unlink_subject(
    database: Database, name: str, provider: str, subject: str, actor: str, clock: Clock
) -> int:
    """Takes a link back, and ends the sessions of its account; how many.

    Raises:
        StoreError: The account has no such link, or who takes it back is no administrator.
    """
    with begin_writing(database, actor, clock) as writing:
        account = require_account(writing.connection, name)
        _require_administrator(writing, clock)
        known = link_of(writing.connection, provider, subject)
        if known is None or known.account != account:
            raise StoreError("subject_not_linked", subject=printable(subject), account=account)
        put_link(writing, provider, subject, None)
    return end_sessions_of(database, account)


def link_of(connection: Connection, provider: str, subject: str) -> LinkedSubject | None:
    """The link of a subject as it stands; ``None``: nobody ever linked it."""
    query = (
        select(ProviderLink.provider, ProviderLink.subject, ProviderLink.account)
        .where(ProviderLink.provider == provider, ProviderLink.subject == subject)
        .order_by(ProviderLink.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return LinkedSubject(*row) if row else None


def all_links(connection: Connection) -> list[LinkedSubject]:
    """All links that stand, by account."""
    latest = select(func.max(ProviderLink.number)).group_by(ProviderLink.provider, ProviderLink.subject)
    query = (
        select(ProviderLink.provider, ProviderLink.subject, ProviderLink.account)
        .where(ProviderLink.number.in_(latest), ProviderLink.account.is_not(None))
        .order_by(ProviderLink.account, ProviderLink.number)
    )
    return [LinkedSubject(*row) for row in connection.execute(query)]


def put_link(writing: Writing, provider: str, subject: str, account: str | None) -> None:
    """Adds a link in a transaction, or with no account ends it; whether it may the caller asks."""
    last: int = writing.connection.execute(select(func.max(ProviderLink.number))).scalar() or 0
    before = link_of(writing.connection, provider, subject)
    row = {"number": last + 1, "provider": provider, "subject": subject, "account": account}
    writing.insert(ProviderLink, [row])
    # The subject itself may be a person's number: it stands in the sealed row and not in the log.
    whose = account or (before.account if before else None)
    payload = {"account": whose, "provider": provider, "link": last + 1}
    writing.log("subject linked" if account else "subject unlinked", payload)


def is_subject(text: str) -> bool:
    """Whether a text can name somebody at a provider: nothing unseen, no blanks, one spelling."""
    return 0 < len(text) <= LONGEST_SUBJECT and text.isprintable() and " " not in text


def _require_written(provider: str, subject: str) -> None:
    if not PROVIDER_NAME.fullmatch(provider):
        raise UsageError("provider_name_invalid", provider=printable(provider))
    if not is_subject(subject):
        raise UsageError("subject_invalid", subject=printable(subject), longest=LONGEST_SUBJECT)


def _require_administrator(writing: Writing, clock: Clock) -> None:
    if writing.actor not in accounts_with(writing.connection, (ADMIN,), day_in_china(clock())):
        raise StoreError("link_by_administrator", actor=writing.actor)
