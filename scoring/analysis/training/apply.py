"""Scores visits with an exported table through the engine, the same expression that a batch runs."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.definition import Cases
from scoring.analysis.training.features import AT_ONCE, enterprise_ids
from scoring.analysis.training.holdout import judge
from scoring.analysis.training.labels import make_cases, read_visits
from scoring.analysis.training.scorecard import LN2
from scoring.assess.dataset import Dataset
from scoring.engine.cases import Case
from scoring.entities import Progress, silent
from scoring.errors import ModelError
from scoring.policy.language.points_table import ModelTable, read_model, score_policy


def engine_scores(ref: str, cases: pd.DataFrame, data: Dataset, progress: Progress = silent) -> pd.Series:
    """Points of every case by ``case_id``, computed by the engine; an enterprise that was not known that day gives none.

    Args:
        ref: Id or path of the model.
        cases: ``case_id``, ``enterprise_id`` and ``as_of``.
        data: Where the records are.
        progress: Called with the share done.
    """
    policy, blocks = score_policy(ref, read_model(ref)), []
    for start in range(0, len(cases), AT_ONCE):
        progress("features", start / len(cases))
        rows = cases.iloc[start : start + AT_ONCE]
        asked = [
            Case(c, e, d.date())
            for c, e, d in zip(rows["case_id"], rows["enterprise_id"], rows["as_of"], strict=True)
        ]
        blocks.append(
            data.engine.cases(policy, asked, data.covers, data.tables, ["case_id", "v__score"]).to_pandas()
        )
    progress("features", 1.0)
    found: pd.Series = pd.concat(blocks).set_index("case_id")["v__score"]
    return found


def log_odds(table: ModelTable, points: pd.Series) -> NDArray[np.float64]:
    """Log-odds of sums of points."""
    found: NDArray[np.float64] = table.intercept + points.to_numpy(dtype=np.float64) * (
        LN2 / table.points_to_double_odds
    )
    return found


def scored_visits(
    ref: str, data: Dataset, first: date, last: date, progress: Progress
) -> tuple[ModelTable, pd.DataFrame]:
    """Visits of a span with their ``label`` and the ``points`` of the day before.

    Raises:
        ModelError: The span has no visits, one class, or fewer than 50 findings.
    """
    table = read_model(ref)
    if first > last:
        raise ModelError(
            zh=f"起止日期颠倒：{first} 晚于 {last}；例如 --from {last} --to {first}",
            en=f"{first} is after {last}; e.g. --from {last} --to {first}",
        )
    visits = read_visits(data.engine, data.tables, table.label)
    inside = visits[(visits["visit_on"] >= pd.Timestamp(first)) & (visits["visit_on"] <= pd.Timestamp(last))]
    from_day = Cases(first=(pd.Timestamp(first) - pd.Timedelta(days=1)).date())
    cases = make_cases(inside, enterprise_ids(data.engine, data.tables), table.label, from_day).cases
    points = engine_scores(ref, cases, data, progress)
    return table, cases.assign(points=points.reindex(cases["case_id"]).to_numpy()).dropna(
        subset=["points"]
    ).reset_index(drop=True)


def judged(ref: str, data: Dataset, first: date, last: date, progress: Progress) -> dict[str, Any]:
    """All figures of a model on the visits of a span; rates of peers as the table froze them."""
    table, cases = scored_visits(ref, data, first, last, progress)
    return judge(cases, log_odds(table, cases["points"]), table.calibration, table.seed)


def compared(
    one: str, other: str, data: Dataset, first: date, last: date, progress: Progress
) -> dict[str, Any]:
    """Two models on the same visits: AUC of each, and their difference with a 95 % interval.

    Raises:
        ModelError: They predict different things.
    """
    (a, left), (b, right) = (scored_visits(ref, data, first, last, progress) for ref in (one, other))
    if a.label != b.label:
        raise ModelError(
            zh=f'{a.id} 与 {b.id} 预测的不是同一件事（[label] 不同），无从比较；请用同一标签训练，例如 kind = "inspection"',
            en=f'{a.id} and {b.id} predict different things (their labels differ); train both on one label, e.g. kind = "inspection"',
        )
    found = left["label"].to_numpy(dtype=np.int64)
    first_points, second_points = left["points"].to_numpy(), right["points"].to_numpy()

    def difference(rows: NDArray[np.int64]) -> float:
        return evaluate.auc(found[rows], second_points[rows]) - evaluate.auc(found[rows], first_points[rows])

    aucs = [round(evaluate.auc(found, points), 4) for points in (first_points, second_points)]
    interval = [round(bound, 4) for bound in evaluate.interval(difference, len(found), a.seed)]
    hits = int(found.sum())
    return {
        "visits": len(found),
        "findings": hits,
        "auc": aucs,
        "difference": round(aucs[1] - aucs[0], 4),
        "interval": interval,
    }
