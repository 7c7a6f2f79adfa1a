"""The candidates of a training, the challenger, and the floors.

Candidates are scorecards and the explainable boosting machine (EBM), all of them additive. The
challenger is never exported. The floors are what anybody could do without a model.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from scoring.analysis.training.definition import ModelDefinition, RuleLine
from scoring.analysis.training.scorecard import Additive, Logits, Scorecard, rounded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Fitter = Callable[[pd.DataFrame, Ints], Additive]
"""Fits a candidate to features and labels, and gives its points."""
FLOORS = ("rule_card", "last_result", "number_of_visits")
CHALLENGER = "gradient_boosting"
EBM_BINS = 16


def estimators(definition: ModelDefinition) -> dict[str, Any]:
    """The candidates before they are fitted: scorecards, the fewest bins first, and last the EBM."""
    settings = definition.fit
    signs = [feature.monotone for feature in definition.features]
    scorecards = {
        f"scorecard_{bins}": Scorecard(bins, signs, settings.l2, settings.points_to_double_odds)
        for bins in sorted(set(settings.max_bins))
    }
    boosted = ExplainableBoostingClassifier(
        interactions=0,
        max_bins=EBM_BINS,
        monotone_constraints=signs,
        outer_bags=4,
        random_state=definition.seed,
        n_jobs=1,
        feature_names=[feature.id for feature in definition.features],
    )
    return scorecards | {"ebm": boosted}


def candidates(definition: ModelDefinition) -> dict[str, Fitter]:
    """The additive candidates, each as a function that fits it and gives its points."""
    scale = definition.fit.points_to_double_odds

    def fitter(estimator: Any) -> Fitter:
        """What fits a copy of this candidate."""
        return lambda matrix, labels: points_of(fit_anew(estimator, matrix, labels), scale)

    unfitted = estimators(definition)
    return {candidate: fitter(estimator) for candidate, estimator in unfitted.items()}


def fit_anew(estimator: Any, matrix: pd.DataFrame, labels: Ints) -> Any:
    """A copy of a candidate, fitted."""
    with warnings.catch_warnings():
        # The EBM warns of what is meant: an unknown value has a score of its own.
        warnings.filterwarnings("ignore", message="Missing values detected")
        # Nor does a feature that nobody has yet need a word: it gives the points of *unknown*.
        warnings.filterwarnings("ignore", message="All-NaN slice")
        return clone(estimator).fit(matrix.to_numpy(), labels)


def points_of(estimator: Any, points_to_double_odds: int) -> Additive:
    """A fitted candidate as points; the terms of an EBM are steps between cuts."""
    if isinstance(estimator, Scorecard):
        return estimator.additive_
    features = []
    for cut_points, scores in zip(estimator.bins_, estimator.term_scores_, strict=True):
        # To the EBM a value at the cut lies above it, to us at or below; values are whole.
        limits = np.ceil(np.asarray(cut_points[0], dtype=np.float64)) - 1
        # Its first score is that of unknown values, its last that of values it has never seen.
        unknown, bin_odds = float(scores[0]), np.asarray(scores[1:-1], dtype=np.float64)
        features.append(Logits(limits, bin_odds, unknown))
    return rounded(features, float(np.ravel(estimator.intercept_)[0]), points_to_double_odds)


def challenger(
    matrix: pd.DataFrame, labels: Ints, signs: Sequence[int], seed: int
) -> Callable[[pd.DataFrame], Floats]:
    """Gradient boosting with the same monotone constraints and with interactions.

    It only shows what additivity costs.
    """
    # Threads that wait for each other take longer than one that works.
    with threadpool_limits(1, user_api="openmp"):
        model = _boosting(signs, seed).fit(matrix.to_numpy(), labels)
    return lambda rows: np.asarray(model.decision_function(rows.to_numpy()), dtype=np.float64)


def _boosting(signs: Sequence[int], seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.06,
        max_leaf_nodes=8,
        min_samples_leaf=100,
        l2_regularization=5,
        monotonic_cst=list(signs),
        random_state=seed,
    )


def rule_card(lines: Sequence[RuleLine], matrix: pd.DataFrame) -> Floats:
    """Score of the hand-written card: the points of every line that holds, added up."""
    total = np.zeros(len(matrix))
    for line in lines:
        column = matrix[line.feature]
        holds = column.isna() if line.unknown else column >= (line.at_least or 0)
        total += line.points * holds.to_numpy(dtype=np.float64)
    return total


def history(cases: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """What the visits tell that were known on the day of a case, by ``case_id``.

    Returns:
        ``found``, the last result (0.5 without a visit), and ``n``, the number of visits.
    """
    # A visit counts from the day on which both it was made and its outcome was known.
    known = visits.assign(on=visits[["visit_on", "known_on"]].max(axis=1), n=1)
    known = known.sort_values(["on", "visit_on"])
    known["n"] = known.groupby("enterprise_id")["n"].cumsum()
    known = known[["on", "enterprise_id", "found", "n"]]
    case_days = cases[["case_id", "enterprise_id", "as_of"]]
    case_days = case_days.assign(on=case_days["as_of"].astype("datetime64[us]")).sort_values("on")
    latest = pd.merge_asof(case_days, known, on="on", by="enterprise_id")
    by_case = latest.set_index("case_id").reindex(cases["case_id"])
    return by_case[["found", "n"]].fillna({"found": 0.5, "n": 0})


def within_one_error(aucs: Mapping[str, Sequence[float]]) -> str:
    """The simplest candidate that is no worse than the best by more than one standard error.

    Args:
        aucs: AUC of every fold by candidate, simplest first.
    """
    best = max(aucs, key=lambda name: np.mean(aucs[name]))
    for candidate, by_fold in aucs.items():
        shortfall = np.subtract(aucs[best], by_fold)
        # A single origin cannot tell how origins differ: then nothing speaks against the simpler.
        if len(shortfall) == 1:
            return candidate
        if shortfall.mean() <= shortfall.std(ddof=1) / np.sqrt(len(shortfall)):
            return candidate
    return best
