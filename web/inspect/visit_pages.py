"""The form of a visit, and what followed from it: with its minutes, its photographs and the empty sheet."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.inspection.later_order import add_order
from scoring.administration.inspection.open_findings import latest_records
from scoring.administration.inspection.photo_cleaning import shown_photos
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.stored_visits import StoredVisit, stored_visit
from scoring.administration.inspection.visit_recording import LONGEST_KEY, SHORTEST_KEY
from scoring.administration.inspection.visit_sheet import blank_sheet, minutes_sheet
from scoring.errors import InputError, SiseError
from scoring.store.facts.directory import area_of
from scoring.store.people.accounts import accounts
from web.access import asking_person
from web.filing import Filing
from web.inspect import visit_view
from web.inspect.typed_visit import kept_photos, key_of, typed_visit
from web.language import link
from web.parts.case_forms import Typed, kept
from web.parts.case_pages import PDF
from web.reading import read_again, results

KEY_BYTES = 16
JPEG = "image/jpeg"


def add_routes(routes: Blueprint, filing: Filing, photos: PhotoFolder) -> None:
    """Adds the form, its page afterwards, and papers.

    Args:
        routes: The blueprint of inspectors.
        filing: Puts on file what they do.
        photos: Where photographs are kept.
    """

    @routes.route("/inspect/e/<path:enterprise_id>", methods=["GET", "POST"])
    def visit(enterprise_id: str) -> ResponseReturnValue:
        """What is known of an enterprise, and the form of a visit; recorded, it leads to what followed."""
        offices = offices_here(enterprise_id)
        if request.method == "GET":
            return _form(enterprise_id, offices, {}, {}, None), 200
        typed = Typed.of_request()
        sent: dict[str, list[str]] = {}
        try:
            key = _typed_key(typed)
            sent = kept_photos(photos, key_of(asking_person().account, key), _items(offices))
            new = typed_visit(typed, enterprise_id, offices, sent, g.today)
            recorded = filing.record_visit(results().version, new, key, asking_person().account)
        except SiseError as error:
            # What refused it may be what somebody else recorded meanwhile.
            read_again()
            return _form(enterprise_id, offices, kept(typed), sent, error.words), 409
        return redirect(link("inspect.recorded", enterprise_id=enterprise_id, number=recorded.number), 303)

    @routes.route("/inspect/e/<path:enterprise_id>/visits/<int:number>", methods=["GET", "POST"])
    def recorded(enterprise_id: str, number: int) -> ResponseReturnValue:
        """A visit and what followed; the number of an approval may be added to one that began without."""
        refused, status, visit = None, 200, visit_here(enterprise_id, number)
        if request.method == "POST":
            order_no, account = Typed.of_request()["ground"], asking_person().account
            try:
                add_order(filing.database, enterprise_id, number, order_no, account, filing.clock)
                return redirect(link("inspect.recorded", enterprise_id=enterprise_id, number=number), 303)
            except SiseError as error:
                refused, status = error.words, 409
                read_again()
        shown = visit_view.after_view(results(), visit, shown_here(visit))
        return render_template("inspect/recorded.html", v=shown, refused=refused, firm=False), status

    _add_papers(routes, photos)


def _add_papers(routes: Blueprint, photos: PhotoFolder) -> None:
    @routes.get("/inspect/e/<path:enterprise_id>/sheet.pdf")
    def sheet(enterprise_id: str) -> Response:
        """The empty sheet, for where no telephone works."""
        name = results().score(enterprise_id).name or ""
        with results().read() as connection:
            offices = offices_here(enterprise_id)
            content = blank_sheet(connection, offices, {"name": name, "id": enterprise_id}, g.today, g.lang)
        return _inline(content, PDF)

    @routes.get("/inspect/e/<path:enterprise_id>/visits/<int:number>/minutes.pdf")
    def minutes(enterprise_id: str, number: int) -> Response:
        """The minutes, to be printed and handed over."""
        return minutes_of(visit_here(enterprise_id, number))

    @routes.get("/inspect/e/<path:enterprise_id>/visits/<int:number>/photos/<sha256>.jpg")
    def photo(enterprise_id: str, number: int, sha256: str) -> Response:
        """A photograph, for its own department and for auditors."""
        visit = visit_here(enterprise_id, number)
        office = shown_here(visit).get(sha256)
        if office is None or (g.department is not None and office not in g.department.codes):
            abort(404)
        return photo_of(photos, visit, sha256)


def offices_here(enterprise_id: str) -> list[str]:
    """The authorities in whose name the officer may record a visit; of several that he chose those."""
    with results().read() as connection:
        area = area_of(connection, enterprise_id) or ""
    own = visit_view.own_offices(g.covering, area, g.today)
    chosen = [office for office in request.values.getlist("office") if office in own]
    return chosen or own[:1]


def visit_here(enterprise_id: str, number: int) -> StoredVisit:
    """A visit that the officer may see; any other is answered as one that is not there."""
    with results().read() as connection:
        visit = stored_visit(connection, enterprise_id, number)
    # None of the minutes are left once its records are gone.
    department = g.get("department")
    if visit is None or not visit.minutes:
        abort(404)
    if department is not None and not department.codes & set(visit.offices):
        abort(404)
    return visit


def shown_here(visit: StoredVisit) -> Mapping[str, str]:
    """The photographs of a visit that are still to be shown, each with its authority."""
    with results().read() as connection:
        return shown_photos(visit, latest_records(connection, visit.record_ids), g.today)


def minutes_of(visit: StoredVisit) -> Response:
    """The minutes as PDF."""
    with results().read() as connection:
        name, department = results().score(visit.enterprise_id).name, g.get("department")
        offices = department.codes if department is not None else None
        return _inline(minutes_sheet(connection, visit, name, g.lang, offices), PDF)


def photo_of(folder: PhotoFolder, visit: StoredVisit, sha256: str) -> Response:
    """A photograph that may be shown; one that was changed is not."""
    try:
        content = folder.read(str(visit.minutes["key"]), sha256)
    except InputError:
        content = None
    return _inline(content, JPEG) if content is not None else abort(404)


def _inline(content: bytes, mimetype: str) -> Response:
    return Response(content, mimetype=mimetype, headers={"Content-Disposition": "inline"})


def _form(
    enterprise_id: str,
    offices: Sequence[str],
    typed: Mapping[str, Any],
    sent: Mapping[str, Sequence[str]],
    refused: Mapping[str, str] | None,
) -> str:
    with results().read() as connection:
        area = area_of(connection, enterprise_id) or ""
    return render_template(
        "inspect/visit.html",
        v=visit_view.before_view(results(), enterprise_id, offices),
        may=visit_view.named(visit_view.own_offices(g.covering, area, g.today)),
        offices=offices,
        choices=visit_view.choices(),
        key=typed.get("key") or secrets.token_urlsafe(KEY_BYTES),
        typed=typed,
        sent=sent,
        refused=refused,
        title=_title(),
    )


def _title() -> str:
    """What is printed of whose account it is, where somebody said it."""
    mine = asking_person().account
    with results().read() as connection:
        return next((known.title for known in accounts(connection) if known.name == mine), "")


def _typed_key(typed: Typed) -> str:
    key = typed["key"]
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise InputError("visit_key", shortest=SHORTEST_KEY, longest=LONGEST_KEY)
    return key


def _items(offices: Sequence[str]) -> list[str]:
    shown = (visit_view.items_of(office, g.today) for office in offices)
    return list(dict.fromkeys(item for items in shown for item in items))
