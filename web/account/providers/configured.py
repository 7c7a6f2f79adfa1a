"""The providers of a deployment: the file that ``SISE_PROVIDERS`` names, secrets by the environment."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scoring.errors import InputError
from scoring.store.tables.writing import Clock
from web.account.providers.provider import IdentityProvider

FILE = "SISE_PROVIDERS"
"""Environment variable with the name of the file."""
LARGEST = 256 * 1024


def _oidc() -> Any:
    # Its libraries are loaded where somebody uses it: they take a second.
    from web.account.providers.oidc import OidcProvider

    return OidcProvider


def _code_exchange() -> Any:
    from web.account.providers.code_exchange import CodeExchangeProvider

    return CodeExchangeProvider


KINDS: Mapping[str, Callable[[], Any]] = {"oidc": _oidc, "code_exchange": _code_exchange}
"""Every kind of provider: gives its class, whose ``Settings`` an entry of the file is."""


def secret_variable(provider: str) -> str:
    """The environment variable with the secret of a provider."""
    return f"SISE_PROVIDER_{provider.upper().replace('-', '_')}_SECRET"


def load_providers(
    environment: Mapping[str, str], address: str, clock: Clock
) -> tuple[IdentityProvider, ...]:
    """The providers of a deployment; none where it names no file. Nobody is asked anything yet.

    Args:
        environment: The environment.
        address: Where the pages are reached.
        clock: The time.

    Raises:
        InputError: The file cannot be read, others can read its secrets, or an entry is not valid.
    """
    place = environment.get(FILE)
    if not place:
        return ()
    entries, has_secrets = _entries(Path(place))
    if has_secrets and os.name != "nt" and stat.S_IMODE(Path(place).stat().st_mode) & 0o077:
        raise InputError("providers_readable_by_others", place=place)
    providers = [_provider(entry, place, environment, address, clock) for entry in entries]
    names = [provider.id for provider in providers]
    if len(set(names)) < len(names):
        raise InputError("providers_invalid", place=place, where="id", fault=f"{sorted(names)}")
    return tuple(providers)


def provider_names(environment: Mapping[str, str]) -> tuple[str, ...] | None:
    """The ids in the file of a deployment; ``None`` where it names none.

    Raises:
        InputError: The file cannot be read.
    """
    place = environment.get(FILE)
    return tuple(str(entry.get("id")) for entry in _entries(Path(place))[0]) if place else None


def _entries(path: Path) -> tuple[Sequence[dict[str, Any]], bool]:
    """The entries of a file, and whether a secret stands in one of them."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError("providers_invalid", place=str(path), where="file", fault=f"> {LARGEST}")
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("providers_unreadable", place=str(path), reason=str(error)) from error
    entries = table.pop("providers", None)
    is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if table or not is_list or entries is None:
        raise InputError("providers_invalid", place=str(path), where="providers", fault="[[providers]]")
    return entries, any("secret" in entry for entry in entries)


def _provider(
    entry: Mapping[str, Any], place: str, environment: Mapping[str, str], address: str, clock: Clock
) -> IdentityProvider:
    name, kind = str(entry.get("id")), entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        fault = f"{kind!r}; {', '.join(KINDS)}"
        raise InputError("providers_invalid", place=place, where=f"{name}.kind", fault=fault)
    made = KINDS[kind]()
    given = environment.get(secret_variable(name))
    whole = {**entry, "secret": given} if given else dict(entry)
    try:
        settings = made.Settings.model_validate(whole)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, (name, *first["loc"])))
        raise InputError("providers_invalid", place=place, where=where, fault=first["msg"]) from error
    provider: IdentityProvider = made(settings, f"{address.rstrip('/')}/login/with/{name}/back", clock)
    return provider
