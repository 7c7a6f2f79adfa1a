"""The offline verifier: its page, what makes it installable, and reading a picture where the device cannot."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter

from scoring.administration.credential.code_picture import text_in_picture
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.results.name_directory import names_within
from scoring.errors import InputError
from scoring.explain.words.marks import MARKS
from scoring.rules.wording import LANGUAGES, both, say
from web.access import asking_person
from web.language import link
from web.reading import office, results

STATIC = Path(__file__).resolve().parents[1] / "static"
SCRIPTS = tuple(
    f"verify/{name}.js" for name in ("plain", "signature", "code", "trust", "keep", "scanner", "page")
)
VENDOR = ("vendor/zxing-reader.js", "vendor/zxing_reader.wasm", "vendor/noble-ed25519.js")
"""Scripts of others: fetched when the project is set up, and not there where it was set up without Node."""
PICTURES = "20 per minute; 300 per hour"
"""Pictures that are read for one address: each takes a tenth of a second of the processor."""
COLOURS = ("blue", "green", "yellow", "red")
WITHOUT_TOKEN = ("verify.read", "verify.photo")
"""Routes that take a picture without a form's token: they change nothing, and a page that was kept has an old one."""


def blueprint(limiter: Limiter) -> Blueprint:
    """The routes.

    Args:
        limiter: Of the application.
    """
    routes = Blueprint("verify", __name__, url_prefix="/verify")
    _add_page(routes)
    _add_reading(routes, limiter)
    return routes


def _add_page(routes: Blueprint) -> None:
    @routes.get("/")
    def page() -> str:
        """The page, with all its sentences in it: offline nothing is asked for."""
        desk = office()
        root = desk.keys.register().root if desk is not None else ""
        reasons = [reason for reason in CodeReason if reason is not CodeReason.NOT_ISSUED]
        chips = [{"mark": name, "rank": " ", "word": dict(MARKS[name].word)} for name in COLOURS]  # type: ignore[index]
        return render_template("verify/page.html", root=root, reasons=reasons, chips=chips)

    @routes.get("/manifest.webmanifest")
    def manifest() -> Response:
        """What makes the page installable."""
        content = {
            "name": say(g.lang, "vf_head"),
            "short_name": say(g.lang, "vf_short"),
            "start_url": url_for("verify.page"),
            "scope": url_for("verify.page"),
            "display": "standalone",
            "background_color": "#f3f5f8",
            "theme_color": "#16335b",
            "icons": [
                {
                    "src": url_for("static", filename="mark.svg"),
                    "sizes": "any",
                    "type": "image/svg+xml",
                    "purpose": "any",
                }
            ],
        }
        return Response(json.dumps(content, ensure_ascii=False), mimetype="application/manifest+json")

    @routes.get("/worker.js")
    def worker() -> Response:
        """The worker that keeps the page on the device, with the files of this version."""
        pages = [url_for("verify.page"), *(url_for("verify.page", lang=lang) for lang in LANGUAGES)]
        files = [url_for("static", filename=name) for name in (*SCRIPTS, *vendored(), "site.css", "mark.svg")]
        head = f"const FILES = {json.dumps([*pages, *files])};\nconst VERSION = {json.dumps(version())};\n"
        source = (STATIC / "verify" / "worker.js").read_text(encoding="utf-8")
        return Response(head + source, mimetype="text/javascript")


def _add_reading(routes: Blueprint, limiter: Limiter) -> None:
    @routes.get("/names")
    def names() -> Response:
        """The names of the enterprises of an officer's areas, to be kept on his device."""
        with results().read() as connection:
            return jsonify({"names": names_within(connection, asking_person().desk)})

    @routes.post("/read")
    @limiter.limit(PICTURES)
    def read() -> ResponseReturnValue:
        """The text of the code in a picture, for a device that cannot read it itself."""
        try:
            return jsonify({"text": _text()})
        except InputError as error:
            return jsonify({"error": error.code, **error.words}), 400

    @routes.post("/photo")
    @limiter.limit(PICTURES)
    def photo() -> ResponseReturnValue:
        """A photograph sent by the form of a page without scripts; a code of ours leads to its page."""
        desk = office()
        try:
            text = _text()
        except InputError as error:
            return render_template("verify/photo.html", text=error.words), 400
        own = f"HTTPS://{desk.settings.printed_host}/Q/" if desk is not None else None
        # No address that was scanned is opened: what stands behind ours leads to a page of ours.
        if own and text.startswith(own) and "/" not in text[len(own) :]:
            return redirect(link("public.scanned", written=text[len(own) :]), 303)
        reason = CodeReason.FOREIGN_HOST if text else CodeReason.UNREADABLE
        return render_template("verify/photo.html", text=both(f"code_is_{reason}")), 404


def _text() -> str:
    """The text in the picture that was sent.

    Raises:
        InputError: There is none, or it is no picture.
    """
    sent = request.files.get("picture")
    return text_in_picture(sent.read() if sent is not None else b"")


def vendored() -> tuple[str, ...]:
    """The scripts of others that are there."""
    return tuple(name for name in VENDOR if (STATIC / name).is_file())


@cache
def version() -> str:
    """Another one for other files: then the worker fetches them anew."""
    whole = sha256()
    for name in (*SCRIPTS, "verify/worker.js", *vendored(), "site.css"):
        whole.update((STATIC / name).read_bytes())
    return whole.hexdigest()[:16]
