"""The scorecard: our own estimator of few bins per feature, whose points add up.

It is monotone where the definition declares so, and what it predicts is rounded to whole points
already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bound = tuple[float | None, float | None]
"""Least and greatest weight; ``None`` is open."""
LN2 = float(np.log(2))


# An estimator file names these two classes and their attributes: a rename changes its bytes.
@dataclass(frozen=True)
class Term:
    """Points of one feature, by bin.

    Attributes:
        limits: Upper limits of the bins, the last open: a value lies in the first whose limit it
            does not exceed.
        points: Points of every bin.
        unknown: Points of an unknown value.
    """

    limits: Floats
    points: Ints
    unknown: int

    def score(self, column: Floats) -> Ints:
        """Points of every value."""
        bin_numbers = np.searchsorted(self.limits, column, side="left")
        points: Ints = np.where(np.isnan(column), self.unknown, self.points[bin_numbers])
        return points


@dataclass(frozen=True)
class Additive:
    """A whole additive model in points.

    Log-odds are ``intercept`` + points × ln 2 / ``points_to_double_odds``.
    """

    terms: tuple[Term, ...]
    intercept: float
    points_to_double_odds: int

    def score(self, matrix: ArrayLike) -> Ints:
        """Sum of points of every row."""
        features = np.asarray(matrix, dtype=np.float64)
        by_term = [term.score(features[:, index]) for index, term in enumerate(self.terms)]
        total: Ints = np.sum(by_term, axis=0, dtype=np.int64)
        return total

    def part(self, matrix: pd.DataFrame, features: Collection[str]) -> Floats:
        """What some features alone add to the log-odds of every row.

        Args:
            matrix: All features, named in the order of the terms.
            features: Names of those that are added up.
        """
        total = np.zeros(len(matrix))
        for name, term in zip(matrix, self.terms, strict=True):
            if name in features:
                total += term.score(matrix[name].to_numpy(dtype=np.float64))
        return total * LN2 / self.points_to_double_odds

    def log_odds(self, matrix: ArrayLike) -> Floats:
        """Log-odds of every row."""
        per_point = LN2 / self.points_to_double_odds
        log_odds: Floats = self.intercept + self.score(matrix).astype(np.float64) * per_point
        return log_odds


@dataclass(frozen=True)
class Logits:
    """Log-odds of one feature, by bin, before they become points.

    Attributes:
        limits: As in ``Term``.
        bins: Log-odds of every bin.
        unknown: Log-odds of an unknown value.
    """

    limits: Floats
    bins: Floats
    unknown: float


def rounded(features: Sequence[Logits], intercept: float, points_to_double_odds: int) -> Additive:
    """Turns log-odds into whole points, each feature's least at 0; bins that give the same are joined.

    Args:
        features: Log-odds of every feature.
        intercept: Log-odds where every feature gives 0.
        points_to_double_odds: Points that double the odds.
    """
    terms = []
    per_point = LN2 / points_to_double_odds
    for logits in features:
        # No feature takes points, so that a sum of points reads as so much risk.
        least = min(float(logits.bins.min()), logits.unknown)
        points = np.rint((logits.bins - least) / per_point).astype(np.int64)
        unknown = int(np.rint((logits.unknown - least) / per_point))
        last_of_equals = np.append(points[1:] != points[:-1], True)
        terms.append(Term(logits.limits[last_of_equals[:-1]], points[last_of_equals], unknown))
        intercept += least
    return Additive(tuple(terms), float(intercept), points_to_double_odds)


class Scorecard(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A binned logistic scorecard with monotone constraints; NaN is a bin of its own.

    Every feature is cut at quantiles. The steps from bin to bin are fitted together by penalised
    maximum likelihood, with the sign that ``monotone`` asks for, and rounded to whole points. What
    it predicts is the sum of those points, so that the exported table and the estimator are the
    same numbers.

    Args:
        max_bins: Bins per feature at most.
        monotone: 1, -1 or 0 per feature; ``None``: all free.
        l2: Penalty on the squares of the steps; an unknown value with few cases stays near the
            mean.
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
        self.max_bins = max_bins
        self.monotone = monotone
        self.l2 = l2
        self.points_to_double_odds = points_to_double_odds

    def fit(self, X: ArrayLike, y: ArrayLike) -> Scorecard:
        """Fits the points. ``X`` may hold NaN; ``y`` has two classes.

        Raises:
            ValueError: Fewer than two classes, or more.
        """
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(labels)
        self.classes_, target = np.unique(labels, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(_not_binary(labels, len(self.classes_)))
        signs = self.monotone if self.monotone is not None else [0] * matrix.shape[1]
        limits = [_limits(column, self.max_bins) for column in matrix.T]
        steps = [_steps(column, cut_points) for column, cut_points in zip(matrix.T, limits, strict=True)]
        weights = fit_steps(np.hstack(steps), target, _bounds(limits, signs), self.l2)
        intercept = float(weights[-1])
        self.additive_ = rounded(_logits(limits, weights), intercept, self.points_to_double_odds)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Log-odds of the second class."""
        check_is_fitted(self)
        options = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
        matrix = validate_data(self, X, reset=False, **options)
        return self.additive_.log_odds(matrix)

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
        """What scikit-learn may ask of it: two classes, and NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def _not_binary(labels: ArrayLike, classes: int) -> str:
    # The checks of scikit-learn look for these very words.
    if classes > 2:
        sentence = "Only binary classification is supported."
    else:
        sentence = "Classifier can't train when only one class is present."
    kind = type_of_target(labels, input_name="y", raise_unknown=True)
    return f"{sentence} The type of the target is {kind}, with {classes} class(es)."


def _limits(column: Floats, max_bins: int) -> Floats:
    """Limits of the bins: values that occur, at quantiles.

    Where the least value is common (no record), it is a bin of its own.
    """
    known = column[~np.isnan(column)]
    if not len(known):
        return np.array([])
    least = known.min()
    above = known[known > least]
    is_common = len(known) - len(above) >= len(known) / max_bins
    if max_bins > 2 and len(above) > 0 and is_common:
        quantiles = np.arange(1, max_bins - 1) / (max_bins - 1)
        cut_points = np.unique(np.append(np.quantile(above, quantiles, method="lower"), least))
    else:
        quantiles = np.arange(1, max_bins) / max_bins
        cut_points = np.unique(np.quantile(known, quantiles, method="lower"))
    limits: Floats = cut_points[cut_points < known.max()]
    return limits


def _steps(column: Floats, limits: Floats) -> Floats:
    """A column per limit (1 above it) and a column for *unknown*."""
    above = column[:, None] > limits[None, :]
    return np.column_stack([above, np.isnan(column)]).astype(np.float64)


def _bounds(limits: Sequence[Floats], signs: Sequence[int]) -> list[Bound]:
    """Bounds of every weight: steps have the sign of their feature; *unknown*, intercept: free."""
    free: Bound = (None, None)
    by_sign: dict[int, Bound] = {1: (0.0, None), -1: (None, 0.0), 0: free}
    bounds: list[Bound] = []
    for cut_points, sign in zip(limits, signs, strict=True):
        bounds += [by_sign[sign]] * len(cut_points)
        bounds.append(free)
    return [*bounds, free]


def fit_steps(
    steps: Floats,
    target: Ints,
    bounds: list[Bound],
    l2: float,
    offset: Floats | float = 0.0,
) -> Floats:
    """Weights of all steps, and last the intercept, by penalised maximum likelihood within bounds.

    Args:
        steps: Columns, a row per case.
        target: 0 or 1 per case.
        bounds: Of every weight, and last of the intercept.
        l2: Penalty on the squares of the weights.
        offset: Log-odds of every case that are given.
    """
    count = len(target)
    sign = 2.0 * target - 1.0

    def loss(weights: Floats) -> tuple[float, Floats]:
        """Mean penalised loss and its gradient."""
        margin = sign * (steps @ weights[:-1] + weights[-1] + offset)
        pull = -sign * expit(-margin) / count
        gradient = np.append(steps.T @ pull + l2 / count * weights[:-1], pull.sum())
        penalty = l2 / (2 * count) * weights[:-1] @ weights[:-1]
        return float(np.logaddexp(0, -margin).mean() + penalty), gradient

    # At the start everybody has the odds of all: the fit then needs few rounds.
    share = target.mean()
    start = np.append(np.zeros(steps.shape[1]), np.log(share / (1 - share)))
    options = {"maxiter": 1000}
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    weights: Floats = fitted.x
    return weights


def _logits(limits: Sequence[Floats], weights: Floats) -> list[Logits]:
    """Log-odds of every feature: its steps added up, and the weight of *unknown* after them."""
    features = []
    start = 0
    for cut_points in limits:
        unknown_at = start + len(cut_points)
        bin_odds = np.concatenate([[0.0], np.cumsum(weights[start:unknown_at])])
        features.append(Logits(cut_points, bin_odds, float(weights[unknown_at])))
        start = unknown_at + 1
    return features
