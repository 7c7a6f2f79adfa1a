"""The whole of ``sise model train``: data in; points table and card out, released or as a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from scoring.analysis.training import assumptions
from scoring.analysis.training.card import card
from scoring.analysis.training.definition import Cases, ModelDefinition
from scoring.analysis.training.drift import drift, reference_of
from scoring.analysis.training.estimator import SUFFIX, estimator_bytes
from scoring.analysis.training.export import additive_of, signed, to_json, to_table, write
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.gate_figures import gate_figures
from scoring.analysis.training.group_rates import rates_by_group
from scoring.analysis.training.holdout import in_window, on_holdout
from scoring.analysis.training.labels import label_cases
from scoring.analysis.training.leaks import read_inspectors, refuse_inspector
from scoring.analysis.training.looks import count_look
from scoring.analysis.training.train import Trained, prepare, source_of, train
from scoring.analysis.training.training_data import Prepared
from scoring.analysis.training.within_groups import (
    Grouping,
    area_rates,
    days_within,
    groupings,
    power_within,
)
from scoring.assess.dataset import Dataset
from scoring.entities import Progress, silent
from scoring.policy.language.points_table import ModelTable
from scoring.policy.language.release_gate import GATE, Shortfall, shortfalls
from scoring.policy.verdicts import beside, write_verdict

DRAFT = ".draft.json"
"""How the file of a table ends that the gate keeps back."""


@dataclass(frozen=True)
class TrainedFiles:
    """What training left.

    Attributes:
        table: The points table.
        path: Its file; that of a draft ends in ``.draft.json``.
        reasons: Why it is a draft; none where it is released.
    """

    table: ModelTable
    path: Path
    reasons: list[Shortfall]


def train_model(
    definition: ModelDefinition,
    data: Dataset,
    out: Path,
    progress: Progress = silent,
    inspectors: Path | None = None,
    estimator: bool = False,
    lock: Path | None = None,
) -> TrainedFiles:
    """Trains a model and writes its points table, its card and the verdict on its drift so far.

    What the gate keeps back is written as a draft, ``<id>.draft.json``: neither a list of visits nor
    a policy takes it, and a released table of the same id stays as it is.

    Args:
        definition: What is learned.
        data: What it is learned from.
        out: The folder to write into.
        progress: Called with a stage and the share done.
        inspectors: Who visited (``leaks.read_inspectors``), to judge the order within their visits.
        estimator: Whether ``<id>.skops`` is written too.
        lock: Where looks at the holdout are counted; ``None``: nowhere.

    Raises:
        ModelError: The data cannot be learned from or a feature leaks; no file is written then.
    """
    source = source_of(definition, data.engine, data.tables, data.covers, progress)
    table, ready = train_table(definition, source, progress, inspectors, lock)
    left = write_files(table, ready, source, out)
    estimator_file = left.path.with_suffix(SUFFIX)
    # The estimator of an earlier table must not lie beside this one.
    estimator_file.unlink(missing_ok=True)
    if estimator:
        write(estimator_bytes(definition, table, ready), estimator_file)
    return left


def write_files(table: ModelTable, ready: Prepared, source: FeatureSource, out: Path) -> TrainedFiles:
    """Writes a table with its card, and of a released one the verdict on its drift so far.

    Args:
        table: What ``train_table`` gave.
        ready: What it was learned from.
        source: Gives the features of later visits.
        out: The folder to write into.
    """
    reasons = shortfalls(table.metrics)
    # Nothing was written so far but the lock: what is refused leaves no file.
    draft, released = out / f"{table.id}{DRAFT}", out / f"{table.id}.json"
    path = draft if reasons else released
    write(to_json(table), path)
    write(card(table), path.with_suffix(".md"))
    if not reasons:
        draft.unlink(missing_ok=True)
        draft.with_suffix(".md").unlink(missing_ok=True)
        report = drift(table, ready.labelled, source, table.trained.last + timedelta(days=1))
        write_verdict(beside(path), table, report)
    return TrainedFiles(table, path, reasons)


def measure_drift(
    table: ModelTable,
    data: Dataset,
    since: date,
    as_of: date | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Drift of a table on the visits of open sources.

    They must hold the visits of the last year that the table was learned from too.

    Raises:
        ModelError: One class only, too few findings, or no visit to judge.
    """
    # A year of training is what later visits are compared with.
    first = max(table.trained.first, table.trained.last - timedelta(days=366))
    labelled = label_cases(data, table.label, Cases(first=first))
    source = FeatureSource(
        data.engine,
        data.tables,
        data.covers,
        table.inputs,
        table.features,
        table.finality,
        progress=progress,
    )
    return drift(table, labelled, source, since, as_of)


