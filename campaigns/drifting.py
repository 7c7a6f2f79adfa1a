"""``campaign drift``: false alarms of the drift verdict in worlds that stay, and how soon it notices one that turns.

The worlds are made of nothing but the verdict's own assumptions: scores, a true probability each,
visits on working days, and where asked for clusters of twenty visits that share a shock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from scoring.analysis.training.clustered import Blocks, placements
from scoring.analysis.training.sequential import Judged, Reference, Visits, watch_over

Floats = NDArray[np.float64]
MONTHS, WORKING_DAYS = 24, 21
CLUSTER, SHOCK = 20, 0.5
"""Visits of a cluster, and the standard deviation of what they share, in log-odds."""
LEARNED_FOUND = 300
"""Findings on which the reference was measured, so that it has an error of its own."""
ALARMS = ("retrain", "do_not_use")


@dataclass(frozen=True)
class SimulatedWorld:
    """A world of visits that a model scores.

    Attributes:
        visits: Visits a month.
        rate: Share of them with a finding.
        auc: How well the score orders them, before it turns.
        clustered: Whether visits come in clusters that share a shock.
        turns: The month from which on the order has another area; ``None``: never.
        auc_after: That area.
        back: The month from which on all is as before; ``None``: never.
    """

    visits: int
    rate: float
    auc: float = 0.66
    clustered: bool = False
    turns: int | None = None
    auc_after: float = 0.50
    back: int | None = None

    def run(self, generator: np.random.Generator, months: int = MONTHS) -> list[Judged]:
        """One history of the world and the verdicts of all its months."""
        count = self.visits * months
        month = np.repeat(np.arange(months), self.visits)
        day = month * WORKING_DAYS + _days(self, months, generator)
        signal = generator.normal(0, 1, count)
        strength = np.full(count, _strength(self.auc))
        if self.turns is not None:
            turned = (month >= self.turns) & (month < (self.back or months))
            strength[turned] = _strength(self.auc_after)
        shock = generator.normal(0, SHOCK, -(-count // CLUSTER)) if self.clustered else np.zeros(1)
        spread = np.repeat(shock, CLUSTER)[:count] if self.clustered else 0.0
        # The model says what holds on average over shocks, with the order that it once learned.
        base, inside = _base(self), _strength(self.auc)
        predicted = _average(base + inside * signal, SHOCK if self.clustered else 0.0)
        truth = expit(base + strength * signal + spread)
        label = (generator.random(count) < truth).astype(np.int64)
        enterprise = generator.integers(0, 4 * self.visits, count)
        visits = Visits(month, label, predicted, placements(label, signal, month), Blocks(day, enterprise))
        error = np.sqrt(self.auc * (1 - self.auc) / LEARNED_FOUND)
        reference = Reference(self.auc + float(generator.normal(0, error)), float(error))
        return watch_over(visits, months, reference)


def _days(world: SimulatedWorld, months: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """The working day of every visit; a cluster is made on one day."""
    count = world.visits * months
    if not world.clustered:
        return generator.integers(0, WORKING_DAYS, count)
    return np.repeat(generator.integers(0, WORKING_DAYS, -(-count // CLUSTER)), CLUSTER)[:count]


def _strength(auc: float) -> float:
    """Log-odds per standard deviation of the score that give such an area, for rare findings."""
    return float(np.sqrt(2) * norm.ppf(auc))


def _average(log_odds: Floats, deviation: float) -> Floats:
    """Mean probability over a normal shock."""
    points, weights = np.polynomial.hermite_e.hermegauss(15)
    shocked = expit(log_odds[:, None] + deviation * points[None, :])
    averages: Floats = shocked @ (weights / weights.sum())
    return averages


def _base(world: SimulatedWorld) -> float:
    """The log-odds at which the world has its rate."""
    grid = np.linspace(-4, 4, 401)
    density = norm.pdf(grid) / norm.pdf(grid).sum()
    low, high = float(logit(world.rate)) - 4, float(logit(world.rate)) + 4
    for _ in range(60):
        middle = (low + high) / 2
        shares = _average(middle + _strength(world.auc) * grid, SHOCK if world.clustered else 0.0)
        low, high = (middle, high) if float(shares @ density) < world.rate else (low, middle)
    return (low + high) / 2


STATIONARY = (
    ("3,000 × 4.5 %", SimulatedWorld(3000, 0.045)),
    ("1,000 × 15 %", SimulatedWorld(1000, 0.15)),
    ("1,000 × 5 %", SimulatedWorld(1000, 0.05)),
    ("100 × 10 %", SimulatedWorld(100, 0.10)),
)
"""Visits a month and share of findings."""
FINDINGS = (20, 30, 50, 75, 100, 150, 300)
"""Findings a quarter along the curve."""


def false_alarms(world: SimulatedWorld, runs: int, seed: int) -> dict[str, float]:
    """Shares of histories with *watch* or worse, *retrain* or worse, and *do not use*, at any time."""
    generator = np.random.default_rng(seed)
    worst = []
    for _ in range(runs):
        states = [judged.worst for judged in world.run(generator)]
        worst.append(max((STATES_BY_RANK[state] for state in states if state), default=0))
    counts = np.array(worst)
    return {
        "watch": float((counts >= 1).mean()),
        "retrain": float((counts >= 2).mean()),
        "do_not_use": float((counts >= 3).mean()),
    }


STATES_BY_RANK = {"ok": 0, "watch": 1, "retrain": 2, "do_not_use": 3}


def quarters_until_alarm(world: SimulatedWorld, runs: int, seed: int) -> Floats:
    """Months from the turn until *retrain* or worse, infinite where it never came."""
    generator = np.random.default_rng(seed)
    turn = world.turns or 0
    waited = []
    for _ in range(runs):
        judged = world.run(generator, turn + 12)
        alarms = [month for month, each in enumerate(judged) if month >= turn and each.worst in ALARMS]
        waited.append(alarms[0] - turn + 1 if alarms else np.inf)
    return np.array(waited)
