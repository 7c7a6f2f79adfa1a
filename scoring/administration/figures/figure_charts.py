"""What the charts of the figures show: the numbers of the tables beside them, in the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.administration.casework.procedures import procedures
from scoring.administration.figures.colours_over_time import Bands, ColoursOverTime
from scoring.administration.figures.figure_chart import ChartRow, FigureChart
from scoring.administration.figures.filters import area_label, office_label
from scoring.administration.figures.hatching import Hatching, band_series, plain_series
from scoring.administration.figures.movers import Movers
from scoring.administration.figures.objection_counts import OfficeObjections
from scoring.administration.figures.overdue_clocks import OverdueClocks
from scoring.administration.figures.visit_counts import MOST_COUNTED, VisitCounts
from scoring.administration.figures.whole_figures import Figures
from scoring.explain.words.figures import labels
from scoring.policy.language.schema import Policy
from scoring.rules.wording import LANGUAGES, both

Series = Mapping[str, Hatching]


def charts_of(figures: Figures, policy: Policy) -> dict[str, FigureChart | None]:
    """All charts by name; ``None`` where there is nothing to draw.

    Args:
        figures: The figures.
        policy: The policy, whose bands are drawn.
    """
    colours, series = figures.colours, band_series(policy)
    return {
        "colours": _months(figures, series),
        "areas": _bands("areas", "fi_colours_area", colours.by_area, colours, series, area_label),
        "fields": _bands("fields", "fi_colours_field", colours.by_field, colours, series, _field_label),
        "movers": _movers(figures.movers),
        "visits": _visits(figures.visits),
        "clocks": _clocks(figures.clocks),
        "objections": _objections(figures.objections),
    }


def move_label(steps: int) -> dict[str, str]:
    """A move in words."""
    return both("fi_rose" if steps > 0 else "fi_fell", n=abs(steps))


def clock_office(office: str) -> Mapping[str, str]:
    """The authority of an overdue case in words; that it is about a result is a word too."""
    return office_label(office) if office else both("fi_about_result")


def _values(bands: Bands, series: Series) -> list[int]:
    return [bands.get(band, 0) for band in series]


def _months(figures: Figures, series: Series) -> FigureChart | None:
    months = figures.colours.months
    if not months:
        return None
    # From the first month that somebody scored: before it there is nothing to see.
    shown = [month for month in figures.filters.months if month >= months[0]]
    rows = [
        ChartRow(dict.fromkeys(LANGUAGES, month), _values(figures.colours.whole.get(month, {}), series))
        for month in shown
    ]
    return FigureChart("c-", both("fi_colours"), list(series.values()), rows, is_of_time=True)


def _bands(
    key: str,
    title: str,
    by_code: Mapping[str, Mapping[str, Bands]],
    colours: ColoursOverTime,
    series: Series,
    label: Any,
) -> FigureChart | None:
    month = colours.last_month
    rows = [
        ChartRow(label(code), _values(months.get(month or "", {}), series))
        for code, months in by_code.items()
    ]
    drawn = [row for row in rows if sum(row.values)]
    if not drawn:
        return None
    return FigureChart(f"{key}-", both(title, month=month), list(series.values()), drawn)


def _field_label(field: str) -> Mapping[str, str]:
    return labels("fields", field) or dict.fromkeys(LANGUAGES, field)


def _movers(moved: Movers) -> FigureChart | None:
    rows = [ChartRow(move_label(steps), [count]) for steps, count in moved.counts.items()]
    if not sum(moved.counts.values()):
        return None
    series = plain_series(both("fi_rising"), both("fi_falling"))
    risen = [ChartRow(row.label, [*row.values, 0]) for row in rows[: len(rows) // 2]]
    fallen = [ChartRow(row.label, [0, *row.values]) for row in rows[len(rows) // 2 :]]
    return FigureChart("m-", both("fi_movers"), series, [*risen, *fallen])


def _visits(visits: VisitCounts) -> FigureChart | None:
    if not visits.by_office:
        return None
    series = plain_series(*(both(f"fi_times_{number}") for number in range(1, MOST_COUNTED + 1)))
    rows = [
        ChartRow(office_label(office), list(counted.enterprises.values()))
        for office, counted in visits.by_office.items()
    ]
    return FigureChart("v-", both("fi_visits", year=visits.year), series, rows)


def _clocks(clocks: OverdueClocks) -> FigureChart | None:
    rows: list[ChartRow] = []
    for procedure, offices in clocks.counts.items():
        name = procedures()[procedure].label.words
        for office, count in offices.items():
            where = clock_office(office)
            rows.append(ChartRow({lang: f"{name[lang]} · {where[lang]}" for lang in LANGUAGES}, [count]))
    series = plain_series(both("fi_cases"))
    return FigureChart("o-", both("fi_clocks"), series, rows) if rows else None


def _objections(counts: Mapping[str, OfficeObjections]) -> FigureChart | None:
    """For each authority three bars below each other: upheld ones are among the answered ones,
    which never add up.
    """
    if not counts:
        return None
    names = ("opened", "answered", "upheld")
    series = plain_series(*(both(f"fi_{name}") for name in names))
    rows: list[ChartRow] = []
    for office, counted in counts.items():
        rows += _of_office(office, [getattr(counted, name) for name in names])
    return FigureChart("j-", both("fi_objections"), series, rows)


def _of_office(office: str, values: Sequence[int]) -> list[ChartRow]:
    """The rows of one authority, of which the first one has its name."""
    rows = []
    for number, value in enumerate(values):
        label: Mapping[str, str] = office_label(office) if number == 0 else dict.fromkeys(LANGUAGES, "")
        rows.append(ChartRow(label, [value if place == number else 0 for place in range(len(values))]))
    return rows
