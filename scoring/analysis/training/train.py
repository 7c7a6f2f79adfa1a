"""Trains and chooses a model: features, leak checks, folds, choice, calibration, final fit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
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
    Fitter,
    candidates,
    challenger,
    history,
    rule_card,
    within_one_error,
)
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.labels import ONE_DAY, Labelled, between, by_choice, label_cases, learned_from
from scoring.analysis.training.leaks import refuse_future, single_aucs
from scoring.analysis.training.scorecard import Additive
from scoring.analysis.training.suspicion import refuse_suspicious
from scoring.analysis.training.training_data import Prepared
from scoring.analysis.training.within_groups import area_rates
from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine
from scoring.entities import Progress, silent
from scoring.errors import ModelError
from scoring.policy.language.points_table import Calibration

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
REBUILT_DAYS = 30
"""Days before the first origin whose features are built again without what became known later."""


@dataclass(frozen=True)
class Unseen:
    """Scores of visits by a fit that did not see them, over all rolling origins.

    Attributes:
        rows: Row numbers of the cases.
        origin: The number of the origin of each.
        score: Log-odds.
        area_score: What rates of areas alone say; ``None`` without such rates.
    """

    rows: Ints
    origin: Ints
    score: Floats
    area_score: Floats | None


@dataclass(frozen=True)
class Trained:
    """A fitted model with its proof, before it is written.

    Attributes:
        additive: The points.
        chosen: Which candidate.
        calibration: Log-odds to probability.
        unseen: Scores of the tested visits.
        metrics: What the table and the card hold.
    """

    additive: Additive
    chosen: str
    calibration: Calibration
    unseen: Unseen
    metrics: dict[str, Any]


@dataclass(frozen=True)
class Fold:
    """An origin that was tested.

    Attributes:
        figures: What the table and the card hold about it.
        tested: Row numbers of the cases that were tested.
        scored: Log-odds of these cases by candidate, from a fit that did not see them.
        area_scored: The same of rates of areas alone.
    """

    figures: dict[str, Any]
    tested: Ints
    scored: dict[str, Floats]
    area_scored: dict[str, Floats]


def source_of(
    definition: ModelDefinition,
    engine: DuckEngine,
    tables: Relations,
    covers: frozenset[str],
    progress: Progress = silent,
) -> FeatureSource:
    """The features that a definition asks for, over tables that are open already."""
    refresh_days = definition.lookups.refresh_days if definition.lookups else 1
    inputs, features, finality = definition.inputs, definition.features, definition.finality
    return FeatureSource(engine, tables, covers, inputs, features, finality, refresh_days, progress)


def prepare(definition: ModelDefinition, source: FeatureSource) -> Prepared:
    """Cases, labels and features, after the leak checks.

    Raises:
        ModelError: Too few positives, one class, or a feature that leaks.
    """
    labelled = label_cases(source, definition.label, definition.cases)
    _refuse_misdated(definition, labelled)
    ready = assemble(definition, source, labelled)
    cases = ready.labelled.cases
    _refuse_future(definition, source, cases, ready.means)
    learned = learned_from(definition, cases)
    single_auc = single_aucs(ready.matrix[learned], cases["label"][learned])
    worst = max(single_auc, key=lambda feature: single_auc[feature])
    if single_auc[worst] > definition.splits.suspicious_auc:
        refuse_suspicious(definition, source, ready, worst, single_auc[worst])
    return replace(ready, single_auc=single_auc)


def assemble(definition: ModelDefinition, source: FeatureSource, labelled: Labelled) -> Prepared:
    """Features and floors of labelled cases, before any leak check.

    Raises:
        ModelError: Before the first origin there is one class only.
    """
    values = source.values(labelled.cases)
    labelled = replace(labelled, cases=labelled.cases[labelled.cases["case_id"].isin(values.index)])
    cases = labelled.cases
    origin = definition.splits.origins[0]
    early = (cases["known_on"] < pd.Timestamp(origin)).to_numpy()
    _refuse_empty(early, labelled, origin)

    # From before the first origin: a fold must not know the mean of the days that it is tested on.
    means = source.share_means(values[early])
    matrix = source.matrix(cases, values, means)
    floors = _floors(definition, labelled, matrix, early)
    return Prepared(labelled, matrix, means, floors, {}, _digest(labelled, matrix))


def _floors(
    definition: ModelDefinition, labelled: Labelled, matrix: pd.DataFrame, early: Mask
) -> pd.DataFrame:
    """Scores of the floors by case, more is riskier."""
    past = history(labelled.cases, labelled.visits)
    # Who is often visited may be the worst or the best known: the early cases say which.
    direction = 1 if evaluate.auc(labelled.cases["label"][early], past["n"][early]) >= 0.5 else -1
    scores = {
        "rule_card": rule_card(definition.rule_card, matrix),
        "last_result": past["found"],
        "number_of_visits": direction * past["n"],
    }
    columns = {floor: np.asarray(score, dtype=np.float64) for floor, score in scores.items()}
    return pd.DataFrame(columns, index=matrix.index)


def train(definition: ModelDefinition, ready: Prepared, progress: Progress = silent) -> Trained:
    """Chooses and calibrates on the rolling origins, then fits on everything up to ``train_until``.

    Calibration is on out-of-fold scores: of cases that the fit did not see.

    Raises:
        ModelError: Every origin has a part with one class only.
    """
    fitters = candidates(definition)
    # Only the origins choose: the holdout is looked at once, when everything is settled.
    folds = _folds(definition, ready, fitters, progress)
    chosen = within_one_error({candidate: _aucs(folds, candidate) for candidate in fitters})
    scorers = folds[0].figures["auc"]
    mean_auc = {scorer: float(np.mean(_aucs(folds, scorer))) for scorer in scorers}
    unseen = _unseen(folds, chosen, has_area_rates=bool(area_rates(definition.features)))
    calibration = evaluate.calibrated(unseen.score, ready.labels[unseen.rows])

    progress("fit", 0.0)
    learned = learned_from(definition, ready.labelled.cases)
    additive = fitters[chosen](ready.matrix[learned], ready.labels[learned])
    progress("fit", 1.0)
    metrics = {
        "cases": int(learned.sum()),
        "positives": int(ready.labels[learned].sum()),
        "censored": ready.labelled.censored,
        "never_visited": ready.labelled.never_visited,
        "visits_by_choice": by_choice(ready.labelled.cases[learned]),
        "chosen": chosen,
        "folds": [fold.figures for fold in folds],
        "mean_auc": _short(mean_auc),
        "single_feature_auc": _short(ready.single_auc),
    }
    return Trained(additive, chosen, calibration, unseen, metrics)


def _unseen(folds: Sequence[Fold], chosen: str, *, has_area_rates: bool) -> Unseen:
    numbers = [np.full(len(fold.tested), number) for number, fold in enumerate(folds)]
    area_scores = [fold.area_scored[chosen] for fold in folds]
    return Unseen(
        rows=np.concatenate([fold.tested for fold in folds]),
        origin=np.concatenate(numbers).astype(np.int64),
        score=np.concatenate([fold.scored[chosen] for fold in folds]),
        area_score=np.concatenate(area_scores) if has_area_rates else None,
    )


def _folds(
    definition: ModelDefinition, ready: Prepared, fitters: Mapping[str, Fitter], progress: Progress
) -> list[Fold]:
    origins = definition.splits.origins
    folds = []
    for index, origin in enumerate(origins):
        progress("folds", index / len(origins))
        before, after = parts_of(definition, ready.labelled.cases, origin)
        # A part of one class has no order; the gate counts the findings of every declared origin.
        if _has_both(ready, before) and _has_both(ready, after):
            folds.append(_fold(definition, ready, origin, fitters))
    progress("folds", 1.0)
    if not folds:
        _refuse_one_class(definition, ready)
    return folds


def parts_of(definition: ModelDefinition, cases: pd.DataFrame, origin: date) -> tuple[Mask, Mask]:
    """Cases that an origin learns from, and those that it is tested on.

    It learns from outcomes known before it, less the gap, and is tested on the days from it.
    """
    splits, start = definition.splits, pd.Timestamp(origin)
    window_end = start + (splits.window_days - 1) * ONE_DAY
    # An outcome that became known after the origin could not have been learned from on that day.
    before = (cases["known_on"] < start - splits.gap_days * ONE_DAY).to_numpy()
    after = ((cases["as_of"] >= start - ONE_DAY) & (cases["as_of"] < window_end)).to_numpy()
    return before, after


def _aucs(folds: Iterable[Fold], name: str) -> list[float]:
    """AUC of a candidate or floor in every fold."""
    return [fold.figures["auc"][name] for fold in folds]


def _fold(definition: ModelDefinition, ready: Prepared, origin: date, fitters: Mapping[str, Fitter]) -> Fold:
    before, after = parts_of(definition, ready.labelled.cases, origin)
    matrix, labels = ready.matrix[before], ready.labels[before]
    tested = ready.matrix[after]
    fitted = {candidate: fitter(matrix, labels) for candidate, fitter in fitters.items()}
    scored = {candidate: additive.log_odds(tested) for candidate, additive in fitted.items()}
    of_areas = area_rates(definition.features)
    area_scored = {candidate: additive.part(tested, of_areas) for candidate, additive in fitted.items()}
    signs = [feature.monotone for feature in definition.features]
    others = {CHALLENGER: challenger(matrix, labels, signs, definition.seed)(tested)}
    others |= {floor: ready.floors[floor][after].to_numpy(dtype=np.float64) for floor in FLOORS}
    outcomes = ready.labels[after]
    everything = scored | others
    aucs = {scorer: evaluate.auc(outcomes, score) for scorer, score in everything.items()}
    figures = {
        "origin": origin.isoformat(),
        "trained_on": int(before.sum()),
        "tested_on": int(after.sum()),
        "positives": int(outcomes.sum()),
        "auc": _short(aucs),
    }
    return Fold(figures, np.flatnonzero(after), scored, area_scored)


def _refuse_future(
    definition: ModelDefinition, source: FeatureSource, cases: pd.DataFrame, means: dict[str, int]
) -> None:
    """Rebuilds the last month before the first origin from what was known then."""
    origin = pd.Timestamp(definition.splits.origins[0])
    month = cases[(cases["as_of"] < origin) & (cases["as_of"] >= origin - REBUILT_DAYS * ONE_DAY)]

    def build(tables: Relations, rebuilt: pd.DataFrame) -> pd.DataFrame:
        """Features of some cases from some tables."""
        again = source_of(definition, source.engine, tables, source.covers)
        return again.matrix(rebuilt, again.values(rebuilt), means)

    refuse_future(build, source.tables, month, (origin - ONE_DAY).date())


def _refuse_misdated(definition: ModelDefinition, labelled: Labelled) -> None:
    """Refuses a holdout on days without a visit: the dates are the matter, not the label."""
    visit_on, window = labelled.cases["visit_on"], definition.holdout
    if window and not between(visit_on, window.first, window.last).any():
        first, last = visit_on.min().date(), visit_on.max().date()
        days = {"opens": window.first, "closes": window.last, "first": first, "last": last}
        raise ModelError("holdout_without_visits", **days)


def _refuse_empty(early: Mask, labelled: Labelled, origin: date) -> None:
    labels = labelled.cases["label"].to_numpy()[early]
    if not len(labels) or labels.min() == labels.max():
        first = labelled.cases["visit_on"].min().date()
        later = origin.replace(year=origin.year + 1)
        days = {"origin": origin, "first": first, "later": later}
        raise ModelError("fold_first_one_class", cases=len(labels), **days)


def _has_both(ready: Prepared, part: Mask) -> bool:
    """Whether a part of the cases has findings and visits without one."""
    return 0 < int(ready.labels[part].sum()) < int(part.sum())


def _refuse_one_class(definition: ModelDefinition, ready: Prepared) -> None:
    origin = definition.splits.origins[-1]
    for part in parts_of(definition, ready.labelled.cases, origin):
        positives, cases = int(ready.labels[part].sum()), int(part.sum())
        if not 0 < positives < cases:
            raise ModelError("fold_one_class", origin=origin, positives=positives, cases=cases)


def _digest(labelled: Labelled, matrix: pd.DataFrame) -> str:
    """Digest of what was learned from, the same on every machine."""
    # Features are whole numbers; as text they are the same bytes on every machine.
    cases = labelled.cases[["enterprise_id", "as_of", "visit_on", "label"]]
    content = cases.to_csv(index=False, date_format="%Y-%m-%d")
    content += matrix.to_csv(index=False, float_format="%.0f")
    return hashlib.sha256(content.encode()).hexdigest()


def _short(numbers: Mapping[str, float]) -> dict[str, float]:
    return {scorer: round(number, 4) for scorer, number in numbers.items()}
