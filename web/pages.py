"""The pages of a store and their JSON twins. Nothing here sets or computes a colour."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request

from scoring.administration.credential import Face, page_address, render_code
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import ResultsReader
from scoring.administration.results.viewer import Look, Viewer
from scoring.entities import Explanation, Score
from scoring.errors import UnknownEnterpriseError
from scoring.explain.history.chart import history_svg
from scoring.explain.words.contacts import publisher
from scoring.explain.words.grades import legend
from scoring.explain.words.marks import HUES
from web import view
from web.about import about_view
from web.marks import install as install_marks
from web.public_view import public_card, public_grade, public_page
from web.reasons import by_field
from web.view import AudienceName

PAGE_ROWS = 20
LONGEST_QUERY = 100
LAST_OFFSET = 1_000_000
COLOURS = frozenset({"blue", "green", "yellow", "red", "none"})


def blueprint(
    reader: ResultsReader, audience: AudienceName, viewer: Viewer, address: str, today: Callable[[], date]
) -> Blueprint:
    """Routes over one store.

    Args:
        reader: Who reads the store; every request has results of its own.
        audience: Who asks: until people log in, whom the server was started for.
        viewer: Who that is to records that a court hides.
        address: What the QR codes hold.
        today: Tells the day on which a page is read.
    """
    routes = Blueprint("pages", __name__)
    install_marks(routes)
    _read_once_per_request(routes, reader, viewer, today)
    _add_pages(routes, audience)
    _add_images(routes, audience, address)
    _add_twins(routes, audience)
    return routes


def _add_pages(routes: Blueprint, audience: AudienceName) -> None:
    @routes.get("/")
    def home() -> str:
        """The search, and how many enterprises have which colour."""
        results = _results()
        listed = search_view(results, audience)
        return render_template("home.html", found=listed, spread=_spread(results, audience))

    @routes.get("/e/<path:enterprise_id>")
    def enterprise(enterprise_id: str) -> str:
        """One enterprise, explained."""
        shown = enterprise_view(_results(), enterprise_id, audience)
        # the head and foot of the page name the policy of this result, not of the store's last scoring
        return render_template(
            "enterprise.html", v=shown, policy=shown["policy"], as_of=shown["as_of"], stale=shown["stale"]
        )

    @routes.get("/about")
    def about() -> str:
        """The rule book."""
        results = _results()
        granted = view.grants(results.version, audience)
        return render_template("about.html", about=about_view(results, granted))


def _add_images(routes: Blueprint, audience: AudienceName, address: str) -> None:
    @routes.get("/e/<path:enterprise_id>/code.png")
    def code(enterprise_id: str) -> Response:
        """The card with the code."""
        results = _results()
        face = _card(results, enterprise_id, audience)
        if face is None:
            abort(404)
        return Response(render_code(face, page_address(address, enterprise_id)), mimetype="image/png")

    @routes.get("/e/<path:enterprise_id>/history.svg")
    def history(enterprise_id: str) -> Response:
        """Points and colour over time as a picture."""
        results = _results()
        score = _explained(results, enterprise_id, ahead=False).score
        if not view.tells_history(view.grants(results.version_of(score), audience)):
            abort(404)
        name = score.name or enterprise_id
        drawn = history_svg(results.history(enterprise_id, look=g.look), name, g.lang, HUES)
        return Response(drawn, mimetype="image/svg+xml")


def _add_twins(routes: Blueprint, audience: AudienceName) -> None:
    """The same as the pages, as JSON; and whether all is well."""

    @routes.get("/api/e/<path:enterprise_id>")
    def enterprise_json(enterprise_id: str) -> Response:
        """Twin of one enterprise's page."""
        return jsonify(enterprise_view(_results(), enterprise_id, audience))

    @routes.get("/api/search")
    def search_json() -> Response:
        """Twin of the search."""
        results = _results()
        return jsonify({**search_view(results, audience), "distribution": _spread(results, audience)})

    @routes.get("/api/about")
    def about_json() -> Response:
        """Twin of the rule book."""
        results = _results()
        shown = about_view(results, view.grants(results.version, audience))
        return jsonify(view.with_law(shown, results.version, g.today))

    @routes.get("/healthz")
    def health() -> Response:
        """The day and the policy at which the store stands."""
        results = _results()
        as_of, sha256 = results.as_of.isoformat(), results.version.rules_sha256
        return jsonify({"status": "ok", "as_of": as_of, "policy": sha256})


