"""The visits that a firm had: its own history of who came, with minutes and photographs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template

from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.stored_visits import StoredVisit, stored_visit, visits_of
from web.inspect import visit_view
from web.inspect.visit_pages import minutes_of, photo_of, shown_here
from web.reading import results


def listed_visits(enterprise_id: str) -> list[dict[str, Any]]:
    """The visits of an enterprise by number and day, the newest first."""
    with results().read() as connection:
        visits = visits_of(connection, enterprise_id)
    return [{"number": visit.number, "day": visit.visited_on.isoformat()} for visit in visits]


def add_visits(routes: Blueprint, photos: PhotoFolder) -> None:
    """Adds the page of a visit, its minutes and its photographs.

    Args:
        routes: The blueprint of firms.
        photos: Where photographs are kept.
    """

    @routes.get("/e/<path:enterprise_id>/visits/<int:number>")
    def visit(enterprise_id: str, number: int) -> str:
        """A visit and what followed."""
        mine = _own_visit(enterprise_id, number)
        shown = visit_view.after_view(results(), mine, shown_here(mine))
        return render_template("inspect/recorded.html", v=shown, refused=None, firm=True)

    @routes.get("/api/e/<path:enterprise_id>/visits/<int:number>")
    def visit_json(enterprise_id: str, number: int) -> Response:
        """Its twin."""
        mine = _own_visit(enterprise_id, number)
        return jsonify(visit_view.after_view(results(), mine, shown_here(mine)))

    @routes.get("/e/<path:enterprise_id>/visits/<int:number>/minutes.pdf")
    def minutes(enterprise_id: str, number: int) -> Response:
        """Its minutes."""
        return minutes_of(_own_visit(enterprise_id, number))

    @routes.get("/e/<path:enterprise_id>/visits/<int:number>/photos/<sha256>.jpg")
    def photo(enterprise_id: str, number: int, sha256: str) -> Response:
        """One of its photographs."""
        mine = _own_visit(enterprise_id, number)
        if sha256 not in shown_here(mine):
            abort(404)
        return photo_of(photos, mine, sha256)


def _own_visit(enterprise_id: str, number: int) -> StoredVisit:
    with results().read() as connection:
        visit = stored_visit(connection, enterprise_id, number)
    return visit if visit is not None and visit.minutes else abort(404)