def train_table(
    definition: ModelDefinition,
    source: FeatureSource,
    progress: Progress = silent,
    inspectors: Path | None = None,
    lock: Path | None = None,
) -> tuple[ModelTable, Prepared]:
    """The points table with everything its card tells, and what it was learned from.

    Args:
        definition: What is learned.
        source: What it is learned from.
        progress: Called with a stage and the share done.
        inspectors: As for ``train_model``.
        lock: As for ``train_model``.

    Raises:
        ModelError: As ``train_model``.
    """
    ready = prepare(definition, source)
    cases = ready.labelled.cases
    by_case = read_inspectors(inspectors, cases) if inspectors else None
    explained = {} if by_case is None else refuse_inspector(ready.matrix, by_case)
    trained = train(definition, ready, progress)
    table = to_table(definition, ready, trained, source)
    groups = groupings(cases, definition.label, source.engine, source.tables, by_case)
    metrics = table.metrics | {
        "inspector_explains": explained,
        "reference": reference_of_origins(cases, trained),
        "within": [_within(cases, trained, grouping) for grouping in groups],
    }
    looks = count_look(lock, definition, cases, ready.matrix)
    progress("assumptions", 0.0)
    metrics["publication"] = assumptions.by_publication(definition, source, ready, trained)
    progress("assumptions", 1.0)
    if definition.holdout:
        progress("holdout", 0.0)
        metrics |= _after_training(definition, table, ready, source, groups)
        progress("holdout", 1.0)
    metrics[GATE] = _gate(definition, ready, trained, metrics, looks)
    # The hash is of the figures too, so that nobody improves them afterwards.
    return signed(table.model_copy(update={"metrics": metrics})), ready


def reference_of_origins(cases: pd.DataFrame, trained: Trained) -> dict[str, Any]:
    """How well the order was on visits that it had not seen: what drift is measured against.

    Args:
        cases: All cases.
        trained: The fitted model and its scores of the visits of every origin.
    """
    unseen = trained.unseen
    folds = []
    for number in range(int(unseen.origin.max()) + 1):
        of_fold = unseen.origin == number
        folds.append((cases.iloc[unseen.rows[of_fold]], unseen.score[of_fold]))
    return reference_of(folds)


def _within(cases: pd.DataFrame, trained: Trained, grouping: Grouping) -> dict[str, Any]:
    unseen = trained.unseen
    tested = Grouping(grouping.by, grouping.numbers[unseen.rows])
    return power_within(cases.iloc[unseen.rows], unseen.origin, unseen.score, unseen.area_score, tested)


def _after_training(
    definition: ModelDefinition,
    table: ModelTable,
    ready: Prepared,
    source: FeatureSource,
    groups: list[Grouping],
) -> dict[str, Any]:
    """Figures on visits that nothing was learned or chosen from."""
    window = definition.holdout
    if window is None:
        return {}
    inside = in_window(ready.labelled.cases, window)
    cases = ready.labelled.cases[inside]
    if cases["label"].nunique() < 2:
        return {}
    score = additive_of(table).log_odds(ready.matrix[inside].to_numpy())
    held = [Grouping(grouping.by, grouping.numbers[inside]) for grouping in groups]
    return {
        "holdout": on_holdout(table, ready, source, window),
        "audit": rates_by_group(cases, score, source.engine, source.tables),
        "own_visits": list(days_within(cases, score, held)),
        "age_of_list": assumptions.by_age_of_list(table, ready, source, window),
        "by_label": assumptions.by_label(table.label, cases, score, source),
        "by_occasion": assumptions.by_occasion(cases, score),
        "everybody": assumptions.of_everybody(table, ready, source, window),
    }


def _gate(
    definition: ModelDefinition,
    ready: Prepared,
    trained: Trained,
    metrics: dict[str, Any],
    looks: int,
) -> dict[str, Any]:
    """The figures that decide between release and draft."""
    window = definition.holdout
    held = in_window(ready.labelled.cases, window) if window else None
    closest, published = metrics["within"][0], metrics["publication"]
    area = closest["area_rates"]
    rates = None
    if area is not None and area["auc"] is not None:
        rates = {"features": area_rates(definition.features), "by": closest["by"], **area}
    return {
        **gate_figures(definition, ready, trained, held, looks),
        "area_rates": rates,
        "assumed_publication": published["assumed"],
        "later": published["days"].get(str(published["later"]), {}).get("floors", {}),
    }
