"""The pages of logging in over a store, with providers that are configured by a file as a deployment has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select
from stores import StoreHarness
from werkzeug.test import TestResponse

from scoring.administration.identity.person import person_of
from scoring.store.tables.orm_access import Session
from web import create_app
from web.account.providers.configured import FILE, load_providers
from web.reading import COOKIE

ADDRESS = "http://127.0.0.1:8000"


class LogInPages:
    """An application over a store, and what a browser sees of it."""

    def __init__(
        self, store: StoreHarness, folder: Path, entry: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.store = store
        file = folder / "providers.toml"
        file.write_text(f"[[providers]]\n{entry}", encoding="utf-8")
        file.chmod(0o600)
        given = {FILE: str(file), **(environment or {})}
        self.providers = load_providers(given, ADDRESS, store.clock)
        place = store.database.place
        self.app = create_app(place, address=ADDRESS, clock=store.clock, providers=self.providers)

    def browser(self) -> FlaskClient:
        """A new browser."""
        return self.app.test_client()

    def post(self, client: FlaskClient, page: TestResponse, path: str, **form: str) -> TestResponse:
        """Sends the form of a page, with all that it hides."""
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        return client.post(path, data=hidden | form)

    def who(self, client: FlaskClient) -> str | None:
        """Who is logged in in a browser."""
        cookie = client.get_cookie(COOKIE)
        with self.store.database.read() as connection:
            person = person_of(connection, cookie.value if cookie else None, self.store.clock())
        return person.account if person else None

    def sessions(self) -> int:
        """How many sessions ever began."""
        with self.store.database.read() as connection:
            return len(connection.execute(select(Session.token_sha256)).all())


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def local_path(address: str) -> str:
    """An address as our own browser asks for it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def plain(answer: Any) -> str:
    """The words of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())
