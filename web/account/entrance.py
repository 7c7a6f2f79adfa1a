"""What every way of logging in has in common: where it starts, and the session that it ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from scoring.administration.identity.sessions import Ticket
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock
from web.account.providers.provider import IdentityProvider
from web.language import link
from web.reading import COOKIE

BY_ADDRESS, BY_ACCOUNT = "60 per 5 minutes", "10 per 15 minutes"
"""Tries to log in: of one office together, and for one account from anywhere."""


@dataclass(frozen=True)
class Entrance:
    """Where people log in.

    Attributes:
        database: The store.
        clock: The time.
        providers: Who else can say who somebody is.
        is_secure: Whether cookies go over TLS alone.
    """

    database: Database
    clock: Clock
    providers: Sequence[IdentityProvider]
    is_secure: bool

    def form(self, refused: Mapping[str, str] | None, onward: str, status: int = 200) -> ResponseReturnValue:
        """The form of the log-in, with the reason of a refusal.

        Args:
            refused: The reason by language.
            onward: Where to go on to, as it came.
            status: Status of the answer.
        """
        offered = [provider for provider in self.providers if provider.begins_here]
        shown = {"refused": refused, "next": onward, "providers": offered}
        return render_template("account/log_in.html", **shown), status

    def enter(self, ticket: Ticket, onward: str) -> ResponseReturnValue:
        """Goes on with a session.

        Args:
            ticket: The session.
            onward: Where to, if it is a place of these pages.
        """
        response = redirect(local_address(onward) or link("account.home"))
        response.set_cookie(
            COOKIE,
            ticket.token,
            # By seconds, not by a day: the clock of a telephone may be wrong.
            max_age=ticket.ends_at - self.clock(),
            httponly=True,
            samesite="Lax",
            secure=self.is_secure,
        )
        return response


def local_address(address: str) -> str | None:
    """An address of these pages to go on to, if it is one: no other host, no scheme."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    is_local = address.startswith("/") and not address.startswith(("//", "/\\"))
    is_plain = address.isprintable() and "\\" not in address
    return address if is_local and is_plain and not parts.netloc and not parts.scheme else None
