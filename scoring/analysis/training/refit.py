"""Refits the points of a policy's indicators to outcomes, within the signs and bounds that the policy itself states.

The policy stays the prior: each step from bin to bin is fitted as a *change* of what it is, and where there are few cases it stays.
Base, bands, vetoes, caps, gates, neutral, linear and learned indicators, ``unknown`` and the bin without effect are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import AT_ONCE, enterprise_ids
from scoring.analysis.training.labels import by_choice, make_cases, read_visits, refuse_thin
from scoring.analysis.training.scorecard import LN2, fit_steps
from scoring.assess.dataset import Dataset
from scoring.engine.cases import Case
from scoring.engine.indicators import unit
from scoring.entities import Progress, silent
from scoring.errors import ModelError
from scoring.policy.language.schema import MODEL, Indicator, Policy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HOLD = 4.0
"""How firmly a step is held: the prior deviation of its change is half of the indicator's largest magnitude (1 / sqrt(4))."""
LEAST = 1e-4
"""Log-odds per 100 points below which the present points do not order outcomes at all."""


@dataclass(frozen=True)
class Refit:
    """One indicator with new points.

    Attributes:
        indicator: As the policy has it.
        points: New points of its bins, in the order of the policy.
        cases: Cases in each bin.
        positives: Those of them with the outcome.
    """

    indicator: Indicator
    points: tuple[int, ...]
    cases: tuple[int, ...]
    positives: tuple[int, ...]


@dataclass(frozen=True)
class Refitted:
    """What is proposed, and on what it rests.

    Attributes:
        refits: Every indicator that could change, in the order of the policy.
        cases: Cases that were fitted on.
        positives: Those of them with the outcome.
        visits_by_choice: How the visits of the cases were chosen.
        points_to_double_odds: The policy's own currency: points by which its present total doubles the odds.
        auc: On the visits of the declared holdout (fitted on none of them) ``before``, ``after``, ``visits``; without one ``None``.
    """

    refits: tuple[Refit, ...]
    cases: int
    positives: int
    visits_by_choice: dict[str, int]
    points_to_double_odds: int
    auc: dict[str, float] | None


def refit(
    policy: Policy, definition: ModelDefinition, data: Dataset, progress: Progress = silent
) -> Refitted:
    """Fits new points on the visits up to ``train_until`` of a definition that says what the outcome is.

    Args:
        policy: The version whose points are refitted.
        definition: Its label, first day, ``train_until`` and holdout are used, nothing else.
        data: Where the records are.
        progress: Called with a stage and the share done.

    Raises:
        ModelError: One class only, fewer than 50 positives, or present points that do not order outcomes.
    """
    visits = read_visits(data.engine, data.tables, definition.label)
    found = make_cases(
        visits, enterprise_ids(data.engine, data.tables), definition.label, definition.cases
    ).cases
    rows = _rated(policy, found, data, progress)
    learned = rows[rows["visit_on"] <= pd.Timestamp(definition.splits.train_until)]
    refuse_thin(learned)
    progress("fit", 0.0)
    open_ = [i for i in policy.indicators if _span(i)]
    sign = 1 if policy.higher_is_better else -1
    target, total = (
        learned["label"].to_numpy(dtype=np.int64),
        -sign * learned["total"].to_numpy(dtype=np.float64),
    )
    rate = _rate(total, target)
    steps = [_steps(i, learned) * rate * _span(i) for i in open_]
    bounds = [bound for i in open_ for bound in _room(i)]
    weights = fit_steps(
        np.hstack(steps), target, [*bounds, (None, None)], HOLD, rate * (total - total.mean())
    )
    refits, at = [], 0
    for indicator in open_:
        width = len(indicator.bins) - 1
        points = _points(indicator, weights[at : at + width], sign)
        refits.append(Refit(indicator, points, *_counts(indicator, learned)))
        at += width
    progress("fit", 1.0)
    auc = _auc(refits, rows, definition, sign)
    return Refitted(
        tuple(refits), len(target), int(target.sum()), by_choice(learned), int(np.rint(LN2 / rate)), auc
    )


def _rated(policy: Policy, cases: pd.DataFrame, data: Dataset, progress: Progress) -> pd.DataFrame:
    """Cases that the policy rates, with its total and the values of its indicators, computed by the engine as of the day."""
    columns, blocks = ["case_id", "total", "gate", *(f"v__{i.id}" for i in policy.indicators)], []
    for start in range(0, len(cases), AT_ONCE):
        progress("features", start / len(cases))
        rows = cases.iloc[start : start + AT_ONCE]
        asked = [
            Case(c, e, d.date())
            for c, e, d in zip(rows["case_id"], rows["enterprise_id"], rows["as_of"], strict=True)
        ]
        blocks.append(data.engine.cases(policy, asked, data.covers, data.tables, columns).to_pandas())
    progress("features", 1.0)
    found = pd.concat(blocks)
    rated: pd.DataFrame = cases.merge(found[found["gate"].isnull()], on="case_id")
    return rated


