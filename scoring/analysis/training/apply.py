"""Scores visits with an exported table, by the same expression of the engine that a batch runs."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.clustered import Blocks
from scoring.analysis.training.definition import Cases
from scoring.analysis.training.features import compute_cases, enterprise_ids
from scoring.analysis.training.holdout import judge
from scoring.analysis.training.labels import ONE_DAY, between, make_cases, read_visits, refuse_thin
from scoring.analysis.training.scorecard import LN2
from scoring.assess.dataset import Dataset
from scoring.entities import Progress, silent
from scoring.errors import ModelError
from scoring.policy.language.points_table import ModelTable
from scoring.policy.model_policy import score_policy
from scoring.policy.tables import read_model

SCORE = "v__score"


def engine_scores(ref: str, cases: pd.DataFrame, data: Dataset, progress: Progress = silent) -> pd.Series:
    """Points of every case by ``case_id``; an enterprise that was not known that day gives none.

    Args:
        ref: Id or path of the model.
        cases: ``case_id``, ``enterprise_id`` and ``as_of``.
        data: Where the records are.
        progress: Called with the share done.
    """
    policy = score_policy(ref, read_model(ref))
    scored = compute_cases(policy, cases, data, ["case_id", SCORE], progress)
    points: pd.Series = scored.set_index("case_id")[SCORE]
    return points


def log_odds(table: ModelTable, points: pd.Series) -> NDArray[np.float64]:
    """Log-odds of sums of points."""
    per_point = LN2 / table.points_to_double_odds
    odds: NDArray[np.float64] = table.intercept + points.to_numpy(dtype=np.float64) * per_point
    return odds


def scored_visits(
    ref: str,
    data: Dataset,
    first: date,
    last: date,
    progress: Progress,
    occasions: tuple[str, ...] | None = None,
) -> tuple[ModelTable, pd.DataFrame]:
    """Visits of a span with their ``label`` and the ``points`` of the day before.

    With ``occasions`` visits of these alone, for instance random draws.

    Raises:
        ModelError: The span has no visits, one class, or fewer than 50 findings.
    """
    table = read_model(ref)
    if first > last:
        raise ModelError("model_span_reversed", first=first, last=last)
    label = table.label if occasions is None else table.label.model_copy(update={"occasion": occasions})
    visits = read_visits(data.engine, data.tables, label)
    visits = visits[between(visits["visit_on"], first, last)]
    # A case is the day before its visit: the first visit of the span needs the day before the span.
    day_before = (pd.Timestamp(first) - ONE_DAY).date()
    everybody = enterprise_ids(data.engine, data.tables)
    cases = make_cases(visits, everybody, label, Cases(first=day_before)).cases
    refuse_thin(cases)
    points = engine_scores(ref, cases, data, progress)
    scored = cases.assign(points=points.reindex(cases["case_id"]).to_numpy())
    return table, scored.dropna(subset=["points"]).reset_index(drop=True)


def evaluate_model(
    ref: str,
    data: Dataset,
    first: date,
    last: date,
    progress: Progress,
    occasions: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """All figures of a model on the visits of a span, or on those of some occasions (see ``judge``).

    Rates of peers are those that the table froze.

    Raises:
        ModelError: As ``scored_visits``.
    """
    table, cases = scored_visits(ref, data, first, last, progress, occasions)
    return judge(cases, log_odds(table, cases["points"]), table.calibration, table.seed)


def compare_models(
    ref: str, other: str, data: Dataset, first: date, last: date, progress: Progress
) -> dict[str, Any]:
    """Two models on the same visits: AUC of each, and their difference with a 95 % interval.

    Raises:
        ModelError: They predict different things.
    """
    table, cases = scored_visits(ref, data, first, last, progress)
    other_table, other_cases = scored_visits(other, data, first, last, progress)
    if table.label != other_table.label:
        raise ModelError("model_labels_differ", model=table.id, other=other_table.id)
    labels = cases["label"].to_numpy(dtype=np.int64)
    points, other_points = cases["points"].to_numpy(), other_cases["points"].to_numpy()

    def difference(rows: NDArray[np.int64]) -> float:
        """By how much the other model's AUC is higher on some visits."""
        other_auc = evaluate.auc(labels[rows], other_points[rows])
        return other_auc - evaluate.auc(labels[rows], points[rows])

    # The difference is that of the printed figures, so that whoever subtracts them gets it.
    rounded_aucs = [round(evaluate.auc(labels, score), 4) for score in (points, other_points)]
    interval = evaluate.interval(difference, Blocks.of(cases), table.seed)
    return {
        "visits": len(labels),
        "findings": int(labels.sum()),
        "auc": rounded_aucs,
        "difference": round(rounded_aucs[1] - rounded_aucs[0], 4),
        "interval": [round(bound, 4) for bound in interval],
    }
