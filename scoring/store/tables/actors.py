"""The name under which somebody writes: one spelling, and an account that is active."""

from __future__ import annotations

import unicodedata
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from scoring.errors import StoreError, UsageError
from scoring.store.tables.orm import Account

ACTIVE, DISABLED = "active", "disabled"
LONGEST = 60
"""Characters of a name."""
ALLOWED = frozenset("LNZ")
"""First letters of the Unicode categories of a name: letters, numbers, blanks."""
MARKS = frozenset(".-_@·'’()")
"""Signs that names have."""
UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")
"""Fillers: letters to Unicode, nothing to the eye."""


def account_name(typed: str) -> str:
    """The one spelling of a name: NFKC, small letters, single blanks.

    Raises:
        UsageError: It is empty, too long, or holds what cannot be seen or is in no name.
    """
    if any(unicodedata.category(character) in ("Zl", "Zp") for character in typed):
        raise UsageError("account_name_invalid", name=printable(typed))
    small = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).casefold())
    name = " ".join(part for part in small.split(" ") if part)
    if not 0 < len(name) <= LONGEST or not all(map(_is_seen, name)):
        raise UsageError("account_name_invalid", name=printable(typed))
    return name


def _is_seen(character: str) -> bool:
    in_a_name = unicodedata.category(character)[0] in ALLOWED or character in MARKS
    return in_a_name and character not in UNSEEN


def printable(typed: str) -> str:
    """A text as it can be shown: what cannot be seen is written as its number."""
    return "".join(
        character if character.isprintable() and character not in UNSEEN else f"<U+{ord(character):04X}>"
        for character in typed[:LONGEST]
    )


def _state_of() -> Select[Any]:
    """The query of ``state_of``, which is built once: every request asks it several times."""
    name: BindParameter[str] = bindparam("name")
    return select(Account.state).where(Account.name == name).order_by(Account.number.desc()).limit(1)


_STATE_OF = _state_of()


def state_of(connection: Connection, name: str) -> str | None:
    """The state of an account, ``None`` if there is none of this name."""
    state = connection.execute(_STATE_OF, {"name": name}).scalar()
    return None if state is None else str(state)


def require_account(connection: Connection, actor: str) -> str:
    """The one spelling of who acts.

    Raises:
        UsageError: It is no name.
        StoreError: There is no such account, or it is disabled.
    """
    name = account_name(actor)
    state = state_of(connection, name)
    if state is None:
        raise StoreError("account_unknown", name=name)
    if state != ACTIVE:
        raise StoreError("account_disabled", name=name)
    return name
