"""Draws a history as SVG: points as a step line over the bands, the colour in effect as a strip, changes as numbered marks.

Colour is never alone: bands and strip carry their words, and each mark has the number of its change in the list beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from scoring.entities import Lang
from scoring.explain.build import legend
from scoring.explain.history.events import grade
from scoring.explain.history.svg import breadth, picture, tag, words
from scoring.explain.history.timeline import History, Stretch
from scoring.explain.words.figures import decimal
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

WIDTH, LEFT, RIGHT, TOP, HIGH, STRIP = 960, 64, 96, 74, 280, 30
HEIGHT = TOP + HIGH + STRIP + 58
SOFT, LINE = "#4d5560", "#1b1f24"
Hues = Mapping[str, tuple[str, str]]
"""Fill and ink by colour, with ``graded`` for bands without one and ``not_rated``."""


@dataclass(frozen=True)
class Frame:
    """Where days and points stand on the picture; points count in printed units, so that versions share one axis."""

    start: date
    end: date
    low: float
    high: float
    best_on_top: bool

    def x(self, day: date) -> float:
        """Left edge of a day."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (day - self.start).days / ((self.end - self.start).days + 1)

    def after(self, day: date) -> float:
        """Right edge of a day."""
        return self.x(day + timedelta(days=1))

    def y(self, points: float) -> float:
        """Height of points, within the frame."""
        share = (min(max(points, self.low), self.high) - self.low) / (self.high - self.low)
        return TOP + HIGH * (1 - share if self.best_on_top else share)


def history_svg(history: History, name: str, lang: Lang, hues: Hues) -> str:
    """The picture of a history.

    Args:
        history: What to draw; without stretches the picture says so.
        name: Name of the enterprise.
        lang: Language of the words.
        hues: How colours look.
    """
    if not history.stretches:
        return picture(WIDTH, 120, name, say(lang, "h_nothing"), [words(say(lang, "h_nothing"), 28, 66, 16)])
    first, last = history.stretches[0], history.stretches[-1]
    frame, span = _frame(history), {"name": name, "start": first.start, "end": last.end}
    ends = {
        "old": grade(first.score, first.version)["word"][lang],
        "new": grade(last.score, last.version)["word"][lang],
    }
    told = say(lang, "h_desc", n=len(history.changes), first=first.start, last=last.end, **span, **ends)
    parts = [
        words(
            say(lang, "h_title", **span),
            28,
            38,
            min(18.0, 18 * 900 / breadth(say(lang, "h_title", **span), 18)),
            font_weight=700,
        )
    ]
    for version, start, end in _versions(history.stretches):
        parts += _bands(frame, version, start, end, lang, hues, labelled=end == last.end)
    parts += _days(frame) + _unrated(frame, history.stretches, lang, hues)
    parts += (
        _line(frame, history.stretches)
        + _strip(frame, history.stretches, lang, hues)
        + _marks(frame, history)
    )
    return picture(WIDTH, HEIGHT, say(lang, "h_title", **span), told, parts)


def _printed(points: int, policy: Policy) -> float:
    return points / policy.scale.per_point


def _frame(history: History) -> Frame:
    policy = history.stretches[-1].version.policy
    low, high = _printed(policy.scale.low, policy), _printed(policy.scale.high, policy)
    given = [
        _printed(s.score.points, s.version.policy) for s in history.stretches if s.score.points is not None
    ]
    room = 0.08 * (high - low)
    bottom, top = (max(low, min(given) - room), min(high, max(given) + room)) if given else (low, high)
    return Frame(history.stretches[0].start, history.stretches[-1].end, bottom, top, policy.higher_is_better)


def _versions(stretches: Sequence[Stretch]) -> list[tuple[ResolvedPolicy, date, date]]:
    """Each version with the first and last day on which it gave a result."""
    found: list[tuple[ResolvedPolicy, date, date]] = []
    for stretch in stretches:
        if found and found[-1][0].sha256 == stretch.version.sha256:
            found[-1] = (stretch.version, found[-1][1], stretch.end)
        else:
            found.append((stretch.version, stretch.start, stretch.end))
    return found


def _bands(
    frame: Frame, version: ResolvedPolicy, start: date, end: date, lang: Lang, hues: Hues, *, labelled: bool
) -> list[str]:
    """Stripes of the bands over the days of one version; words and edges stand at the right end."""
    policy, parts = version.policy, []
    edges = sorted((_printed(band.from_points, policy), band.rank, band) for band in legend(policy))
    x, right = frame.x(start), frame.after(end)
    for n, (edge, _, band) in enumerate(edges):
        upper = edges[n + 1][0] if n + 1 < len(edges) else frame.high
        lower = edge if n else frame.low
        ys = sorted((frame.y(lower), frame.y(upper)))
        if ys[1] - ys[0] < 1:
            continue
        fill = hues[band.colour or "graded"][0]
        tint = 0.13 + 0.05 * (band.rank % 2)
        parts.append(
            tag("rect", x=x, y=ys[0], width=right - x, height=ys[1] - ys[0], fill=fill, fill_opacity=tint)
        )
        if labelled and ys[1] - ys[0] >= 14:
            word = say(lang, f"q_{band.colour}") if band.colour else band.label[lang]
            parts.append(words(word, right + 10, sum(ys) / 2 + 5, 14, font_weight=700, fill=SOFT))
        if n and frame.low < edge < frame.high:
            y = frame.y(edge)
            parts.append(
                tag("line", x1=x, x2=right, y1=y, y2=y, stroke=SOFT, stroke_width=1, stroke_dasharray="3 3")
            )
            if labelled:
                parts.append(words(f"{edge:g}", LEFT - 8, y + 5, 13, text_anchor="end", fill=SOFT))
    return parts


