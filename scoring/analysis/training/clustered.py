"""Errors of figures over visits that hang together: those of one day, and those of one enterprise.

A campaign visits many alike on a day, and a bad enterprise is visited again; whoever counts such
visits as so many independent ones believes his figures too much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Blocks:
    """Which visits hang together.

    Attributes:
        day: The number of the day of every visit.
        enterprise: The number of the enterprise of every visit.
    """

    day: Ints
    enterprise: Ints

    @classmethod
    def of(cls, visits: pd.DataFrame) -> Blocks:
        """The blocks of visits with ``visit_on`` and ``enterprise_id``."""
        days, _ = pd.factorize(visits["visit_on"], sort=True)
        enterprises, _ = pd.factorize(visits["enterprise_id"])
        return cls(days.astype(np.int64), enterprises.astype(np.int64))

    def __getitem__(self, rows: Mask | Ints | slice) -> Blocks:
        """The blocks of some of the visits."""
        return Blocks(self.day[rows], self.enterprise[rows])

    def __iter__(self) -> Iterator[Ints]:
        """Both ways in which visits hang together."""
        return iter((self.day, self.enterprise))

    @property
    def days(self) -> int:
        """How many days there are."""
        return len(np.unique(self.day))


def variance(influence: Floats, blocks: Blocks) -> float:
    """Variance of a mean-like figure from what every visit adds to it.

    Days and enterprises both hold together, so their variances are added and that of single visits,
    which is in both, is taken off (Cameron, Gelbach and Miller 2011); never less than the latter.

    Args:
        influence: What every visit adds to the figure, summing to nothing.
        blocks: Which visits hang together.
    """
    single = float(np.square(influence).sum())
    by_day, by_enterprise = (_between(influence, block) for block in blocks)
    return max(by_day + by_enterprise - single, by_day, single)


def _between(influence: Floats, block: Ints) -> float:
    """Sum of squares of the blocks, with the correction for few of them."""
    sums = np.bincount(block, weights=influence)
    count = int(np.count_nonzero(np.bincount(block)))
    return float(np.square(sums).sum()) * count / max(count - 1, 1)


@dataclass(frozen=True)
class Placements:
    """How every visit stands against those of the other outcome in its own group.

    Figures of several groups are put together from these without comparing visits of two groups.

    Attributes:
        wins: Of a finding the visits without one below it, of another the findings above it; ties
            count half.
        against: Visits of the other outcome in its group.
        hit: Whether the visit found something.
    """

    wins: Floats
    against: Floats
    hit: Mask

    def __getitem__(self, rows: Mask | slice) -> Placements:
        """The placements of whole groups."""
        return Placements(self.wins[rows], self.against[rows], self.hit[rows])

    @property
    def pairs(self) -> float:
        """Pairs of a finding and another visit of its group."""
        return float(self.against[self.hit].sum())

    def area(self) -> float:
        """Share of the pairs in right order: the AUC within groups.

        Raises:
            ValueError: There is no pair.
        """
        pairs = self.pairs
        if not pairs:
            raise ValueError("no group has both outcomes")
        return float(self.wins[self.hit].sum()) / pairs

    def influence(self) -> Floats:
        """What every visit adds to the area."""
        return (self.wins - self.area() * self.against) / self.pairs


def placements(labels: ArrayLike, score: ArrayLike, groups: ArrayLike | None = None) -> Placements:
    """The placements of visits within groups; without groups among all of them.

    Args:
        labels: 1 where the visit found something.
        score: More is riskier.
        groups: Numbers of groups, -1 of a visit that belongs to none and is compared with nobody.
    """
    hit = np.asarray(labels) > 0
    scores = np.asarray(score, dtype=np.float64)
    numbers = np.zeros(len(hit), dtype=np.int64) if groups is None else np.asarray(groups)
    wins, against = np.zeros(len(hit)), np.zeros(len(hit))
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-2))
    for rows in np.split(order, starts[1:]):
        if numbers[rows[0]] >= 0:
            inside, others = rows[hit[rows]], rows[~hit[rows]]
            wins[inside] = _below(scores[inside], np.sort(scores[others]))
            wins[others] = len(inside) - _below(scores[others], np.sort(scores[inside]))
            against[inside], against[others] = len(others), len(inside)
    return Placements(wins, against, hit)


def _below(scores: Floats, ordered: Floats) -> Floats:
    """How many of others lie below each score; equal ones count half."""
    below = np.searchsorted(ordered, scores, side="left")
    at_most = np.searchsorted(ordered, scores, side="right")
    halves: Floats = (below + at_most) / 2
    return halves


@dataclass(frozen=True)
class Area:
    """An AUC with its standard error by days and enterprises."""

    auc: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval."""
        return self.auc - 1.96 * self.error, self.auc + 1.96 * self.error


def area_within(placed: Placements, blocks: Blocks) -> Area:
    """The AUC within groups, and its standard error.

    Raises:
        ValueError: No group has both outcomes.
    """
    return Area(placed.area(), float(np.sqrt(variance(placed.influence(), blocks))))
