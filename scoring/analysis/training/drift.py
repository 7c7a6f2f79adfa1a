"""Whether a model still fits the world: by month PSI of score and features, predicted against found, and a plain verdict.

The rules are fixed here and printed with every month, so that nobody argues a verdict away:

- *do not use*: over the last three months the order is no better than chance while predictions miss what is found;
- *retrain*: PSI of the score above 0.25, or predictions off by more than 3 standard errors and by more than 0.02;
- *watch*: PSI above 0.1, or predictions off by more than 2 standard errors and by more than 0.01.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training.evaluate import auc, probability
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.labels import Labelled
from scoring.entities import Lang
from scoring.errors import ModelError
from scoring.policy.language.points_table import ModelTable

Floats = NDArray[np.float64]
VERDICTS = ("ok", "watch", "retrain", "do_not_use")
FEWEST = 50
"""Visits of a month below which nothing is said about it."""
FEWEST_FOUND = 20
MONTHS = 3


def psi(expected: Floats, got: Floats, groups: int = 10) -> float:
    """Population stability index over the deciles of ``expected``; unknown values are a group of their own."""
    edges = (
        np.unique(np.nanquantile(expected, np.arange(1, groups) / groups))
        if (~np.isnan(expected)).any()
        else np.array([])
    )
    shares = []
    for column in (expected, got):
        group = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="left"))
        shares.append(np.bincount(group, minlength=len(edges) + 2) / len(column))
    before, now = (np.maximum(share, 1e-4) for share in shares)
    return float(((now - before) * np.log(now / before)).sum())


def drift(table: ModelTable, labelled: Labelled, source: FeatureSource, since: date) -> dict[str, Any]:
    """Compares the visits of every month from ``since`` with those that were learned from.

    Returns:
        ``verdict`` (the worst of all months), ``since`` (the first month that has it) and a row per ``months``.

    Raises:
        ModelError: No month has 50 visits.
    """
    cases = labelled.cases
    learned = (cases["visit_on"] <= pd.Timestamp(table.trained.last)).to_numpy()
    later = (cases["visit_on"] >= pd.Timestamp(since)).to_numpy() & ~learned
    asked = cases[learned | later]
    matrix = source.matrix(
        asked, source.values(asked), {f.id: int(f.mean_bp or 0) for f in table.features}, table.looked_up_on
    )
    scored = asked.set_index("case_id").loc[matrix.index]
    points = additive_of(table).log_odds(matrix.to_numpy())
    scored = scored.assign(
        log_odds=points,
        predicted=probability(points, table.calibration),
        month=scored["visit_on"].dt.strftime("%Y-%m"),
    )
    known = (scored["visit_on"] <= pd.Timestamp(table.trained.last)).to_numpy()
    months = [m for m, rows in scored[~known].groupby("month") if len(rows) >= FEWEST]
    if not months:
        raise ModelError(
            zh=f"自 {since} 起没有一个月有 {FEWEST} 次检查，无从判断漂移；请提早 --since，例如 --since {table.trained.last}",
            en=f"no month from {since} has {FEWEST} visits, so nothing can be said about drift; choose an earlier --since, "
            f"e.g. --since {table.trained.last}",
        )
    rows = [_month(str(month), scored, matrix, known) for month in months]
    worst = max(rows, key=lambda row: VERDICTS.index(row["verdict"]))["verdict"]
    first = next(row["month"] for row in rows if row["verdict"] == worst)
    return {"verdict": worst, "since": None if worst == "ok" else first, "months": rows}


def moved_most(table: ModelTable, month: dict[str, Any], lang: Lang) -> str:
    """The feature that moved most in a month, with its PSI."""
    of: dict[str, float] = month["psi_of_features"]
    most = max(of, key=lambda name: of[name])
    label = next(feature.label for feature in table.features if feature.id == most)
    return f"{label.model_dump()[lang]} {of[most]:.2f}"


def _month(
    month: str, scored: pd.DataFrame, matrix: pd.DataFrame, known: NDArray[np.bool_]
) -> dict[str, Any]:
    inside = (scored["month"] == month).to_numpy() & ~known
    start = (pd.Period(month) - (MONTHS - 1)).strftime("%Y-%m")
    quarter = (scored["month"] >= start).to_numpy() & (scored["month"] <= month).to_numpy() & ~known
    found = scored["label"].to_numpy(dtype=np.float64)
    columns = {str(name): matrix[name].to_numpy(dtype=np.float64) for name in matrix}
    moved = {name: round(psi(column[known], column[inside]), 4) for name, column in columns.items()}
    shift = psi(scored["log_odds"].to_numpy()[known], scored["log_odds"].to_numpy()[inside])
    gap, error = _gap(scored["predicted"].to_numpy(), found, inside)
    chance = _at_chance(scored["log_odds"].to_numpy(), found, quarter)
    return {
        "month": month,
        "visits": int(inside.sum()),
        "rate": round(float(found[inside].mean()), 4),
        "learned_rate": round(float(found[known].mean()), 4),
        "psi": round(shift, 4),
        "psi_of_features": moved,
        "gap": round(gap, 4),
        "gap_error": round(error, 4),
        "at_chance": chance,
        "verdict": _verdict(shift, gap, error, chance),
    }


def _gap(predicted: Floats, found: Floats, inside: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean predicted less share found, and its standard error if predictions were right."""
    p = predicted[inside]
    return float(p.mean() - found[inside].mean()), float(np.sqrt((p * (1 - p)).sum()) / len(p))


def _at_chance(score: Floats, found: Floats, rows: NDArray[np.bool_]) -> bool:
    """Whether the AUC is less than two standard errors (Hanley and McNeil 1982) above one half; few findings say nothing."""
    hits = int(found[rows].sum())
    misses = int(rows.sum()) - hits
    if hits < FEWEST_FOUND or misses < FEWEST_FOUND:
        return False
    a = auc(found[rows], score[rows])
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    error = np.sqrt((a * (1 - a) + (hits - 1) * (q1 - a * a) + (misses - 1) * (q2 - a * a)) / (hits * misses))
    return bool(a - 2 * error < 0.5)


def _verdict(shift: float, gap: float, error: float, chance: bool) -> str:
    off = abs(gap)
    missed = off > 3 * error and off > 0.02
    if chance and missed:
        return "do_not_use"
    if shift > 0.25 or missed:
        return "retrain"
    return "watch" if shift > 0.1 or (off > 2 * error and off > 0.01) else "ok"
