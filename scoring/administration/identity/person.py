"""Somebody who is logged in: the account, what it was granted, and so which enterprises are his to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, select

from scoring.administration.identity.scope import holds
from scoring.administration.identity.sessions import account_of
from scoring.errors import UnknownEnterpriseError
from scoring.store.people.grants import (
    AUDITOR,
    ENTERPRISE,
    INSPECTOR,
    LEGAL_REVIEWER,
    SUPERVISOR,
    WINDOW_CLERK,
    Grant,
    grants_of,
)
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleEnterprise
from scoring.store.tables.writing import day_in_china

DESK = (SUPERVISOR, INSPECTOR, LEGAL_REVIEWER, WINDOW_CLERK, AUDITOR)
"""Grants with which somebody reads about enterprises that are not his own."""
OVERSIGHT = (SUPERVISOR, AUDITOR)
"""Grants with which somebody reads figures and statements."""


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in.

    Attributes:
        account: The account.
        grants: What it was granted that holds now.
    """

    account: str
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> frozenset[str]:
        """Its roles and functions."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def enterprises(self) -> tuple[str, ...]:
        """The enterprises whose own account it is."""
        own = {grant.enterprise_id for grant in self.grants if grant.role == ENTERPRISE}
        return tuple(sorted(filter(None, own)))

    @property
    def desk(self) -> tuple[Grant, ...]:
        """The grants with which it reads about enterprises that are not its own."""
        return tuple(grant for grant in self.grants if grant.role in DESK)

    @property
    def oversight(self) -> tuple[Grant, ...]:
        """The grants with which it reads figures and statements."""
        return tuple(grant for grant in self.grants if grant.role in OVERSIGHT)

    def covering(self, connection: Connection, enterprise_id: str) -> tuple[Grant, ...]:
        """The grants for the desk that hold for an enterprise; none: it is not his to see.

        Asked in one query, so that an enterprise of elsewhere and one that is not there take the same time.
        """
        version = table_of(VisibleEnterprise).c
        latest = (
            select(version.supervised_by.label("area"))
            .where(version.enterprise_id == enterprise_id)
            .order_by(version.created, version.known_on.desc().nulls_last(), version.seq.desc())
            .limit(1)
            .subquery()
        )
        holding = [holds([grant], latest.c.area).label(f"grant_{grant.number}") for grant in self.desk]
        row = connection.execute(select(literal(True), *holding).select_from(latest)).first()
        return (
            tuple(grant for grant, is_held in zip(self.desk, row[1:], strict=True) if is_held) if row else ()
        )


def person_of(connection: Connection, token: str | None, moment: datetime) -> Person | None:
    """Who a token stands for now, with what he may do today; ``None``: the public."""
    account = account_of(connection, token, moment) if token else None
    if account is None:
        return None
    return Person(account, tuple(grants_of(connection, account, day_in_china(moment))))


def require_covered(connection: Connection, person: Person, enterprise_id: str) -> tuple[Grant, ...]:
    """The grants for the desk that hold for an enterprise.

    Raises:
        UnknownEnterpriseError: There is none, or it is not his to see; which of the two nobody is told.
    """
    grants = person.covering(connection, enterprise_id)
    if not grants:
        raise UnknownEnterpriseError("enterprise_unknown", enterprise_id=enterprise_id)
    return grants
