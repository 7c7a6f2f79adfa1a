"""What was never looked at while choosing: the holdout window, with rates kept fresh and as one list frozen on its first day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.train import DAY, Prepared
from scoring.policy.language.points_table import Calibration, ModelTable, Window

Measure = Callable[[NDArray[np.int64]], float]


def in_window(cases: pd.DataFrame, window: Window) -> NDArray[np.bool_]:
    """Which cases' visits lie in a window."""
    return (
        (cases["visit_on"] >= pd.Timestamp(window.first)) & (cases["visit_on"] <= pd.Timestamp(window.last))
    ).to_numpy()


def judge(
    cases: pd.DataFrame, log_odds: NDArray[np.float64], calibration: Calibration, seed: int
) -> dict[str, Any]:
    """All figures of an order of visits, with 95 % bootstrap intervals.

    Args:
        cases: ``visit_on`` and ``label`` of the visits.
        log_odds: Scores, uncalibrated.
        calibration: What makes them probabilities.
        seed: Of the bootstrap.
    """
    visited, found = cases["visit_on"].reset_index(drop=True), cases["label"].to_numpy(dtype=np.int64)
    new = evaluate.order(visited, log_odds, found)

    def area(rows: NDArray[np.int64]) -> float:
        return evaluate.auc(found[rows], log_odds[rows])

    def days(rows: NDArray[np.int64]) -> float:
        return evaluate.order(visited.iloc[rows], log_odds[rows], found[rows]).days_earlier

    def share(first: int) -> Measure:
        return lambda rows: evaluate.gain(found[rows], log_odds[rows], [first])[first]

    predicted = evaluate.probability(log_odds, calibration)
    return {
        "visits": len(cases),
        "findings": int(found.sum()),
        "auc": _short(evaluate.auc(found, log_odds)),
        "auc_interval": _both(area, len(cases), seed),
        "days_earlier": _short(new.days_earlier),
        "days_earlier_interval": _both(days, len(cases), seed),
        "first_half": _short(new.first_half),
        "usual_half": _short(new.usual_half),
        "calibration_error": _short(evaluate.calibration_error(predicted, found)),
        "reliability": [
            [n, _short(told), _short(share)] for n, told, share in evaluate.reliability(predicted, found)
        ],
        "gain": {str(first): _short(part) for first, part in evaluate.gain(found, log_odds).items()},
        "gain_interval": {str(first): _both(share(first), len(cases), seed) for first in evaluate.SHARES},
    }


def on_holdout(table: ModelTable, ready: Prepared, source: FeatureSource, window: Window) -> dict[str, Any]:
    """The exported table on the holdout: rates refreshed as a released model's would be, and frozen on the first day."""
    inside, additive = in_window(ready.labelled.cases, window), additive_of(table)
    cases = ready.labelled.cases[inside]
    told = {
        "refreshed": judge(
            cases, additive.log_odds(ready.matrix[inside].to_numpy()), table.calibration, table.seed
        )
    }
    told["frozen"] = judge(*frozen(table, cases, ready, source, window), table.calibration, table.seed)
    floors = {str(name): evaluate.auc(cases["label"], ready.floors[name][inside]) for name in ready.floors}
    return told | {
        "window": [str(window.first), str(window.last)],
        "floors": {name: _short(value) for name, value in floors.items()},
    }


def frozen(
    table: ModelTable, cases: pd.DataFrame, ready: Prepared, source: FeatureSource, window: Window
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """The same enterprises as they stood the day before the window, all at once; who was not known then cannot be on the list."""
    asked = cases.assign(as_of=pd.Timestamp(window.first) - DAY)
    values = source.values(asked)
    listed = asked[asked["case_id"].isin(values.index)]
    matrix = source.matrix(listed, values, ready.means, table.looked_up_on)
    return listed, additive_of(table).log_odds(matrix.to_numpy())


def _both(measure: Measure, n: int, seed: int) -> list[float]:
    low, high = evaluate.interval(measure, n, seed)
    return [_short(low), _short(high)]


def _short(number: float) -> float:
    return round(number, 4)
