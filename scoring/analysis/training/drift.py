"""Whether a model still fits the world, month by month, and a plain verdict.

It compares the score and the features with those that were learned from (population stability
index, PSI), and what was predicted with what was found. The rules are fixed here and printed with
every month, so that nobody argues a verdict away:

- *do not use*: over the last three months the order is no better than chance while predictions miss
  what is found;
- *retrain*: PSI of the score above 0.25, or predictions off by more than 3 standard errors and by
  more than 0.02;
- *watch*: PSI above 0.1, or predictions off by more than 2 standard errors and by more than 0.01.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training.evaluate import auc, auc_error, probability
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.labels import Labelled
from scoring.entities import Lang
from scoring.errors import ModelError
from scoring.policy.language.points_table import ModelTable

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
VERDICTS = ("ok", "watch", "retrain", "do_not_use")
"""All verdicts, the worst last."""
FEWEST = 50
"""Visits of a month below which nothing is said about it."""
FEWEST_FOUND = 20
"""Findings below which nothing is said about the order."""
MONTHS = 3
"""Months over which the order is judged."""


@dataclass(frozen=True)
class _Scored:
    """Visits that the model scored.

    Attributes:
        visits: With ``label``, ``log_odds``, ``predicted`` and ``month``.
        matrix: Their features.
        learned: Those that the model was learned from.
    """

    visits: pd.DataFrame
    matrix: pd.DataFrame
    learned: Mask

    def column(self, name: str) -> Floats:
        """A column of the visits as numbers."""
        return self.visits[name].to_numpy(dtype=np.float64)

    def later(self, first: str, last: str) -> Mask:
        """Visits of some months that the model was not learned from."""
        visit_month = self.visits["month"]
        in_span = (visit_month >= first) & (visit_month <= last)
        return in_span.to_numpy() & ~self.learned


def psi(expected: Floats, got: Floats, groups: int = 10) -> float:
    """Population stability index over the deciles of ``expected``; unknown values are a group too."""
    if np.isnan(expected).all():
        edges = np.array([])
    else:
        edges = np.unique(np.nanquantile(expected, np.arange(1, groups) / groups))
    before, now = (_shares(column, edges) for column in (expected, got))
    return float(((now - before) * np.log(now / before)).sum())


def _shares(column: Floats, edges: Floats) -> Floats:
    """Share of every group, the last that of unknown values; never 0, which has no logarithm."""
    group = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="left"))
    # Every group counts, those that nobody is in too.
    shares = np.bincount(group, minlength=len(edges) + 2) / len(column)
    return np.maximum(shares, 1e-4)


def drift(table: ModelTable, labelled: Labelled, source: FeatureSource, since: date) -> dict[str, Any]:
    """Compares the visits of every month from ``since`` with those that were learned from.

    Returns:
        ``verdict`` (the worst of all months), ``since`` (the first month that has it) and a row per
        ``months``.

    Raises:
        ModelError: No month has 50 visits.
    """
    scored = _score(table, labelled, source, since)
    by_month = scored.visits[~scored.learned].groupby("month")
    months = [str(month) for month, visits in by_month if len(visits) >= FEWEST]
    if not months:
        raise ModelError("drift_no_month", since=since, fewest=FEWEST, earlier=table.trained.last)
    judged = [_month(month, scored) for month in months]
    worst = max((month["verdict"] for month in judged), key=VERDICTS.index)
    first = next(month["month"] for month in judged if month["verdict"] == worst)
    return {"verdict": worst, "since": None if worst == "ok" else first, "months": judged}


def _score(table: ModelTable, labelled: Labelled, source: FeatureSource, since: date) -> _Scored:
    """The visits that were learned from and those from ``since`` on, scored by the table."""
    visit_on = labelled.cases["visit_on"]
    learned = visit_on <= pd.Timestamp(table.trained.last)
    cases = labelled.cases[(learned | (visit_on >= pd.Timestamp(since))).to_numpy()]
    means = {feature.id: int(feature.mean_bp or 0) for feature in table.features}
    matrix = source.matrix(cases, source.values(cases), means, table.looked_up_on)
    visits = cases.set_index("case_id").loc[matrix.index]
    points = additive_of(table).log_odds(matrix.to_numpy())
    visits = visits.assign(
        log_odds=points,
        predicted=probability(points, table.calibration),
        month=visits["visit_on"].dt.strftime("%Y-%m"),
    )
    # Once more, for an enterprise that was not known on the day has no features and fell out.
    learned = visits["visit_on"] <= pd.Timestamp(table.trained.last)
    return _Scored(visits, matrix, learned.to_numpy())


def moved_most(table: ModelTable, month: dict[str, Any], lang: Lang) -> str:
    """The feature that moved most in a month, with its PSI."""
    shifts: dict[str, float] = month["psi_of_features"]
    most = max(shifts, key=lambda name: shifts[name])
    label = next(feature.label for feature in table.features if feature.id == most)
    return f"{label.model_dump()[lang]} {shifts[most]:.2f}"


def _month(month: str, scored: _Scored) -> dict[str, Any]:
    inside, learned = scored.later(month, month), scored.learned
    # A month has too few findings to judge an order by.
    quarter = scored.later((pd.Period(month) - (MONTHS - 1)).strftime("%Y-%m"), month)
    labels, log_odds = scored.column("label"), scored.column("log_odds")
    moved = {}
    for feature in scored.matrix:
        column = scored.matrix[feature].to_numpy(dtype=np.float64)
        moved[str(feature)] = round(psi(column[learned], column[inside]), 4)
    shift = psi(log_odds[learned], log_odds[inside])
    gap, error = _gap(scored.column("predicted")[inside], labels[inside])
    at_chance = _at_chance(log_odds[quarter], labels[quarter])
    return {
        "month": month,
        "visits": int(inside.sum()),
        "rate": round(float(labels[inside].mean()), 4),
        "learned_rate": round(float(labels[learned].mean()), 4),
        "psi": round(shift, 4),
        "psi_of_features": moved,
        "gap": round(gap, 4),
        "gap_error": round(error, 4),
        "at_chance": at_chance,
        "verdict": _verdict(shift, gap, error, at_chance),
    }


def _gap(predicted: Floats, labels: Floats) -> tuple[float, float]:
    """Mean predicted less share found, and its standard error if predictions were right."""
    error = np.sqrt((predicted * (1 - predicted)).sum()) / len(predicted)
    return float(predicted.mean() - labels.mean()), float(error)


def _at_chance(score: Floats, labels: Floats) -> bool:
    """Whether the AUC is less than two standard errors above a half; few findings say nothing."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if positives < FEWEST_FOUND or negatives < FEWEST_FOUND:
        return False
    area = auc(labels, score)
    return area - 2 * auc_error(area, positives, negatives) < 0.5


def _verdict(shift: float, gap: float, error: float, at_chance: bool) -> str:
    size = abs(gap)
    missed = size > 3 * error and size > 0.02
    if at_chance and missed:
        return "do_not_use"
    if shift > 0.25 or missed:
        return "retrain"
    if shift > 0.1 or (size > 2 * error and size > 0.01):
        return "watch"
    return "ok"