def _days(frame: Frame) -> list[str]:
    """The frame with its range of points, and lines at the beginnings of quarters or years."""
    months = (frame.end.year - frame.start.year) * 12 + frame.end.month - frame.start.month
    step = next((n for n in (1, 3, 6) if months / n <= 12), 12)
    firsts = [
        date(frame.start.year + n // 12, n % 12 + 1, 1)
        for n in range(frame.start.month - 1, frame.start.month + months)
    ]
    parts = []
    for day in (d for d in firsts if d > frame.start and (d.month - 1) % step == 0):
        x = frame.x(day)
        parts.append(tag("line", x1=x, x2=x, y1=TOP, y2=TOP + HIGH, stroke="#ffffff", stroke_width=1.5))
        if frame.x(frame.start) + 20 < x < WIDTH - RIGHT - 20:
            parts.append(
                words(f"{day:%Y-%m}", x, TOP + HIGH + STRIP + 38, 13, text_anchor="middle", fill=SOFT)
            )
    for points in (frame.high, frame.low):
        parts.append(
            words(f"{points:g}", LEFT - 8, frame.y(points) + 5, 12, text_anchor="end", fill="#767d88")
        )
    return parts


def _unrated(frame: Frame, stretches: Sequence[Stretch], lang: Lang, hues: Hues) -> list[str]:
    """Days without a result: covered in grey, with the word where it fits."""
    word, ink, parts = say(lang, "not_rated"), hues["not_rated"][0], []
    for x, right in ((frame.x(s.start), frame.after(s.end)) for s in stretches if s.score.points is None):
        parts.append(tag("rect", x=x, y=TOP, width=right - x, height=HIGH, fill="#e9ebee"))
        if right - x > breadth(word, 14) + 8:
            parts.append(
                words(word, (x + right) / 2, TOP + HIGH / 2 + 30, 14, text_anchor="middle", fill=ink)
            )
    return parts


def _line(frame: Frame, stretches: Sequence[Stretch]) -> list[str]:
    """Points as steps; a stretch without points interrupts the line."""
    path, open_ = [], False
    for stretch in stretches:
        if stretch.score.points is None:
            open_ = False
            continue
        y = frame.y(_printed(stretch.score.points, stretch.version.policy))
        path.append(
            f"{'L' if open_ else 'M'}{frame.x(stretch.start):.1f} {y:.1f} L{frame.after(stretch.end):.1f} {y:.1f}"
        )
        open_ = True
    drawn = " ".join(path)
    return (
        [
            tag("path", d=drawn, fill="none", stroke=stroke, stroke_width=width, stroke_linejoin="round")
            for stroke, width in (("#ffffff", 6), (LINE, 2.5))
        ]
        if path
        else []
    )


def _strip(frame: Frame, stretches: Sequence[Stretch], lang: Lang, hues: Hues) -> list[str]:
    """The colour that was in effect, caps and vetoes included, with its word where it fits."""
    y, parts = (
        TOP + HIGH + 10,
        [words(say(lang, "h_as_of_band"), LEFT - 8, TOP + HIGH + 30, 13, text_anchor="end", fill=SOFT)],
    )
    starts = [n for n, s in enumerate(stretches) if n == 0 or stretches[n - 1].score.band != s.score.band]
    for a, b in pairwise([*starts, len(stretches)]):
        shown = grade(stretches[a].score, stretches[a].version)
        fill, ink = hues[shown["colour"] or ("graded" if shown["band"] else "not_rated")]
        x, right = frame.x(stretches[a].start), frame.after(stretches[b - 1].end)
        parts.append(
            tag("rect", x=x, y=y, width=right - x, height=STRIP, fill=fill, stroke="#ffffff", stroke_width=1)
        )
        for text in (
            say(lang, f"q_{shown['colour']}") if shown["colour"] else shown["word"][lang],
            str(shown["rank"] or ""),
        ):
            if text and right - x > breadth(text, 14) + 6:
                parts.append(
                    words(text, (x + right) / 2, y + 20, 14, text_anchor="middle", fill=ink, font_weight=700)
                )
                break
    return parts


def _marks(frame: Frame, history: History) -> list[str]:
    """Numbers of the changes above the line; where they would touch, the earlier keeps its number and the next is a dot."""
    parts, last = [], 0.0
    for number, change in enumerate(history.changes, start=1):
        x = frame.x(change.day)
        shown = change.after if change.after.points is not None else change.before
        y = (
            frame.y(_printed(shown.points, change.version.policy))
            if shown.points is not None
            else TOP + HIGH / 2
        )
        parts.append(tag("circle", cx=x, cy=y, r=4, fill=LINE, stroke="#ffffff", stroke_width=1.5))
        if x - last >= 20:
            above = y - 18 if y - 28 > TOP else y + 20
            parts.append(tag("circle", cx=x, cy=above, r=9.5, fill="#ffffff", stroke=LINE, stroke_width=1.2))
            parts.append(words(decimal(number), x, above + 4, 11, text_anchor="middle", font_weight=700))
            last = x
    return parts
