"""How good an order of visits is: AUC, days earlier at the same number of visits a day, gain, calibration, and intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from scoring.policy.language.points_table import Calibration

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUNDS = 400
SHARES = (5, 10, 20, 30, 50)


@dataclass(frozen=True)
class Order:
    """What visiting in the order of the score would change.

    Attributes:
        days_earlier: Mean over findings of (real day - day in the new order), the real number of visits kept on every day.
        first_half: Share of findings within the first half of the days.
        usual_half: The same share as it really was.
    """

    days_earlier: float
    first_half: float
    usual_half: float


def auc(found: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve."""
    return float(roc_auc_score(found, score))


def order(visited: pd.Series, score: ArrayLike, found: ArrayLike) -> Order:
    """Re-orders visits by score over the days on which visits really took place; equal ones share their places evenly.

    Args:
        visited: Real days.
        score: More is visited earlier.
        found: 1 where the visit found something.
    """
    real, hits = visited.to_numpy(dtype="datetime64[D]").astype(np.int64), np.asarray(found) > 0
    places, tied = np.sort(real), _ties(score)
    sums = np.concatenate([[0], np.cumsum(places)])
    new = (sums[tied.ends] - sums[tied.starts]) / (tied.ends - tied.starts)
    days = np.unique(real)
    middle = days[max(len(days) // 2 - 1, 0)]
    early = tied.share_within(float(np.searchsorted(places, middle, side="right")))
    earlier = real[hits] - new[tied.group][hits]
    return Order(float(earlier.mean()), float(early[hits].mean()), float((real[hits] <= middle).mean()))


def gain(found: ArrayLike, score: ArrayLike, shares: Sequence[int] = SHARES) -> dict[int, float]:
    """Share of all findings among the first so many percent of the list; random visits would find just so many percent."""
    hits, tied = np.asarray(found) > 0, _ties(score)
    return {share: float(tied.share_within(len(hits) * share / 100)[hits].mean()) for share in shares}


@dataclass(frozen=True)
class _Ties:
    """Groups of equal scores, best first: the group of every row, and the first and the last place of every group."""

    group: Ints
    starts: Ints
    ends: Ints

    def share_within(self, places: float) -> Floats:
        """By row: the share of its group's places that are among the first so many."""
        shares: Floats = np.clip((places - self.starts) / (self.ends - self.starts), 0.0, 1.0)[self.group]
        return shares


def _ties(score: ArrayLike) -> _Ties:
    _, group, sizes = np.unique(-np.asarray(score, dtype=np.float64), return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    return _Ties(group, ends - sizes, ends)


def calibrated(log_odds: ArrayLike, found: ArrayLike) -> Calibration:
    """Fits slope and intercept that turn log-odds into probabilities."""
    fitted = LogisticRegression(C=np.inf).fit(np.asarray(log_odds, dtype=np.float64)[:, None], found)
    return Calibration(
        intercept=round(float(fitted.intercept_[0]), 6), slope=round(float(fitted.coef_[0, 0]), 6)
    )


def probability(log_odds: ArrayLike, calibration: Calibration) -> Floats:
    """Calibrated probabilities."""
    found: Floats = expit(calibration.intercept + calibration.slope * np.asarray(log_odds, dtype=np.float64))
    return found


def reliability(predicted: Floats, found: ArrayLike, groups: int = 10) -> list[tuple[int, float, float]]:
    """Equal groups by predicted probability: number, mean predicted, share found."""
    parts = np.array_split(np.argsort(predicted, kind="stable"), groups)
    hits = np.asarray(found, dtype=np.float64)
    return [
        (len(part), float(predicted[part].mean()), float(hits[part].mean())) for part in parts if len(part)
    ]


def calibration_error(predicted: Floats, found: ArrayLike, groups: int = 10) -> float:
    """Expected calibration error: over ``groups`` equal steps of predicted probability, weighted by their visits."""
    step = np.minimum((predicted * groups).astype(np.int64), groups - 1)
    gaps = np.bincount(step, weights=predicted - np.asarray(found, dtype=np.float64), minlength=groups)
    return float(np.abs(gaps).sum() / len(predicted))


def interval(
    measure: Callable[[Ints], float], n: int, seed: int, rounds: int = ROUNDS
) -> tuple[float, float]:
    """A 95 % bootstrap interval of a measure of row numbers; draws with one class only are drawn again."""
    rng = np.random.default_rng(seed)
    drawn: list[float] = []
    while len(drawn) < rounds:
        value = _defined(measure, rng.integers(0, n, n))
        drawn += [value] if value is not None else []
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _defined(measure: Callable[[Ints], float], rows: Ints) -> float | None:
    try:
        value = measure(rows)
    except ValueError:
        return None
    return None if np.isnan(value) else value
