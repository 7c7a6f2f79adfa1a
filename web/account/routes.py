"""Logging in and out; a code on paper becomes a password; and what an account may do."""

from __future__ import annotations

import io
from typing import Any

import qrcode
from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from markupsafe import Markup
from qrcode.image.svg import SvgPathImage

from scoring.administration.identity.invitations import OpenInvitation, accept, open_invitation
from scoring.administration.identity.log_ins import log_in
from scoring.administration.identity.person import DESK, Person
from scoring.administration.identity.second_factor import address_of
from scoring.administration.identity.secret_words import new_secret
from scoring.administration.identity.sessions import end_session
from scoring.errors import SiseError
from scoring.store.people.grants import ADMIN, ANALYST, AUDITOR, ENTERPRISE
from scoring.store.tables.actors import printable
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock
from web.access import asking_person
from web.account.entrance import BY_ACCOUNT, BY_ADDRESS, Entrance
from web.account.granted import granted_view
from web.account.provider_routes import add_provider_routes
from web.language import link
from web.reading import COOKIE

WITH_COMMANDS = (ANALYST, AUDITOR, ADMIN)
"""Roles that work on the command line and by JSON."""


def blueprint(entrance: Entrance, limiter: Limiter) -> Blueprint:
    """The routes.

    Args:
        entrance: Where people log in.
        limiter: Counts tries.
    """
    routes = Blueprint("account", __name__)
    _add_log_in(routes, entrance, limiter)
    add_provider_routes(routes, entrance, limiter)
    _add_welcome(routes, entrance.database, entrance.clock, limiter)

    @routes.get("/account")
    def home() -> str:
        """What the account may do, and by which commands."""
        asking = asking_person()
        commands = [role for role in WITH_COMMANDS if role in asking.roles]
        return render_template("account/home.html", grants=granted_view(asking), commands=commands)

    @routes.get("/api/account")
    def home_json() -> Response:
        """Twin of what the account may do."""
        return jsonify({"account": asking_person().account, "grants": granted_view(asking_person())})

    return routes


def _add_log_in(routes: Blueprint, entrance: Entrance, limiter: Limiter) -> None:
    @routes.route("/login", methods=["GET", "POST"], endpoint="log_in")
    @limiter.limit(BY_ADDRESS, methods=["POST"])
    @limiter.limit(BY_ACCOUNT, methods=["POST"], key_func=_typed_account)
    def log_in_page() -> ResponseReturnValue:
        """The form; with a right answer a session begins."""
        if request.method == "GET":
            return entrance.form(None, request.args.get("next", ""))
        onward = request.form.get("next", "")
        try:
            ticket = log_in(
                entrance.database,
                request.form.get("name", ""),
                request.form.get("password", ""),
                request.form.get("code", ""),
                entrance.clock,
                instead_of=request.cookies.get(COOKIE),
            )
        except SiseError as error:
            return entrance.form(error.words, onward, 403)
        return entrance.enter(ticket, onward)

    @routes.post("/logout", endpoint="log_out")
    def log_out() -> ResponseReturnValue:
        """Ends the session."""
        if token := request.cookies.get(COOKIE):
            end_session(entrance.database, token)
        response = redirect(link("public.home"))
        response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=entrance.is_secure)
        return response


def _add_welcome(routes: Blueprint, database: Database, clock: Clock, limiter: Limiter) -> None:
    @routes.route("/welcome", methods=["GET", "POST"])
    @limiter.limit(BY_ADDRESS, methods=["POST"])
    def welcome() -> ResponseReturnValue:
        """Takes the code; then the password, and of an officer the telephone."""
        form = request.form
        if request.method == "GET":
            return render_template("account/welcome.html", refused=None)
        try:
            with database.read() as connection:
                invitation = open_invitation(connection, form.get("code", ""), clock)
        except SiseError as error:
            return render_template("account/welcome.html", refused=error.words), 403
        if "password" not in form:
            return _password_page(invitation, new_secret())
        secret = form.get("secret") or None
        try:
            if form["password"] != form.get("again"):
                return _password_page(invitation, secret or new_secret(), "password_differs"), 403
            account = accept(database, form["code"], form["password"], clock, secret, form.get("digits", ""))
        except SiseError as error:
            return _password_page(invitation, secret or new_secret(), error), 403
        return render_template("account/ready.html", account=account)


def _password_page(invitation: OpenInvitation, secret: str, refused: SiseError | str | None = None) -> str:
    whose = invitation.account or str(invitation.enterprise_id)
    shown: dict[str, Any] = {
        "code": request.form["code"],
        "whose": whose,
        "secret": secret,
        "picture": _qr(address_of(secret, whose)),
        "second_factor": invitation.second_factor,
        "refused": refused.words if isinstance(refused, SiseError) else None,
        "differs": refused == "password_differs",
    }
    return render_template("account/password.html", **shown)


def home_of(asking: Person) -> str:
    """The first page of somebody who is logged in."""
    if set(DESK) & asking.roles:
        return "desk.home"
    return "firm.home" if ENTERPRISE in asking.roles else "account.home"


def _typed_account() -> str:
    return printable(request.form.get("name", "").strip().casefold())


def _qr(text: str) -> Markup:
    """A QR code as inline SVG: the secret goes into no address and no other file."""
    drawn = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=2).save(drawn)
    return Markup(drawn.getvalue().decode().split("?>", 1)[-1])  # noqa: S704 - drawn here
