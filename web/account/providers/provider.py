"""What all providers of identities have in common: settings, what they are asked, refusals.

A further provider is one more class with these methods, and a line in ``configured.KINDS``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from scoring.administration.identity.provider_links import PROVIDER_NAME, is_subject
from scoring.administration.identity.provider_log_in import Assertion
from scoring.errors import EnvironmentRefusedError, StoreError

Words = Mapping[str, str]
"""A text by language."""
LOG = logging.getLogger("sise.providers")
"""Why a log-in failed, for who runs the service; no code, token or subject stands in it."""


class ProviderModel(BaseModel):
    """Settings with nothing beside what is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProviderLabel(ProviderModel):
    """What a provider is called on the pages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class FirmRule(ProviderModel):
    """Where a provider says for which firm somebody acts.

    Attributes:
        code: The claim with the unified social credit code.
        role: The claim that says as what he acts; none where the code alone says that he may.
        roles: Its values of legal representatives and of those with authority.
    """

    code: str
    role: str | None = None
    roles: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _role_and_roles(self) -> FirmRule:
        if (self.role is None) != (not self.roles):
            raise ValueError("role and roles go together")
        return self


class ProviderSettings(ProviderModel):
    """What every provider is configured by.

    Attributes:
        id: Its id, which links name.
        kind: Which class it is.
        label: What it is called on the pages.
        secret: What it and this service share.
        ca: File with the authorities of its certificate; by default those of the system.
        firm: Where it says for which firm somebody acts; without it firms do not log in by it.
        second_factor: Whether it always asks for a second factor.
    """

    id: str = Field(pattern=f"^{PROVIDER_NAME.pattern}$")
    kind: str
    label: ProviderLabel
    secret: SecretStr = Field(min_length=1)
    ca: str | None = None
    firm: FirmRule | None = None
    second_factor: bool | tuple[str, ...] = False


@dataclass(frozen=True)
class Attempt:
    """A log-in that began here and is to come back with its answer.

    Attributes:
        state: What the answer must repeat: it is of this browser.
        nonce: What the token must hold: it is of this log-in.
        verifier: What only this server knows of the code (PKCE).
    """

    state: str
    nonce: str
    verifier: str


class IdentityProvider(Protocol):
    """Somebody who can say who a person is."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def label(self) -> Words:
        """What it is called."""

    @property
    def begins_here(self) -> bool:
        """Whether a log-in begins at our page; else the host's app opens our page with a code."""

    def address(self, attempt: Attempt) -> str:
        """Where the person proves who he is.

        Raises:
            EnvironmentRefusedError: The provider does not answer.
        """

    def code_in(self, answer: Mapping[str, str]) -> str | None:
        """The one-time code of an answer or of an address that the host's app opens."""

    def assertion(self, answer: Mapping[str, str], attempt: Attempt | None) -> Assertion:
        """What the provider says of who came with an answer.

        Args:
            answer: The parameters of the address.
            attempt: The log-in that it must be the answer to, where it began here.

        Raises:
            StoreError: The answer proves nothing (``provider_refused``).
            EnvironmentRefusedError: The provider does not answer, or with what nobody can read.
        """


def silent(settings: ProviderSettings, why: str) -> EnvironmentRefusedError:
    """The refusal where a provider does not answer, or with what nobody can read."""
    LOG.warning("%s: no usable answer (%s)", settings.id, why)
    return EnvironmentRefusedError("provider_silent", name=settings.label.model_dump())


def refused(settings: ProviderSettings, why: str) -> StoreError:
    """The refusal where an answer proves nothing; what was wrong only who runs the service is told."""
    LOG.warning("%s: refused (%s)", settings.id, why)
    return StoreError("provider_refused", name=settings.label.model_dump())


def assertion_of(
    settings: ProviderSettings, subject: Any, claims: Mapping[str, Any], *, has_second_factor: bool
) -> Assertion:
    """What a provider says, from its claims.

    Raises:
        StoreError: There is no subject in them.
    """
    if not isinstance(subject, str) or not is_subject(subject):
        raise refused(settings, "no subject")
    return Assertion(settings.id, subject, _enterprise_in(settings.firm, claims), has_second_factor)


def claim(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by a path of names with dots; ``None`` where there is none."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _enterprise_in(rule: FirmRule | None, claims: Mapping[str, Any]) -> str | None:
    """The firm for which a person may act; ``None``: for none."""
    code = claim(claims, rule.code) if rule else None
    if rule is None or not isinstance(code, str) or not code.strip():
        return None
    if rule.role is not None and claim(claims, rule.role) not in rule.roles:
        return None
    return code.strip().upper()
