"""Our own estimator: few bins per feature, monotone where declared, additive, and rounded to whole points while it is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LN2 = float(np.log(2))


@dataclass(frozen=True)
class Term:
    """Points of one feature: of each bin (the last is open) and of an unknown value. A value lies in the first bin whose limit it does "
    "not exceed."""

    limits: Floats
    points: Ints
    unknown: int

    def score(self, column: Floats) -> Ints:
        """Points of every value."""
        found: Ints = np.where(
            np.isnan(column), self.unknown, self.points[np.searchsorted(self.limits, column, side="left")]
        )
        return found


@dataclass(frozen=True)
class Additive:
    """A whole additive model in points; log-odds = ``intercept`` + points × ln 2 / ``points_to_double_odds``."""

    terms: tuple[Term, ...]
    intercept: float
    points_to_double_odds: int

    def score(self, matrix: ArrayLike) -> Ints:
        """Sum of points of every row."""
        columns = np.asarray(matrix, dtype=np.float64)
        found: Ints = np.sum(
            [term.score(columns[:, n]) for n, term in enumerate(self.terms)], axis=0, dtype=np.int64
        )
        return found

    def log_odds(self, matrix: ArrayLike) -> Floats:
        """Log-odds of every row."""
        found: Floats = self.intercept + self.score(matrix).astype(np.float64) * (
            LN2 / self.points_to_double_odds
        )
        return found


def rounded(
    logits: Sequence[tuple[Floats, Floats, float]], intercept: float, points_to_double_odds: int
) -> Additive:
    """Turns log-odds per bin into whole points, each feature's least at 0, and joins bins that give the same.

    Args:
        logits: Per feature its limits, the log-odds of its bins and of an unknown value.
        intercept: Log-odds where every feature gives 0.
        points_to_double_odds: Points that double the odds.
    """
    terms, per_point = [], LN2 / points_to_double_odds
    for limits, bins, unknown in logits:
        least = min(float(bins.min()), unknown)
        points = np.rint((bins - least) / per_point).astype(np.int64)
        kept = np.append(points[1:] != points[:-1], True)
        terms.append(Term(limits[kept[:-1]], points[kept], int(np.rint((unknown - least) / per_point))))
        intercept += least
    return Additive(tuple(terms), float(intercept), points_to_double_odds)