def _read_once_per_request(
    routes: Blueprint, reader: ResultsReader, viewer: Viewer, today: Callable[[], date]
) -> None:
    """Gives every request results from one read transaction: no scoring comes between two parts of an answer."""

    @routes.before_request
    def begin() -> None:
        """Opens the transaction, and settles the day."""
        g.today = today()
        g.look = Look(viewer, g.today)
        g.reading = ExitStack()
        g.results = g.reading.enter_context(reader.snapshot())

    @routes.teardown_request
    def end(error: BaseException | None) -> None:
        """Closes it, whatever became of the request."""
        if reading := g.pop("reading", None):
            reading.close()

    @routes.app_context_processor
    def every_page() -> dict[str, Any]:
        """What the frame of every page names, refusals too."""
        results = g.get("results") or reader.current()
        policy = view.policy_view(results.version, fictitious=results.fictitious)
        day = g.get("today") or today()
        framed = view.with_law({"policy": policy}, results.version, day)
        return {
            **framed,
            "as_of": results.as_of.isoformat(),
            "publisher": publisher(fictitious=results.fictitious),
            "stale": view.stale(results.as_of, day),
        }


def _results() -> CurrentResults:
    results: CurrentResults = g.results
    return results


def enterprise_view(results: CurrentResults, enterprise_id: str, audience: AudienceName) -> dict[str, Any]:
    """One enterprise as an audience may see it, under the policy of its own result.

    The public with the grounds of a result sees it under the rules of the store: those of one result
    would tell when it changed.
    """
    if view.grants(results.version, audience).grounds:
        return _public_view(results, enterprise_id)
    explanation = _explained(results, enterprise_id)
    version = results.version_of(explanation.score)
    granted = view.grants(version, audience)
    history = results.history(enterprise_id, look=g.look) if view.tells_history(granted) else None
    proposed = results.version_of(explanation.proposed.score) if explanation.proposed else None
    own = audience in ("enterprise", "officer")
    shown = view.enterprise_view(
        explanation,
        version,
        granted,
        history,
        own=own,
        related=audience != "public",
        proposed=proposed,
        today=g.today,
    )
    # Grades by field are for supervision there, never for the public.
    with_fields = audience != "public" and view.tells_history(granted)
    shown |= {"public": None, "fields": by_field(explanation, version) if with_fields else None}
    return view.with_law(shown, version, g.today)


def _public_view(results: CurrentResults, enterprise_id: str) -> dict[str, Any]:
    shown = results.public(_printable(enterprise_id), g.today)
    page = public_page(results, results.score(enterprise_id), shown)
    bands = [view.band_view(band, results.version) for band in legend(results.version.policy)]
    framed = {
        **page,
        "stale": view.stale(results.as_of, g.today),
        "legend": bands,
        "policy": view.policy_view(results.version, fictitious=results.fictitious),
    }
    return view.with_law(framed, results.version, g.today)


def _card(results: CurrentResults, enterprise_id: str, audience: AudienceName) -> Face | None:
    """The card as an audience may see it; ``None``: not at all."""
    if view.grants(results.version, audience).grounds:
        shown = results.public(_printable(enterprise_id), g.today)
        return public_card(results, results.score(enterprise_id), shown)
    explanation = _explained(results, enterprise_id, ahead=False)
    return view.card_face(explanation, view.grants(results.version_of(explanation.score), audience))


def _spread(results: CurrentResults, audience: AudienceName) -> dict[str, Any]:
    return view.distribution(results, public=audience == "public")


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
    if view.grants(results.version, audience).grounds:
        shown = public_grade(results.public(score.enterprise_id, g.today))
        return {"id": score.enterprise_id, "name": score.name, "result": shown, "points": None}
    version = results.version_of(score)
    return view.row_view(score, version, view.grants(version, audience))


def _search(
    results: CurrentResults, audience: AudienceName, text: str, colour: str | None, offset: int
) -> tuple[int, list[Score]]:
    if audience != "public":
        return results.find(text, colour, PAGE_ROWS, offset)
    # the public holds a code or licence and asks for that one: no list to harvest
    try:
        return 1, [results.score(text)]
    except UnknownEnterpriseError:
        return 0, []


def _explained(results: CurrentResults, enterprise_id: str, *, ahead: bool = True) -> Explanation:
    """The explanation of an id as it came in an address: no id holds control characters, and SQL text may not."""
    return results.explain(_printable(enterprise_id), ahead=ahead, look=g.look)


def _printable(enterprise_id: str) -> str:
    if enterprise_id.isprintable():
        return enterprise_id
    raise UnknownEnterpriseError("enterprise_id_unprintable")
