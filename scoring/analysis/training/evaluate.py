"""Measures of an order of visits: AUC, days earlier, gain, calibration, and their intervals.

All of them compare with the visits that really took place: their number on every day stays as it
was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from scoring.analysis.training.clustered import Blocks, placements
from scoring.policy.language.points_table import Calibration

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUNDS = 400
"""Samples that a bootstrap interval is drawn from."""
SHARES = (5, 10, 20, 30, 50)
"""First percents of a list whose share of findings is told."""


@dataclass(frozen=True)
class Order:
    """What visiting in the order of the score would change.

    Attributes:
        days_earlier: Mean over findings of (real day - day in the new order), the real number of
            visits kept on every day.
        first_half: Share of findings within the first half of the days.
        usual_half: The same share as it really was.
    """

    days_earlier: float
    first_half: float
    usual_half: float


class ReliabilityGroup(NamedTuple):
    """Visits of like prediction: their number, mean predicted probability, and share with a finding."""

    visits: int
    predicted: float
    share: float


def auc(labels: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve.

    Raises:
        ValueError: There is one class only.
    """
    return placements(labels, score).area()


def order(visited: pd.Series, score: ArrayLike, labels: ArrayLike) -> Order:
    """Re-orders visits by score over the days on which visits really took place.

    Equal scores share their places evenly.

    Args:
        visited: Real days.
        score: More is visited earlier.
        labels: 1 where the visit found something.
    """
    real_days = visited.to_numpy(dtype="datetime64[D]").astype(np.int64)
    hits = np.asarray(labels) > 0
    earlier = days_earlier_of_each(real_days, score)[hits]
    places, ties = np.sort(real_days), _ties(score)

    visit_days = np.unique(real_days)
    # With an odd number of days the middle one belongs to the second half.
    middle = visit_days[max(len(visit_days) // 2 - 1, 0)]
    in_first_half = ties.share_within(float(np.searchsorted(places, middle, side="right")))
    return Order(
        days_earlier=float(earlier.mean()),
        first_half=float(in_first_half[hits].mean()),
        usual_half=float((real_days[hits] <= middle).mean()),
    )


def days_earlier_of_each(real_days: Ints, score: ArrayLike) -> Floats:
    """By how many days every visit comes earlier in the order of the score than it really did."""
    places = np.sort(real_days)
    ties = _ties(score)
    # The day of a group of equal scores is the mean of the days on which its places lie.
    day_sums = np.concatenate([[0], np.cumsum(places)])
    new_days = (day_sums[ties.ends] - day_sums[ties.starts]) / (ties.ends - ties.starts)
    earlier: Floats = real_days - new_days[ties.group]
    return earlier


def gain(labels: ArrayLike, score: ArrayLike, shares: Sequence[int] = SHARES) -> dict[int, float]:
    """Share of all findings among the first so many percent of the list.

    Random visits would find just so many percent.
    """
    hits = np.asarray(labels) > 0
    ties = _ties(score)
    gains = {}
    for share in shares:
        within = ties.share_within(len(hits) * share / 100)
        gains[share] = float(within[hits].mean())
    return gains


@dataclass(frozen=True)
class _Ties:
    """Groups of equal scores, best first.

    Attributes:
        group: The group of every row.
        starts: The first place of every group.
        ends: The place after the last of every group.
    """

    group: Ints
    starts: Ints
    ends: Ints

    def share_within(self, places: float) -> Floats:
        """By row: the share of its group's places that are among the first so many."""
        by_group = np.clip((places - self.starts) / (self.ends - self.starts), 0.0, 1.0)
        shares: Floats = by_group[self.group]
        return shares


def _ties(score: ArrayLike) -> _Ties:
    best_first = -np.asarray(score, dtype=np.float64)
    _, group, sizes = np.unique(best_first, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    return _Ties(group, ends - sizes, ends)


def calibrated(log_odds: ArrayLike, labels: ArrayLike) -> Calibration:
    """Fits slope and intercept that turn log-odds into probabilities."""
    column = np.asarray(log_odds, dtype=np.float64)[:, None]
    # Without a penalty, for it would pull the slope towards no difference at all.
    fitted = LogisticRegression(C=np.inf).fit(column, labels)
    return Calibration(
        intercept=round(float(fitted.intercept_[0]), 6), slope=round(float(fitted.coef_[0, 0]), 6)
    )


def probability(log_odds: ArrayLike, calibration: Calibration) -> Floats:
    """Calibrated probabilities."""
    given = np.asarray(log_odds, dtype=np.float64)
    probabilities: Floats = expit(calibration.intercept + calibration.slope * given)
    return probabilities


def reliability(predicted: Floats, labels: ArrayLike, groups: int = 10) -> list[ReliabilityGroup]:
    """Predicted against found, in equal groups by predicted probability, lowest first."""
    by_prediction = np.array_split(np.argsort(predicted, kind="stable"), groups)
    findings = np.asarray(labels, dtype=np.float64)
    return [
        ReliabilityGroup(len(group), float(predicted[group].mean()), float(findings[group].mean()))
        for group in by_prediction
        if len(group)
    ]


def calibration_error(predicted: Floats, labels: ArrayLike, groups: int = 10) -> float:
    """Expected calibration error.

    It is taken over ``groups`` equal steps of predicted probability, each weighted by its visits.
    """
    step = np.minimum((predicted * groups).astype(np.int64), groups - 1)
    excess = predicted - np.asarray(labels, dtype=np.float64)
    gaps = np.bincount(step, weights=excess, minlength=groups)
    return float(np.abs(gaps).sum() / len(predicted))


def auc_error(area: float, hits: int, misses: int) -> float:
    """Standard error of an AUC, from the number of either class (Hanley and McNeil 1982)."""
    # Chances that two hits both come before a miss, and that a hit comes before both of two misses.
    two_hits = area / (2 - area)
    two_misses = 2 * area * area / (1 + area)
    by_hits = (hits - 1) * (two_hits - area * area)
    by_misses = (misses - 1) * (two_misses - area * area)
    return float(np.sqrt((area * (1 - area) + by_hits + by_misses) / (hits * misses)))


def interval(
    measure: Callable[[Ints], float], blocks: Blocks, seed: int, rounds: int = ROUNDS
) -> tuple[float, float]:
    """A 95 % bootstrap interval of one figure (see ``intervals``)."""
    low, high = intervals(lambda rows: np.array([measure(rows)]), blocks, seed, rounds)
    return float(low[0]), float(high[0])


def intervals(
    measure: Callable[[Ints], Floats], blocks: Blocks, seed: int, rounds: int = ROUNDS
) -> tuple[Floats, Floats]:
    """95 % bootstrap intervals of some figures: lower and upper bounds.

    Whole days are drawn, and again whole enterprises, for visits of either hang together; of both
    intervals the wider bound stands.

    Args:
        measure: What is measured of some row numbers.
        blocks: Which rows hang together.
        seed: Of the drawing.
        rounds: Samples that are drawn of each; those with one class only are drawn again.
    """
    bounds = []
    for block in blocks:
        generator = np.random.default_rng(seed)
        drawing = _Drawing(block)
        drawn: list[Floats] = []
        while len(drawn) < rounds:
            values = _defined(measure, drawing.rows(generator))
            if values is not None:
                drawn.append(values)
        bounds.append(np.quantile(drawn, [0.025, 0.975], axis=0))
    lower, upper = np.minimum(*(bound[0] for bound in bounds)), np.maximum(*(bound[1] for bound in bounds))
    return lower, upper


class _Drawing:
    """Draws whole blocks of rows, as many as there are, with replacement."""

    def __init__(self, block: Ints) -> None:
        self._order = np.argsort(block, kind="stable")
        _, self._starts, self._sizes = np.unique(block[self._order], return_index=True, return_counts=True)

    def rows(self, generator: np.random.Generator) -> Ints:
        """The rows of one drawing."""
        count = len(self._starts)
        drawn = generator.integers(0, count, count)
        sizes = self._sizes[drawn]
        ends = np.cumsum(sizes)
        within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
        rows: Ints = self._order[np.repeat(self._starts[drawn], sizes) + within]
        return rows


def _defined(measure: Callable[[Ints], Floats], rows: Ints) -> Floats | None:
    """The figures of a sample, ``None`` where they have no meaning."""
    try:
        values = measure(rows)
    except ValueError:
        return None
    return None if np.isnan(values).any() else values
