"""Answers when there is nothing to show: one shape for pages, one for JSON, both languages, no path of the machine."""

from __future__ import annotations

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError

from scoring.errors import SiseError, UnknownEnterpriseError
from scoring.rules.wording import both

STATUS_TEXTS = {400: "bad_request", 401: "log_in_first", 403: "not_yours", 404: "no_page", 429: "too_many"}
"""What an answer says, by its status."""


def install(app: Flask) -> None:
    """Registers the answers: 404 for an unknown enterprise or address, 503 for every other refusal."""
    app.register_error_handler(
        UnknownEnterpriseError, lambda error: _answer(404, "unknown_enterprise", both("no_enterprise"))
    )
    app.register_error_handler(SiseError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SecurityError, _foreign_host)


def _refused(error: SiseError) -> ResponseReturnValue:
    """Its own sentences but not its place, which is a path."""
    return _answer(503, error.code, {"zh": error.zh, "en": error.en})


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    text_id = STATUS_TEXTS.get(status, "no_answer")
    return _answer(status, text_id, both(text_id))


def _foreign_host(error: SecurityError | None = None) -> ResponseReturnValue:
    """Plain text: for a host that is not ours no link can be built, whatever else is wrong."""
    return Response("\n".join(both("bad_request").values()), 400, mimetype="text/plain")


def _answer(status: int, code: str, text: dict[str, str]) -> ResponseReturnValue:
    if isinstance(request.routing_exception, SecurityError):
        return _foreign_host()
    if "/api/" in request.path:
        return jsonify({"error": code, **text}), status
    return render_template("refusal.html", status=status, text=text), status
