"""Charts of figures as SVG: bars and columns of hatched series, narrow enough for a telephone.

Every chart stands beside a table of its numbers; hues say nothing that hatching and words do not
say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scoring.administration.figures.hatching import INK, PAPER, Hatching, defined, fill_id
from scoring.entities import Lang
from scoring.explain.history.svg import breadth, picture, tag, words

WIDTH, EDGE = 340, 6
SOFT = "#4d5560"
LABEL, SMALL = 12.0, 11.0
BAR, LABELLED = 16, 24
"""Height of a bar, and of the label above it with the room over that."""
PLOT = 150
LEFT = 44
"""Room for the numbers of the axis beside columns."""
MOST_ROWS = 24
"""Rows of one chart; a multiple of those that belong together."""
MOST_MONTHS = 8
"""Labels of months that there is room for."""


@dataclass(frozen=True)
class ChartRow:
    """A row of bars or a column: what it is, and a number for each series."""

    label: Mapping[str, str]
    values: Sequence[int]


@dataclass(frozen=True)
class FigureChart:
    """What a chart shows.

    Attributes:
        key: What its ids begin with.
        title: What it shows, by language.
        series: The parts of each row.
        rows: Rows from the top down, or columns from the left; one without a label belongs to the
            one above.
        is_of_time: Whether they are columns.
        scale: What the longest bar stands for where that is no row of this chart.
    """

    key: str
    title: Mapping[str, str]
    series: Sequence[Hatching]
    rows: Sequence[ChartRow]
    is_of_time: bool = False
    scale: int = 0

    @property
    def most(self) -> int:
        """What the longest bar stands for: the greatest sum of a row."""
        return max((sum(row.values) for row in self.rows), default=0) if not self.scale else self.scale

    def in_parts(self) -> list[FigureChart]:
        """The same in charts of at most ``MOST_ROWS`` rows each, all of one scale."""
        if self.is_of_time or len(self.rows) <= MOST_ROWS:
            return [self]
        starts = range(0, len(self.rows), MOST_ROWS)
        return [
            replace(
                self,
                key=f"{self.key}{start}-",
                rows=self.rows[start : start + MOST_ROWS],
                scale=self.most,
            )
            for start in starts
        ]


def bars_svg(chart: FigureChart, lang: Lang) -> str:
    """A row below the other, each with one bar of all series; the number stands in the part or
    behind the bar.
    """
    parts = [defined(chart.key, chart.series)]
    legend, top = _legend(chart, lang, 16)
    parts += legend
    y = top
    for row in chart.rows:
        # Without a label of its own it stands close below the one above.
        y += LABELLED if row.label[lang] else 0
        parts += _bar(chart, row, lang, y)
        y += BAR + 3
    return _picture(chart, lang, y + EDGE, parts)


def columns_svg(chart: FigureChart, lang: Lang) -> str:
    """A column beside the other, as for the months of a year."""
    parts = [defined(chart.key, chart.series)]
    legend, top = _legend(chart, lang, 16)
    parts += [*legend, *_axis(chart.most, top)]
    room = WIDTH - LEFT - EDGE
    step = room / max(len(chart.rows), 1)
    every = -(-len(chart.rows) // MOST_MONTHS)
    for number, row in enumerate(chart.rows):
        x, width = LEFT + number * step + step * 0.12, step * 0.76
        parts += _column(chart, row, x, width, top)
        # The last one is named, and every so many before it.
        if (len(chart.rows) - 1 - number) % max(every, 1) == 0:
            parts.append(words(row.label[lang], x + width / 2, top + PLOT + 16, 9.5, text_anchor="middle"))
    return _picture(chart, lang, top + PLOT + 24, parts)


def _picture(chart: FigureChart, lang: Lang, height: float, parts: list[str]) -> str:
    title = chart.title[lang]
    named = ", ".join(series.word[lang] for series in chart.series)
    return picture(WIDTH, height, title, named, parts, chart.key, class_="figure")


def _legend(chart: FigureChart, lang: Lang, top: float) -> tuple[list[str], float]:
    """Each series with its word, in as many lines as they take; and where the chart begins below
    them.
    """
    parts, x, y = [], float(EDGE), top
    for number, series in enumerate(chart.series):
        word = series.word[lang]
        width = 22 + breadth(word, LABEL) + 12
        if x + width > WIDTH and x > EDGE:
            x, y = float(EDGE), y + 20
        parts.append(_box(chart.key, number, x, y - 11, 16, 13))
        parts.append(words(word, x + 22, y, LABEL))
        x += width
    return parts, y + 20


def _box(key: str, number: int, x: float, y: float, width: float, height: float) -> str:
    """A part in the fill of its series, with an edge that is seen without hues."""
    rectangle = {
        "x": round(x, 2),
        "y": round(y, 2),
        "width": round(width, 2),
        "height": round(height, 2),
    }
    return tag("rect", **rectangle, fill=f"url(#{fill_id(key, number)})", stroke=INK, stroke_width=0.8)


def _bar(chart: FigureChart, row: ChartRow, lang: Lang, y: float) -> Iterator[str]:
    if label := row.label[lang]:
        size = min(LABEL, LABEL * (WIDTH - 2 * EDGE) / breadth(label, LABEL))
        yield words(label, EDGE, y - 6, round(size, 2), fill=SOFT)
    whole = f"{sum(row.values):,}"
    room = WIDTH - 2 * EDGE - breadth(f"{chart.most:,}", LABEL) - 8
    x = float(EDGE)
    for number, value in enumerate(row.values):
        width = room * value / max(chart.most, 1)
        if not value:
            continue
        yield _box(chart.key, number, x, y, max(width, 1.5), BAR)
        written = f"{value:,}"
        if len(chart.series) > 1 and width > breadth(written, SMALL) + 8:
            yield from _number(written, x + width / 2, y)
        x += max(width, 1.5)
    yield words(whole, x + 5, y + 12.5, LABEL, font_weight=700)


def _number(written: str, centre: float, top: float) -> Iterator[str]:
    """A number on a hatched ground: on a plate of its own, so that it is read."""
    width = breadth(written, SMALL) + 4
    plate = {
        "x": round(centre - width / 2, 2),
        "y": top + 2,
        "width": round(width, 2),
        "height": BAR - 4,
    }
    yield tag("rect", **plate, fill=PAPER, rx=2)
    yield words(written, round(centre, 2), top + 12, SMALL, text_anchor="middle")


def _axis(most: int, top: float) -> Iterator[str]:
    """Lines at nothing, half and all, with their numbers."""
    # What is never in halves has no line between.
    marks = (0, most // 2, most) if most > 1 else (0, most)
    for value in dict.fromkeys(marks):
        y = round(top + PLOT * (1 - value / max(most, 1)), 2)
        yield tag("line", x1=LEFT, x2=WIDTH - EDGE, y1=y, y2=y, stroke="#b9c0ca", stroke_width=1)
        yield words(f"{value:,}", LEFT - 4, y + 4, 10, text_anchor="end", fill=SOFT)


def _column(chart: FigureChart, row: ChartRow, x: float, width: float, top: float) -> Iterator[str]:
    y = top + PLOT
    for number, value in enumerate(row.values):
        height = PLOT * value / max(chart.most, 1)
        y -= height
        if value:
            yield _box(chart.key, number, x, y, width, height)
