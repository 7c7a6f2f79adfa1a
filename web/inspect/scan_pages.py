"""The scan: by camera, by photograph, by a code that is typed, by the text of another app's scanner.

Whatever the text is, nothing is opened: it leads to the form of the enterprise whose code it holds, or nowhere.
"""

from __future__ import annotations

from flask import Blueprint, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.credential.code_picture import text_in_picture
from scoring.administration.identity.person import require_covered
from scoring.administration.inspection.photo_reading import MOST_BYTES, require_bounds
from scoring.administration.inspection.scanned_text import ScannedText, whose_code
from scoring.errors import InputError, SiseError, UnknownEnterpriseError
from web.access import asking_person
from web.language import link
from web.reading import results

PICTURE, TEXT = "picture", "text"
"""What a scan sends."""


def add_routes(routes: Blueprint) -> None:
    """Adds the page of the scan and its twin.

    Args:
        routes: The blueprint of inspectors.
    """

    @routes.route("/scan", methods=["GET", "POST"])
    def scan() -> ResponseReturnValue:
        """The scan; a text in the address is that of another app's scanner."""
        refused = None
        if request.method == "POST" or request.args.get(TEXT):
            try:
                return redirect(_form_of(scanned()), 303)
            except SiseError as error:
                refused = error.words
        return render_template("inspect/scan.html", refused=refused), 409 if refused else 200

    @routes.post("/inspect/api/scan")
    def scan_json() -> ResponseReturnValue:
        """Whose code a picture or a text holds; what it holds otherwise is not told."""
        try:
            code = scanned()
        except InputError:
            # A frame without a code is no fault: the camera sends the next one.
            return jsonify({"known": False})
        return jsonify(scan_view(code))


def scanned() -> ScannedText:
    """Whose code was sent.

    Raises:
        InputError: There is no picture, no code in it, or it is of no enterprise that is the officer's to see.
    """
    with results().read() as connection:
        code = whose_code(connection, _text(), g.today)
        try:
            require_covered(connection, asking_person(), code.enterprise_id)
        except UnknownEnterpriseError:
            # One of elsewhere is answered as none.
            raise InputError("scan_without_code") from None
    return code


def _text() -> str:
    """What was typed or scanned elsewhere, else what a picture holds."""
    data = request.get_json(silent=True) if request.is_json else None
    typed = data.get(TEXT) if isinstance(data, dict) else request.values.get(TEXT, "")
    if isinstance(typed, str) and typed.strip():
        return typed
    file = request.files.get(PICTURE)
    content = file.stream.read(MOST_BYTES + 1) if file else b""
    if not content:
        raise InputError("scan_without_code")
    require_bounds(content)
    return text_in_picture(content)


def scan_view(code: ScannedText) -> dict[str, object]:
    """A scan as plain data."""
    return {
        "known": True,
        "enterprise_id": code.enterprise_id,
        "name": results().score(code.enterprise_id).name,
        "signed": code.is_signed,
        "ended": code.ended,
        "address": _form_of(code),
    }


def _form_of(code: ScannedText) -> str:
    ended = {"ended": code.ended} if code.ended else {}
    return link("inspect.visit", enterprise_id=code.enterprise_id, **ended)
