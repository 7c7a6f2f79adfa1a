"""What holds of every request and every answer.

A form has a name for each of its fields. Nothing runs but the scan, nothing is loaded from elsewhere, nothing is
framed, indexed or stored.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, abort, g, request

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow, noarchive",  # no list of colours to harvest
}

CAMERA: Mapping[str, str] = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'",
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)"),
}
"""Of the page on which inspectors scan: its own script runs, may use the camera and speaks to us alone."""
VERIFIER: Mapping[str, str] = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "img-src 'self'", "img-src 'self' blob:"
    )
    + "; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "media-src 'self' blob:",
    "Permissions-Policy": CAMERA["Permissions-Policy"],
}
"""Of the page that verifies offline and of its worker: their own scripts run, and the page may use the camera."""
MORE: Mapping[str, Mapping[str, str]] = {
    "inspect.scan": CAMERA,
    "verify.page": VERIFIER,
    "verify.worker": VERIFIER,
}
"""What else some routes may do."""


def install(app: Flask) -> None:
    """Refuses forms that no browser sends, and adds the headers to every answer, errors included."""

    @app.before_request
    def require_names() -> None:
        """Every reader of a form takes its names for text; a part of a body need not have one."""
        if None in request.form or None in request.files:
            abort(400)

    @app.after_request
    def headers(response: Response) -> Response:
        """The headers of one answer."""
        response.headers.update(HEADERS)
        response.headers.update(MORE.get(request.endpoint or "", {}))
        if request.endpoint == "static":
            response.headers["Cache-Control"] = "public, max-age=3600"
        else:
            # a colour that was kept is a colour that may be out of date
            response.headers["Cache-Control"] = "no-store"
            response.headers["Vary"] = "Accept-Language, Cookie"
            response.headers["Content-Language"] = g.get("lang", "zh")
        return response
