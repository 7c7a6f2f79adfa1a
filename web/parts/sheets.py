"""Stickers and notices with the code of an enterprise, as whoever may print them gets them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g

from scoring.administration.credential import Face, page_address
from scoring.administration.credential.handing_out import HandedOut, hand_out, plate
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.notice_sheet import notice
from scoring.administration.credential.render import MIMETYPES, PrintForm, SheetKind, draw_sheet, sheet_of
from scoring.administration.results.current import CurrentResults
from scoring.errors import StoreError
from scoring.explain.words.contacts import line, publisher
from scoring.store.facts.public_ids import public_id_of
from web.parts import view
from web.reading import now, office, person, printable, results

NOT_IN_COLOUR = ("code_not_public", "colour_without_ground")
"""Refusals after which a plate is handed out: it says nothing of the colour."""


def add_sheets(routes: Blueprint, address: str) -> None:
    """Adds the sticker as a picture, and all sheets in all forms.

    Args:
        routes: The blueprint of an audience.
        address: Where the public's pages are reached, for a store that issues no codes.
    """

    @routes.get("/e/<path:enterprise_id>/code.png")
    def code(enterprise_id: str) -> Response:
        """The sticker as a picture."""
        return _answer(enterprise_id, "sticker", "png", address)

    @routes.get("/e/<path:enterprise_id>/code/<any(sticker,notice):kind>.<any(png,svg,pdf):form>")
    def sheet(enterprise_id: str, kind: SheetKind, form: PrintForm) -> Response:
        """The sticker or the A4 notice, to be printed."""
        return _answer(enterprise_id, kind, form, address)


def _answer(enterprise_id: str, kind: SheetKind, form: PrintForm, address: str) -> Response:
    face, text = _handed(results(), printable(enterprise_id), address)
    if kind == "notice":
        office_of_all = publisher(fictitious=face.fictitious)
        contact = line(office_of_all)["zh"] if office_of_all["telephone"] else ""
        drawn = draw_sheet(notice(face, text, contact), form)
    else:
        drawn = draw_sheet(sheet_of(face, text), form)
    return Response(drawn, mimetype=MIMETYPES[form])


def _handed(read: CurrentResults, enterprise_id: str, address: str) -> tuple[Face, str]:
    """What a sheet of an enterprise says, and what its code holds."""
    desk, score = office(), read.score(enterprise_id)
    if desk is None:
        return _plain(read, enterprise_id, address)
    handed = handed_code(read, desk, enterprise_id)
    face = handed.face(score.name, enterprise_id, read.version, as_of=read.as_of, fictitious=read.fictitious)
    return face, handed.text


def handed_code(read: CurrentResults, desk: IssuingOffice, enterprise_id: str) -> HandedOut:
    """The code that hangs: with its colour where everybody may see it, else a plate."""
    asking = person()
    actor, granted = asking.account if asking else "", view.grants(read.version, "public")
    state = read.public(enterprise_id, g.today).state if granted.grounds else None
    database: Any = read.kept.database
    try:
        return hand_out(database, desk, read.version, enterprise_id, actor, now, state)
    except StoreError as error:
        # The firm may hang something all the same: the plate, which leads to the page.
        if error.code in NOT_IN_COLOUR:
            return plate(database, desk, enterprise_id, actor, now)
        abort(404)


def _plain(read: CurrentResults, enterprise_id: str, address: str) -> tuple[Face, str]:
    """The card of a store that issues no codes: the address of the public's page."""
    explanation = read.explain(enterprise_id, ahead=False, look=g.look)
    face = view.card_face(explanation, view.grants(read.version_of(explanation.score), g.audience))
    with read.read() as connection:
        page = public_id_of(connection, enterprise_id)
    if face is None or page is None:
        abort(404)
    return face, page_address(address, page)
