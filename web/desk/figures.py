"""The figures of supervision: five of them with charts and tables, for supervisors and auditors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, render_template, request, url_for
from markupsafe import Markup

from scoring.administration.figures.calendar_months import month_of, read_month, shifted
from scoring.administration.figures.figure_chart import FigureChart, bars_svg, columns_svg
from scoring.administration.figures.figure_charts import charts_of
from scoring.administration.figures.filters import MOST_MONTHS, FigureFilters
from scoring.administration.figures.whole_figures import Figures, Page, figures_of
from scoring.entities.areas import area_name, areas, is_area
from scoring.entities.authorities import register
from scoring.entities.canonical import codes
from scoring.explain.words.figures import labels
from scoring.rules.wording import both
from scoring.store.people.grants import Grant
from web.access import asking_person
from web.parts import view
from web.parts.figures import figures_view
from web.reading import results

FARTHEST = 1_000_000
"""Rows that nobody pages behind."""


def add_routes(routes: Blueprint) -> None:
    """Adds the page of figures and its twin.

    Args:
        routes: The blueprint of the desk.
    """

    @routes.get("/figures")
    def figures() -> str:
        """Five figures of the areas and departments of one's grants."""
        read, filters = results(), asked_filters()
        counted = _figures(filters)
        charts = charts_of(counted, read.version.policy)
        drawn = {name: _drawn(chart) for name, chart in charts.items()}
        fields = [(field, labels("fields", field)) for field in codes()["fields"]]
        return render_template(
            "desk/figures.html",
            f=figures_view(counted, read.version, view.grants(read.version, "officer")),
            charts=drawn,
            areas=held_areas(asking_person().oversight),
            fields=fields,
            department=department_note(asking_person().oversight),
            paged=_paged,
        )

    @routes.get("/api/figures")
    def figures_json() -> Response:
        """Twin of the figures."""
        version = results().version
        return jsonify(figures_view(_figures(asked_filters()), version, view.grants(version, "officer")))


def _figures(filters: FigureFilters) -> Figures:
    read, steps = results(), request.args.get("moved", type=int)
    page = Page(*map(_offset, ("offset", "over_offset", "late_offset")))
    with read.read() as connection:
        return figures_of(connection, read.version, filters, steps, page)


def _offset(name: str) -> int:
    return max(min(request.args.get(name, 0, type=int) or 0, FARTHEST), 0)


def _paged(place: str, endpoint: str = "", **values: int | str | None) -> str:
    """The same figures with other rows of a list, at its place on the page; or their twin."""
    kept = {name: value for name, value in request.args.items() if name not in values}
    more = {name: str(value) for name, value in values.items() if value is not None}
    path = url_for(endpoint) if endpoint else ""
    return f"{path}?{urlencode({**kept, **more})}" + (f"#{place}" if place else "")


def _drawn(chart: FigureChart | None) -> list[Markup]:
    """A chart as it stands in the page, in its parts: all that is in it is escaped where it is drawn."""
    if chart is None:
        return []
    draw = columns_svg if chart.is_of_time else bars_svg
    return [Markup(draw(part, g.lang)) for part in chart.in_parts()]  # noqa: S704


def asked_filters() -> FigureFilters:
    """The filters of an address; what is no area, field or month is not asked for."""
    area, field = request.args.get("area", ""), request.args.get("field", "")
    end = read_month(request.args.get("to")) or month_of(results().as_of)
    start = read_month(request.args.get("from")) or shifted(end, -11)
    if start > end:
        start, end = end, start
    return FigureFilters(
        grants=asking_person().oversight,
        start=max(start, shifted(end, 1 - MOST_MONTHS)),
        end=end,
        day=g.today,
        area=area if is_area(area) else None,
        field=field if field in codes()["fields"] else None,
    )


def held_areas(grants: Sequence[Grant]) -> list[tuple[str, Mapping[str, str]]]:
    """The areas of some grants with their names, by code: all that are named where one of them
    holds everywhere.
    """
    granted = [grant.areas for grant in grants]
    named = set(areas()) if None in granted else frozenset().union(*(some or () for some in granted))
    return [(area, area_name(area)) for area in sorted(named)]


def department_note(grants: Sequence[Grant]) -> dict[str, str] | None:
    """Whose numbers are seen, where not those of all departments."""
    held = [grant.departments for grant in grants]
    if None in held:
        return None
    known = register().authorities
    mine = sorted(frozenset().union(*(some or () for some in held)))
    return both("fi_department", names=[known[code].name for code in mine if code in known])