def _rate(risk: Floats, target: Ints) -> float:
    """Log-odds per point of the present total: what a point means, which the refit keeps."""
    per_hundred = fit_steps((risk - risk.mean())[:, None] / 100, target, [(0.0, None), (None, None)], LEAST)[
        0
    ]
    if per_hundred < LEAST:
        raise ModelError(
            zh="现行总分与这一结果无关（分数低者并不更常被查出问题），无从换算分值；请换一个结果定义，"
            "例如 --outcome models/district-demo.toml",
            en="present totals do not order this outcome (lower totals do not fail more often), so that a point has no meaning to keep; "
            "declare another outcome, e.g. --outcome models/district-demo.toml",
        )
    return float(per_hundred) / 100


def _magnitudes(indicator: Indicator) -> Ints:
    """Sizes of the points from the bin without effect to the strongest."""
    points = np.abs([b.points for b in indicator.bins])
    found: Ints = points[::-1] if _backwards(indicator) else points
    return found


def _backwards(indicator: Indicator) -> bool:
    """Whether the strongest bin is the first: of days since, fewer are stronger."""
    return indicator.aggregate == "days_since"


def _span(indicator: Indicator) -> int:
    """Points between the bin without effect and the largest magnitude that the policy has; 0: not refitted."""
    if indicator.direction == "neutral" or indicator.aggregate == MODEL or not indicator.bins:
        return 0
    sizes = _magnitudes(indicator)
    return int(sizes.max() - sizes[0])


def _room(indicator: Indicator) -> list[tuple[float | None, float | None]]:
    """How far each step may change, in spans: it never turns its sign and never grows beyond the whole span."""
    steps = np.diff(_magnitudes(indicator)) / _span(indicator)
    return [(-float(step), 1.0 - float(step)) for step in steps]


def _places(indicator: Indicator, rows: pd.DataFrame) -> Ints:
    """Number of the bin of each case, in the order of the policy; -1 is unknown."""
    values = rows[f"v__{indicator.id}"].to_numpy(dtype=np.float64, na_value=np.nan)
    limits = [b.upto * unit(indicator) for b in indicator.bins if b.upto is not None]
    found: Ints = np.where(np.isnan(values), -1, np.searchsorted(limits, values, side="left"))
    return found


def _steps(indicator: Indicator, rows: pd.DataFrame) -> Floats:
    """One column per step from the bin without effect, 1 beyond it (-1 of favourable ones: they lower the risk)."""
    places, last = _places(indicator, rows), len(indicator.bins) - 1
    strength = np.where(places < 0, 0, last - places if _backwards(indicator) else places)
    beyond = (strength[:, None] > np.arange(last)[None, :]).astype(np.float64)
    found: Floats = beyond if indicator.direction == "adverse" else -beyond
    return found


def _points(indicator: Indicator, changes: Floats, sign: int) -> tuple[int, ...]:
    """Whole points: what would pass the largest magnitude stands at it."""
    sizes, span = _magnitudes(indicator), _span(indicator)
    steps = np.maximum(np.diff(sizes) + changes * span, 0)
    grown = sizes[0] + np.minimum(np.rint(np.append(0, np.cumsum(steps))), span).astype(np.int64)
    ordered = grown[::-1] if _backwards(indicator) else grown
    turn = -sign if indicator.direction == "adverse" else sign
    return tuple(int(turn * size) for size in ordered)


def _counts(indicator: Indicator, rows: pd.DataFrame) -> tuple[tuple[int, ...], tuple[int, ...]]:
    places, hit = _places(indicator, rows), rows["label"].to_numpy() == 1
    bins = range(len(indicator.bins))
    return tuple(int((places == n).sum()) for n in bins), tuple(
        int((hit & (places == n)).sum()) for n in bins
    )


def _auc(
    refits: Sequence[Refit], rows: pd.DataFrame, definition: ModelDefinition, sign: int
) -> dict[str, float] | None:
    """How well the totals order visits that nothing was fitted on, before and after."""
    if definition.holdout is None:
        return None
    inside = rows[
        rows["visit_on"].between(
            pd.Timestamp(definition.holdout.first), pd.Timestamp(definition.holdout.last)
        )
    ]
    if inside["label"].nunique() < 2:
        return None
    before = inside["total"].to_numpy(dtype=np.float64)
    after = before + np.sum([_moved(r, inside) for r in refits], axis=0)
    aucs = {
        name: round(evaluate.auc(inside["label"], -sign * total), 4)
        for name, total in (("before", before), ("after", after))
    }
    return {**aucs, "visits": len(inside)}


def _moved(found: Refit, rows: pd.DataFrame) -> Ints:
    """By how many points each case moves; unknown values by none."""
    change = [new - old.points for new, old in zip(found.points, found.indicator.bins, strict=True)]
    moved: Ints = np.array([*change, 0])[_places(found.indicator, rows)]
    return moved
