"""OpenID Connect (Core 1.0): the code flow with PKCE; the token is checked by the provider's own keys."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import field_validator

from scoring.administration.identity.provider_log_in import Assertion
from scoring.store.tables.writing import Clock
from web.account.providers.bound import bind, origin_of, parsed
from web.account.providers.provider import (
    Attempt,
    ProviderSettings,
    Words,
    assertion_of,
    refused,
    silent,
)

ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""Signatures that only the holder of a private key can make: never ``none``, nor one by the secret."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
KEPT = 3600.0
"""Seconds for which a provider's description and keys are kept."""
RENEWED = 30.0
"""Seconds before keys are fetched again because one is unknown: no forged token makes us ask more."""
LONGEST_TOKEN = 32 * 1024
DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OidcSettings(ProviderSettings):
    """What a provider of OpenID Connect is configured by.

    Attributes:
        issuer: Its address, as its tokens name it.
        client_id: What it calls this service.
        client_auth: How this service proves to it who it is.
        scope: What is asked for.
        hosts: Origins of its endpoints, where they are others than the issuer's.
    """

    issuer: str
    client_id: str
    client_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    scope: str = "openid"
    hosts: tuple[str, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _is_address(cls, issuer: str) -> str:
        origin_of(issuer)
        return issuer

    @field_validator("hosts")
    @classmethod
    def _are_origins(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(origin_of, hosts))

    @property
    def origins(self) -> tuple[str, ...]:
        """Where this service may ask."""
        return (origin_of(self.issuer), *self.hosts)


@dataclass(frozen=True)
class _Described:
    """What a provider says of itself, and its keys."""

    endpoints: Mapping[str, str]
    keys: KeySet
    read_at: float


class OidcProvider:
    """A provider of OpenID Connect.

    Args:
        settings: Its settings.
        back: The address to which it sends people back.
        clock: The time.
    """

    begins_here = True
    Settings = OidcSettings

    def __init__(self, settings: OidcSettings, back: str, clock: Clock) -> None:
        self.settings, self.back, self.clock = settings, back, clock
        self._described: _Described | None = None
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        """Its id."""
        return self.settings.id

    @property
    def label(self) -> Words:
        """What it is called."""
        return self.settings.label.model_dump()

    def address(self, attempt: Attempt) -> str:
        """Where the person proves who he is, with the challenge of this log-in."""
        endpoint = self._description().endpoints["authorization_endpoint"]
        with self._session() as session:
            address, _ = session.create_authorization_url(
                endpoint, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
            )
        return str(address)

    def code_in(self, answer: Mapping[str, str]) -> str | None:
        """The code of an answer."""
        return answer.get("code") or None

    def assertion(self, answer: Mapping[str, str], attempt: Attempt | None) -> Assertion:
        """What the token says that the code of an answer is exchanged for."""
        if attempt is None or answer.get("state") != attempt.state:
            raise refused(self.settings, "state")
        # RFC 9207: an answer of another provider is none of this one.
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise refused(self.settings, "issuer of the answer")
        code = self.code_in(answer)
        if code is None:
            raise refused(self.settings, "no code")
        tokens = self._exchanged(code, attempt)
        claims = self._checked(tokens, attempt)
        return assertion_of(
            self.settings,
            claims.get("sub"),
            claims,
            has_second_factor=self._has_second_factor(claims),
        )

    def _session(self) -> OAuth2Session:
        settings = self.settings
        session = OAuth2Session(
            settings.client_id,
            settings.secret.get_secret_value(),
            token_endpoint_auth_method=settings.client_auth,
            scope=settings.scope,
            redirect_uri=self.back,
            code_challenge_method="S256",
        )
        return bind(session, settings.origins, settings.ca)

    def _exchanged(self, code: str, attempt: Attempt) -> Mapping[str, Any]:
        endpoint = self._description().endpoints["token_endpoint"]
        try:
            with self._session() as session:
                tokens = session.fetch_token(
                    endpoint,
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=self.back,
                    code_verifier=attempt.verifier,
                )
        except AuthlibBaseError as error:
            # The provider refuses the code: it is none, was used, or is another log-in's.
            raise refused(self.settings, f"code: {type(error).__name__}") from error
        except (
            requests.RequestException,
            ValueError,
            TypeError,
            KeyError,
            RecursionError,
        ) as error:
            raise silent(self.settings, f"token: {type(error).__name__}") from error
        if not isinstance(tokens, Mapping):
            raise silent(self.settings, "token: no object")
        return tokens

    def _checked(self, tokens: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
        """The claims of the token, once signature, issuer, audience, time and nonce are right."""
        token = tokens.get("id_token")
        if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
            raise silent(self.settings, "no id_token")
        try:
            decoded = self._decoded(token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                    "nonce": {"essential": True, "value": attempt.nonce},
                },
                params={
                    "nonce": attempt.nonce,
                    "client_id": self.settings.client_id,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(self.clock().timestamp()), leeway=LEEWAY)
        except (
            JoseError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            raise refused(self.settings, f"id_token: {type(error).__name__} {_claim_of(error)}") from error
        return dict(claims)

    def _decoded(self, token: str) -> jwt.Token:
        """The token, checked by the provider's keys, which are fetched anew where they do not fit."""
        described = self._description()
        try:
            return jwt.decode(token, described.keys, algorithms=ALGORITHMS)
        except JoseError:
            if monotonic() - described.read_at < RENEWED:
                raise
            return jwt.decode(token, self._description(anew=True).keys, algorithms=ALGORITHMS)

    def _description(self, *, anew: bool = False) -> _Described:
        """What the provider says of itself: asked when somebody logs in, never at the start."""
        with self._lock:
            known = self._described
        if known is not None and not anew and monotonic() - known.read_at < KEPT:
            return known
        fresh = self._read()
        with self._lock:
            self._described = fresh
        return fresh

    def _read(self) -> _Described:
        settings = self.settings
        try:
            with bind(requests.Session(), settings.origins, settings.ca) as session:
                described = _fetched(session, settings.issuer.rstrip("/") + DISCOVERY)
                endpoints = {name: str(described[name]) for name in ENDPOINTS}
                is_ours = all(origin_of(address) in settings.origins for address in endpoints.values())
                if described.get("issuer") != settings.issuer or not is_ours:
                    raise ValueError("issuer or endpoints are others than configured")
                keys = KeySet.import_key_set(_fetched(session, endpoints["jwks_uri"]))  # type: ignore[arg-type]
        except (requests.RequestException, JoseError, ValueError, TypeError, KeyError) as error:
            raise silent(settings, f"description: {type(error).__name__}: {error}") from error
        return _Described(endpoints, keys, monotonic())

    def _has_second_factor(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token tells of a second factor (``amr``, RFC 8176), or it is always asked for."""
        wanted = self.settings.second_factor
        if isinstance(wanted, bool):
            return wanted
        methods = claims.get("amr")
        return isinstance(methods, list) and any(method in wanted for method in methods)


def _fetched(session: requests.Session, address: str) -> dict[str, Any]:
    answer = session.get(address, headers={"Accept": "application/json"})
    answer.raise_for_status()
    return parsed(answer.content)


def _claim_of(error: Exception) -> str:
    """Which claim was wrong, where the error says so."""
    return str(getattr(error, "claim", "") or "")
