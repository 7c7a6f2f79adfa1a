"""The pages of a store and their JSON twins. Nothing here sets or computes a colour."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request

from scoring.administration.credential import page_address, render_code
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import ResultsReader
from scoring.entities import Explanation, Score
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


def blueprint(reader: ResultsReader, audience: AudienceName, address: str) -> Blueprint:
    """Routes over one store.

    Args:
        reader: Who reads the store; every request has results of its own.
        audience: Who asks: until people log in, whom the server was started for.
        address: What the QR codes hold.
    """
    pages = Blueprint("pages", __name__)
    install_marks(pages)
    _read_once_per_request(pages, reader)

    @pages.get("/")
    def home() -> str:
        results = _results()
        search = search_view(results, audience)
        return render_template("home.html", found=search, spread=view.distribution(results))

    @pages.get("/e/<path:enterprise_id>")
    def enterprise(enterprise_id: str) -> str:
        shown = enterprise_view(_results(), enterprise_id, audience)
        return render_template("enterprise.html", v=shown, policy=shown["policy"], as_of=shown["as_of"])

    @pages.get("/e/<path:enterprise_id>/code.png")
    def code(enterprise_id: str) -> Response:
        explanation = _explained(_results(), enterprise_id, ahead=False)
        granted = view.grants(_results().version_of(explanation.score), audience)
        face = view.card_face(explanation, granted)
        if face is None:
            abort(404)
        return Response(render_code(face, page_address(address, enterprise_id)), mimetype="image/png")

    @pages.get("/e/<path:enterprise_id>/history.svg")
    def history(enterprise_id: str) -> Response:
        results = _results()
        score = _explained(results, enterprise_id, ahead=False).score
        if not view.tells_history(view.grants(results.version_of(score), audience)):
            abort(404)
        name = score.name or enterprise_id
        drawn = history_svg(results.history(enterprise_id), name, g.lang, HUES)
        return Response(drawn, mimetype="image/svg+xml")

    @pages.get("/about")
    def about() -> str:
        results = _results()
        granted = view.grants(results.version, audience)
        return render_template("about.html", about=about_view(results, granted))

    @pages.get("/api/e/<path:enterprise_id>")
    def enterprise_json(enterprise_id: str) -> Response:
        return jsonify(enterprise_view(_results(), enterprise_id, audience))

    @pages.get("/api/search")
    def search_json() -> Response:
        results = _results()
        return jsonify({**search_view(results, audience), "distribution": view.distribution(results)})

    @pages.get("/api/about")
    def about_json() -> Response:
        results = _results()
        return jsonify(about_view(results, view.grants(results.version, audience)))

    @pages.get("/healthz")
    def health() -> Response:
        results = _results()
        as_of, sha256 = results.as_of.isoformat(), results.version.sha256
        return jsonify({"status": "ok", "as_of": as_of, "policy": sha256})

    return pages


def _read_once_per_request(pages: Blueprint, reader: ResultsReader) -> None:
    """Gives every request results from one read transaction, so that no scoring comes between two parts of an answer."""

    @pages.before_request
    def begin() -> None:
        g.reading = ExitStack()
        g.results = g.reading.enter_context(reader.snapshot())

    @pages.teardown_request
    def end(error: BaseException | None) -> None:
        if reading := g.pop("reading", None):
            reading.close()

    @pages.app_context_processor
    def every_page() -> dict[str, Any]:
        results = g.get("results") or reader.current()
        return {"policy": view.policy_view(results.version), "as_of": results.as_of.isoformat()}


def _results() -> CurrentResults:
    results: CurrentResults = g.results
    return results


def enterprise_view(results: CurrentResults, enterprise_id: str, audience: AudienceName) -> dict[str, Any]:
    """One enterprise as an audience may see it, under the policy of its own result."""
    explanation = _explained(results, enterprise_id)
    version = results.version_of(explanation.score)
    granted = view.grants(version, audience)
    history = results.history(enterprise_id) if view.tells_history(granted) else None
    return view.enterprise_view(explanation, version, granted, history, officer=audience == "officer")


def search_view(results: CurrentResults, audience: AudienceName) -> dict[str, Any]:
    """What was asked for and one page of what was found; nothing when nothing was asked."""
    text = "".join(filter(str.isprintable, request.args.get("q", ""))).strip()[:LONGEST_QUERY]
    colour = request.args.get("colour", "")
    colour = colour if colour in COLOURS else ""
    offset = min(request.args.get("offset", 0, type=int) or 0, LAST_OFFSET)
    offset = max(offset, 0)
    total, scores = _search(results, audience, text, colour or None, offset) if text or colour else (0, [])
    return {
        "q": text,
        "colour": colour or None,
        "offset": offset,
        "rows": PAGE_ROWS,
        "total": total,
        "items": [_row(results, score, audience) for score in scores],
    }


def _row(results: CurrentResults, score: Score, audience: AudienceName) -> dict[str, Any]:
    version = results.version_of(score)
    return view.row_view(score, version, view.grants(version, audience))


def _search(
    results: CurrentResults, audience: AudienceName, text: str, colour: str | None, offset: int
) -> tuple[int, list[Score]]:
    if audience != "public":
        return results.find(text, colour, PAGE_ROWS, offset)
    try:  # the public holds a code or licence and asks for that one: no list to harvest
        return 1, [results.score(text)]
    except UnknownEnterpriseError:
        return 0, []


def _explained(results: CurrentResults, enterprise_id: str, *, ahead: bool = True) -> Explanation:
    """The explanation of an id as it came in an address: no id holds control characters, and SQL text may not."""
    if enterprise_id.isprintable():
        return results.explain(enterprise_id, ahead=ahead)
    raise UnknownEnterpriseError("enterprise_id_unprintable")
