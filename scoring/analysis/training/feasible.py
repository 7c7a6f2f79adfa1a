"""Whether there is enough: positives per fold, how sure a figure can be, and a verdict, before anybody trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import FeatureSource, enterprise_ids
from scoring.analysis.training.labels import by_choice, make_cases, read_visits

ENOUGH = 100
"""Positives of a fold with which an AUC of 0.65 has a 95 % interval of about ± 0.06."""
TOO_FEW = 20


def feasible(definition: ModelDefinition, source: FeatureSource) -> dict[str, Any]:
    """Counts what a definition would be trained and tested on.

    Returns:
        ``folds`` (origin, cases before, tested, positives, half width of the 95 % interval of an AUC of 0.65), ``widest`` of these widths
        (``None`` if one has no bound), ``visits_by_choice``, ``censored``, ``never_visited`` and ``verdict``: enough, thin (wide
        intervals), or too_little (a fold with fewer than 20 positives).

    Raises:
        ModelError: One class only, or fewer than 50 positives.
    """
    visits = read_visits(source.engine, source.tables, definition.label)
    found = make_cases(
        visits, enterprise_ids(source.engine, source.tables), definition.label, definition.cases
    )
    cases, rows, positives, widths = found.cases, [], [], []
    for origin in map(pd.Timestamp, definition.splits.origins):
        before = cases["known_on"] < origin - pd.Timedelta(days=definition.splits.gap_days)
        until = origin + pd.Timedelta(days=definition.splits.window_days - 1)
        tested = cases[(cases["as_of"] >= origin - pd.Timedelta(days=1)) & (cases["as_of"] < until)]
        hits = int(tested["label"].sum())
        positives.append(hits)
        width = half_width(hits, len(tested) - hits)
        widths.append(width)
        rows.append(
            {
                "origin": origin.date().isoformat(),
                "before": int(before.sum()),
                "tested": len(tested),
                "positives": hits,
                "half_width": width,
            }
        )
    fewest = min(positives)
    verdict = "enough" if fewest >= ENOUGH else "thin" if fewest >= TOO_FEW else "too_little"
    bounded = [width for width in widths if width is not None]
    return {
        "folds": rows,
        "widest": max(bounded) if len(bounded) == len(rows) else None,
        "visits_by_choice": by_choice(cases),
        "censored": found.censored,
        "never_visited": found.never_visited,
        "verdict": verdict,
    }


def half_width(hits: int, misses: int, area: float = 0.65) -> float | None:
    """Half the 95 % interval of an AUC (Hanley and McNeil 1982); ``None`` without both classes."""
    if not hits or not misses:
        return None
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (hits - 1) * (q1 - area**2) + (misses - 1) * (q2 - area**2)) / (
        hits * misses
    )
    return round(float(1.96 * np.sqrt(variance)), 3)
