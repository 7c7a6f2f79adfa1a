"""The whole of ``sise model train``: data in; points table and card out, or a refusal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from scoring.analysis.training.card import card
from scoring.analysis.training.definition import Cases, ModelDefinition
from scoring.analysis.training.drift import drift
from scoring.analysis.training.estimator import SUFFIX, estimator_bytes
from scoring.analysis.training.export import additive_of, signed, to_json, to_table, write
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.group_rates import rates_by_group
from scoring.analysis.training.holdout import in_window, on_holdout
from scoring.analysis.training.labels import label_cases
from scoring.analysis.training.leaks import read_inspectors, refuse_inspector
from scoring.analysis.training.train import Prepared, prepare, source_of, train
from scoring.assess.dataset import Dataset
from scoring.entities import Progress, silent
from scoring.policy.language.points_table import ModelTable, Window


def train_model(
    definition: ModelDefinition,
    data: Dataset,
    out: Path,
    progress: Progress = silent,
    inspectors: Path | None = None,
    estimator: bool = False,
) -> ModelTable:
    """Trains a model and writes its points table ``<id>.json`` and its card ``<id>.md``.

    Args:
        definition: What is learned.
        data: What it is learned from.
        out: The folder to write into.
        progress: Called with a stage and the share done.
        inspectors: Who visited (``leaks.read_inspectors``), to refuse a feature that tells it.
        estimator: Whether ``<id>.skops`` is written too.

    Raises:
        ModelError: The data do not carry the model, a feature leaks, or it does not beat the
            floors; no file is written then.
    """
    source = source_of(definition, data.engine, data.tables, data.covers, progress)
    table, ready = train_table(definition, source, progress, inspectors)
    # Nothing was written so far: what is refused leaves no file.
    write(to_json(table), out / f"{table.id}.json")
    write(card(table), out / f"{table.id}.md")
    estimator_file = out / f"{table.id}{SUFFIX}"
    # The estimator of an earlier table must not lie beside this one.
    estimator_file.unlink(missing_ok=True)
    if estimator:
        write(estimator_bytes(definition, table, ready), estimator_file)
    return table


def measure_drift(
    table: ModelTable, data: Dataset, since: date, progress: Progress = silent
) -> dict[str, Any]:
    """Drift of a table on the visits of open sources.

    They must hold the visits that the table was learned from too.

    Raises:
        ModelError: One class only, too few positives, or no month with enough visits.
    """
    labelled = label_cases(data, table.label, Cases(first=table.trained.first))
    source = FeatureSource(
        data.engine,
        data.tables,
        data.covers,
        table.inputs,
        table.features,
        table.finality,
        progress=progress,
    )
    return drift(table, labelled, source, since)


def train_table(
    definition: ModelDefinition,
    source: FeatureSource,
    progress: Progress = silent,
    inspectors: Path | None = None,
) -> tuple[ModelTable, Prepared]:
    """The points table with everything its card tells, and what it was learned from.

    Args:
        definition: What is learned.
        source: What it is learned from.
        progress: Called with a stage and the share done.
        inspectors: As for ``train_model``.

    Raises:
        ModelError: As ``train_model``.
    """
    ready = prepare(definition, source)
    explained = {}
    if inspectors:
        by_case = read_inspectors(inspectors, ready.labelled.cases)
        explained = refuse_inspector(ready.matrix, by_case)
    table = to_table(definition, ready, train(definition, ready, progress), source)
    metrics = table.metrics | {"inspector_explains": explained}
    if definition.holdout:
        progress("holdout", 0.0)
        metrics |= _after_training(table, ready, source, definition.holdout)
        progress("holdout", 1.0)
    # The hash is of the figures too, so that nobody improves them afterwards.
    return signed(table.model_copy(update={"metrics": metrics})), ready


def _after_training(
    table: ModelTable, ready: Prepared, source: FeatureSource, holdout: Window
) -> dict[str, Any]:
    """Figures on visits that nothing was learned or chosen from: holdout, groups and drift."""
    inside = in_window(ready.labelled.cases, holdout)
    score = additive_of(table).log_odds(ready.matrix[inside].to_numpy())
    day_after = table.trained.last + timedelta(days=1)
    return {
        "holdout": on_holdout(table, ready, source, holdout),
        "audit": rates_by_group(ready.labelled.cases[inside], score, source.engine, source.tables),
        "drift": drift(table, ready.labelled, source, day_after),
    }
