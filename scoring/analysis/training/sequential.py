"""A test, month after month, of whether a model still orders and still predicts as it did.

Every month two questions are asked of the recent visits: has the order got worse than it was, when
the model was trained or in the year before, and do predictions miss what is found? Each month may spend a part of one allowance of false alarms, so that
in a world that stays as it is no more than ``FALSE_ALARM`` of models are condemned within
``HORIZON`` months, however visits hang together by day and enterprise. What is not shown is not
taken for bad: with too few findings the answer is *cannot tell*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scoring.analysis.training.clustered import Blocks, Placements, variance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
State = Literal["ok", "watch", "retrain", "do_not_use"]
STATES: tuple[State, ...] = ("ok", "watch", "retrain", "do_not_use")
"""What may be said of the order and of predictions, the worst last."""

HORIZON = 24
"""Months within which false alarms are bounded."""
FALSE_ALARM = 0.05
"""Greatest share of models that stay good and are told *retrain* or worse within the horizon."""
FALSE_WATCH = 0.20
"""The same of *watch*, which costs nobody anything."""
ORDER_PART = 0.8
"""Part of each allowance that goes to the order; predictions that miss are seen sooner anyway."""
FEWEST_MONTHS, MOST_MONTHS = 3, 12
"""Months that are judged together: more than three only where findings are few."""
FEWEST_FOUND = 20
"""Findings, and visits without one, below which nothing is said about the order."""
FEWEST_BEFORE = 50
"""Findings of the year before below which it is no baseline."""
BASELINES = 2
"""The order is compared with that of training and that of the year before."""
FEWEST_EXPECTED = 10
"""Predicted findings below which nothing is said about predictions."""
LOST = 0.10
"""Part of its advantage over chance that an order may lose before it is to be trained anew."""
MISSED = 0.15
"""Part of what is predicted by which predictions may miss before the model is to be trained anew."""
RECOVERY = 3
"""Good months in a row that take an alarm back."""


@dataclass(frozen=True)
class Visits:
    """Visits that a model scored before they took place, in the order of their months.

    Attributes:
        month: The number of the month of every visit, from 0, never falling.
        label: 1 where it found something.
        predicted: Calibrated probability.
        placed: How it stands among the visits of its own month.
        blocks: Which visits hang together.
    """

    month: Ints
    label: Ints
    predicted: Floats
    placed: Placements
    blocks: Blocks

    def within(self, first: int, last: int) -> slice:
        """The visits of some months."""
        start, end = np.searchsorted(self.month, [first, last + 1])
        return slice(int(start), int(end))


@dataclass(frozen=True)
class Reference:
    """How well the order was, on visits that the model did not see.

    Attributes:
        auc: Area within months.
        error: Its standard error.
    """

    auc: float
    error: float

    @property
    def advantage(self) -> float:
        """What it was better than drawing lots."""
        return max(self.auc - 0.5, 0.0)


@dataclass(frozen=True)
class MonthAnswer:
    """What the tests say of the months that are judged together.

    Attributes:
        first: The first of these months; the last is the month of the answer.
        visits: Their visits.
        findings: Those with a finding.
        auc: Area within months and its error; ``None`` with too few findings.
        auc_error: Standard error of it.
        gap: Mean predicted less share found.
        gap_error: Its standard error.
        order: What the area says; ``None``: it cannot be told.
        predictions: What the gap says; ``None``: it cannot be told.
        good_order: Whether the order is shown to be as it was.
        good_predictions: Whether predictions hit what is found as well as may be asked of them.
    """

    first: int
    visits: int
    findings: int
    auc: float | None
    auc_error: float | None
    gap: float
    gap_error: float
    order: State | None
    predictions: State | None
    good_order: bool
    good_predictions: bool


def ask(visits: Visits, month: int, reference: Reference) -> MonthAnswer:
    """The answer of one month, over the months that are judged together with it."""
    first = _first_month(visits, month)
    inside = visits.within(first, month)
    labels, predicted, blocks = visits.label[inside], visits.predicted[inside], visits.blocks[inside]
    count, findings = len(labels), int(labels.sum())
    days = blocks.days
    gap, gap_error = _gap(predicted, labels, blocks) if count else (0.0, 0.0)
    auc = error = order = None
    good = False
    if findings >= FEWEST_FOUND and count - findings >= FEWEST_FOUND:
        auc, error = _area(visits, inside)
        recent = _year_before(visits, first)
        order = max((_judge_order(auc, error, each, days) for each in (reference, *recent)), key=_rank)
        good = order == "ok" and auc >= reference.auc - LOST * reference.advantage
        good = good and auc - 1.645 * error > 0.5
    expected = float(predicted.sum())
    enough = expected >= FEWEST_EXPECTED and days > 1
    predictions = _judge_gap(gap, gap_error, expected / count, days) if enough else None
    hits = predictions == "ok" and abs(gap) <= MISSED * expected / count
    return MonthAnswer(first, count, findings, auc, error, gap, gap_error, order, predictions, good, hits)


def _area(visits: Visits, inside: slice) -> tuple[float, float]:
    """The AUC within months of some visits, and its standard error."""
    placed = visits.placed[inside]
    return placed.area(), float(np.sqrt(variance(placed.influence(), visits.blocks[inside])))


def _year_before(visits: Visits, first: int) -> list[Reference]:
    """The order in the year before the months that are judged together, where it had enough findings."""
    inside = visits.within(max(first - MOST_MONTHS, 0), first - 1)
    findings = int(visits.label[inside].sum())
    if findings < FEWEST_BEFORE or len(visits.label[inside]) - findings < FEWEST_BEFORE:
        return []
    return [Reference(*_area(visits, inside))]


def _first_month(visits: Visits, month: int) -> int:
    """Thin months are judged together with earlier ones, as many as it takes."""
    for months in range(FEWEST_MONTHS, MOST_MONTHS + 1):
        labels = visits.label[visits.within(month - months + 1, month)]
        findings = int(labels.sum())
        if min(findings, len(labels) - findings) >= FEWEST_FOUND:
            return month - months + 1
    return month - MOST_MONTHS + 1


def _gap(predicted: Floats, labels: Ints, blocks: Blocks) -> tuple[float, float]:
    """Mean predicted less share found, and its standard error."""
    count = len(labels)
    gap = float(predicted.mean() - labels.mean())
    by_blocks = variance((predicted - labels - gap) / count, blocks)
    # Where next to nothing is found the visits themselves show too little variance.
    by_chance = float((predicted * (1 - predicted)).sum()) / count**2
    return gap, float(np.sqrt(max(by_blocks, by_chance)))


def _judge_order(auc: float, error: float, reference: Reference, days: int) -> State:
    spread = float(np.hypot(error, reference.error))
    fall = reference.auc - auc
    part = ORDER_PART / BASELINES
    if not _proven(fall, spread, FALSE_WATCH * part, days):
        return "ok"
    if not _proven(fall - LOST * reference.advantage, spread, FALSE_ALARM * part, days):
        return "watch"
    # Worse than it was for certain; not to be used where what is left cannot be told from lots.
    half_gone = auc <= 0.5 + reference.advantage / 2
    return "do_not_use" if half_gone and auc - 1.96 * error <= 0.5 else "retrain"


def _judge_gap(gap: float, error: float, rate: float, days: int) -> State:
    # Predictions may miss on either side.
    size, part = abs(gap), (1 - ORDER_PART) / 2
    if not _proven(size, error, FALSE_WATCH * part, days):
        return "ok"
    return "retrain" if _proven(size - MISSED * rate, error, FALSE_ALARM * part, days) else "watch"


def _proven(excess: float, error: float, allowance: float, days: int) -> bool:
    """Whether a month may say so without spending more than its part of the allowance."""
    # Few days say little about how days differ.
    return days > 1 and excess > error * float(stats.t.isf(allowance / HORIZON, days - 1))


class HeldState:
    """What is held of a model on one question, from month to month.

    An alarm stays until the opposite is shown for ``RECOVERY`` months in a row: silence and thin
    months take nothing back.
    """

    def __init__(self) -> None:
        self.state: State | None = None
        self._good_months = 0

    def after(self, answer: State | None, good: bool) -> State | None:
        """The standing after a month's answer; ``None``: it cannot be told.

        Args:
            answer: What the month's test says.
            good: Whether the month shows that all is as it was.
        """
        self._good_months = self._good_months + 1 if good else 0
        alarmed = self.state in ("retrain", "do_not_use")
        worse = answer is not None and (self.state is None or _rank(answer) > _rank(self.state))
        if not alarmed or worse or self._good_months >= RECOVERY:
            self.state = answer
        return self.state


def _rank(state: State) -> int:
    return STATES.index(state)


@dataclass(frozen=True)
class Judged:
    """A month's answer and what stands after it.

    Attributes:
        answer: What the tests say.
        order: What stands of the order.
        predictions: What stands of the predictions.
        recovered: Whether an alarm was taken back in this month.
    """

    answer: MonthAnswer
    order: State | None
    predictions: State | None
    recovered: bool

    @property
    def worst(self) -> State | None:
        """The worse of both; ``None`` where nothing alarms and the order cannot be told."""
        known = [state for state in (self.order, self.predictions) if state is not None]
        worst = max(known, key=_rank, default=None)
        return None if self.order is None and worst in ("ok", None) else worst


def watch_over(visits: Visits, months: int, reference: Reference) -> list[Judged]:
    """The verdicts of so many months, one after the other."""
    order, predictions = HeldState(), HeldState()
    judged = []
    for month in range(months):
        answer = ask(visits, month, reference)
        before = (order.state, predictions.state)
        after_order = order.after(answer.order, answer.good_order)
        after_gap = predictions.after(answer.predictions, answer.good_predictions)
        recovered = any(
            was in ("retrain", "do_not_use") and now in ("ok", "watch")
            for was, now in zip(before, (after_order, after_gap), strict=True)
        )
        judged.append(Judged(answer, after_order, after_gap, recovered))
    return judged
