"""A search as it was typed, and what is shown of whom it finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g, request

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.search import MOST_COUNTED, EnterpriseSearch, Order, written_total
from scoring.entities import Score
from scoring.entities.areas import is_area
from scoring.entities.canonical import codes
from scoring.store.facts.public_ids import public_id_of
from web.parts import view

PAGE_ROWS = 20
LONGEST_QUERY = 100
LAST_OFFSET = 1_000_000
COLOURS = frozenset({"blue", "green", "yellow", "red", "none"})
ORDERS: tuple[Order, ...] = ("code", "best", "worst")
Find = Callable[[EnterpriseSearch, int], tuple[int, list[Score]]]
"""Gives, for what is looked for and rows to skip, how many there are and one page of them."""


def search_view(read: CurrentResults, find: Find) -> dict[str, Any]:
    """What was asked for and one page of what was found; nothing when nothing was asked."""
    search = asked_search()
    offset = max(min(request.args.get("offset", 0, type=int) or 0, LAST_OFFSET), 0)
    is_asked = bool(search.text or search.colour or search.area or search.field)
    total, scores = find(search, offset) if is_asked else (0, [])
    return {
        "q": search.text,
        "colour": search.colour,
        "area": search.area,
        "field": search.field,
        "order": search.order,
        "asked": is_asked,
        "offset": offset,
        "rows": PAGE_ROWS,
        "total": min(total, MOST_COUNTED),
        "more": total > MOST_COUNTED,
        "written_total": written_total(total),
        "items": [_row(read, score) for score in scores],
    }


def asked_search() -> EnterpriseSearch:
    """The search of an address; what is no colour, area or field is not asked for."""
    text = "".join(filter(str.isprintable, request.args.get("q", ""))).strip()[:LONGEST_QUERY]
    colour, area, field, order = (request.args.get(name, "") for name in ("colour", "area", "field", "order"))
    return EnterpriseSearch(
        text=text,
        colour=colour if colour in COLOURS else None,
        area=area if is_area(area) else None,
        field=field if field in codes()["fields"] else None,
        order=next((known for known in ORDERS if known == order), "code"),
    )


def _row(read: CurrentResults, score: Score) -> dict[str, Any]:
    if g.audience == "public":
        # No list of colours: whoever holds a code or a licence is led to the page of that enterprise.
        with read.read() as connection:
            page = public_id_of(connection, score.enterprise_id)
        return {"id": score.enterprise_id, "name": score.name, "page": page, "result": None, "points": None}
    version = read.version_of(score)
    return view.row_view(score, version, view.grants(version, g.audience))
