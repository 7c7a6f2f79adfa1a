"""In whose name a step is taken: a firm by its own account or at the window, or an officer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from scoring.administration.casework.procedures import Opener
from scoring.administration.identity.person import Person
from scoring.entities.authorities import office_of, register
from scoring.errors import StoreError, UsageError
from scoring.store.people import grants

SEEN = ("identity_card", "business_licence", "letter_of_authority", "other_document")
"""What may be shown at the window."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Presence:
    """A person who came to the window for a firm.

    Attributes:
        person: Who came.
        seen: What was seen, codes of ``SEEN``.
        paper: Name of the scanned paper.
        paper_sha256: Its digest; the paper itself is kept outside the store.
    """

    person: str
    seen: tuple[str, ...]
    paper: str | None = None
    paper_sha256: str | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """As a step keeps it."""
        return {
            "person": self.person,
            "seen": list(self.seen),
            "paper": self.paper,
            "paper_sha256": self.paper_sha256,
        }


def require_party(
    connection: Connection,
    by: Opener,
    presence: Presence | None,
    enterprise_id: str,
    actor: str,
    day: date,
) -> None:
    """Refuses a step in the name of somebody for whom the account may not act.

    A store that keeps no grants takes the word of whoever calls: the command line of today.

    Raises:
        UsageError: At the window nobody came, or nothing was seen.
        StoreError: The account is not the firm's, or is no clerk of the window.
    """
    if by == "window":
        _require_presence(presence)
    elif presence is not None:
        raise UsageError("presence_not_at_window")
    if not grants.has_grants(connection):
        return
    if by == "firm" and enterprise_id not in firms_of(connection, actor, day):
        raise StoreError("case_not_of_firm", actor=actor, enterprise_id=enterprise_id)
    if by == "firm":
        return
    roles = roles_for(connection, actor, enterprise_id, day)
    if by == "window" and grants.WINDOW_CLERK not in roles:
        raise StoreError("window_clerk_needed", actor=actor)
    if by == "officer" and not roles & set(grants.OFFICERS):
        raise StoreError("case_officer_needed", actor=actor)


def _require_presence(presence: Presence | None) -> None:
    if presence is None or not presence.person.strip() or not presence.seen:
        raise UsageError("presence_missing", known=list(SEEN))
    if unknown := [code for code in presence.seen if code not in SEEN]:
        raise UsageError("presence_unknown", seen=unknown[0], known=list(SEEN))
    if (presence.paper is None) != (presence.paper_sha256 is None):
        raise UsageError("presence_paper")
    if presence.paper_sha256 is not None and not _SHA256.fullmatch(presence.paper_sha256):
        raise UsageError("presence_paper")


def roles_for(connection: Connection, account: str, enterprise_id: str, day: date) -> frozenset[str]:
    """The roles and functions that an account has for an enterprise on a day; those of elsewhere are none here."""
    return frozenset(grant.role for grant in _covering(connection, account, enterprise_id, day))


def _covering(
    connection: Connection, account: str, enterprise_id: str, day: date
) -> tuple[grants.Grant, ...]:
    person = Person(account, tuple(grants.grants_of(connection, account, day)))
    return person.covering(connection, enterprise_id)


def firms_of(connection: Connection, account: str, day: date) -> frozenset[str]:
    """The enterprises whose own account it is."""
    given = grants.grants_of(connection, account, day)
    return frozenset(grant.enterprise_id for grant in given if grant.enterprise_id)


def office_for(
    connection: Connection, account: str, enterprise_id: str, office: str | None, day: date
) -> str:
    """The authority in whose name an officer acts towards an enterprise.

    Args:
        connection: The store.
        account: The officer's account.
        enterprise_id: The enterprise.
        office: What was named: a code or name of the register; ``None``: the only one of the
            account's grants.
        day: The day.

    Raises:
        UsageError: None is named, and the grants name none or several.
        StoreError: The account has no grant for it.
    """
    mine: set[str] = set()
    everywhere = not grants.has_grants(connection)
    for grant in _covering(connection, account, enterprise_id, day):
        if grant.role in grants.OFFICERS:
            everywhere = everywhere or grant.departments is None
            mine |= grant.departments or frozenset()
    if office is None:
        if len(mine) != 1:
            raise UsageError("case_office_missing")
        return mine.pop()
    if not everywhere and _code_of(office) not in mine:
        raise StoreError("case_office_not_granted", actor=account, office=office)
    return office


def _code_of(office: str) -> str:
    return office if office in register().authorities else office_of(office) or office


def kept_of(by: Opener, presence: Presence | None) -> Mapping[str, Any]:
    """How a step tells in whose name it was taken."""
    return {"by": by} | ({"presence": presence.kept} if presence else {})
