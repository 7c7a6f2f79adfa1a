"""Drift on the inspections of Beijing, where the rule of the game changed in 2025."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.drift import drift
from scoring.analysis.training.export import to_table
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.pipeline import reference_of_origins
from scoring.analysis.training.train import Trained
from scoring.analysis.training.training_data import Prepared

TURN, BY = "2025-01", date(2025, 3, 31)
SINCE = date(2023, 1, 1)


def drift_rows(
    definition: ModelDefinition, ready: Prepared, trained: Trained, source: FeatureSource
) -> Iterator[tuple[str, str, str, bool]]:
    """What is measured, what came of it, what is asked, and whether it holds."""
    table = to_table(definition, ready, trained, source)
    reference = reference_of_origins(ready.labelled.cases, trained)
    table = table.model_copy(update={"metrics": {**table.metrics, "reference": reference}})
    by_then = drift(table, ready.labelled, source, SINCE, BY)
    verdict = by_then["verdict"]
    what = f"beijing, drift by what was known on {BY}"
    yield what, verdict, "do_not_use", verdict == "do_not_use"
    everything = drift(table, ready.labelled, source, SINCE)
    months = [row["month"] for row in everything["months"]]
    every = pd.period_range(months[0], months[-1], freq="M").astype(str).tolist()
    yield "beijing, months with a row", f"{len(months)} of {len(every)}", "all", months == every
    early = [
        row["month"] for row in everything["months"] if row["verdict"] == "do_not_use" and row["month"] < TURN
    ]
    yield "beijing, do_not_use before 2025-01", ", ".join(early) or "none", "none", not early
    early = [
        row["month"]
        for row in everything["months"]
        if row["order"] not in ("ok", None) and row["month"] < TURN
    ]
    yield "beijing, order alarmed before 2025-01", ", ".join(early) or "none", "none", not early
