"""Providers whose app opens our page with a one-time code, which the server exchanges for an identity.

So work 浙政钉 and 浙里办: the code (``ticketId``, ``authCode``) is exchanged for a token and that for
the identity, each by a request which the gateway accepts only with a signature by the key of the app.
The signature is the one of the provincial gateway (headers ``X-BG-…``); which paths and claims a
service has its own papers of access say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import requests
from pydantic import Field, field_validator

from scoring.administration.identity.provider_log_in import Assertion
from scoring.errors import StoreError
from scoring.store.tables.writing import Clock
from web.account.providers.bound import bind, origin_of, parsed
from web.account.providers.provider import (
    Attempt,
    ProviderSettings,
    Words,
    assertion_of,
    claim,
    refused,
    silent,
)

LONGEST_CODE = 512


class CodeExchangeSettings(ProviderSettings):
    """What such a provider is configured by; ``secret`` is the app's, by which requests are signed.

    Attributes:
        gateway: Scheme, host and port of the gateway.
        app_key: The key that goes with the secret.
        app_id: What the provider calls this app.
        codes: Parameters in which the host's app brings its one-time code.
        token_path: Path at which the code is exchanged.
        identity_path: Path at which the token gives the identity.
        subject: The claim with what the provider calls the person.
        second_factor: Whether it always asks for a second factor.
    """

    gateway: str
    app_key: str = Field(min_length=1)
    app_id: str
    codes: tuple[str, ...] = ("ticketId", "authCode")
    token_path: str = Field(pattern=r"^/\S*$")
    identity_path: str = Field(pattern=r"^/\S*$")
    subject: str
    second_factor: bool = False

    @field_validator("gateway")
    @classmethod
    def _is_origin(cls, gateway: str) -> str:
        return origin_of(gateway)


class CodeExchangeProvider:
    """A provider of the kind of 浙政钉 and 浙里办.

    Args:
        settings: Its settings.
        back: Not used: its app knows our address.
        clock: The time.
    """

    begins_here = False
    Settings = CodeExchangeSettings

    def __init__(self, settings: CodeExchangeSettings, back: str, clock: Clock) -> None:
        self.settings, self.clock = settings, clock

    @property
    def id(self) -> str:
        """Its id."""
        return self.settings.id

    @property
    def label(self) -> Words:
        """What it is called."""
        return self.settings.label.model_dump()

    def address(self, attempt: Attempt) -> str:
        """None: who logs in comes out of its app."""
        raise refused(self.settings, "begins in the host's app")

    def code_in(self, answer: Mapping[str, str]) -> str | None:
        """The one-time code that the host's app has put into the address."""
        codes = (answer.get(name, "") for name in self.settings.codes)
        return next((code for code in codes if 0 < len(code) <= LONGEST_CODE and code.isprintable()), None)

    def assertion(self, answer: Mapping[str, str], attempt: Attempt | None) -> Assertion:
        """What the provider says of whom it gave a code."""
        code = self.code_in(answer)
        if code is None:
            raise refused(self.settings, "no code")
        settings = self.settings
        token = self._asked(settings.token_path, {"ticketId": code, "appId": settings.app_id})
        access = token.get("accessToken")
        if not isinstance(access, str) or not access:
            raise silent(settings, "no accessToken")
        identity = self._asked(settings.identity_path, {"token": access})
        return assertion_of(
            settings,
            claim(identity, settings.subject),
            identity,
            has_second_factor=settings.second_factor,
        )

    def _asked(self, path: str, question: Mapping[str, str]) -> Mapping[str, Any]:
        """The ``data`` of an answer of the gateway."""
        settings = self.settings
        headers = signed_headers(
            "POST", path, settings.app_key, settings.secret.get_secret_value(), self.clock()
        )
        try:
            with bind(requests.Session(), (settings.gateway,), settings.ca) as session:
                answer = session.post(settings.gateway + path, json=question, headers=headers)
                content = parsed(answer.content)
        except (requests.RequestException, ValueError) as error:
            raise silent(settings, f"{path}: {type(error).__name__}") from error
        return self._data_of(path, answer.status_code, content)

    def _data_of(self, path: str, status: int, content: Mapping[str, Any]) -> Mapping[str, Any]:
        data = content.get("data")
        is_refusal = 400 <= status < 500
        if status != 200 and not is_refusal:
            raise silent(self.settings, f"{path}: {status}")
        if is_refusal or content.get("success") is False:
            raise self._no(path, content)
        if content.get("success") is not True or not isinstance(data, Mapping):
            raise silent(self.settings, f"{path}: neither yes nor no")
        return data

    def _no(self, path: str, content: Mapping[str, Any]) -> StoreError:
        code = content.get("errorCode")
        return refused(self.settings, f"{path}: {code if isinstance(code, (int, str)) else 'no'}")


def signed_headers(method: str, path: str, app_key: str, secret: str, moment: datetime) -> dict[str, str]:
    """The headers by which the gateway knows the app: what is asked, key and time, signed (HMAC, SHA-256).

    Args:
        method: ``GET`` or ``POST``.
        path: The path, which has no query.
        app_key: The key of the app.
        secret: Its secret.
        moment: Now; the gateway takes a request for a minute and a half.
    """
    at = format_datetime(moment.astimezone(UTC), usegmt=True)
    text = "".join(f"{part}\n" for part in (method, path, "", app_key, at))
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return {
        "X-BG-HMAC-SIGNATURE": base64.b64encode(signature).decode(),
        "X-BG-HMAC-ALGORITHM": "hmac-sha256",
        "X-BG-HMAC-ACCESS-KEY": app_key,
        "X-BG-DATE-TIME": at,
    }
