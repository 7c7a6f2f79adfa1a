"""Logging in by a provider, begun here or by the host's app; and the one-time password after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from flask import Blueprint, abort, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from scoring.administration.identity.provider_log_in import Assertion, log_in_by_provider
from scoring.administration.identity.secret_words import new_token
from scoring.errors import EnvironmentRefusedError, SiseError, StoreError
from web.account.entrance import BY_ACCOUNT, BY_ADDRESS, Entrance, local_address
from web.account.providers.provider import Attempt, IdentityProvider
from web.language import link
from web.reading import COOKIE, now

LASTS = timedelta(minutes=10)
"""How long a log-in that began may take."""
ATTEMPT, PENDING = "attempt", "pending"
"""Where the browser keeps, signed, the log-in that it began, and the one that waits for digits."""


def add_provider_routes(routes: Blueprint, entrance: Entrance, limiter: Limiter) -> None:
    """Adds the routes.

    Args:
        routes: The blueprint of accounts.
        entrance: Where people log in.
        limiter: Counts tries.
    """
    _add_beginning(routes, entrance, limiter)
    _add_return(routes, entrance, limiter)
    _add_second_factor(routes, entrance, limiter)


def _add_beginning(routes: Blueprint, entrance: Entrance, limiter: Limiter) -> None:
    @routes.route("/login/with/<provider_id>", methods=["GET", "POST"], endpoint="provider")
    @limiter.limit(BY_ADDRESS)
    def begin(provider_id: str) -> ResponseReturnValue:
        """Leads to the provider; a code out of its app is exchanged once somebody says so."""
        provider = _provider(entrance, provider_id)
        if request.method == "GET":
            return _begun(entrance, provider) if provider.begins_here else _go_on(entrance, provider)
        if provider.begins_here:
            abort(405)
        # The form carries a token of its page: no other site can log somebody in as somebody else.
        onward = request.form.get("next", "")
        try:
            return _entered(entrance, provider.assertion(request.form, None), onward)
        except SiseError as error:
            return _refusal(entrance, error, onward)


def _begun(entrance: Entrance, provider: IdentityProvider) -> ResponseReturnValue:
    attempt = Attempt(new_token(), new_token(), new_token())
    onward = local_address(request.args.get("next", "")) or link("account.home")
    try:
        address = provider.address(attempt)
    except SiseError as error:
        return _refusal(entrance, error, onward)
    session[ATTEMPT] = {
        "provider": provider.id,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "verifier": attempt.verifier,
        "next": onward,
        "until": (now() + LASTS).timestamp(),
    }
    return redirect(address)


def _go_on(entrance: Entrance, provider: IdentityProvider) -> ResponseReturnValue:
    """The page with the button that exchanges the code: to look at it logs nobody in."""
    code = provider.code_in(request.args)
    if code is None:
        error = StoreError("provider_begins_in_app", name=provider.label)
        return _refusal(entrance, error, "")
    name = next(name for name, value in request.args.items() if value == code)
    shown = {"provider": provider, "name": name, "code": code, "next": request.args.get("next", "")}
    return render_template("account/go_on.html", **shown)


def _add_return(routes: Blueprint, entrance: Entrance, limiter: Limiter) -> None:
    @routes.get("/login/with/<provider_id>/back", endpoint="provider_back")
    @limiter.limit(BY_ADDRESS)
    def come_back(provider_id: str) -> ResponseReturnValue:
        """Takes the answer of a provider to the log-in that this browser began, once."""
        provider = _provider(entrance, provider_id)
        kept = _kept(session.pop(ATTEMPT, None))
        if not provider.begins_here:
            abort(404)
        onward = str(kept.get("next", ""))
        attempt = None
        if kept.get("provider") == provider.id:
            attempt = Attempt(kept["state"], kept["nonce"], kept["verifier"])
        try:
            return _entered(entrance, provider.assertion(request.args, attempt), onward)
        except SiseError as error:
            return _refusal(entrance, error, onward)


def _add_second_factor(routes: Blueprint, entrance: Entrance, limiter: Limiter) -> None:
    @routes.route("/login/second", methods=["GET", "POST"], endpoint="second_factor")
    @limiter.limit(BY_ADDRESS, methods=["POST"])
    @limiter.limit(BY_ACCOUNT, methods=["POST"], key_func=_pending_subject)
    def second_factor() -> ResponseReturnValue:
        """Asks whom a provider vouched for for the one-time password of his telephone."""
        kept = _kept(session.get(PENDING))
        if not kept:
            return redirect(link("account.log_in"))
        if request.method == "GET":
            return render_template("account/second_factor.html", refused=None)
        assertion = Assertion(kept["provider"], kept["subject"], kept["enterprise_id"])
        try:
            return _entered(entrance, assertion, str(kept["next"]), request.form.get("code", ""))
        except SiseError as error:
            return render_template("account/second_factor.html", refused=error.words), 403


def _entered(
    entrance: Entrance, assertion: Assertion, onward: str, typed: str | None = None
) -> ResponseReturnValue:
    """Begins the session, or asks for the one-time password first."""
    ticket = log_in_by_provider(
        entrance.database, assertion, typed, entrance.clock, request.cookies.get(COOKIE)
    )
    if ticket is not None:
        session.pop(PENDING, None)
        return entrance.enter(ticket, onward)
    session[PENDING] = {
        "provider": assertion.provider,
        "subject": assertion.subject,
        "enterprise_id": assertion.enterprise_id,
        "next": onward,
        "until": (now() + LASTS).timestamp(),
    }
    return redirect(link("account.second_factor"), 303)


def _kept(value: Any) -> dict[str, Any]:
    """What this browser kept of a log-in; empty where there is nothing or its time is over."""
    is_on = isinstance(value, dict) and value.get("until", 0) > now().timestamp()
    return value if is_on else {}


def _pending_subject() -> str:
    """For whom digits are typed; who waits for none is counted by his own address."""
    kept = _kept(session.get(PENDING))
    return f"{kept['provider']} {kept['subject']}" if kept else get_remote_address()


def _provider(entrance: Entrance, provider_id: str) -> IdentityProvider:
    """The provider of an address; one that is not configured is answered as no page."""
    for provider in entrance.providers:
        if provider.id == provider_id:
            return provider
    return _none()


def _none() -> NoReturn:
    abort(404)


def _refusal(entrance: Entrance, error: SiseError, onward: str) -> ResponseReturnValue:
    """The form of the log-in with the reason; whose fault it is the status says."""
    return entrance.form(error.words, onward, 503 if isinstance(error, EnvironmentRefusedError) else 403)
