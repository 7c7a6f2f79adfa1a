"""A firm's pages: its enterprises, what it files and asks for, and what became of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.casework.case_words import described
from scoring.administration.casework.proposal_steps import serve_by_reading
from scoring.errors import SiseError
from web.access import asking_person
from web.filing import Filing
from web.firm.shown import add_shown
from web.language import link
from web.parts import view
from web.parts.case_forms import Typed, case_step, opened_by
from web.parts.case_pages import add_papers, case_of, cases_of, file_case
from web.parts.pages import add_enterprise
from web.reading import read_again, results


def blueprint(address: str, filing: Filing) -> Blueprint:
    """The routes.

    Args:
        address: What the QR codes hold.
        filing: Puts on file what firms do.
    """
    routes = Blueprint("firm", __name__, url_prefix="/firm")

    def own_page(enterprise_id: str) -> dict[str, Any]:
        """What its own page has beside the result; whoever reads it was served the notice that waits."""
        _serve(filing, enterprise_id)
        return {"cases": cases_of(enterprise_id), "may_open": opened_by("firm")}

    add_enterprise(routes, address, own_page)
    add_papers(routes, filing.database, case_of)
    add_shown(routes)
    _add_home(routes)
    _add_cases(routes, filing)
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
        read = results()
        rows = []
        for score in read.scores(own):
            version = read.version_of(score)
            rows.append(view.row_view(score, version, view.grants(version, "enterprise")))
        return render_template("firm/home.html", rows=rows)


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
