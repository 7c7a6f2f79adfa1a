"""What the page of figures shows, as plain data: the page and its twin are made of the same
dictionary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoring.administration.figures.colours_over_time import Bands, ColoursOverTime
from scoring.administration.figures.figure_charts import clock_office, move_label
from scoring.administration.figures.filters import area_label, office_label
from scoring.administration.figures.hatching import band_series
from scoring.administration.figures.movers import PAGE_MOVERS, Movers
from scoring.administration.figures.objection_counts import OfficeObjections, in_all
from scoring.administration.figures.overdue_clocks import OverdueClock, OverdueClocks
from scoring.administration.figures.visit_counts import OfficeVisits, OverCap
from scoring.administration.figures.whole_figures import Figures
from scoring.explain.words.figures import labels, percent
from scoring.explain.words.grades import band_of
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from web.parts.grades import band_grade

PAGE_ROWS = PAGE_MOVERS
"""Rows of one page of each list."""


def figures_view(figures: Figures, version: ResolvedPolicy, granted: Audience) -> dict[str, Any]:
    """The figures as numbers, codes and words in both languages.

    Args:
        figures: The figures.
        version: The policy that they were counted under.
        granted: What officers may see; without colours those figures that tell of them are
            ``None``.
    """
    filters, page = figures.filters, figures.page
    return {
        "area": filters.area,
        "field": filters.field,
        "from": filters.start,
        "to": filters.end,
        "today": filters.day.isoformat(),
        "rows": PAGE_ROWS,
        "colours": _colours(figures.colours, version) if granted.colour else None,
        "movers": _movers(figures.movers, version, page.movers) if granted.colour else None,
        "visits": _visits(figures, version, granted),
        "clocks": _clocks(figures.clocks, page.clocks),
        "objections": _objections(figures.objections),
    }


def _colours(colours: ColoursOverTime, version: ResolvedPolicy) -> dict[str, Any]:
    bands = [{"band": band, "word": series.word} for band, series in band_series(version.policy).items()]
    return {
        "bands": bands,
        "months": list(colours.months),
        "whole": _months(colours.whole),
        "by_area": [_coded(area, area_label(area), months) for area, months in colours.by_area.items()],
        "by_field": [
            _coded(field, labels("fields", field), months) for field, months in colours.by_field.items()
        ],
    }


def _coded(code: str, name: Mapping[str, str] | None, months: Mapping[str, Bands]) -> dict[str, Any]:
    return {"id": code, "name": name, "months": _months(months)}


def _months(months: Mapping[str, Bands]) -> dict[str, dict[str, int]]:
    return {month: dict(months[month]) for month in sorted(months)}


def _movers(moved: Movers, version: ResolvedPolicy, offset: int) -> dict[str, Any]:
    items = []
    for mover in moved.page:
        before, after = (band_of(band, version.policy) for band in (mover.before, mover.after))
        grades = {
            "before": band_grade(before) if before else None,
            "after": band_grade(after) if after else None,
        }
        items.append({"id": mover.enterprise_id, "name": mover.name, "steps": mover.steps, **grades})
    counts = [
        {"steps": steps, "label": move_label(steps), "enterprises": count}
        for steps, count in moved.counts.items()
    ]
    label = None if moved.steps is None else move_label(moved.steps)
    return {
        "counts": counts,
        "steps": moved.steps,
        "label": label,
        "total": moved.total,
        "offset": offset,
        "items": items,
    }


def _visits(figures: Figures, version: ResolvedPolicy, granted: Audience) -> dict[str, Any]:
    visits = figures.visits
    by_office = [
        {"id": office, "name": office_label(office), **_counted(counted)}
        for office, counted in visits.by_office.items()
    ]
    over_cap = {
        "total": len(visits.over_cap),
        "offset": figures.page.over_cap,
        "items": [_over(one, version, granted) for one in figures.over_cap],
    }
    return {
        "year": visits.year,
        "by_office": by_office,
        "whole": _counted(visits.whole),
        "over_cap": over_cap,
    }


def _counted(counted: OfficeVisits) -> dict[str, Any]:
    return {
        "enterprises": {str(number): count for number, count in counted.enterprises.items()},
        "visits": counted.visits,
        "joint": counted.joint,
        "joint_share": percent(counted.joint, counted.visits),
        "over_cap": counted.over_cap,
    }


def _over(one: OverCap, version: ResolvedPolicy, granted: Audience) -> dict[str, Any]:
    band = band_of(one.band, version.policy) if granted.colour else None
    return {
        "id": one.enterprise_id,
        "name": one.name,
        "office": one.office,
        "office_name": office_label(one.office),
        "field": one.field or None,
        "field_name": labels("fields", one.field or None),
        "grade": band_grade(band) if band else None,
        "visits": one.visits,
        "cap": one.cap,
    }


def _clocks(clocks: OverdueClocks, offset: int) -> dict[str, Any]:
    rows: dict[tuple[str, str], OverdueClock] = {}
    for clock in clocks.clocks:
        rows.setdefault((clock.procedure.id, clock.office), clock)
    counts = [
        {
            "procedure": procedure,
            "name": rows[procedure, office].procedure.label.words,
            "office": office or None,
            "office_name": clock_office(office),
            "cases": count,
        }
        for procedure, offices in clocks.counts.items()
        for office, count in offices.items()
    ]
    items = [_clock(clock) for clock in clocks.clocks[offset : offset + PAGE_ROWS]]
    return {"total": len(clocks.clocks), "counts": counts, "offset": offset, "items": items}


def _clock(clock: OverdueClock) -> dict[str, Any]:
    return {
        "procedure": clock.procedure.id,
        "procedure_name": clock.procedure.label.words,
        "office": clock.office or None,
        "office_name": clock_office(clock.office),
        "id": clock.enterprise_id,
        "name": clock.name,
        "case": clock.case,
        "due_on": clock.due_on.isoformat(),
        "overdue_by": clock.overdue_by,
    }


def _objections(counts: Mapping[str, OfficeObjections]) -> dict[str, Any]:
    by_office = [
        {"id": office, "name": office_label(office), **vars(counted)} for office, counted in counts.items()
    ]
    return {"by_office": by_office, "whole": vars(in_all(counts))}
