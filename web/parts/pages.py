"""The pages of one enterprise, the same for every audience: what it may see follows from the policy and from who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request

from scoring.administration.results.current import CurrentResults
from scoring.entities import Explanation
from scoring.explain.history.chart import history_svg
from scoring.explain.history.chart_frame import NARROW, WIDE
from scoring.explain.words.marks import HUES
from web.desk.department import department_view
from web.parts import view
from web.parts.reasons import by_field
from web.parts.sheets import add_sheets
from web.parts.view import AudienceName
from web.reading import printable, results


def nothing_more(enterprise_id: str) -> dict[str, Any]:
    """The page of who has nothing beside the result."""
    return {}


def add_enterprise(
    routes: Blueprint, address: str, more: Callable[[str], dict[str, Any]] = nothing_more
) -> None:
    """Adds the page of one enterprise, its card, its history as a picture, and its twin.

    Args:
        routes: The blueprint of an audience.
        address: Where the public's pages are reached: what the QR codes hold.
        more: Gives what the page has beside the result; it is called before the result is read.
    """

    @routes.get("/e/<path:enterprise_id>")
    def enterprise(enterprise_id: str) -> str:
        """One enterprise, explained."""
        beside = more(enterprise_id)
        shown = enterprise_view(results(), enterprise_id, g.audience)
        # the head and foot of the page name the policy of this result, not of the store's last scoring
        return render_template(
            "enterprise.html",
            v=shown,
            policy=shown["policy"],
            as_of=shown["as_of"],
            stale=shown["stale"],
            **beside,
        )

    add_sheets(routes, address)

    @routes.get("/e/<path:enterprise_id>/history.svg")
    def history(enterprise_id: str) -> Response:
        """Points and colour over time as a picture; with ``narrow`` the last year, for a telephone."""
        read = results()
        score = _explained(read, enterprise_id, ahead=False).score
        if g.get("department") is not None or not view.tells_history(
            view.grants(read.version_of(score), g.audience)
        ):
            abort(404)
        name = score.name or enterprise_id
        sheet = NARROW if "narrow" in request.args else WIDE
        drawn = history_svg(read.history(enterprise_id, look=g.look), name, g.lang, HUES, sheet)
        return Response(drawn, mimetype="image/svg+xml")

    @routes.get("/api/e/<path:enterprise_id>")
    def enterprise_json(enterprise_id: str) -> Response:
        """Twin of one enterprise's page."""
        return jsonify(enterprise_view(results(), enterprise_id, g.audience))


def enterprise_view(read: CurrentResults, enterprise_id: str, audience: AudienceName) -> dict[str, Any]:
    """One enterprise as the firm itself or an officer may see it, under the policy of its own result."""
    explanation = _explained(read, enterprise_id)
    version = read.version_of(explanation.score)
    granted = view.grants(version, audience)
    if (department := g.get("department")) is not None:
        narrow = department_view(
            explanation, version, granted, department, g.today, uncounted=audience == "officer"
        )
        return view.with_law(narrow, version, g.today)
    history = read.history(enterprise_id, look=g.look) if view.tells_history(granted) else None
    proposed = read.version_of(explanation.proposed.score) if explanation.proposed else None
    own = audience in ("enterprise", "officer")
    shown = view.enterprise_view(
        explanation,
        version,
        granted,
        history,
        own=own,
        related=True,
        proposed=proposed,
        today=g.today,
    )
    # Grades by field are for supervision there, never for the public.
    shown |= {"fields": by_field(explanation, version) if view.tells_history(granted) else None}
    return view.with_law(shown, version, g.today)


def _explained(read: CurrentResults, enterprise_id: str, *, ahead: bool = True) -> Explanation:
    return read.explain(printable(enterprise_id), ahead=ahead, look=g.look)
