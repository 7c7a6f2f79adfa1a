"""Figures of a model on the holdout: visits that nobody looked at while choosing.

They are judged twice: with rates of peers kept fresh, and as a single list frozen on the window's
first day.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.clustered import Blocks
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.labels import ONE_DAY, between
from scoring.analysis.training.training_data import Prepared
from scoring.policy.language.points_table import Calibration, ModelTable, Window

Rows = NDArray[np.int64]


def in_window(cases: pd.DataFrame, window: Window) -> NDArray[np.bool_]:
    """Which cases' visits lie in a window."""
    return between(cases["visit_on"], window.first, window.last)


def judge(
    cases: pd.DataFrame, log_odds: NDArray[np.float64], calibration: Calibration, seed: int
) -> dict[str, Any]:
    """All figures of an order of visits, with 95 % bootstrap intervals by days and enterprises.

    Args:
        cases: ``visit_on``, ``enterprise_id`` and ``label`` of the visits.
        log_odds: Scores, uncalibrated.
        calibration: What makes them probabilities.
        seed: Of the bootstrap.
    """
    visited = cases["visit_on"].reset_index(drop=True)
    labels = cases["label"].to_numpy(dtype=np.int64)

    def measured(rows: Rows) -> NDArray[np.float64]:
        """AUC, days by which findings come earlier, and what each first part of the list finds."""
        hits, odds = labels[rows], log_odds[rows]
        days_earlier = evaluate.order(visited.iloc[rows], odds, hits).days_earlier
        gained = evaluate.gain(hits, odds)
        return np.array([evaluate.auc(hits, odds), days_earlier, *gained.values()])

    lower, upper = evaluate.intervals(measured, Blocks.of(cases), seed)
    bounds = [[_short(low), _short(high)] for low, high in zip(lower.tolist(), upper.tolist(), strict=True)]
    new_order = evaluate.order(visited, log_odds, labels)
    predicted = evaluate.probability(log_odds, calibration)
    groups = evaluate.reliability(predicted, labels)
    gains = evaluate.gain(labels, log_odds)
    return {
        "visits": len(cases),
        "findings": int(labels.sum()),
        "auc": _short(evaluate.auc(labels, log_odds)),
        "auc_interval": bounds[0],
        "days_earlier": _short(new_order.days_earlier),
        "days_earlier_interval": bounds[1],
        "first_half": _short(new_order.first_half),
        "usual_half": _short(new_order.usual_half),
        "calibration_error": _short(evaluate.calibration_error(predicted, labels)),
        "reliability": [_reliability(group) for group in groups],
        "gain": {str(share): _short(gained) for share, gained in gains.items()},
        "gain_interval": dict(zip(map(str, evaluate.SHARES), bounds[2:], strict=True)),
    }


def _reliability(group: evaluate.ReliabilityGroup) -> list[float]:
    return [group.visits, _short(group.predicted), _short(group.share)]


def on_holdout(table: ModelTable, ready: Prepared, source: FeatureSource, window: Window) -> dict[str, Any]:
    """The exported table on the holdout, beside the floors.

    Returns:
        Figures (see ``judge``) ``refreshed``, with rates of peers as fresh as those of a released
        model, and ``frozen``, as a list of the window's first day; the ``window``, and AUC of the
        ``floors``.
    """
    inside = in_window(ready.labelled.cases, window)
    cases = ready.labelled.cases[inside]
    refreshed = additive_of(table).log_odds(ready.matrix[inside].to_numpy())
    listed, frozen_odds = frozen(table, cases, ready, source, window)
    floors = ready.floors[inside]
    floor_aucs = {str(floor): evaluate.auc(cases["label"], floors[floor]) for floor in floors}
    return {
        "refreshed": judge(cases, refreshed, table.calibration, table.seed),
        "frozen": judge(listed, frozen_odds, table.calibration, table.seed),
        "window": [str(window.first), str(window.last)],
        "floors": {floor: _short(area) for floor, area in floor_aucs.items()},
    }


def frozen(
    table: ModelTable, cases: pd.DataFrame, ready: Prepared, source: FeatureSource, window: Window
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """The same enterprises and their log-odds as they stood on the day before the window."""
    day_before = pd.Timestamp(window.first) - ONE_DAY
    return listed_on(table, cases.assign(as_of=day_before), ready, source)


def listed_on(
    table: ModelTable, cases: pd.DataFrame, ready: Prepared, source: FeatureSource
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Cases and their log-odds as the table alone gives them on the day ``as_of`` of each.

    Who was not known then cannot be on the list.
    """
    values = source.values(cases)
    listed = cases[cases["case_id"].isin(values.index)]
    matrix = source.matrix(listed, values, ready.means, table.looked_up_on)
    return listed, additive_of(table).log_odds(matrix.to_numpy())


def _short(number: float) -> float:
    return round(number, 4)
