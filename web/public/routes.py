"""The public's pages and their twins: one enterprise by its code, how many have which colour, and the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.search import EnterpriseSearch, written_code
from scoring.entities import Score
from scoring.errors import UnknownEnterpriseError
from scoring.store.standing.code_holders import StoredCodes
from web.limits import PublicLimits
from web.parts import view
from web.parts.about import about_view
from web.parts.kept_pages import KeptPages
from web.parts.searches import search_view
from web.parts.view import AudienceName
from web.public.codes import add_codes
from web.public.counts import add_counts
from web.public.lists import ServedLists, add_lists
from web.public.pages import add_pages
from web.public.view import require_page, shown_name
from web.reading import office, person, results


def blueprint(limits: PublicLimits, lists: ServedLists, pages: KeptPages) -> Blueprint:
    """The routes.

    Args:
        limits: Stops who guesses.
        lists: The lists by which codes are verified offline.
        pages: Pages of enterprises that are kept.
    """
    routes = Blueprint("public", __name__)
    add_pages(routes, limits, pages)
    add_codes(routes, limits, pages)
    add_lists(routes, lists, limits)
    add_counts(routes)
    _add_whole(routes, limits)
    _add_twins(routes, limits)
    return routes


def _add_whole(routes: Blueprint, limits: PublicLimits) -> None:
    @routes.get("/")
    @limits.searches
    def home() -> str:
        """The search, and how many enterprises have which colour."""
        return render_template("home.html", found=_found(), spread=_spread())

    @routes.get("/about")
    def about() -> str:
        """The rule book."""
        read = results()
        return render_template("about.html", about=_rules(read))


def _add_twins(routes: Blueprint, limits: PublicLimits) -> None:
    @routes.get("/api/search")
    @limits.searches
    def search_json() -> Response:
        """Twin of the search."""
        return jsonify({**_found(), "distribution": _spread()})

    @routes.get("/api/about")
    def about_json() -> Response:
        """Twin of the rule book."""
        read = results()
        return jsonify(view.with_law(_rules(read), read.version, g.today))

    @routes.get("/healthz")
    def health() -> Response:
        """That the server answers, whatever becomes of the store."""
        return jsonify({"status": "ok"})

    @routes.get("/readyz")
    def ready() -> Response:
        """That the store answers too: the day and the policy at which it stands."""
        read = results()
        return jsonify({"status": "ok", "as_of": read.as_of.isoformat(), "policy": read.version.rules_sha256})


def _rules(read: CurrentResults) -> dict[str, Any]:
    """The rule book, with the indicators for who may see the reasons of a result."""
    asking = person()
    audience: AudienceName = "public"
    if asking is not None:
        audience = "officer" if asking.desk else "enterprise" if asking.enterprises else "public"
    return about_view(read, view.grants(read.version, audience))


def _found() -> dict[str, Any]:
    return search_view(results(), _find_one)


def _spread() -> dict[str, Any]:
    return view.distribution(results(), public=True)


def _find_one(search: EnterpriseSearch, offset: int) -> tuple[int, list[Score]]:
    """The public holds a code or licence and asks for that one: no list to harvest."""
    desk = office()
    try:
        score = results().score(written_code(search.text))
        with results().read() as connection:
            holder = StoredCodes(connection, g.today).holder(score.enterprise_id)
        require_page(holder, with_persons=desk is not None and desk.with_sole_traders)
        return 1, [replace(score, name=shown_name(score, holder))]
    except UnknownEnterpriseError:
        return 0, []
