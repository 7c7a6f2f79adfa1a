"""From a definition and sources to a points table: cases, features, leak checks, folds, choice, calibration, final fit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.candidates import (
    CHALLENGER,
    FLOORS,
    candidates,
    challenger,
    history,
    rule_card,
    within_one_error,
)
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import FeatureSource, enterprise_ids
from scoring.analysis.training.labels import Labelled, by_choice, make_cases, read_visits
from scoring.analysis.training.leaks import refuse_future, refuse_implausible
from scoring.analysis.training.scorecard import Additive
from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine
from scoring.entities import Progress, silent
from scoring.errors import ModelError
from scoring.policy.language.points_table import Calibration

DAY = pd.Timedelta(days=1)
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Prepared:
    """Everything that is learned from.

    Attributes:
        labelled: Cases with labels.
        matrix: Features by case, rates of peers as they stood on the last day of refreshing.
        means: Population means of the shares.
        floors: Scores of the floors by case, more is riskier.
        single_auc: AUC of every feature alone.
        sha256: Digest of cases, labels and features.
    """

    labelled: Labelled
    matrix: pd.DataFrame
    means: dict[str, int]
    floors: pd.DataFrame
    single_auc: dict[str, float]
    sha256: str

    @property
    def found(self) -> NDArray[np.int64]:
        """The labels."""
        return self.labelled.cases["label"].to_numpy(dtype=np.int64)


@dataclass(frozen=True)
class Trained:
    """A fitted model with its proof, before it is written.

    Attributes:
        additive: The points.
        chosen: Which candidate.
        calibration: Log-odds to probability.
        metrics: What the table and the card hold.
    """

    additive: Additive
    chosen: str
    calibration: Calibration
    metrics: dict[str, Any]


def source_of(
    definition: ModelDefinition,
    engine: DuckEngine,
    tables: Relations,
    covers: frozenset[str],
    progress: Progress = silent,
) -> FeatureSource:
    """The features that a definition asks for, over tables that are open already."""
    refresh = definition.lookups.refresh_days if definition.lookups else 1
    return FeatureSource(
        engine, tables, covers, definition.inputs, definition.features, definition.finality, refresh, progress
    )


def prepare(definition: ModelDefinition, source: FeatureSource) -> Prepared:
    """Cases, labels and features, after the leak checks.

    Raises:
        ModelError: Too few positives, one class, or a feature that leaks.
    """
    visits = read_visits(source.engine, source.tables, definition.label)
    labelled = make_cases(
        visits, enterprise_ids(source.engine, source.tables), definition.label, definition.cases
    )
    values = source.values(labelled.cases)
    labelled = replace(labelled, cases=labelled.cases[labelled.cases["case_id"].isin(values.index)])
    cases, origin = labelled.cases, pd.Timestamp(definition.splits.origins[0])
    early = (cases["known_on"] < origin).to_numpy()
    _refuse_empty(early, labelled, origin.date())
    means = source.share_means(values[early])
    _refuse_future(definition, source, cases, means)
    matrix = source.matrix(cases, values, means)
    learned = (cases["visit_on"] <= pd.Timestamp(definition.splits.train_until)).to_numpy()
    single = refuse_implausible(matrix[learned], cases["label"][learned], definition.splits.suspicious_auc)
    past = history(cases, visits)
    sign = 1 if evaluate.auc(cases["label"][early], past["n"][early]) >= 0.5 else -1
    scores = {
        "rule_card": rule_card(definition.rule_card, matrix),
        "last_result": past["found"],
        "number_of_visits": sign * past["n"],
    }
    floors = pd.DataFrame(
        {name: np.asarray(score, dtype=np.float64) for name, score in scores.items()}, index=matrix.index
    )
    return Prepared(labelled, matrix, means, floors, single, _digest(labelled, matrix))


def train(definition: ModelDefinition, ready: Prepared, progress: Progress = silent) -> Trained:
    """Chooses on the rolling origins, calibrates on their out-of-fold scores, fits on everything up to ``train_until``.

    Raises:
        ModelError: A fold has one class, or the model does not beat the floors.
    """
    fitters, origins = candidates(definition), definition.splits.origins
    folds, scores = [], []
    for n, origin in enumerate(origins):
        progress("folds", n / len(origins))
        fold, scored = _fold(definition, ready, origin, fitters)
        folds.append(fold)
        scores.append(scored)
    progress("folds", 1.0)
    aucs = {name: [fold["auc"][name] for fold in folds] for name in fitters}
    chosen = within_one_error(aucs)
    mean = {name: float(np.mean([fold["auc"][name] for fold in folds])) for name in folds[0]["auc"]}
    _refuse_weak(mean, chosen)
    tested = np.concatenate([rows for rows, _ in scores])
    calibration = evaluate.calibrated(np.concatenate([by[chosen] for _, by in scores]), ready.found[tested])
    progress("fit", 0.0)
    last = (ready.labelled.cases["visit_on"] <= pd.Timestamp(definition.splits.train_until)).to_numpy()
    additive = fitters[chosen](ready.matrix[last], ready.found[last])
    progress("fit", 1.0)
    metrics = {
        "cases": int(last.sum()),
        "positives": int(ready.found[last].sum()),
        "censored": ready.labelled.censored,
        "never_visited": ready.labelled.never_visited,
        "visits_by_choice": by_choice(ready.labelled.cases[last]),
        "chosen": chosen,
        "folds": folds,
        "mean_auc": _short(mean),
        "single_feature_auc": _short(ready.single_auc),
    }
    return Trained(additive, chosen, calibration, metrics)


def _fold(
    definition: ModelDefinition,
    ready: Prepared,
    origin: date,
    fitters: dict[str, Callable[[pd.DataFrame, NDArray[np.int64]], Additive]],
) -> tuple[dict[str, Any], tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]]:
    """One origin: trained on outcomes known before it (less the gap), tested on the days from it."""
    cases, start = ready.labelled.cases, pd.Timestamp(origin)
    before = (cases["known_on"] < start - definition.splits.gap_days * DAY).to_numpy()
    after = (
        (cases["as_of"] >= start - DAY) & (cases["as_of"] < start + (definition.splits.window_days - 1) * DAY)
    ).to_numpy()
    _refuse_one_class(ready, before, after, origin)
    X, y, test = ready.matrix, ready.found, ready.matrix[after]
    scored = {name: fit(X[before], y[before]).log_odds(test) for name, fit in fitters.items()}
    signs = [f.monotone for f in definition.features]
    others = {CHALLENGER: challenger(X[before], y[before], signs, definition.seed)(test)}
    others |= {name: ready.floors[name][after].to_numpy(dtype=np.float64) for name in FLOORS}
    fold = {
        "origin": origin.isoformat(),
        "trained_on": int(before.sum()),
        "tested_on": int(after.sum()),
        "positives": int(y[after].sum()),
        "auc": _short({name: evaluate.auc(y[after], score) for name, score in (scored | others).items()}),
    }
    return fold, (np.flatnonzero(after), scored)


def _refuse_future(
    definition: ModelDefinition, source: FeatureSource, cases: pd.DataFrame, means: dict[str, int]
) -> None:
    """Rebuilds the last month before the first origin from what was known then."""
    origin = pd.Timestamp(definition.splits.origins[0])
    month = cases[(cases["as_of"] < origin) & (cases["as_of"] >= origin - 30 * DAY)]

    def build(tables: Relations, asked: pd.DataFrame) -> pd.DataFrame:
        again = source_of(definition, source.engine, tables, source.covers)
        return again.matrix(asked, again.values(asked), means)

    refuse_future(build, source.tables, month, (origin - DAY).date())


def _refuse_empty(early: Mask, labelled: Labelled, origin: date) -> None:
    found = labelled.cases["label"].to_numpy()[early]
    if not len(found) or found.min() == found.max():
        first = labelled.cases["visit_on"].min().date()
        raise ModelError(
            zh=f"第一个起点 {origin} 之前的 {len(found)} 个样本只有一类；样本自 {first} 起，请推迟 origins，例如 "
            f"{origin.replace(year=origin.year + 1)}",
            en=f"the {len(found)} cases before the first origin, {origin}, have one class only; cases begin on {first}: choose later "
            "origins, "
            f"e.g. {origin.replace(year=origin.year + 1)}",
        )


def _refuse_one_class(ready: Prepared, before: Mask, after: Mask, origin: date) -> None:
    for part in (before, after):
        if not 0 < ready.found[part].sum() < part.sum():
            raise ModelError(
                zh=f"起点 {origin} 前后有一段只有一类（{int(ready.found[part].sum())}/{int(part.sum())} 为正）；请加长 window_days "
                "或调整 origins，"
                "例如 window_days = 90",
                en=f"around origin {origin} a part has one class only ({int(ready.found[part].sum())} of {int(part.sum())} positive); "
                "take a "
                "longer window_days or other origins, e.g. window_days = 90",
            )


def _refuse_weak(mean: dict[str, float], chosen: str) -> None:
    best = max(FLOORS, key=lambda name: mean[name])
    if mean[chosen] <= mean[best]:
        raise ModelError(
            zh=f"模型的平均 AUC {mean[chosen]:.4f} 不高于底线 {best} 的 {mean[best]:.4f}：不予发布，请直接用底线；没有写出文件，"
            "例如改进特征后再训练",
            en=f"the model's mean AUC, {mean[chosen]:.4f}, does not beat the floor {best} at {mean[best]:.4f}: it is not released, use the "
            "floor; no file was written, e.g. train again with better features",
        )


def _digest(labelled: Labelled, matrix: pd.DataFrame) -> str:
    """Digest of what was learned from, the same on every machine."""
    cases = labelled.cases
    text = cases[["enterprise_id", "as_of", "visit_on", "label"]].to_csv(index=False, date_format="%Y-%m-%d")
    return hashlib.sha256((text + matrix.to_csv(index=False, float_format="%.0f")).encode()).hexdigest()


def _short(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(number, 4) for name, number in numbers.items()}
