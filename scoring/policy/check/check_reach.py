"""The check that every band can be reached, by some sum of points or by a rule that fixes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import Indicator, Policy
from scoring.policy.read.finding import Finding

MAX_EXACT_SPAN = 2_000_000
"""Widest range of sums that is enumerated; beyond it every band is taken to be reached."""
MAX_STEPS = 1_000
"""Most points that are tried on a line, evenly spread: fine enough for a band."""


def check_reachable(subject: Subject) -> Iterator[Finding]:
    """Every band can be reached by some sum of points, or is fixed by a cap or veto."""
    policy = subject.policy
    starts = [band.from_ for band in policy.bands]
    in_order = starts == sorted(set(starts), reverse=policy.higher_is_better)
    # other checks speak of these faults, and without order there are no intervals
    if policy.scale.low >= policy.scale.high or not in_order:
        return
    fixed = {limit.band for _, limit in subject.limits()}
    sums = _possible_sums(policy)
    if sums is None:
        return
    for position, (first, last) in enumerate(_intervals(policy)):
        band = policy.bands[position].id
        if band not in fixed and not sums.meet(first, last, policy):
            yield subject.finding(
                "band_unreachable",
                ("bands", position),
                band=band,
                first=first,
                last=last,
                base=policy.scale.base,
            )


def _intervals(policy: Policy) -> list[tuple[int, int]]:
    """First and last points of each band."""
    rising = sorted(band.from_ for band in policy.bands)
    ends = {start: following - 1 for start, following in pairwise(rising)}
    ends[rising[-1]] = policy.scale.high
    return [(band.from_, ends[band.from_]) for band in policy.bands]


@dataclass(frozen=True)
class _Sums:
    """Sums that contributions can make, as a set of bits.

    Attributes:
        bits: Bit k: the sum ``offset + k`` is possible.
        offset: The lowest possible sum.
    """

    bits: int
    offset: int

    def meet(self, first: int, last: int, policy: Policy) -> bool:
        """Whether a possible sum, clipped to the scale, lies in ``first`` to ``last``."""
        lowest_bit = 0 if first <= policy.scale.low else max(first - self.offset, 0)
        from_first = self.bits >> lowest_bit
        # clipping puts every greater sum at the top of the scale
        if last >= policy.scale.high:
            return from_first > 0
        width = last - self.offset - lowest_bit + 1
        return width > 0 and bool(from_first & ((1 << width) - 1))


def _possible_sums(policy: Policy) -> _Sums | None:
    """All sums, ``None`` where they range too widely to tell.

    Indicators are taken as independent, which is right for reachability up to cases that
    nobody would write.
    """
    options = [_possible_points(indicator) for indicator in policy.indicators]
    if sum(max(points) - min(points) for points in options) > MAX_EXACT_SPAN:
        return None
    bits, offset = 1, policy.scale.base
    for points in options:
        least = min(points)
        bits, offset = _shifted(bits, {number - least for number in points}), offset + least
    return _Sums(bits, offset)


def _possible_points(indicator: Indicator) -> set[int]:
    """Points that an indicator can give."""
    line = indicator.linear
    if line is None:
        return {indicator.unknown, *indicator.points_by_value}
    low, high = sorted((line.low, line.high))
    values = {*range(low, high + 1, max((high - low) // MAX_STEPS, 1)), high}
    return {indicator.unknown, *(line.times * value for value in values)}


def _shifted(bits: int, steps: set[int]) -> int:
    """The set with each of the steps added to each of its members."""
    union = 0
    for step in steps:
        union |= bits << step
    return union
