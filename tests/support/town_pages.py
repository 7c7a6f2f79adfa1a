"""The counter's town behind its pages: its people, and browsers in which they are logged in."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from casework import FOREIGN, OWN, Counter, firm
from flask import Flask
from flask.testing import FlaskClient
from readers import allow, token_of
from sqlalchemy import select
from werkzeug.test import TestResponse

from scoring.store.people.grants import Grant
from scoring.store.tables.orm import CaseStep
from web import create_app
from web.reading import COOKIE

NAMES = ("penalty-a", "penalty-b", "penalty-foreign", "finding-a", "listing-a")
GRANTS = {
    "owner": [
        Grant("", "enterprise", "t", enterprise_id=firm(name)) for name in NAMES if name != "penalty-b"
    ],
    "stranger": [Grant("", "enterprise", "t", enterprise_id=firm("penalty-b"))],
    "officer": [Grant("", "supervisor", "t", departments=frozenset({OWN}))],
    "chief": [Grant("", "supervisor", "t")],
    "lawyer": [Grant("", "supervisor", "t"), Grant("", "legal_reviewer", "t")],
    "second": [Grant("", "supervisor", "t")],
    "ecology": [Grant("", "inspector", "t", departments=frozenset({FOREIGN}))],
    "owner2": [Grant("", "enterprise", "t", enterprise_id=firm("penalty-quiet"))],
    "clerk": [Grant("", "window_clerk", "t")],
    # whoever imported the facts, and so may not decide about them
    "tester": [Grant("", "supervisor", "t")],
}


class Town:
    """The counter's town behind its pages, and browsers of its people."""

    def __init__(self, counter: Counter) -> None:
        self.counter, self.store = counter, counter.database.place
        for account, grants in GRANTS.items():
            allow(self.store, account, *grants)
        self.app: Flask = create_app(self.store, clock=counter.clock)

    def browser(self, account: str) -> FlaskClient:
        """A browser in which somebody is logged in."""
        client = self.app.test_client()
        client.set_cookie(COOKIE, token_of(self.store, account, self.counter.clock))
        return client

    def post(self, account: str, path: str, **form: Any) -> TestResponse:
        """A form that somebody sends from its page."""
        client = self.browser(account)
        page = client.get(path)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token, (page.status_code, path)
        return client.post(path, data={"csrf_token": token[1], **form})

    def told(self, account: str, path: str) -> str:
        """What a page says in Chinese."""
        answer = self.browser(account).get(f"{path}?lang=zh")
        assert 200 == answer.status_code, path
        return unescape(re.sub(r"<[^>]+>", "", answer.text))

    def steps(self, kind: str) -> list[Any]:
        """The steps of a kind."""
        with self.counter.database.read() as connection:
            return list(
                connection.execute(
                    select(CaseStep.enterprise_id, CaseStep.actor).where(CaseStep.kind == kind)
                )
            )
