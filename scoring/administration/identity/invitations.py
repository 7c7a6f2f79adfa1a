"""Invitations: a code on paper, used once, by which an officer or a firm sets a password.

Nobody but its holder ever knows the password, and knowing the code of a firm (统一社会信用代码) opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.identity.log_ins import needs_second_factor, put_login
from scoring.administration.identity.passwords import hash_of
from scoring.administration.identity.second_factor import step_of
from scoring.administration.identity.secret_words import digest_of_code, new_code
from scoring.errors import StoreError, UnknownEnterpriseError, UsageError
from scoring.store.people.accounts import put_account
from scoring.store.people.grants import ENTERPRISE, Grant, put_grant
from scoring.store.tables.actors import ACTIVE, account_name, require_account, state_of
from scoring.store.tables.database import Database
from scoring.store.tables.orm_access import Invitation, Login
from scoring.store.tables.visible import VisibleEnterprise
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

HOLDS = {"account": timedelta(days=7), "enterprise_id": timedelta(days=90)}
"""How long a code can be used: an officer's, and one on a document that was served."""


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that nobody has used.

    Attributes:
        number: Its number.
        account: The account that it is for; ``None``: it makes an enterprise's.
        enterprise_id: The enterprise that it is for.
        ground: Why it was given.
        until: First day on which it no longer holds.
        second_factor: Whether who uses it must set a second factor.
    """

    number: int
    account: str | None
    enterprise_id: str | None
    ground: str
    until: date
    second_factor: bool


def invite_account(database: Database, name: str, ground: str, actor: str, clock: Clock) -> str:
    """Invites the holder of an account to set a password, the first one or a new one.

    Returns:
        The code; only its digest is kept.

    Raises:
        UsageError: There is no ground.
        StoreError: There is no such account, or it is one's own.
    """
    with begin_writing(database, actor, clock) as writing:
        account = require_account(writing.connection, name)
        if account == writing.actor:
            raise StoreError("invitation_to_oneself", actor=account)
        return _invite(writing, {"account": account}, ground, None, day_in_china(clock()))


def invite_enterprise(
    database: Database, enterprise_id: str, document: str, ground: str, actor: str, clock: Clock
) -> str:
    """Invites an enterprise to an account of its own, by a code that stands on a document that was served on it.

    Returns:
        The code; only its digest is kept.

    Raises:
        UsageError: There is no ground or no document.
        UnknownEnterpriseError: The store has no such enterprise.
    """
    if not document.strip():
        raise UsageError("invitation_without_document")
    with begin_writing(database, actor, clock) as writing:
        known = select(VisibleEnterprise.seq).where(VisibleEnterprise.enterprise_id == enterprise_id).limit(1)
        if writing.connection.execute(known).first() is None:
            raise UnknownEnterpriseError("enterprise_unknown", enterprise_id=enterprise_id)
        return _invite(writing, {"enterprise_id": enterprise_id}, ground, document, day_in_china(clock()))


def _invite(writing: Writing, whom: dict[str, str], ground: str, document: str | None, today: date) -> str:
    if not ground.strip():
        raise UsageError("grant_ground_missing")
    code = new_code()
    last: int = writing.connection.execute(select(func.max(Invitation.number))).scalar() or 0
    until = today + max(HOLDS[kind] for kind in whom)
    row = {"number": last + 1, **whom, "code_sha256": digest_of_code(code), "until": until, "ground": ground}
    writing.insert(Invitation, [row | {"document": document}])
    writing.log("invited", {**whom, "invitation": last + 1, "until": until.isoformat(), "document": document})
    return code


def open_invitation(connection: Connection, code: str, clock: Clock) -> OpenInvitation:
    """The invitation that a code stands for.

    Raises:
        StoreError: There is none, it was used, or its days are over; which of these nobody is told.
    """
    used = select(Login.invitation).where(Login.invitation.is_not(None))
    query = select(Invitation).where(
        Invitation.code_sha256 == digest_of_code(code),
        Invitation.until > day_in_china(clock()),
        Invitation.number.not_in(used),
    )
    row = connection.execute(query).first()
    if row is None or not _is_newest(connection, row):
        raise StoreError("invitation_unknown")
    return OpenInvitation(
        number=row.number,
        account=row.account,
        enterprise_id=row.enterprise_id,
        ground=row.ground,
        until=row.until,
        second_factor=row.account is not None and needs_second_factor(connection, row.account, clock),
    )


def _is_newest(connection: Connection, row: Any) -> bool:
    """Whether no later invitation of the same account takes its place."""
    if row.account is None:
        return True
    later = select(Invitation.number).where(Invitation.account == row.account, Invitation.number > row.number)
    return connection.execute(later.limit(1)).first() is None


def accept(
    database: Database, code: str, password: str, clock: Clock, secret: str | None = None, typed: str = ""
) -> str:
    """Sets the password of whoever holds a code; for an enterprise, makes its account and gives it its grant.

    Args:
        database: The store.
        code: The code.
        password: The password.
        clock: The time.
        secret: The secret of the second factor that was shown.
        typed: The one-time password that the telephone computed of it.

    Returns:
        The name of the account.

    Raises:
        StoreError: The code is none, or the one-time password is not right.
        UsageError: The password is too weak.
    """
    with database.read() as connection:
        account = _account_for(connection, open_invitation(connection, code, clock))

    def who(connection: Connection, typed_name: str) -> str:
        """Whoever holds the code acts under the account that it is for."""
        return account_name(typed_name)

    with begin_writing(database, account, clock, who=who) as writing:
        invitation = open_invitation(writing.connection, code, clock)
        if account != _account_for(writing.connection, invitation):
            raise StoreError("invitation_unknown")
        kept_secret = _checked_secret(invitation, secret, typed, clock)
        if invitation.enterprise_id is not None:
            put_account(writing, account, "", ACTIVE)
            grant = Grant(account, ENTERPRISE, invitation.ground, enterprise_id=invitation.enterprise_id)
            put_grant(writing, grant, account, day_in_china(clock()))
        put_login(writing, account, hash_of(password, account), kept_secret, invitation.number)
    return account


def _account_for(connection: Connection, invitation: OpenInvitation) -> str:
    """The account of an invitation."""
    if invitation.account is not None:
        return require_account(connection, invitation.account)
    return name_for_enterprise(connection, str(invitation.enterprise_id))


def name_for_enterprise(connection: Connection, enterprise_id: str) -> str:
    """The name of the next account of an enterprise: its id, of a further one with a number.

    Raises:
        UsageError: The id cannot be a name.
    """
    name, number = account_name(enterprise_id), 1
    spelled = name
    while state_of(connection, spelled) is not None:
        number += 1
        spelled = f"{name}-{number}"
    return spelled


def _checked_secret(invitation: OpenInvitation, secret: str | None, typed: str, clock: Clock) -> str | None:
    if secret is not None and step_of(secret, typed, clock()) is not None:
        return secret
    if secret is not None and (typed.strip() or invitation.second_factor):
        raise UsageError("second_factor_wrong")
    if invitation.second_factor:
        raise UsageError("second_factor_missing")
    return None
