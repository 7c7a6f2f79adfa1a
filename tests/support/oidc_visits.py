"""Somebody's way from our log-in over a provider of OpenID Connect back to us."""

from __future__ import annotations

from pathlib import Path

import pyotp
from flask.testing import FlaskClient
from log_in_pages import LogInPages, local_path
from oidc import Provider
from stores import StoreHarness
from werkzeug.test import TestResponse

from scoring.administration.identity.invitations import accept, invite_account
from scoring.administration.identity.secret_words import new_secret

ENTRY = """
id = "sso"
kind = "oidc"
label = {{ zh = "统一身份认证", en = "the single sign-on" }}
issuer = "{origin}"
client_id = "sise"
secret = "a secret of the two"
"""
BERT = "2f1c-bert"


class Visit:
    """Somebody's way from our log-in over the provider back to us."""

    def __init__(self, now: StoreHarness, provider: Provider, folder: Path, more: str = "") -> None:
        self.provider, self.store = provider, now
        self.pages = LogInPages(now, folder, ENTRY.format(origin=provider.origin) + more)
        self.client: FlaskClient = self.pages.browser()

    def begins(self, onward: str = "/desk/") -> str:
        """The address to which our page leads."""
        answer = self.client.get("/login/with/sso", query_string={"next": onward})
        assert 302 == answer.status_code, answer.text
        return answer.headers["Location"]

    def comes_back(self, address: str) -> TestResponse:
        """The answer to where the provider sends him back to."""
        return self.client.get(local_path(address))

    def goes(self, subject: str = BERT, **changed: str) -> TestResponse:
        """The whole way."""
        return self.comes_back(self.provider.agrees(self.begins(), subject, **changed))

    def who(self) -> str | None:
        """Who is logged in at its end."""
        return self.pages.who(self.client)


class Phone:
    """``bert``'s telephone."""

    def __init__(self, store: StoreHarness) -> None:
        self.store, self.secret = store, new_secret()
        code = invite_account(store.database, "bert", "test", "anna", store.clock)
        accept(store.database, code, "correct horse battery", store.clock, self.secret, self.digits())

    def digits(self, later: int = 0) -> str:
        """What it shows."""
        return pyotp.TOTP(self.secret).generate_otp(int(self.store.clock.now.timestamp()) // 30 + later)
