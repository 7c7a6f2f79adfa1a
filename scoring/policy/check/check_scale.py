"""Checks of the scale: bands cover it without gap or overlap, every band can be reached, and each steers supervision."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from scoring.entities import Colour
from scoring.policy.check.subject import Subject, repeated
from scoring.policy.language.schema import Indicator, Policy
from scoring.policy.read.finding import Finding

MAX_EXACT_SPAN = 2_000_000
"""Widest range of sums that is enumerated; a policy with a wider one is taken to reach every band."""


def check_scale(s: Subject) -> Iterator[Finding]:
    """The scale has room, and its base lies on it."""
    scale = s.policy.scale
    if scale.low >= scale.high:
        yield s.finding(
            "scale_order",
            ("scale", "high"),
            f"分数范围 low = {scale.low}，high = {scale.high}，low 应小于 high，例如 low = 0, high = 1000",
            f"the scale has low = {scale.low} and high = {scale.high}, low must be below high, e.g. low = 0, high = 1000",
        )
    elif not scale.low <= scale.base <= scale.high:
        yield s.finding(
            "base_off_scale",
            ("scale", "base"),
            f"base = {scale.base} 不在 {scale.low} 到 {scale.high} 之间，例如 base = {scale.high}",
            f"base = {scale.base} is not between {scale.low} and {scale.high}, e.g. base = {scale.high}",
        )


def check_bands(s: Subject) -> Iterator[Finding]:
    """Bands run one way from best to worst, start at the low end and lie on the scale: no gap and no overlap."""
    p = s.policy
    starts = [b.from_ for b in p.bands]
    down = p.higher_is_better
    expected = sorted(set(starts), reverse=down)
    if starts != expected:
        yield s.finding(
            "bands_overlap",
            (
                "bands",
                next(
                    (i for i, (a, b) in enumerate(zip(starts, expected, strict=False)) if a != b),
                    len(expected),
                ),
            ),
            f"分数区间由优到劣的 from 依次为 {starts}，有重叠或次序不对，应为 {expected}",
            f"`from` of the bands, best to worst, runs {starts}: they overlap or are out of order, e.g. {expected}",
        )
    lowest = min(range(len(starts)), key=lambda i: starts[i])
    if starts[lowest] > p.scale.low:
        yield s.finding(
            "bands_gap",
            ("bands", lowest, "from"),
            f"{p.scale.low} 到 {starts[lowest] - 1} 分不属于任何区间，最低的区间应从 {p.scale.low} 起，例如 from = {p.scale.low}",
            f"points {p.scale.low} to {starts[lowest] - 1} belong to no band, the lowest band starts at {p.scale.low}, "
            f"e.g. from = {p.scale.low}",
        )
    for i, start in enumerate(starts):
        if start > p.scale.high or (start < p.scale.low and i == lowest):
            yield s.finding(
                "band_off_scale",
                ("bands", i, "from"),
                f"区间 {p.bands[i].id} 从 {start} 起，不在 {p.scale.low} 到 {p.scale.high} 之间，例如 from = {p.scale.low}",
                f"band {p.bands[i].id} starts at {start}, not between {p.scale.low} and {p.scale.high}, e.g. from = {p.scale.low}",
            )


def check_colours(s: Subject) -> Iterator[Finding]:
    """No colour is used twice, and either all bands have one or none has."""
    given = [b.colour for b in s.policy.bands]
    free = next((c for c in Colour if c not in given), Colour.YELLOW)
    for i, colour in repeated(str(c) for c in given):
        if given[i] is not None:
            yield s.finding(
                "colour_twice",
                ("bands", i, "colour"),
                f'颜色 {colour} 用于两个区间，每种颜色只代表一个区间，例如 colour = "{free}"',
                f'colour {colour} stands for two bands, each colour for one, e.g. colour = "{free}"',
            )
    if None in given and any(given):
        yield s.finding(
            "colour_missing",
            ("bands", given.index(None)),
            f'有的区间有颜色、有的没有，应全部写明或全部不写，例如 colour = "{free}"',
            f'some bands have a colour and some have none, give all of them one or none, e.g. colour = "{free}"',
        )


def check_reachable(s: Subject) -> Iterator[Finding]:
    """Every band can be reached by some sum of points, or is fixed by a cap or veto."""
    p = s.policy
    if p.scale.low >= p.scale.high or [b.from_ for b in p.bands] != sorted(
        {b.from_ for b in p.bands}, reverse=p.higher_is_better
    ):
        return
    fixed = {limit.band for _, limit in s.limits()}
    sums, offset = _sums(p)
    for i, (low, high) in enumerate(_intervals(p)):
        if p.bands[i].id not in fixed and not _meets(sums, offset, low, high, p):
            yield s.finding(
                "band_unreachable",
                ("bands", i),
                f"没有任何得分组合能落入区间 {p.bands[i].id}（{low} 到 {high} 分），请调整 from 或分值，例如 from = {p.scale.base}",
                f"no combination of points falls into band {p.bands[i].id} ({low} to {high}), change `from` or points, "
                f"e.g. from = {p.scale.base}",
            )


def _intervals(p: Policy) -> list[tuple[int, int]]:
    rising = sorted(b.from_ for b in p.bands)
    ends = {start: end - 1 for start, end in pairwise(rising)} | {rising[-1]: p.scale.high}
    return [(b.from_, ends[b.from_]) for b in p.bands]


def _sums(p: Policy) -> tuple[int, int]:
    """Sums that contributions can make, as a bit set (bit k: the sum ``offset + k`` is possible).

    Indicators are taken as independent, which is right for reachability up to cases nobody would write.
    """
    options = [_possible(i) for i in p.indicators]
    offset = p.scale.base + sum(min(points) for points in options)
    if sum(max(points) - min(points) for points in options) > MAX_EXACT_SPAN:
        return 0, offset
    bits = 1
    for points in options:
        bits = _shifted(bits, {point - min(points) for point in points})
    return bits, offset


def _possible(indicator: Indicator) -> set[int]:
    """Points that an indicator can give; of a line at most a thousand, evenly spread, which is fine enough for a band."""
    if indicator.linear is None:
        return {indicator.unknown, *indicator.points_by_value}
    low, high = sorted((indicator.linear.low, indicator.linear.high))
    values = {*range(low, high + 1, max((high - low) // 1000, 1)), high}
    return {indicator.unknown, *(indicator.linear.times * value for value in values)}


def _shifted(bits: int, steps: set[int]) -> int:
    out = 0
    for step in steps:
        out |= bits << step
    return out


def _meets(bits: int, offset: int, low: int, high: int, p: Policy) -> bool:
    """Whether a possible sum, clipped to the scale, lies in ``low`` to ``high``."""
    if bits == 0:
        return True
    first = None if low <= p.scale.low else low - offset
    last = None if high >= p.scale.high else high - offset
    shifted = bits >> max(first or 0, 0)
    if last is None:
        return shifted > 0
    width = last - max(first or 0, 0) + 1
    return width > 0 and bool(shifted & ((1 << width) - 1))


def check_limits(s: Subject) -> Iterator[Finding]:
    """A cap or veto at the best band would do nothing."""
    ids = [b.id for b in s.policy.bands]
    for where, limit in s.limits():
        if len(ids) > 1 and limit.band == ids[0]:
            yield s.finding(
                "limit_without_effect",
                (*where, "band"),
                f'{where[0]} 中的 {limit.id} 指向最优区间 {ids[0]}，没有任何作用，例如 band = "{ids[-1]}"',
                f'{limit.id} in {where[0]} names the best band {ids[0]} and so does nothing, e.g. band = "{ids[-1]}"',
            )


def check_supervision(s: Subject) -> Iterator[Finding]:
    """Every band says how it steers supervision, and a worse band is not inspected less."""
    p = s.policy
    for i, band in enumerate(p.bands):
        if band.id not in p.supervision:
            yield s.finding(
                "no_supervision",
                ("bands", i),
                f"区间 {band.id} 没有监管措施，例如 [supervision] {band.id} = {{ sampling_bp = 300, annual_cap = 2 }}",
                f"band {band.id} says nothing about supervision, e.g. [supervision] {band.id} = {{ sampling_bp = 300, annual_cap = 2 }}",
            )
    known = [(b.id, p.supervision[b.id].sampling_bp) for b in p.bands if b.id in p.supervision]
    for (better, first), (worse, later) in pairwise(known):
        if first > later:
            yield s.finding(
                "supervision_sense",
                ("supervision", worse),
                f"{worse} 的抽查比例 {later} 低于更优的 {better} 的 {first}，信用越差不应查得越少，例如 sampling_bp = {first}",
                f"{worse} is drawn at {later}, less than the better {better} at {first}; worse is not inspected less, "
                f"e.g. sampling_bp = {first}",
                "warning",
            )
