"""The pages of one enterprise, the same for every audience: what it may see follows from the policy and from who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request
from markupsafe import Markup

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.page_views import PageView
from scoring.entities import Explanation
from scoring.explain.history.chart import history_svg
from scoring.explain.history.chart_frame import NARROW, WIDE
from scoring.explain.words.marks import HUES
from web.desk.department import department_view
from web.parts import view
from web.parts.kept_pages import Body, KeptPages, page_reader
from web.parts.reasons import by_field
from web.parts.sheets import add_sheets
from web.parts.view import AudienceName
from web.reading import printable, results


@dataclass(frozen=True)
class Beside:
    """What the page of an audience has beside the result.

    Attributes:
        first: What is done before anything is read.
        more: Gives what is shown, which follows from the enterprise, its cases and the day.
        is_of_all: Whether all who read the page see the same of it.
    """

    first: Callable[[str], None] = lambda enterprise_id: None
    more: Callable[[str], dict[str, Any]] = lambda enterprise_id: {}
    is_of_all: bool = True


def add_enterprise(routes: Blueprint, address: str, pages: KeptPages, beside: Beside = Beside()) -> None:
    """Adds the page of one enterprise, its card, its history as a picture, and its twin.

    Args:
        routes: The blueprint of an audience.
        address: Where the public's pages are reached: what the QR codes hold.
        pages: Those that are kept.
        beside: What the page has beside the result.
    """

    def shown(enterprise_id: str) -> PageView:
        """What the page shows to whoever asks now."""
        read, reader = results(), page_reader(enterprise_id, g.audience)
        return pages.view(read, reader, lambda: enterprise_view(read, enterprise_id, g.audience))

    def body(enterprise_id: str) -> Body:
        """The page, rendered but for its frame."""
        view = shown(enterprise_id)
        v = view.content
        html = render_template("_enterprise.html", v=v, **beside.more(enterprise_id))
        # the head and foot of the page name the policy of this result, not of the store's last scoring
        frame = {name: v[name] for name in ("policy", "as_of", "stale")} | {"title": _title(v)}
        return Body(Markup(html), frame, view.state, view.family)  # noqa: S704 - rendered by a template

    @routes.get("/e/<path:enterprise_id>")
    def enterprise(enterprise_id: str) -> str:
        """One enterprise, explained."""
        beside.first(enterprise_id)
        if beside.is_of_all:
            reader = page_reader(enterprise_id, g.audience)
            made = pages.body(results(), reader, lambda: body(enterprise_id))
        else:
            made = body(enterprise_id)
        # who is logged in stands in the head of the page
        return render_template("enterprise.html", body=made.html, **made.frame)

    @routes.get("/api/e/<path:enterprise_id>")
    def enterprise_json(enterprise_id: str) -> Response:
        """Twin of one enterprise's page."""
        return jsonify(shown(enterprise_id).content)

    add_sheets(routes, address)
    _add_history(routes)


def _add_history(routes: Blueprint) -> None:
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


def _title(v: Mapping[str, Any]) -> str:
    """Name and word of a page."""
    name = str(v["enterprise"]["name"] or v["enterprise"]["id"])
    return f"{name} · {v['result']['word'][g.lang]}" if v["result"] else name


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
