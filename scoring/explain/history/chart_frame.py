"""Where days, points, bands and versions stand on the picture of a history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from scoring.entities import BandInfo
from scoring.explain.history.timeline import Stretch
from scoring.explain.words.grades import legend
from scoring.policy.language.schema import Policy
from scoring.policy.spans import Span


@dataclass(frozen=True)
class ChartSize:
    """Size of a picture, and the room around the frame in it, in pixels.

    Attributes:
        width: Of the whole picture.
        left: Beside the frame, for points.
        right: Beside the frame, for the words of bands.
        top: Above the frame, for the heading.
        high: Height of the frame.
        most_lines: Lines of months that it has room for.
        months: How many months it shows, the last ones; ``None``: all.
    """

    width: int
    left: int
    right: int
    top: int
    high: int
    most_lines: int
    months: int | None = None


WIDE = ChartSize(960, 64, 96, 74, 280, 12)
NARROW = ChartSize(360, 44, 60, 64, 220, 4, months=12)
"""A telephone's: it shows the last year, so that the present is always there."""


@dataclass(frozen=True)
class Frame:
    """Where days and points stand on the picture.

    Points count in printed units, so that versions share one axis.
    """

    start: date
    end: date
    low: float
    high: float
    best_on_top: bool
    sheet: ChartSize = WIDE

    @property
    def bottom(self) -> int:
        """Lower edge of the frame."""
        return self.sheet.top + self.sheet.high

    def x(self, day: date) -> float:
        """Left edge of a day."""
        days = (self.end - self.start).days + 1
        sheet = self.sheet
        return sheet.left + (sheet.width - sheet.left - sheet.right) * (day - self.start).days / days

    def after(self, day: date) -> float:
        """Right edge of a day."""
        return self.x(day + timedelta(days=1))

    def y(self, points: float) -> float:
        """Height of points, within the frame."""
        share = (min(max(points, self.low), self.high) - self.low) / (self.high - self.low)
        return self.sheet.top + self.sheet.high * (1 - share if self.best_on_top else share)


class Stripe(NamedTuple):
    """The points of one band on the picture.

    Attributes:
        band: The band.
        edge: Its edge in printed points; ``None`` for the band that has none below it.
        top: Upper end on the picture.
        bottom: Lower end on the picture.
    """

    band: BandInfo
    edge: float | None
    top: float
    bottom: float


def printed(points: int, policy: Policy) -> float:
    """Points in the unit in which the policy prints them."""
    return points / policy.scale.per_point


def frame_of(stretches: Sequence[Stretch], sheet: ChartSize) -> Frame:
    """The days of all stretches, and the points given in them with some room around."""
    policy = stretches[-1].version.policy
    lowest, highest = printed(policy.scale.low, policy), printed(policy.scale.high, policy)
    given_points = []
    for stretch in stretches:
        if stretch.score.points is not None:
            given_points.append(printed(stretch.score.points, stretch.version.policy))
    if given_points:
        margin = 0.08 * (highest - lowest)
        lowest, highest = max(lowest, min(given_points) - margin), min(highest, max(given_points) + margin)
    return Frame(stretches[0].start, stretches[-1].end, lowest, highest, policy.higher_is_better, sheet)


def last_stretches(stretches: Sequence[Stretch], months: int | None) -> Sequence[Stretch]:
    """The stretches of the last months, the first of them cut to begin there; ``None``: all."""
    if months is None or not stretches:
        return stretches
    end = stretches[-1].end
    month = end.year * 12 + end.month - 1 - months
    begin = date(month // 12, month % 12 + 1, 1)
    return [
        replace(stretch, start=max(stretch.start, begin)) for stretch in stretches if stretch.end >= begin
    ]


def version_spans(stretches: Sequence[Stretch]) -> list[Span]:
    """Each version with the first and last day on which it gave a result."""
    spans: list[Span] = []
    for stretch in stretches:
        start = stretch.start
        if spans and spans[-1].version.rules_sha256 == stretch.version.rules_sha256:
            start = spans.pop().start
        spans.append(Span(stretch.version, start, stretch.end))
    return spans


def stripes(frame: Frame, policy: Policy) -> Iterator[Stripe]:
    """The bands by their edges, each up to the edge of the next."""
    bands_by_edge = sorted((printed(band.from_points, policy), band.rank, band) for band in legend(policy))
    upper_ends = [band_edge for band_edge, _, _ in bands_by_edge[1:]] + [frame.high]
    for position, ((band_edge, _, band), upper_edge) in enumerate(
        zip(bands_by_edge, upper_ends, strict=True)
    ):
        # The first band begins at the bottom of the picture, whatever its edge.
        lower_edge = band_edge if position else frame.low
        top, bottom = sorted((frame.y(lower_edge), frame.y(upper_edge)))
        yield Stripe(band, band_edge if position else None, top, bottom)


def runs_of_one_band(stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, Stretch]]:
    """First and last stretch of each run in which the band stays the same."""
    starts = [0]
    for position, (before, after) in enumerate(pairwise(stretches), start=1):
        if before.score.band != after.score.band:
            starts.append(position)
    for start, next_start in pairwise([*starts, len(stretches)]):
        yield stretches[start], stretches[next_start - 1]


def first_days(start: date, end: date, most: int) -> Iterator[date]:
    """First days of months after ``start``, in steps of as many months as leave room for them."""
    months = (end.year - start.year) * 12 + end.month - start.month
    months_between = next(
        (months_between for months_between in (1, 3, 6) if months / months_between <= most), 12
    )
    for month in range(start.month - 1, start.month + months):
        day = date(start.year + month // 12, month % 12 + 1, 1)
        if day > start and (day.month - 1) % months_between == 0:
            yield day
