"""The whole of ``sise model train``: data in, points table and card out, or a sentence and nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from scoring.analysis.training.card import card
from scoring.analysis.training.definition import Cases, ModelDefinition
from scoring.analysis.training.drift import drift
from scoring.analysis.training.estimator import SUFFIX, estimator_bytes
from scoring.analysis.training.export import additive_of, to_json, to_table, write
from scoring.analysis.training.features import FeatureSource, enterprise_ids
from scoring.analysis.training.group_rates import audit
from scoring.analysis.training.holdout import in_window, on_holdout
from scoring.analysis.training.labels import make_cases, read_visits
from scoring.analysis.training.leaks import read_inspectors, refuse_inspector
from scoring.analysis.training.train import Prepared, prepare, source_of, train
from scoring.assess.dataset import Dataset
from scoring.entities import Progress, silent
from scoring.policy.language.points_table import ModelTable, table_sha256

ONE_DAY = pd.Timedelta(days=1)


def make(
    definition: ModelDefinition,
    data: Dataset,
    out: Path,
    progress: Progress = silent,
    inspectors: Path | None = None,
    estimator: bool = False,
) -> ModelTable:
    """Trains a model and writes ``<id>.json`` and ``<id>.md`` into ``out``, and with ``estimator`` the estimator beside them.

    Args:
        definition: What is learned.
        data: What it is learned from.
        out: A folder.
        progress: Called with a stage and the share done.
        inspectors: Who visited (``leaks.read_inspectors``), to refuse a feature that tells it.
        estimator: Whether ``<id>.skops`` is written too.

    Raises:
        ModelError: The data do not carry the model, a feature leaks, or it does not beat the floors; no file is written then.
    """
    table, ready = fitted(
        definition,
        source_of(definition, data.engine, data.tables, data.covers, progress),
        progress,
        inspectors,
    )
    write(to_json(table), out / f"{table.id}.json")
    write(card(table), out / f"{table.id}.md")
    kept = out / f"{table.id}{SUFFIX}"
    kept.unlink(missing_ok=True)  # of an earlier table
    if estimator:
        write(estimator_bytes(definition, table, ready), kept)
    return table


def drifted(table: ModelTable, data: Dataset, since: date, progress: Progress = silent) -> dict[str, Any]:
    """Drift of a table on the visits of open sources, which must hold those that it was learned from too.

    Raises:
        ModelError: One class only, too few positives, or no month with enough visits.
    """
    visits = read_visits(data.engine, data.tables, table.label)
    labelled = make_cases(
        visits, enterprise_ids(data.engine, data.tables), table.label, Cases(first=table.trained.first)
    )
    source = FeatureSource(
        data.engine, data.tables, data.covers, table.inputs, table.features, table.finality, progress=progress
    )
    return drift(table, labelled, source, since)


def fitted(
    definition: ModelDefinition,
    source: FeatureSource,
    progress: Progress = silent,
    inspectors: Path | None = None,
) -> tuple[ModelTable, Prepared]:
    """The points table with everything its card tells, and what it was learned from."""
    ready = prepare(definition, source)
    carried = (
        refuse_inspector(ready.matrix, read_inspectors(inspectors, ready.labelled.cases))
        if inspectors
        else {}
    )
    table = to_table(definition, ready, train(definition, ready, progress), source)
    told = table.metrics | {"inspector_explains": carried}
    if definition.holdout:
        progress("holdout", 0.0)
        told["holdout"] = on_holdout(table, ready, source, definition.holdout)
        inside = in_window(ready.labelled.cases, definition.holdout)
        score = additive_of(table).log_odds(ready.matrix[inside].to_numpy())
        told["audit"] = audit(ready.labelled.cases[inside], score, source.engine, source.tables)
        told["drift"] = drift(
            table, ready.labelled, source, (pd.Timestamp(definition.splits.train_until) + ONE_DAY).date()
        )
        progress("holdout", 1.0)
    table = table.model_copy(update={"metrics": told})
    return table.model_copy(update={"sha256": table_sha256(table)}), ready
