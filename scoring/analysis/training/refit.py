"""Refits the points of a policy's indicators to outcomes, within the policy's own signs and bounds.

The policy stays the prior: each step from bin to bin is fitted as a *change* of what it is, and
where there are few cases it stays. Base, bands, vetoes, caps, gates, neutral, linear and learned
indicators, ``unknown`` and the bin without effect are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import compute_cases
from scoring.analysis.training.labels import (
    between,
    by_choice,
    label_cases,
    learned_from,
    refuse_thin,
)
from scoring.analysis.training.scorecard import LN2, Bound, fit_steps
from scoring.assess.dataset import Dataset
from scoring.engine.indicators import unit
from scoring.entities import Progress, silent
from scoring.errors import ModelError
from scoring.policy.language.schema import MODEL, Indicator
from scoring.policy.resolved import ResolvedPolicy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FIRMNESS = 4.0
"""Penalty on changes of steps: they deviate by half of the largest magnitude (1 / sqrt(4))."""
LEAST = 1e-4
"""Log-odds per 100 points below which the present points do not order outcomes at all."""


@dataclass(frozen=True)
class IndicatorRefit:
    """An indicator with new points.

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
class PolicyRefit:
    """What is proposed, and on what it rests.

    Attributes:
        refits: Every indicator that could change, in the order of the policy.
        cases: Cases that were fitted on.
        positives: Those of them with the outcome.
        visits_by_choice: How the visits of the cases were chosen.
        points_to_double_odds: The policy's own currency: points by which its present total doubles
            the odds.
        auc: On the visits of the declared holdout (fitted on none of them) ``before``, ``after``,
            ``visits``; without a holdout ``None``.
    """

    refits: tuple[IndicatorRefit, ...]
    cases: int
    positives: int
    visits_by_choice: dict[str, int]
    points_to_double_odds: int
    auc: dict[str, float] | None


def refit(
    version: ResolvedPolicy, definition: ModelDefinition, data: Dataset, progress: Progress = silent
) -> PolicyRefit:
    """Fits new points on the visits up to ``train_until`` of a definition.

    Args:
        version: The policy whose points are refitted.
        definition: Says the outcome. Its label, first day, ``train_until`` and holdout are used.
        data: Where the records are.
        progress: Called with a stage and the share done.

    Raises:
        ModelError: One class only, fewer than 50 positives, or present points that do not order
            outcomes.
    """
    cases = label_cases(data, definition.label, definition.cases).cases
    policy = version.policy
    rated = _rated(version, cases, data, progress)
    learned = rated[learned_from(definition, rated)]
    refuse_thin(learned)

    progress("fit", 0.0)
    sign = 1 if policy.higher_is_better else -1
    labels = learned["label"].to_numpy(dtype=np.int64)
    risk = -sign * learned["total"].to_numpy(dtype=np.float64)
    odds_per_point = _odds_per_point(risk, labels)
    indicators = [indicator for indicator in policy.indicators if _span(indicator)]
    changes = _fit_changes(indicators, learned, labels, risk, odds_per_point)
    refits = tuple(
        IndicatorRefit(indicator, _points(indicator, change, sign), *_counts(indicator, learned))
        for indicator, change in zip(indicators, changes, strict=True)
    )
    progress("fit", 1.0)
    return PolicyRefit(
        refits=refits,
        cases=len(labels),
        positives=int(labels.sum()),
        visits_by_choice=by_choice(learned),
        points_to_double_odds=int(np.rint(LN2 / odds_per_point)),
        auc=_holdout_auc(refits, rated, definition, sign),
    )


def _rated(version: ResolvedPolicy, cases: pd.DataFrame, data: Dataset, progress: Progress) -> pd.DataFrame:
    """Cases that the policy rates, with its total and the values of its indicators as of the day."""
    values = (f"v__{indicator.id}" for indicator in version.policy.indicators)
    computed = compute_cases(version, cases, data, ["case_id", "total", "gate", *values], progress)
    rated: pd.DataFrame = cases.merge(computed[computed["gate"].isnull()], on="case_id")
    return rated


def _odds_per_point(risk: Floats, labels: Ints) -> float:
    """Log-odds per point of the present total: what a point means, which the refit keeps."""
    # Hundreds of points: the solver is at ease with numbers near 1.
    hundreds = (risk - risk.mean())[:, None] / 100
    per_hundred = fit_steps(hundreds, labels, [(0.0, None), (None, None)], LEAST)[0]
    if per_hundred < LEAST:
        raise ModelError("refit_totals_unrelated")
    return float(per_hundred) / 100


