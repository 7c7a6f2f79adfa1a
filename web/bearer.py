"""Another system that asks with a token of its own: as which account, for what, and never with a cookie beside it."""

from __future__ import annotations

from flask import Flask, g, request
from flask_wtf.csrf import CSRFProtect

from scoring.administration.identity.api_tokens import READ, RECORD, KnownToken, token_of
from scoring.administration.identity.person import Person
from scoring.store.people.grants import grants_of
from scoring.store.tables.writing import day_in_china

SCHEME = "bearer "
API = "_json"
"""How the endpoints of twins end: a token opens no page."""
READING = ("GET", "HEAD", "OPTIONS")


def bearer() -> tuple[Person | None, KnownToken | None] | None:
    """Who asks by a token; ``None``: nobody sent one. A token that is none is nobody, whatever cookie comes along."""
    sent = request.headers.get("Authorization", "")
    if not sent.lower().startswith(SCHEME):
        return None
    day, connection = day_in_china(g.now), g.results.connection
    token = token_of(connection, sent[len(SCHEME) :].strip(), day)
    # Not whose cookie came along: a system that lost its token is not to go on as somebody else.
    if token is None:
        return None, None
    return Person(token.account, tuple(grants_of(connection, token.account, day))), token


def may(endpoint: str) -> bool:
    """Whether the token of this request is for a route; without one there is nothing to ask."""
    token: KnownToken | None = g.get("token")
    if token is None:
        return True
    wanted = READ if request.method in READING else RECORD
    return endpoint.endswith(API) and wanted in token.scopes


def install(app: Flask) -> CSRFProtect:
    """Asks every form for the token of its page, but a system with a token of its own: it has no cookie to be misused.

    Returns:
        What asks, which can exempt others.
    """
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf = CSRFProtect(app)

    @app.before_request
    def protect() -> None:
        """Refuses a form of elsewhere."""
        if request.endpoint is not None and not (g.get("by_bearer") and request.endpoint.endswith(API)):
            csrf.protect(apply_exemptions=True)

    return csrf
