"""Our own estimator: a scikit-learn classifier whose points are whole, monotone where asked, and few."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from scoring.analysis.training.candidates import within_one_error
from scoring.analysis.training.scorecard import LN2, Scorecard, rounded

RNG = np.random.default_rng(4)
X = RNG.integers(0, 50, (2_000, 3)).astype(float)
Y = (RNG.random(2_000) < 1 / (1 + np.exp(2 - X[:, 0] / 20 + X[:, 1] / 30))).astype(int)


@pytest.mark.parametrize(
    "check", [pair[1] for pair in estimator_checks_generator(Scorecard())], ids=lambda c: c.func.__name__
)
def test_passes_the_checks_of_scikit_learn(check: object) -> None:
    """Every check that scikit-learn has for an estimator passes."""
    check(Scorecard())  # type: ignore[operator]


def test_points_follow_the_sign() -> None:
    """Points never fall along a feature declared rising nor rise along one declared falling, whatever the data say."""
    terms = Scorecard(8, (-1, 1, 1)).fit(X, Y).additive_.terms
    assert (True, True, True) == (
        all(np.diff(terms[0].points) <= 0),
        all(np.diff(terms[1].points) >= 0),
        all(np.diff(terms[2].points) >= 0),
    )


def test_learns_what_is_there() -> None:
    """A feature that raises the risk gives more points along it, and the unknown value of a feature has points of its own."""
    matrix = X.copy()
    matrix[Y == 1, 2] = np.nan
    additive = Scorecard(5, (1, -1, 0)).fit(matrix, Y).additive_
    assert additive.terms[0].points[-1] > additive.terms[0].points[0]
    assert additive.terms[2].unknown > additive.terms[2].points.max()


def test_log_odds_are_the_points() -> None:
    """What the estimator predicts is the sum of its whole points, so that a table loses nothing."""
    card = Scorecard(6, points_to_double_odds=20).fit(X, Y)
    assert np.allclose(
        card.decision_function(X), card.additive_.intercept + card.additive_.score(X) * LN2 / 20, atol=0
    )


def test_rounding_errs_by_half_a_point_a_feature() -> None:
    """Rounded points differ from log-odds by at most half a point in every bin, and equal neighbours are one bin."""
    logits = np.array([0.0, 0.011, 0.5, 1.237])
    term = rounded([(np.array([1.0, 2.0, 3.0]), logits, 0.2)], 0.0, 40).terms[0]
    assert (2, [0, 1, 29, 71]) == (len(term.limits) - 1, term.points.tolist())
    assert np.abs(term.points * LN2 / 40 - logits).max() <= LN2 / 80
    joined = rounded([(np.array([1.0, 2.0]), np.array([0.0, 0.001, 0.5]), 0.0)], 0.0, 40).terms[0]
    assert ([2.0], [0, 29]) == (joined.limits.tolist(), joined.points.tolist())


def test_simpler_wins_within_one_standard_error() -> None:
    """The first candidate that the best does not clearly beat is taken."""
    close = {"simple": [0.70, 0.60, 0.66], "rich": [0.71, 0.62, 0.64]}
    clear = {"simple": [0.60, 0.61, 0.60], "rich": [0.70, 0.71, 0.71]}
    assert ("simple", "rich") == (within_one_error(close), within_one_error(clear))
