"""A firm's pages: its enterprises, what it files and asks for, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.casework.case_words import described
from scoring.administration.casework.proposal_steps import serve_by_reading
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.errors import SiseError
from web.access import asking_person
from web.filing import Filing
from web.firm.shown import add_shown
from web.firm.visits import add_visits, listed_visits
from web.language import link
from web.parts import view
from web.parts.case_forms import Typed, case_step, opened_by
from web.parts.case_pages import add_papers, case_of, cases_of, file_case
from web.parts.kept_pages import KeptPages
from web.parts.pages import Beside, add_enterprise
from web.reading import read_again, results


def blueprint(address: str, pages: KeptPages, filing: Filing, photos: PhotoFolder) -> Blueprint:
    """The routes.

    Args:
        address: What the QR codes hold.
        pages: Those that are kept.
        filing: Puts on file what firms do.
        photos: Where photographs of visits are kept.
    """
    routes = Blueprint("firm", __name__, url_prefix="/firm")

    def serve(enterprise_id: str) -> None:
        """Whoever reads the page of the firm is served the notice that waits."""
        _serve(filing, enterprise_id)

    def own_cases(enterprise_id: str) -> dict[str, Any]:
        """What its own page has beside the result."""
        visits = listed_visits(enterprise_id)
        return {"cases": cases_of(enterprise_id), "may_open": opened_by("firm"), "visits": visits}

    add_enterprise(routes, address, pages, Beside(serve, own_cases))
    add_papers(routes, filing.database, case_of)
    add_shown(routes)
    _add_home(routes)
    _add_cases(routes, filing)
    add_visits(routes, photos)
    return routes


def _serve(filing: Filing, enterprise_id: str) -> None:
    """Serves the notice of an open proposal on the account that opens the page."""
    read = results()
    with read.read() as connection:
        service = serve_by_reading(connection, read.version, enterprise_id)
    if service is not None:
        filing.take(read.version, service, asking_person().account)
        read_again()


def _add_home(routes: Blueprint) -> None:
    @routes.get("/")
    def home() -> ResponseReturnValue:
        """The enterprises of an account; where there is one, its page."""
        own = asking_person().enterprises
        if len(own) == 1:
            return redirect(link("firm.enterprise", enterprise_id=own[0]))
        return render_template("firm/home.html", rows=_rows(own))

    @routes.get("/api/home")
    def home_json() -> Response:
        """Twin of the list of enterprises."""
        return jsonify({"items": _rows(asking_person().enterprises)})


def _rows(own: Sequence[str]) -> list[dict[str, Any]]:
    """Some enterprises, a line each."""
    read, rows = results(), []
    for score in read.scores(own):
        version = read.version_of(score)
        rows.append(view.row_view(score, version, view.grants(version, "enterprise")))
    return rows


def _add_cases(routes: Blueprint, filing: Filing) -> None:
    @routes.route("/e/<path:enterprise_id>/open/<procedure>", methods=["GET", "POST"])
    def open_case(enterprise_id: str, procedure: str) -> ResponseReturnValue:
        """The form of a procedure; filed, it leads to its case."""
        return file_case(filing, procedure, enterprise_id, "firm")

    @routes.route("/e/<path:enterprise_id>/cases/<int:number>", methods=["GET", "POST"])
    def case(enterprise_id: str, number: int) -> ResponseReturnValue:
        """A case; the firm may take it back."""
        refused, status = None, 200
        case_of(enterprise_id, number)
        if request.method == "POST":
            step = case_step(Typed({**Typed.of_request().values, "kind": "dropped"}), number, "firm")
            try:
                filing.take(results().version, step, asking_person().account)
                return redirect(link("firm.case", enterprise_id=enterprise_id, number=number), 303)
            except SiseError as error:
                refused, status = error.words, 409
        shown = described(case_of(enterprise_id, number))
        return render_template(
            "firm/case.html", c=shown, enterprise_id=enterprise_id, refused=refused
        ), status

    @routes.get("/api/e/<path:enterprise_id>/cases/<int:number>")
    def case_json(enterprise_id: str, number: int) -> Response:
        """Twin of a case."""
        return jsonify(described(case_of(enterprise_id, number)))
