"""The desk: the search among the enterprises of one's areas, their colours, and their pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template

from scoring.administration.casework.case_words import described
from scoring.administration.inspection.stored_visits import visits_of
from scoring.administration.results.search import EnterpriseSearch
from scoring.entities import Score
from scoring.entities.canonical import codes
from scoring.explain.words.figures import labels
from scoring.store.people.grants import AUDITOR, INSPECTOR, SUPERVISOR, WINDOW_CLERK
from web.access import asking_person
from web.desk import cases, figures, records, statements
from web.filing import Filing
from web.parts import view
from web.parts.case_forms import opened_by
from web.parts.kept_pages import KeptPages
from web.parts.pages import Beside, add_enterprise
from web.parts.searches import PAGE_ROWS, search_view
from web.reading import results


def blueprint(address: str, pages: KeptPages, filing: Filing) -> Blueprint:
    """The routes.

    Args:
        address: What the QR codes hold.
        pages: Those that are kept.
        filing: Puts on file what officers do.
    """
    routes = Blueprint("desk", __name__, url_prefix="/desk")
    add_enterprise(routes, address, pages, Beside(more=_beside, is_of_all=False))
    cases.add_routes(routes, filing)
    records.add_routes(routes, filing)
    figures.add_routes(routes)
    statements.add_routes(routes, filing)

    @routes.get("/")
    def home() -> str:
        """The search, and how many enterprises of one's areas have which colour."""
        fields = [(field, labels("fields", field)) for field in codes()["fields"]]
        return render_template(
            "desk/home.html",
            found=_found(),
            spread=_spread(),
            areas=figures.held_areas(asking_person().desk),
            fields=fields,
        )

    @routes.get("/api/search")
    def search_json() -> Response:
        """Twin of the search."""
        return jsonify({**_found(), "distribution": _spread()})

    return routes


def _beside(enterprise_id: str) -> dict[str, Any]:
    """What the desk has beside a result: the cases of the enterprise, and what may be filed for it at the window."""
    words = [described(file) for file in cases.handled(cases.of_enterprise(enterprise_id))]
    roles = {grant.role for grant in g.covering}
    beside = {"cases": words, "may_open": opened_by("window") if WINDOW_CLERK in roles else []}
    if not roles & {INSPECTOR, SUPERVISOR, AUDITOR}:
        return beside
    may_inspect = bool(roles & {INSPECTOR, SUPERVISOR})
    return {**beside, "visits": _visits(enterprise_id), "may_inspect": may_inspect}


def _visits(enterprise_id: str) -> list[dict[str, Any]]:
    """The visits that were recorded here, of one's own department where one has one."""
    with results().read() as connection:
        visits = visits_of(connection, enterprise_id)
    if g.department is not None:
        visits = [visit for visit in visits if g.department.codes & set(visit.offices)]
    return [{"number": visit.number, "day": visit.visited_on.isoformat()} for visit in visits]


def _found() -> dict[str, Any]:
    view_of_search = search_view(results(), _find)
    # Points tell what every department has: only who sees that is told them, as on the pages.
    if any(grant.departments is not None for grant in asking_person().desk):
        rows = [row | {"points": None} for row in view_of_search["items"]]
        return view_of_search | {"items": rows}
    return view_of_search


def _find(search: EnterpriseSearch, offset: int) -> tuple[int, list[Score]]:
    return results().find(replace(search, within=asking_person().desk), PAGE_ROWS, offset)


def _spread() -> dict[str, Any]:
    return view.distribution(results(), within=asking_person().desk)
