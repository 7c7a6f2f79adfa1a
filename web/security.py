"""Headers of every answer: nothing runs, nothing is loaded from elsewhere, nothing is framed, indexed or stored."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, g, request

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

VERIFIER: Mapping[str, str] = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "img-src 'self'", "img-src 'self' blob:"
    )
    + "; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "media-src 'self' blob:",
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)"),
}
"""Of the page that verifies offline and of its worker: their own scripts run, and the page may use the camera."""


def install(app: Flask) -> None:
    """Adds the headers to every answer, errors included."""

    @app.after_request
    def headers(response: Response) -> Response:
        """The headers of one answer."""
        response.headers.update(HEADERS)
        if request.endpoint in ("verify.page", "verify.worker"):
            response.headers.update(VERIFIER)
        if request.endpoint == "static":
            response.headers["Cache-Control"] = "public, max-age=3600"
        else:
            # a colour that was kept is a colour that may be out of date
            response.headers["Cache-Control"] = "no-store"
            response.headers["Vary"] = "Accept-Language, Cookie"
            response.headers["Content-Language"] = g.get("lang", "zh")
        return response
