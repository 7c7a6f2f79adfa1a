"""The people of the demonstration: one account for each role, with a password that is printed once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from scoring.administration.identity.log_ins import put_login
from scoring.administration.identity.passwords import hash_of
from scoring.administration.identity.secret_words import new_code
from scoring.rules.wording import say
from scoring.store.people.accounts import put_account
from scoring.store.people.grants import (
    ADMIN,
    ANALYST,
    AUDITOR,
    ENTERPRISE,
    INSPECTOR,
    LEGAL_REVIEWER,
    SUPERVISOR,
    WINDOW_CLERK,
    Grant,
    give_grant,
    put_grant,
)
from scoring.store.tables.actors import ACTIVE, account_name
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, begin_writing

AREA, DEPARTMENT = "330802", "330802-market"
"""Where the inspector of the demonstration works, and for whom."""


class DemoLogIn(NamedTuple):
    """How somebody of the demonstration logs in."""

    role: str
    account: str
    password: str


def add_people(
    database: Database, firm: str | None, since: date, actors: tuple[str, str], clock: Clock
) -> list[DemoLogIn]:
    """Adds an account for each role; officers need no telephone beside made-up facts.

    Args:
        database: The store of the demonstration.
        firm: The enterprise whose owner gets an account; ``None``: there is none.
        since: First day of the grants.
        actors: Who sets the store up, and whom he makes its administrator.
        clock: The time.

    Returns:
        How each of them logs in.
    """
    ground = say("zh", "demo_ground")
    give_grant(database, Grant(actors[1], ADMIN, ground, since=since), actors[0], clock)
    people = []
    for account, grant in _people(firm, ground, since):
        password = new_code()
        with begin_writing(database, actors[1], clock) as writing:
            put_account(writing, account, "", ACTIVE)
            put_grant(writing, grant, account, since)
            put_login(writing, account, hash_of(password, account), None, None)
        people.append(DemoLogIn(grant.role, account, password))
    return people


def _people(firm: str | None, ground: str, since: date) -> Iterator[tuple[str, Grant]]:
    if firm is not None:
        account = account_name(firm)
        yield account, Grant(account, ENTERPRISE, ground, enterprise_id=firm, since=since)
    areas, departments = frozenset({AREA}), frozenset({DEPARTMENT})
    yield INSPECTOR, Grant(INSPECTOR, INSPECTOR, ground, areas, departments, since=since)
    for role in (SUPERVISOR, LEGAL_REVIEWER, WINDOW_CLERK, ANALYST, AUDITOR, ADMIN):
        account = role.replace("_", "-")
        yield account, Grant(account, role, ground, since=since)