def _fit_changes(
    indicators: Sequence[Indicator],
    cases: pd.DataFrame,
    labels: Ints,
    risk: Floats,
    odds_per_point: float,
) -> list[Floats]:
    """By how much the steps of each indicator change, in its spans."""
    steps = []
    bounds: list[Bound] = []
    for indicator in indicators:
        steps.append(_steps(indicator, cases) * odds_per_point * _span(indicator))
        bounds += _room(indicator)
    # The present total is given: what is fitted is a change of it.
    given = odds_per_point * (risk - risk.mean())
    weights = fit_steps(np.hstack(steps), labels, [*bounds, (None, None)], FIRMNESS, given)
    last_steps = np.cumsum([len(indicator.bins) - 1 for indicator in indicators])
    return np.split(weights[:-1], last_steps[:-1])


def _magnitudes(indicator: Indicator) -> Ints:
    """Sizes of the points from the bin without effect to the strongest."""
    points = np.abs([score_bin.points for score_bin in indicator.bins])
    sizes: Ints = points[::-1] if _strongest_first(indicator) else points
    return sizes


def _strongest_first(indicator: Indicator) -> bool:
    """Whether the strongest bin is the first: of days since, fewer are stronger."""
    return indicator.aggregate == "days_since"


def _span(indicator: Indicator) -> int:
    """Points between the bin without effect and the largest magnitude; 0: not refitted."""
    if indicator.direction == "neutral" or indicator.aggregate == MODEL or not indicator.bins:
        return 0
    sizes = _magnitudes(indicator)
    return int(sizes.max() - sizes[0])


def _room(indicator: Indicator) -> list[Bound]:
    """How far each step may change, in spans: it never turns its sign nor outgrows the whole span."""
    steps = np.diff(_magnitudes(indicator)) / _span(indicator)
    return [(-float(step), 1.0 - float(step)) for step in steps]


def _bin_numbers(indicator: Indicator, cases: pd.DataFrame) -> Ints:
    """Number of the bin of each case, in the order of the policy; -1 is unknown."""
    values = cases[f"v__{indicator.id}"].to_numpy(dtype=np.float64, na_value=np.nan)
    limits = [bound.upto * unit(indicator) for bound in indicator.bins if bound.upto is not None]
    known_numbers = np.searchsorted(limits, values, side="left")
    numbers: Ints = np.where(np.isnan(values), -1, known_numbers)
    return numbers


def _steps(indicator: Indicator, cases: pd.DataFrame) -> Floats:
    """A column per step from the bin without effect, 1 beyond it; -1 of favourable indicators."""
    numbers = _bin_numbers(indicator, cases)
    last = len(indicator.bins) - 1
    strength = np.where(numbers < 0, 0, last - numbers if _strongest_first(indicator) else numbers)
    beyond = (strength[:, None] > np.arange(last)[None, :]).astype(np.float64)
    # What is favourable lowers the risk.
    steps: Floats = beyond if indicator.direction == "adverse" else -beyond
    return steps


def _points(indicator: Indicator, changes: Floats, sign: int) -> tuple[int, ...]:
    """Whole points: what would pass the largest magnitude stands at it."""
    sizes, span = _magnitudes(indicator), _span(indicator)
    steps = np.maximum(np.diff(sizes) + changes * span, 0)
    whole = np.rint(np.append(0, np.cumsum(steps)))
    grown = sizes[0] + np.minimum(whole, span).astype(np.int64)
    ordered = grown[::-1] if _strongest_first(indicator) else grown
    turn = -sign if indicator.direction == "adverse" else sign
    return tuple(int(turn * size) for size in ordered)


def _counts(indicator: Indicator, cases: pd.DataFrame) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Cases in each bin, and those of them with the outcome."""
    numbers, positive = _bin_numbers(indicator, cases), cases["label"].to_numpy() == 1
    inside = [numbers == number for number in range(len(indicator.bins))]
    counts = tuple(int(in_bin.sum()) for in_bin in inside)
    return counts, tuple(int((positive & in_bin).sum()) for in_bin in inside)


def _holdout_auc(
    refits: Sequence[IndicatorRefit], rated: pd.DataFrame, definition: ModelDefinition, sign: int
) -> dict[str, float] | None:
    """How well the totals order visits that nothing was fitted on, before and after."""
    window = definition.holdout
    if window is None:
        return None
    inside = rated[between(rated["visit_on"], window.first, window.last)]
    # With one class there is no order to judge.
    if inside["label"].nunique() < 2:
        return None
    before = inside["total"].to_numpy(dtype=np.float64)
    after = before + np.sum([_moved(indicator, inside) for indicator in refits], axis=0)
    risks = {"before": -sign * before, "after": -sign * after}
    areas = {when: round(evaluate.auc(inside["label"], risk), 4) for when, risk in risks.items()}
    return {**areas, "visits": len(inside)}


def _moved(proposed: IndicatorRefit, cases: pd.DataFrame) -> Ints:
    """By how many points each case moves; unknown values by none."""
    new_and_old = zip(proposed.points, proposed.indicator.bins, strict=True)
    changes = [points - present.points for points, present in new_and_old]
    # The last entry is that of -1, the number of unknown values.
    moved: Ints = np.array([*changes, 0])[_bin_numbers(proposed.indicator, cases)]
    return moved
