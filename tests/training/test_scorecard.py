"""Our own estimator: a scikit-learn classifier with whole, few, monotone points."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from scoring.analysis.training.candidates import within_one_error
from scoring.analysis.training.scorecard import LN2, Logits, Scorecard, rounded

RNG = np.random.default_rng(4)
X = RNG.integers(0, 50, (2_000, 3)).astype(float)
Y = (RNG.random(2_000) < 1 / (1 + np.exp(2 - X[:, 0] / 20 + X[:, 1] / 30))).astype(int)


@pytest.mark.parametrize(
    "check",
    [check for _, check in estimator_checks_generator(Scorecard())],
    ids=lambda check: check.func.__name__,
)
def test_passes_the_checks_of_scikit_learn(check: object) -> None:
    """Every check that scikit-learn has for an estimator passes."""
    check(Scorecard())  # type: ignore[operator]


def test_points_follow_the_sign() -> None:
    """Points never fall along a feature declared rising, whatever the data say, nor the other way."""
    falling, rising, also_rising = Scorecard(8, (-1, 1, 1)).fit(X, Y).additive_.terms
    assert all(np.diff(falling.points) <= 0)
    assert all(np.diff(rising.points) >= 0)
    assert all(np.diff(also_rising.points) >= 0)


def test_learns_what_is_there() -> None:
    """A feature that raises the risk gives more points along it; unknown values have their own."""
    matrix = X.copy()
    matrix[Y == 1, 2] = np.nan
    additive = Scorecard(5, (1, -1, 0)).fit(matrix, Y).additive_
    assert additive.terms[0].points[-1] > additive.terms[0].points[0]
    assert additive.terms[2].unknown > additive.terms[2].points.max()


def test_log_odds_are_the_points() -> None:
    """What the estimator predicts is the sum of its whole points, so that a table loses nothing."""
    card = Scorecard(6, points_to_double_odds=20).fit(X, Y)
    by_hand = card.additive_.intercept + card.additive_.score(X) * LN2 / 20
    assert np.allclose(card.decision_function(X), by_hand, atol=0)


def test_rounding_errs_by_half_a_point_a_feature() -> None:
    """Points are within half a point of log-odds in every bin; equal neighbours are one bin."""
    log_odds = np.array([0.0, 0.011, 0.5, 1.237])
    (term,) = rounded([Logits(np.array([1.0, 2.0, 3.0]), log_odds, 0.2)], 0.0, 40).terms
    assert (3, [0, 1, 29, 71]) == (len(term.limits), term.points.tolist())
    assert np.abs(term.points * LN2 / 40 - log_odds).max() <= LN2 / 80
    # A thousandth of log-odds is no point.
    near = Logits(np.array([1.0, 2.0]), np.array([0.0, 0.001, 0.5]), 0.0)
    (joined,) = rounded([near], 0.0, 40).terms
    assert ([2.0], [0, 29]) == (joined.limits.tolist(), joined.points.tolist())


def test_simpler_wins_within_one_standard_error() -> None:
    """The first candidate that the best does not clearly beat is taken."""
    close = {"simple": [0.70, 0.60, 0.66], "rich": [0.71, 0.62, 0.64]}
    clear = {"simple": [0.60, 0.61, 0.60], "rich": [0.70, 0.71, 0.71]}
    assert ("simple", "rich") == (within_one_error(close), within_one_error(clear))
