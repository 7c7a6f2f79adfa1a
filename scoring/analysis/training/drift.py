"""Whether a model still fits the world, month by month, and a plain verdict.

Order and predictions are tested by ``sequential``, whose false alarms are bounded and known. Beside
them the population stability index (PSI) compares the score with that of the last year of training,
when enterprises had their history already; a mix that moves is watched, and what it does to order
and predictions is told by these. The verdict is the worst that stands:

- *do not use*: the order has certainly got worse, half its advantage is gone, and what is left
  cannot be told from drawing lots;
- *retrain*: the order has certainly got worse by more than a tenth of its advantage, or predictions
  certainly miss by more than 15 % of what they predict;
- *watch*: either is probable, or the PSI of the score is certainly above 0.1;
- *cannot tell*: nothing alarms and there are too few findings to see whether the order holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from scoring.analysis.training import sequential
from scoring.analysis.training.clustered import Blocks, placements, variance
from scoring.analysis.training.evaluate import probability
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.labels import Labelled
from scoring.analysis.training.sequential import Judged, MonthAnswer, Reference, Visits, watch_over
from scoring.entities import Lang
from scoring.errors import ModelError
from scoring.policy.language.points_table import ModelTable

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
CANNOT_TELL = "cannot_tell"
BASELINE = pd.Timedelta(days=365)
"""Before the end of training: the visits that later ones are compared with."""
GROUPS = 10
MOVED = 0.1
"""PSI from which on a mix is said to have moved."""


@dataclass(frozen=True)
class _Scored:
    """Visits that the model scored.

    Attributes:
        visits: With ``label``, ``log_odds`` and ``predicted``, by day.
        matrix: Their features.
        months: The number of the month of every visit, negative before the watch begins.
        first: The month of number 0.
    """

    visits: pd.DataFrame
    matrix: pd.DataFrame
    months: NDArray[np.int64]
    first: pd.Period

    @property
    def baseline(self) -> Mask:
        """The visits that later ones are compared with."""
        before: Mask = self.months < 0
        return before

    def column(self, name: str) -> Floats:
        """A column of the visits as numbers."""
        return self.visits[name].to_numpy(dtype=np.float64)

    def watched(self) -> Visits:
        """The visits that are judged."""
        later = ~self.baseline
        months, log_odds = self.months[later], self.column("log_odds")[later]
        labels = self.column("label")[later].astype(np.int64)
        placed = placements(labels, log_odds, months)
        blocks = Blocks.of(self.visits[later])
        return Visits(months, labels, self.column("predicted")[later], placed, blocks)


def psi(expected: Floats, got: Floats, groups: int = GROUPS) -> float:
    """Population stability index over the deciles of ``expected``; unknown values are a group too."""
    if np.isnan(expected).all():
        edges = np.array([])
    else:
        edges = np.unique(np.nanquantile(expected, np.arange(1, groups) / groups))
    before, now = (_shares(column, edges) for column in (expected, got))
    return float(((now - before) * np.log(now / before)).sum())


def _shares(column: Floats, edges: Floats) -> Floats:
    """Share of every group, the last that of unknown values; never 0, which has no logarithm."""
    group = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="left"))
    # Every group counts, those that nobody is in too.
    shares = np.bincount(group, minlength=len(edges) + 2) / len(column)
    return np.maximum(shares, 1e-4)


def drift(
    table: ModelTable,
    labelled: Labelled,
    source: FeatureSource,
    since: date,
    as_of: date | None = None,
) -> dict[str, Any]:
    """The verdict on the visits of every month from ``since``, those without any visit too.

    Args:
        table: The model; its ``reference`` says how well its order was.
        labelled: Cases with labels, those of the last year of training among them.
        source: Gives their features.
        since: The first day that is watched; what was learned from never is.
        as_of: The last day on which an outcome may have become known; ``None``: any.

    Returns:
        ``verdict`` (that of the last month), ``since`` (the first month that it has held from),
        ``until`` (the last day that was looked at) and a row per month of ``months``.

    Raises:
        ModelError: There is no visit to judge, or an earlier version trained the table.
    """
    if "reference" not in table.metrics:
        raise ModelError("model_card_incomplete", model=table.id, figure="reference")
    scored = _score(table, labelled, source, since, as_of)
    held = table.metrics["reference"]
    count = int(scored.months.max()) + 1
    judged = watch_over(scored.watched(), count, Reference(held["auc"], held["error"]))
    months = [_row(scored, number, each) for number, each in enumerate(judged)]
    verdict = months[-1]["verdict"]
    return {
        "verdict": verdict,
        "since": _since(months),
        "until": scored.visits["visit_on"].max().date().isoformat(),
        "months": months,
    }


def _since(months: list[dict[str, Any]]) -> str:
    """The month from which on the last verdict has stood."""
    first: str = months[-1]["month"]
    for month in reversed(months):
        if month["verdict"] != months[-1]["verdict"]:
            break
        first = month["month"]
    return first


def _score(
    table: ModelTable, labelled: Labelled, source: FeatureSource, since: date, as_of: date | None
) -> _Scored:
    """The visits of the last year of training and those from ``since`` on, scored by the table."""
    cases, last_learned = labelled.cases, pd.Timestamp(table.trained.last)
    watched = (cases["visit_on"] > last_learned) & (cases["visit_on"] >= pd.Timestamp(since))
    if as_of is not None:
        watched &= cases["known_on"] <= pd.Timestamp(as_of)
    if not watched.any():
        raise ModelError("drift_no_visit", since=since, earlier=table.trained.last)
    # Older visits are of enterprises without a history, which no later one is like.
    recent = (cases["visit_on"] <= last_learned) & (cases["visit_on"] > last_learned - BASELINE)
    cases = cases[watched | recent].sort_values(["visit_on", "enterprise_id"])
    means = {feature.id: int(feature.mean_bp or 0) for feature in table.features}
    matrix = source.matrix(cases, source.values(cases), means, table.looked_up_on)
    # An enterprise that was not known on the day has no features and falls out.
    visits = cases.set_index("case_id").loc[matrix.index]
    points = additive_of(table).log_odds(matrix.to_numpy())
    visits = visits.assign(log_odds=points, predicted=probability(points, table.calibration))
    later = (visits["visit_on"] > last_learned).to_numpy()
    month = visits["visit_on"].dt.to_period("M")
    first = month[later].min()
    numbers = (month.dt.year - first.year) * 12 + month.dt.month - first.month
    return _Scored(visits, matrix, np.where(later, numbers.to_numpy(), -1), first)


def moved_most(table: ModelTable, month: dict[str, Any], lang: Lang) -> str:
    """The feature that moved most in a month, with its PSI."""
    shifts: dict[str, float] = month["psi_of_features"]
    if not shifts:
        return "—"
    most = max(shifts, key=lambda name: shifts[name])
    label = next(feature.label for feature in table.features if feature.id == most)
    return f"{label.model_dump()[lang]} {shifts[most]:.2f}"


def _row(scored: _Scored, number: int, judged: Judged) -> dict[str, Any]:
    """What is told of a month: its own visits, and what the months judged with it say."""
    own = scored.months == number
    answer = judged.answer
    together = (scored.months >= max(answer.first, 0)) & (scored.months <= number)
    compared = together.any() and scored.baseline.any()
    moved = dict(_moved(scored, together)) if compared else {}
    shift, noise = _shift(scored, together) if compared else (None, None)
    labels = scored.column("label")
    mix_moved = shift is not None and noise is not None and shift - noise > MOVED
    return {
        "month": str(scored.first + number),
        "visits": int(own.sum()),
        "findings": int(labels[own].sum()),
        "rate": round(float(labels[own].mean()), 4) if own.any() else None,
        "judged_from": str(scored.first + max(answer.first, 0)),
        "judged_visits": answer.visits,
        "judged_findings": answer.findings,
        **_of_order(answer),
        "gap": round(answer.gap, 4),
        "gap_error": round(answer.gap_error, 4),
        "psi": None if shift is None else round(shift, 4),
        "psi_of_features": moved,
        "order": judged.order,
        "predictions": judged.predictions,
        "recovered": judged.recovered,
        "verdict": _verdict(judged, mix_moved),
    }


def _of_order(answer: MonthAnswer) -> dict[str, Any]:
    if answer.auc is None or answer.auc_error is None:
        return {"auc": None, "auc_interval": None}
    reach = 1.96 * answer.auc_error
    bounds = [round(max(answer.auc - reach, 0.0), 4), round(min(answer.auc + reach, 1.0), 4)]
    return {"auc": round(answer.auc, 4), "auc_interval": bounds}


def _verdict(judged: Judged, mix_moved: bool) -> str:
    worst = judged.worst
    if mix_moved and worst in ("ok", None):
        return "watch" if worst == "ok" else CANNOT_TELL
    return worst or CANNOT_TELL


def _moved(scored: _Scored, together: Mask) -> Iterator[tuple[str, float]]:
    for feature in scored.matrix:
        column = scored.matrix[feature].to_numpy(dtype=np.float64)
        yield str(feature), round(psi(column[scored.baseline], column[together]), 4)


def _shift(scored: _Scored, together: Mask) -> tuple[float, float]:
    """PSI of the score, and how much of it so few visits may show without any shift."""
    log_odds, before = scored.column("log_odds"), scored.baseline
    chance = float(stats.chi2.isf(sequential.FALSE_WATCH / sequential.HORIZON, GROUPS - 1))
    size = _spread(scored, together) + _spread(scored, before)
    return psi(log_odds[before], log_odds[together]), chance * size


def _spread(scored: _Scored, rows: Mask) -> float:
    """One through the number of visits, more where visits of a day or an enterprise are alike."""
    log_odds = scored.column("log_odds")[rows]
    count = len(log_odds)
    centred = (log_odds - log_odds.mean()) / count
    single = float(centred @ centred)
    if not single:
        return 1 / count
    return variance(centred, Blocks.of(scored.visits[rows])) / single / count


def reference_of(folds: list[tuple[pd.DataFrame, Floats]]) -> dict[str, Any]:
    """How well an order was on visits that it had not seen: what drift is measured against.

    Args:
        folds: Of every rolling origin the tested cases and their scores.

    Returns:
        ``auc`` within months and its ``error``, which is no smaller than how origins differ.
    """
    cases = pd.concat([tested for tested, _ in folds]).reset_index(drop=True)
    score = np.concatenate([scores for _, scores in folds])
    origin = np.repeat(np.arange(len(folds)), [len(tested) for tested, _ in folds])
    months = cases["visit_on"].dt.year * 12 + cases["visit_on"].dt.month
    # Two origins are two models: their scores are not compared with each other.
    groups, _ = pd.factorize(months.to_numpy() + 100_000 * origin)
    placed = placements(cases["label"], score, groups)
    areas = []
    for number in range(len(folds)):
        part = placed[origin == number]
        if part.pairs:
            areas.append(part.area())
    error = float(np.sqrt(variance(placed.influence(), Blocks.of(cases))))
    between = float(np.std(areas, ddof=1) / np.sqrt(len(areas))) if len(areas) > 1 else 0.0
    return {
        "auc": round(placed.area(), 4),
        "error": round(max(error, between), 4),
        "findings": int(cases["label"].sum()),
        "first": cases["visit_on"].min().date().isoformat(),
        "last": cases["visit_on"].max().date().isoformat(),
    }
