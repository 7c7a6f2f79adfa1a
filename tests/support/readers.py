"""Clients of the pages for each audience: logged in with what it takes, at the addresses of its own room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from public_pages import UNKNOWN, public_ids
from sqlalchemy import select
from werkzeug.test import TestResponse

from scoring.administration.identity.sessions import begin_session
from scoring.administration.results.page_views import PageView, PageViews
from scoring.store.people.accounts import put_account
from scoring.store.people.grants import ENTERPRISE, INSPECTOR, SUPERVISOR, Grant, put_grant
from scoring.store.tables.actors import ACTIVE, state_of
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Head
from scoring.store.tables.writing import CHINA, Clock, begin_writing
from web import create_app
from web.parts.kept_pages import KeptPages
from web.reading import COOKIE

ROOMS = {"public": "", "enterprise": "/firm", "inspector": "/desk", "officer": "/desk"}
"""Where the pages of an audience stand."""
ROLES = {"inspector": INSPECTOR, "officer": SUPERVISOR}
TWIN = "/api/"


def noon_of(day: date) -> Clock:
    """A clock that stands at noon of a day in China."""
    return lambda: datetime.combine(day, time(12), CHINA).astimezone(UTC)


class AudienceClient:
    """Asks for pages as an audience: ``/e/ID`` is that audience's page of an enterprise."""

    def __init__(
        self,
        store: str,
        audience: str = "enterprise",
        clock: Clock | None = None,
        departments: frozenset[str] | None = None,
        app: Any = None,
    ) -> None:
        self.store, self.audience = store, audience
        # one account for each set of departments: grants add up
        of_departments = "all" if departments is None else " ".join(sorted(departments)) or "none"
        self.account = f"reader-{audience} {of_departments}"
        self.clock: Clock = clock or (lambda: datetime.now(UTC))
        self.app = app or create_app(store, clock=self.clock)
        self.http: FlaskClient = self.app.test_client()
        self.known: set[str] = set()
        self.pages: dict[str, str] = {}
        self.log_in()
        if audience in ROLES:
            allow(store, self.account, Grant("", ROLES[audience], "test", departments=departments))

    def get(self, path: str, **more: Any) -> TestResponse:
        """The answer to an address below the audience's room; of a firm's, after it was granted its enterprise."""
        parts = urlsplit(path)
        if self.audience == "enterprise" and (who := _enterprise_of(parts.path)) and who not in self.known:
            allow(self.store, self.account, Grant("", ENTERPRISE, "test", enterprise_id=who))
            self.known.add(who)
        is_shared = parts.path.startswith(
            ("/about", "/api/about", "/static", "/healthz", "/readyz", "/login")
        )
        if parts.path == "/":
            more.setdefault("follow_redirects", True)  # a firm of one enterprise is led to it
        if self.audience == "public" and (who := _enterprise_of(parts.path)):
            # The public's pages stand at random ids.
            path = path.replace(quote(who, safe=":"), self._page(who)).replace(who, self._page(who))
        address = ("" if is_shared else ROOMS[self.audience]) + path
        answer = self.http.get(address, **more)
        if answer.status_code in (302, 401) and self.audience != "public":
            # Whoever read on a later day has cleared the sessions of this one.
            answer.close()
            self.log_in()
            answer = self.http.get(address, **more)
        return answer

    def _page(self, enterprise_id: str) -> str:
        """The id of the public's page of an enterprise."""
        if enterprise_id not in self.pages:
            self.pages |= public_ids(self.store)
        return self.pages.get(enterprise_id, UNKNOWN)

    def log_in(self) -> None:
        """Begins a session, unless it is the public."""
        if self.audience != "public":
            self.http.set_cookie(COOKIE, token_of(self.store, self.account, self.clock))


def _enterprise_of(path: str) -> str | None:
    """The enterprise that an address speaks of."""
    rest = path.removeprefix("/api").removeprefix("/e/") if "/e/" in path else ""
    return unquote(rest.removesuffix("/code.png").removesuffix("/history.svg")) or None


def keep_nothing(patch: pytest.MonkeyPatch) -> None:
    """Pages are made anew each time, and none is kept: for tests that put another result in place of a stored one."""
    patch.setattr(KeptPages, "body", lambda self, read, reader, make: make())
    patch.setattr(PageViews, "view", lambda self, read, reader, make: PageView(make(), "", ()))


def token_of(store: str, account: str, clock: Clock) -> str:
    """A session of an account, which is made where it is not there."""
    allow(store, account)
    database = Database(store)
    try:
        return begin_session(database, account, clock()).token
    finally:
        database.close()


def allow(store: str, account: str, *grants: Grant) -> None:
    """Gives an account grants, at the moment at which the store stands."""
    database = Database(store)
    try:
        with database.read() as connection:
            at = datetime.fromisoformat(connection.execute(select(Head.at)).scalar_one())
        who: Callable[[Any, str], str] = lambda connection, typed: typed
        with begin_writing(database, "reader", lambda: at, who=who) as writing:
            if state_of(writing.connection, account) != ACTIVE:
                put_account(writing, account, "", ACTIVE)
            for grant in grants:
                put_grant(writing, grant, account, date(2000, 1, 1))
    finally:
        database.close()