class Scorecard(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A binned logistic scorecard with monotone constraints; NaN is a bin of its own.

    Every feature is cut at quantiles; the steps from bin to bin are fitted together by penalised maximum likelihood, with the sign
    that ``monotone`` asks for, and rounded to whole points. What it predicts is the sum of those points, so that the exported table
    and the estimator are the same numbers.

    Args:
        max_bins: Bins per feature at most.
        monotone: 1, -1 or 0 per feature; ``None``: all free.
        l2: Penalty on the squares of the steps; an unknown value with few cases stays near the mean.
        points_to_double_odds: Scale of the points.

    Attributes:
        additive_: The fitted points.
        classes_: The two classes.
    """

    def __init__(
        self,
        max_bins: int = 5,
        monotone: Sequence[int] | None = None,
        l2: float = 3.0,
        points_to_double_odds: int = 40,
    ) -> None:
        self.max_bins, self.monotone, self.l2, self.points_to_double_odds = (
            max_bins,
            monotone,
            l2,
            points_to_double_odds,
        )

    def fit(self, X: ArrayLike, y: ArrayLike) -> Scorecard:
        """Fits the points. ``X`` may hold NaN; ``y`` has two classes.

        Raises:
            ValueError: Fewer than two classes, or more.
        """
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(labels)
        self.classes_, target = np.unique(labels, return_inverse=True)
        if len(self.classes_) != 2:
            kind = type_of_target(labels, input_name="y", raise_unknown=True)
            many, one = (
                "Only binary classification is supported.",
                "Classifier can't train when only one class is present.",
            )
            known = many if len(self.classes_) > 2 else one
            raise ValueError(
                f"{known} The type of the target is {kind}, with {len(self.classes_)} class(es)."
            )
        signs = self.monotone if self.monotone is not None else [0] * matrix.shape[1]
        limits = [_limits(matrix[:, n], self.max_bins) for n in range(matrix.shape[1])]
        steps = [_steps(matrix[:, n], cut) for n, cut in enumerate(limits)]
        weights = fit_steps(np.hstack(steps), target, _bounds(limits, signs), self.l2)
        self.additive_ = rounded(_logits(limits, weights), float(weights[-1]), self.points_to_double_odds)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Log-odds of the second class."""
        check_is_fitted(self)
        return self.additive_.log_odds(
            validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")
        )

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities of both classes, (rows x 2)."""
        second = expit(self.decision_function(X))
        return np.column_stack([1 - second, second])

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:
        """The likelier class of every row."""
        second = self.decision_function(X) > 0
        likelier: NDArray[np.generic] = self.classes_[second.astype(int)]
        return likelier

    def __sklearn_tags__(self) -> object:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def _limits(column: Floats, max_bins: int) -> Floats:
    """Limits of the bins: values that occur, at quantiles; where the least value is common (no record), it is a bin of its own."""
    known = column[~np.isnan(column)]
    if not len(known):
        return np.array([])
    least = known.min()
    rest = known[known > least]
    alone = max_bins > 2 and len(rest) > 0 and len(known) - len(rest) >= len(known) / max_bins
    cut_at = np.quantile(rest, np.arange(1, max_bins - 1) / (max_bins - 1), method="lower") if alone else None
    if cut_at is None:
        cut_at = np.quantile(known, np.arange(1, max_bins) / max_bins, method="lower")
    cuts = np.unique(np.append(cut_at, least) if alone else cut_at)
    below: Floats = cuts[cuts < known.max()]
    return below


def _steps(column: Floats, limits: Floats) -> Floats:
    """One column per limit (1 above it) and one for *unknown*."""
    above = column[:, None] > limits[None, :]
    return np.column_stack([above, np.isnan(column)]).astype(np.float64)


def _bounds(limits: Sequence[Floats], signs: Sequence[int]) -> list[tuple[float | None, float | None]]:
    side: dict[int, tuple[float | None, float | None]] = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
    return [
        bound
        for cut, sign in zip(limits, signs, strict=True)
        for bound in [*[side[sign]] * len(cut), (None, None)]
    ] + [(None, None)]


def fit_steps(
    steps: Floats,
    target: Ints,
    bounds: list[tuple[float | None, float | None]],
    l2: float,
    offset: Floats | float = 0.0,
) -> Floats:
    """Weights of all steps, and last the intercept, by penalised maximum likelihood within bounds.

    Args:
        steps: Columns, one row per case.
        target: 0 or 1 per case.
        bounds: Of every weight, and last of the intercept.
        l2: Penalty on the squares of the weights.
        offset: Log-odds of every case that are given.
    """
    n, sign = len(target), 2.0 * target - 1.0
    share = target.mean()

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = sign * (steps @ weights[:-1] + weights[-1] + offset)
        pull = -sign * expit(-margin) / n
        gradient = np.append(steps.T @ pull + l2 / n * weights[:-1], pull.sum())
        return float(np.logaddexp(0, -margin).mean() + l2 / (2 * n) * weights[:-1] @ weights[:-1]), gradient

    start = np.append(np.zeros(steps.shape[1]), np.log(share / (1 - share)))
    found: Floats = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 1000}
    ).x
    return found


def _logits(limits: Sequence[Floats], weights: Floats) -> list[tuple[Floats, Floats, float]]:
    found, at = [], 0
    for cut in limits:
        steps = weights[at : at + len(cut)]
        found.append((cut, np.concatenate([[0.0], np.cumsum(steps)]), float(weights[at + len(cut)])))
        at += len(cut) + 1
    return found
