"""Draws a history as SVG: points as a step line over the bands, colours as a strip, changes numbered.

Colour is never alone: bands and strip carry their words, and each mark has the number of its change
in the list beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scoring.entities import BandInfo, Lang
from scoring.explain.history.chart_frame import (
    WIDE,
    ChartSize,
    first_days,
    frame_of,
    last_stretches,
    printed,
    runs_of_one_band,
    stripes,
    version_spans,
)
from scoring.explain.history.day_change import Change
from scoring.explain.history.events import describe_grade
from scoring.explain.history.svg import breadth, picture, tag, words
from scoring.explain.history.timeline import History
from scoring.explain.words.figures import decimal
from scoring.explain.words.grades import band_of, short_name
from scoring.policy.spans import Span
from scoring.rules.wording import say

STRIP = 30
BELOW = 58
"""Room below the strip, for the months."""
SOFT, LINE = "#4d5560", "#1b1f24"
Hues = Mapping[str, tuple[str, str]]
"""Fill and ink by colour, with ``graded`` for bands without one and ``not_rated``."""


def history_svg(history: History, name: str, lang: Lang, hues: Hues, sheet: ChartSize = WIDE) -> str:
    """The picture of a history.

    Args:
        history: What to draw; without stretches the picture says so.
        name: Name of the enterprise.
        lang: Language of the words.
        hues: How colours look.
        sheet: The size of the picture; a narrow one shows the last months.
    """
    if not history.stretches:
        nothing = say(lang, "h_nothing")
        return picture(sheet.width, 120, name, nothing, [words(nothing, 28, 66, 16)])
    first_stretch, last_stretch = history.stretches[0], history.stretches[-1]
    span = {"name": name, "start": first_stretch.start, "end": last_stretch.end}
    grades = {
        "old": describe_grade(first_stretch.score, first_stretch.version)["word"][lang],
        "new": describe_grade(last_stretch.score, last_stretch.version)["word"][lang],
    }
    count = len(history.changes)
    description = say(
        lang, "h_desc", n=count, first=first_stretch.start, last=last_stretch.end, **span, **grades
    )
    title = say(lang, "h_title", **span)
    shown = title if sheet.months is None else say(lang, "h_last_months", n=sheet.months)
    title_size = min(18.0, 18 * (sheet.width - 60) / breadth(shown, 18))
    heading = words(shown, 28, 38, title_size, font_weight=700)
    picture_parts = [heading, *Chart(history, lang, hues, sheet).parts()]
    return picture(sheet.width, sheet.top + sheet.high + STRIP + BELOW, title, description, picture_parts)


class Chart:
    """The parts of the picture under its heading, for one history with at least one stretch."""

    def __init__(self, history: History, lang: Lang, hues: Hues, sheet: ChartSize) -> None:
        self._stretches, self._changes = last_stretches(history.stretches, sheet.months), history.changes
        self._lang, self._hues, self._sheet = lang, hues, sheet
        self._frame = frame_of(self._stretches, sheet)

    def parts(self) -> list[str]:
        """All parts, those in front last."""
        drawn_parts: list[str] = []
        for span in version_spans(self._stretches):
            drawn_parts += self._bands(span)
        drawn_parts += [*self._days(), *self._unrated_days()]
        return [*drawn_parts, *self._line(), *self._strip(), *self._marks()]

    def _bands(self, span: Span) -> Iterator[str]:
        """Stripes of the bands over the days of one version; words and edges stand at the right."""
        frame, policy = self._frame, span.version.policy
        x, right_edge = frame.x(span.start), frame.after(span.end)
        labelled = span.end == frame.end
        for stripe in stripes(frame, policy):
            band, height = stripe.band, stripe.bottom - stripe.top
            # A band above or below the points of these days is no wider than its edge.
            if height < 1:
                continue
            fill, opacity = self._hues[band.colour or "graded"][0], 0.13 + 0.05 * (band.rank % 2)
            rectangle = {"x": x, "y": stripe.top, "width": right_edge - x, "height": height}
            yield tag("rect", **rectangle, fill=fill, fill_opacity=opacity)
            if labelled and height >= 14:
                middle = (stripe.top + stripe.bottom) / 2
                band_word = short_name(band.colour, band.label)[self._lang]
                yield words(band_word, right_edge + 10, middle + 5, 14, font_weight=700, fill=SOFT)
            if stripe.edge is not None and frame.low < stripe.edge < frame.high:
                y = frame.y(stripe.edge)
                dashes = {"stroke": SOFT, "stroke_width": 1, "stroke_dasharray": "3 3"}
                yield tag("line", x1=x, x2=right_edge, y1=y, y2=y, **dashes)
                if labelled:
                    yield words(
                        f"{stripe.edge:g}", self._sheet.left - 8, y + 5, 13, text_anchor="end", fill=SOFT
                    )

    def _days(self) -> Iterator[str]:
        """Lines at the beginnings of months, quarters or years, and the range of points."""
        frame = self._frame
        for day in first_days(frame.start, frame.end, self._sheet.most_lines):
            x = frame.x(day)
            yield tag(
                "line", x1=x, x2=x, y1=self._sheet.top, y2=frame.bottom, stroke="#ffffff", stroke_width=1.5
            )
            if frame.x(frame.start) + 20 < x < self._sheet.width - self._sheet.right - 20:
                label_height = frame.bottom + STRIP + 38
                yield words(f"{day:%Y-%m}", x, label_height, 13, text_anchor="middle", fill=SOFT)
        for points in (frame.high, frame.low):
            y = frame.y(points) + 5
            yield words(f"{points:g}", self._sheet.left - 8, y, 12, text_anchor="end", fill="#767d88")

    def _unrated_days(self) -> Iterator[str]:
        """Days without a result: covered in grey, with the word where it fits."""
        word, ink = say(self._lang, "not_rated"), self._hues["not_rated"][0]
        for stretch in self._stretches:
            if stretch.score.points is not None:
                continue
            x, right_edge = self._frame.x(stretch.start), self._frame.after(stretch.end)
            yield tag(
                "rect", x=x, y=self._sheet.top, width=right_edge - x, height=self._sheet.high, fill="#e9ebee"
            )
            if right_edge - x > breadth(word, 14) + 8:
                middle = self._middle + 30
                yield words(word, (x + right_edge) / 2, middle, 14, text_anchor="middle", fill=ink)

    def _line(self) -> Iterator[str]:
        """Points as steps; a stretch without points interrupts the line."""
        steps, is_open = [], False
        for stretch in self._stretches:
            points = stretch.score.points
            if points is not None:
                x, right_edge = self._frame.x(stretch.start), self._frame.after(stretch.end)
                y = self._frame.y(printed(points, stretch.version.policy))
                steps.append(f"{'L' if is_open else 'M'}{x:.1f} {y:.1f} L{right_edge:.1f} {y:.1f}")
            is_open = points is not None
        if not steps:
            return
        # A white line below the dark one: it stands out from every band.
        for stroke, width in (("#ffffff", 6), (LINE, 2.5)):
            line_style = {"stroke": stroke, "stroke_width": width, "stroke_linejoin": "round"}
            yield tag("path", d=" ".join(steps), fill="none", **line_style)

    def _strip(self) -> Iterator[str]:
        """The colour that was in effect, caps and vetoes included, with its word where it fits."""
        heading = say(self._lang, "h_as_of_band")
        yield words(heading, self._sheet.left - 8, self._frame.bottom + 30, 13, text_anchor="end", fill=SOFT)
        y = self._frame.bottom + 10
        for first_stretch, last_stretch in runs_of_one_band(self._stretches):
            band = band_of(first_stretch.score.band, first_stretch.version.policy)
            mark = (band.colour or "graded") if band else "not_rated"
            fill, ink = self._hues[mark]
            x, right_edge = self._frame.x(first_stretch.start), self._frame.after(last_stretch.end)
            rectangle = {"x": x, "y": y, "width": right_edge - x, "height": STRIP}
            yield tag("rect", **rectangle, fill=fill, stroke="#ffffff", stroke_width=1)
            fitting_word = self._word_that_fits(band, right_edge - x)
            if fitting_word:
                text_style = {"text_anchor": "middle", "fill": ink, "font_weight": 700}
                yield words(fitting_word, (x + right_edge) / 2, y + 20, 14, **text_style)

    def _word_that_fits(self, band: BandInfo | None, room: float) -> str:
        """What a band is called in so much room: its word, or its rank, or nothing."""
        candidates = [say(self._lang, "not_rated")]
        if band is not None:
            candidates = [short_name(band.colour, band.label)[self._lang], str(band.rank)]
        return next((candidate for candidate in candidates if room > breadth(candidate, 14) + 6), "")

    def _marks(self) -> Iterator[str]:
        """Numbers of the changes above the line.

        Where two would touch, the earlier keeps its number and the next is a dot.
        """
        last_numbered = 0.0
        for number, change in enumerate(self._changes, start=1):
            if change.day < self._frame.start:
                continue
            x, y = self._frame.x(change.day), self._height(change)
            yield tag("circle", cx=x, cy=y, r=4, fill=LINE, stroke="#ffffff", stroke_width=1.5)
            if x - last_numbered >= 20:
                # Near the upper end the number stands below the line instead.
                centre = y - 18 if y - 28 > self._sheet.top else y + 20
                circle_style = {"fill": "#ffffff", "stroke": LINE, "stroke_width": 1.2}
                yield tag("circle", cx=x, cy=centre, r=9.5, **circle_style)
                yield words(decimal(number), x, centre + 4, 11, text_anchor="middle", font_weight=700)
                last_numbered = x

    @property
    def _middle(self) -> float:
        return self._sheet.top + self._sheet.high / 2

    def _height(self, change: Change) -> float:
        """Where a change stands: at its new points, else at its old ones, else in the middle."""
        shown = change.after if change.after.points is not None else change.before
        if shown.points is None:
            return self._middle
        return self._frame.y(printed(shown.points, change.version.policy))
