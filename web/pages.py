"""The pages of a store and their JSON twins. Nothing here sets or computes a colour."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request

from scoring.administration.credential import page_address, render_code
from scoring.administration.results.stored_results import StoredResults
from scoring.entities import Explanation
from scoring.errors import UnknownEnterpriseError
from scoring.explain.history.chart import history_svg
from scoring.explain.words.marks import HUES
from web import view
from web.about import about_view
from web.marks import install as install_marks
from web.view import AudienceName

PAGE_ROWS = 20
LONGEST_QUERY = 100
LAST_OFFSET = 1_000_000
COLOURS = frozenset({"blue", "green", "yellow", "red", "none"})


def blueprint(results: StoredResults, audience: AudienceName, address: str) -> Blueprint:
    """Routes over one store for one audience; ``address`` is what the QR codes hold."""
    pages = Blueprint("pages", __name__)
    granted = view.grants(results.version, audience)
    install_marks(pages)

    @pages.app_context_processor
    def every_page() -> dict[str, Any]:
        return {"policy": view.policy_view(results.version), "as_of": results.as_of.isoformat()}

    def one(enterprise_id: str) -> dict[str, Any]:
        explanation = _explained(results, enterprise_id)
        history = results.history(enterprise_id) if view.tells_history(granted) else None
        return view.enterprise_view(
            explanation, results.version, granted, history, officer=audience == "officer"
        )

    @pages.get("/")
    def home() -> str:
        return render_template(
            "home.html", found=_search(results, audience), spread=view.distribution(results)
        )

    @pages.get("/e/<path:enterprise_id>")
    def enterprise(enterprise_id: str) -> str:
        return render_template("enterprise.html", v=one(enterprise_id))

    @pages.get("/e/<path:enterprise_id>/code.png")
    def code(enterprise_id: str) -> Response:
        face = view.card_face(_explained(results, enterprise_id, ahead=False), granted)
        if face is None:
            abort(404)
        return Response(render_code(face, page_address(address, enterprise_id)), mimetype="image/png")

    @pages.get("/e/<path:enterprise_id>/history.svg")
    def history(enterprise_id: str) -> Response:
        name = _explained(results, enterprise_id).score.name or enterprise_id
        if not view.tells_history(granted):
            abort(404)
        drawn = history_svg(results.history(enterprise_id), name, g.lang, HUES)
        return Response(drawn, mimetype="image/svg+xml")

    @pages.get("/about")
    def about() -> str:
        return render_template("about.html", about=about_view(results, granted))

    @pages.get("/api/e/<path:enterprise_id>")
    def enterprise_json(enterprise_id: str) -> Response:
        return jsonify(one(enterprise_id))

    @pages.get("/api/search")
    def search_json() -> Response:
        return jsonify({**_search(results, audience), "distribution": view.distribution(results)})

    @pages.get("/api/about")
    def about_json() -> Response:
        return jsonify(about_view(results, granted))

    @pages.get("/healthz")
    def health() -> Response:
        return jsonify({"status": "ok", "as_of": results.as_of.isoformat(), "policy": results.version.sha256})

    return pages


def _explained(results: StoredResults, enterprise_id: str, *, ahead: bool = True) -> Explanation:
    """The explanation of an id as it came in an address: no id holds control characters, and SQL text may not."""
    if enterprise_id.isprintable():
        return results.explain(enterprise_id, ahead=ahead)
    raise UnknownEnterpriseError(
        zh="主体编号含有不可见字符；应为 18 位统一社会信用代码，例如 91330802YY0A4HB33B",
        en="the id holds invisible characters; expected an 18-character code, e.g. 91330802YY0A4HB33B",
    )


def _search(results: StoredResults, audience: AudienceName) -> dict[str, Any]:
    """What was asked for and one page of what was found; nothing when nothing was asked."""
    text = "".join(filter(str.isprintable, request.args.get("q", ""))).strip()[:LONGEST_QUERY]
    colour = request.args.get("colour", "")
    colour = colour if colour in COLOURS else ""
    offset = min(request.args.get("offset", 0, type=int) or 0, LAST_OFFSET)
    offset = max(offset, 0)
    total, scores = _found(results, audience, text, colour or None, offset) if text or colour else (0, [])
    granted = view.grants(results.version, audience)
    rows = [view.row_view(score, results.version, granted) for score in scores]
    return {
        "q": text,
        "colour": colour or None,
        "offset": offset,
        "rows": PAGE_ROWS,
        "total": total,
        "items": rows,
    }


def _found(
    results: StoredResults, audience: AudienceName, text: str, colour: str | None, offset: int
) -> tuple[int, list[Any]]:
    if audience != "public":
        return results.find(text, colour, PAGE_ROWS, offset)
    try:  # the public holds a code or licence and asks for that one: no list to harvest
        return 1, [results.score(text)]
    except UnknownEnterpriseError:
        return 0, []
