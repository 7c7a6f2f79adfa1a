"""A distribution of points as a ladder from best to worst, on which edges of bands are set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from scoring.policy.language.schema import Policy


@dataclass(frozen=True)
class Heap:
    """Enterprises with the same points and the same worst cap or veto.

    Attributes:
        points: Their points.
        limit: Number of the band of the worst cap or veto that names one, 0 without one.
        n: How many they are.
        down: By how many bands the strictest cap that moves by bands puts them below their points.
    """

    points: int
    limit: int
    n: int
    down: int = 0

    def lands(self, band: int, last: int) -> int:
        """Number of the band reached where the points alone give ``band``."""
        return max(self.limit, min(band + self.down, last))


class Tie(NamedTuple):
    """Enterprises with equal points that no edge can part."""

    points: int
    enterprises: int


@dataclass(frozen=True)
class Ladder:
    """Distinct points from best to worst, turned so that more is better.

    Attributes:
        values: The points, turned.
        passed: ``passed[n]`` enterprises stand above ``values[n]``; the last is all of them.
        turn: 1, or -1 where less is better.
    """

    values: Sequence[int]
    passed: Sequence[int]
    turn: int

    @classmethod
    def from_heaps(cls, heaps: Sequence[Heap], policy: Policy) -> Ladder:
        """The ladder of a distribution."""
        turn, counts = 1 if policy.higher_is_better else -1, Counter[int]()
        for heap in heaps:
            counts[heap.points * turn] += heap.n
        values = sorted(counts, reverse=True)
        return cls(values, [0, *accumulate(counts[value] for value in values)], turn)

    def nearest(self, end: int) -> int:
        """Lowest points that still belong above, so that about ``end`` enterprises do."""
        misses = [abs(passed - end) for passed in self.passed]
        # Of two that miss equally, the higher one: fewer are promised a better band.
        best = misses.index(min(misses))
        return self.values[best - 1] if best else self.values[0] + 1

    def ties(self, ends: Iterable[int]) -> list[Tie]:
        """Who would have to be parted to have exactly so many above, for each of ``ends``."""
        ties = map(self._tie_across, ends)
        return [tie for tie in ties if tie is not None]

    def edges(self, policy: Policy, ends: Sequence[int]) -> list[int]:
        """``from`` of every band, best first, so that about ``ends`` stand in it or above.

        Edges stay apart and on the scale, whatever the distribution.
        """
        upward = self.turn == 1
        if upward:
            low, high = policy.bands[-1].from_ + 1, policy.scale.high
        else:
            low, high = 1 - policy.scale.high, -policy.bands[0].from_
        # From the best down, each edge leaves room on the scale for those that come below it.
        lowest: list[int] = []
        for number, end in enumerate(ends):
            apart = min([self.nearest(end), *(edge - 1 for edge in lowest[-1:])])
            room_below = low + len(ends) - 1 - number
            lowest.append(max(min(apart, high - number), room_below))
        if upward:
            return [*lowest, policy.bands[-1].from_]
        return [policy.bands[0].from_, *(1 - edge for edge in lowest)]

    def _tie_across(self, end: int) -> Tie | None:
        for value, before, after in zip(self.values, self.passed, self.passed[1:], strict=False):
            if before < end < after:
                return Tie(value * self.turn, after - before)
        return None
