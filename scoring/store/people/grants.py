"""What accounts may do, where and how long: grants, each given and taken back by another person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.errors import StoreError, UsageError
from scoring.store.log.canonical_json import compact
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm_access import AccessGrant
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

ENTERPRISE, INSPECTOR, SUPERVISOR = "enterprise", "inspector", "supervisor"
ANALYST, ADMIN, AUDITOR = "analyst", "admin", "auditor"
ROLES = (ENTERPRISE, INSPECTOR, SUPERVISOR, ANALYST, ADMIN, AUDITOR)
"""What an account is; whoever has none is the public."""
LEGAL_REVIEWER, WINDOW_CLERK = "legal_reviewer", "window_clerk"
FUNCTIONS = (LEGAL_REVIEWER, WINDOW_CLERK)
"""What an officer may do beside his role: review the law of a fall, and act for a firm at the window."""
OFFICERS = (INSPECTOR, SUPERVISOR, *FUNCTIONS)
"""Grants that hold for areas and departments."""


@dataclass(frozen=True)
class Grant:
    """What an account may do.

    Attributes:
        account: Its name.
        role: One of ``ROLES`` or ``FUNCTIONS``.
        ground: Why.
        areas: Areas or zones with all that lies in them; ``None``: everywhere.
        departments: Codes of authorities of the register; ``None``: all of them.
        enterprise_id: The enterprise of a firm's own account.
        until: First day without it; ``None``: until it is taken back.
        since: First day.
        number: Its number, once it is given.
    """

    account: str
    role: str
    ground: str
    areas: frozenset[str] | None = None
    departments: frozenset[str] | None = None
    enterprise_id: str | None = None
    until: date | None = None
    since: date | None = None
    number: int = 0


def grants_of(connection: Connection, account: str, day: date) -> list[Grant]:
    """The grants of an account that hold on a day."""
    return _in_force(connection, day, AccessGrant.account == account)


def all_grants(connection: Connection, day: date) -> list[Grant]:
    """All grants that hold on a day, by account."""
    return _in_force(connection, day)


def has_grants(connection: Connection) -> bool:
    """Whether anybody was ever granted anything: before that only the command line knows who may do what."""
    return connection.execute(select(AccessGrant.number).limit(1)).first() is not None


def _in_force(connection: Connection, day: date, *tests: Any) -> list[Grant]:
    withdrawn = select(AccessGrant.withdraws).where(AccessGrant.withdraws.is_not(None))
    query = (
        select(AccessGrant)
        .where(
            *tests,
            AccessGrant.withdraws.is_(None),
            AccessGrant.number.not_in(withdrawn),
            AccessGrant.since <= day,
            AccessGrant.until.is_(None) | (AccessGrant.until > day),
        )
        .order_by(AccessGrant.account, AccessGrant.number)
    )
    return [_grant_of(row) for row in connection.execute(query)]


def _grant_of(row: Any) -> Grant:
    return Grant(
        account=row.account,
        role=row.role,
        ground=row.ground,
        areas=_ids(row.areas),
        departments=_ids(row.departments),
        enterprise_id=row.enterprise_id,
        until=row.until,
        since=row.since,
        number=row.number,
    )


def _ids(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(json.loads(text))


def give_grant(database: Database, grant: Grant, actor: str, clock: Clock) -> int:
    """Gives a grant to another account; it holds from the next request on.

    Args:
        database: The store.
        grant: The grant.
        actor: Who gives it: an administrator, or while there is none anybody who makes another one.
        clock: The time.

    Returns:
        Its number.

    Raises:
        UsageError: It is no grant of that role.
        StoreError: The account gives it to itself, may not give any, or there is no such account.
    """
    _require_complete(grant)
    with begin_writing(database, actor, clock) as writing:
        today = day_in_china(clock())
        account = require_account(writing.connection, grant.account)
        _require_another(writing, account)
        _require_may_grant(writing, grant.role, today)
        if grant.until is not None and grant.until <= today:
            raise UsageError("grant_over", until=grant.until, today=today)
        return put_grant(writing, grant, account, today)


def withdraw_grant(database: Database, number: int, ground: str, actor: str, clock: Clock) -> None:
    """Takes a grant back; it is gone at the next request.

    Raises:
        StoreError: There is no such grant, or the account may take none back.
    """
    if not ground.strip():
        raise UsageError("grant_ground_missing")
    with begin_writing(database, actor, clock) as writing:
        today = day_in_china(clock())
        grant = next(
            (grant for grant in all_grants(writing.connection, today) if grant.number == number), None
        )
        if grant is None:
            raise StoreError("grant_unknown", number=number)
        _require_may_grant(writing, grant.role, today)
        _put(
            writing, "withdrawn", _row(grant, grant.account, today) | {"withdraws": number, "ground": ground}
        )


def put_grant(writing: Writing, grant: Grant, account: str, today: date) -> int:
    """Adds a grant in a transaction, with its log entry; whether it may be given the caller asks."""
    return _put(writing, "given", _row(grant, account, today))


def _put(writing: Writing, what: str, row: dict[str, Any]) -> int:
    last: int = writing.connection.execute(select(func.max(AccessGrant.number))).scalar() or 0
    writing.insert(AccessGrant, [row | {"number": last + 1}])
    payload = {name: row[name] for name in ("account", "role", "areas", "departments", "enterprise_id")}
    until = row["until"].isoformat() if row["until"] else None
    writing.log(f"grant {what}", payload | {"number": row["withdraws"] or last + 1, "until": until})
    return last + 1


def _row(grant: Grant, account: str, today: date) -> dict[str, Any]:
    return {
        "account": account,
        "role": grant.role,
        "areas": _listed(grant.areas),
        "departments": _listed(grant.departments),
        "enterprise_id": grant.enterprise_id,
        "since": grant.since or today,
        "until": grant.until,
        "withdraws": None,
        "ground": grant.ground,
    }


def _listed(ids: Iterable[str] | None) -> str | None:
    return None if ids is None else compact(sorted(ids))


def _require_complete(grant: Grant) -> None:
    """Refuses a grant that says too little or too much for its role."""
    if grant.role not in (*ROLES, *FUNCTIONS):
        raise UsageError("role_unknown", role=grant.role, known=[*ROLES, *FUNCTIONS])
    if not grant.ground.strip():
        raise UsageError("grant_ground_missing")
    if (grant.role == ENTERPRISE) != (grant.enterprise_id is not None):
        raise UsageError("grant_of_enterprise", role=grant.role)
    if grant.role not in OFFICERS and (grant.areas is not None or grant.departments is not None):
        raise UsageError("grant_without_area", role=grant.role, roles=list(OFFICERS))


def _require_another(writing: Writing, account: str) -> None:
    if account == writing.actor:
        raise StoreError("grant_to_oneself", actor=writing.actor)


def _require_may_grant(writing: Writing, role: str, today: date) -> None:
    """Only administrators grant; the first of them is made by whoever set the store up."""
    administrators = accounts_with(writing.connection, (ADMIN,), today)
    if writing.actor in administrators or (not administrators and role == ADMIN):
        return
    raise StoreError("grant_by_administrator", actor=writing.actor)


def accounts_with(connection: Connection, roles: Sequence[str], day: date) -> frozenset[str]:
    """The accounts that have one of some roles on a day."""
    return frozenset(grant.account for grant in _in_force(connection, day, AccessGrant.role.in_(roles)))
