"""Who competes: our scorecard, the explainable boosting machine, a challenger that is never exported, and the floors."""

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

from scoring.analysis.training.definition import ModelDefinition, RuleLine
from scoring.analysis.training.scorecard import Additive, Scorecard, rounded

Floats = NDArray[np.float64]
Fitter = Callable[[pd.DataFrame, NDArray[np.int64]], Additive]
FLOORS = ("rule_card", "last_result", "number_of_visits")
CHALLENGER = "gradient_boosting"
EBM_BINS = 16


def estimators(definition: ModelDefinition) -> dict[str, Any]:
    """The additive candidates before they are fitted, simplest first: scorecards with ever more bins, then the EBM."""
    fit, signs = definition.fit, [f.monotone for f in definition.features]
    found = {
        f"scorecard_{bins}": Scorecard(bins, signs, fit.l2, fit.points_to_double_odds)
        for bins in sorted(set(fit.max_bins))
    }
    boosted = ExplainableBoostingClassifier(
        interactions=0,
        max_bins=EBM_BINS,
        monotone_constraints=signs,
        outer_bags=4,
        random_state=definition.seed,
        n_jobs=1,
        feature_names=[f.id for f in definition.features],
    )
    return found | {"ebm": boosted}


def candidates(definition: ModelDefinition) -> dict[str, Fitter]:
    """The candidates as what fits each and reads its points."""

    def fitter(estimator: Any) -> Fitter:
        return lambda X, y: points_of(fit_anew(estimator, X, y), definition.fit.points_to_double_odds)

    return {name: fitter(estimator) for name, estimator in estimators(definition).items()}


def fit_anew(estimator: Any, X: pd.DataFrame, y: NDArray[np.int64]) -> Any:
    """A copy of a candidate, fitted."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Missing values detected")
        return clone(estimator).fit(X.to_numpy(), y)


def points_of(estimator: Any, points_to_double_odds: int) -> Additive:
    """A fitted candidate as points; the terms of an EBM are steps between cuts."""
    if isinstance(estimator, Scorecard):
        return estimator.additive_
    logits = []
    for cuts, scores in zip(estimator.bins_, estimator.term_scores_, strict=True):
        below = (
            np.ceil(np.asarray(cuts[0], dtype=np.float64)) - 1
        )  # a value at the cut lies above it; values are whole
        logits.append((below, np.asarray(scores[1:-1], dtype=np.float64), float(scores[0])))
    return rounded(logits, float(np.ravel(estimator.intercept_)[0]), points_to_double_odds)


def challenger(
    X: pd.DataFrame, y: NDArray[np.int64], signs: Sequence[int], seed: int
) -> Callable[[pd.DataFrame], Floats]:
    """Gradient boosting with the same monotone constraints and with interactions: it only shows what additivity costs."""
    model = HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.06,
        max_leaf_nodes=8,
        min_samples_leaf=100,
        l2_regularization=5,
        monotonic_cst=list(signs),
        random_state=seed,
    ).fit(X.to_numpy(), y)
    return lambda rows: np.asarray(model.decision_function(rows.to_numpy()), dtype=np.float64)


def rule_card(lines: Sequence[RuleLine], X: pd.DataFrame) -> Floats:
    """The hand-written card: points of every line that holds."""
    total = np.zeros(len(X))
    for line in lines:
        column = X[line.feature]
        holds = column.isna() if line.unknown else column >= (line.at_least or 0)
        total += line.points * holds.to_numpy(dtype=np.float64)
    return total


def history(cases: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Of every case the last result that was known (0.5 without one) and the number of visits that were known, by ``case_id``."""
    known = visits.assign(on=visits[["visit_on", "known_on"]].max(axis=1), n=1).sort_values(
        ["on", "visit_on"]
    )
    known["n"] = known.groupby("enterprise_id")["n"].cumsum()
    asked = (
        cases[["case_id", "enterprise_id", "as_of"]]
        .assign(on=cases["as_of"].astype("datetime64[us]"))
        .sort_values("on")
    )
    found = pd.merge_asof(asked, known[["on", "enterprise_id", "found", "n"]], on="on", by="enterprise_id")
    return found.set_index("case_id").reindex(cases["case_id"])[["found", "n"]].fillna({"found": 0.5, "n": 0})


def within_one_error(aucs: Mapping[str, Sequence[float]]) -> str:
    """Of candidates in order of simplicity the first that is no worse than the best by more than one standard error of the difference."""
    best = max(aucs, key=lambda name: np.mean(aucs[name]))
    for name, found in aucs.items():
        less = np.subtract(aucs[best], found)
        if less.mean() <= less.std(ddof=1) / np.sqrt(len(less)):
            return name
    return best
