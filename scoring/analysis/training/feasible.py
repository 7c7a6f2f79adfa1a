"""Whether there is enough to train on: positives per fold, width of the interval, and a verdict."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.evaluate import auc_error
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.labels import ONE_DAY, by_choice, label_cases

ENOUGH = 100
"""Positives of a fold with which an AUC of 0.65 has a 95 % interval of about ± 0.06."""
TOO_FEW = 20
"""Positives of a fold below which its figure says nothing."""


def feasible(definition: ModelDefinition, source: FeatureSource) -> dict[str, Any]:
    """Counts what a definition would be trained and tested on.

    Returns:
        ``folds`` (origin, cases before, tested, positives, half width of the 95 % interval of an
        AUC of 0.65), ``widest`` of these widths (``None`` if a fold has no bound),
        ``visits_by_choice``, ``censored``, ``never_visited`` and ``verdict``: enough, thin (wide
        intervals), or too_little (a fold with fewer than 20 positives).

    Raises:
        ModelError: One class only, or fewer than 50 positives.
    """
    labelled = label_cases(source, definition.label, definition.cases)
    origins = map(pd.Timestamp, definition.splits.origins)
    folds = [_fold(definition, labelled.cases, origin) for origin in origins]
    widths = [fold["half_width"] for fold in folds]
    return {
        "folds": folds,
        "widest": None if None in widths else max(widths),
        "visits_by_choice": by_choice(labelled.cases),
        "censored": labelled.censored,
        "never_visited": labelled.never_visited,
        "verdict": _verdict(min(fold["positives"] for fold in folds)),
    }


def _fold(definition: ModelDefinition, cases: pd.DataFrame, origin: pd.Timestamp) -> dict[str, Any]:
    # As ``train`` counts them: what is not known by the origin cannot be learned from.
    before = cases["known_on"] < origin - definition.splits.gap_days * ONE_DAY
    until = origin + (definition.splits.window_days - 1) * ONE_DAY
    tested = cases[(cases["as_of"] >= origin - ONE_DAY) & (cases["as_of"] < until)]
    positives = int(tested["label"].sum())
    return {
        "origin": origin.date().isoformat(),
        "before": int(before.sum()),
        "tested": len(tested),
        "positives": positives,
        "half_width": half_width(positives, len(tested) - positives),
    }


def _verdict(fewest_positives: int) -> str:
    if fewest_positives >= ENOUGH:
        return "enough"
    return "thin" if fewest_positives >= TOO_FEW else "too_little"


def half_width(hits: int, misses: int, area: float = 0.65) -> float | None:
    """Half the 95 % interval of an AUC; ``None`` without both classes."""
    if not hits or not misses:
        return None
    return round(1.96 * auc_error(area, hits, misses), 3)
