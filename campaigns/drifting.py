"""``campaign drift``: false alarms of the drift verdict in worlds that stay, and how soon it notices one that turns.

The worlds are made of nothing but scores, a true probability of each visit, working days, and where
asked for clusters of twenty visits that share a shock. What the model says is right on average, and
its reference was measured on so many findings as a holdout has.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from scoring.analysis.training.clustered import Blocks, placements
from scoring.analysis.training.sequential import (
    FALSE_ALARM,
    HORIZON,
    STATES,
    Judged,
    Reference,
    Visits,
    watch_over,
)

Floats = NDArray[np.float64]
WORKING_DAYS = 21
"""Days of a month on which visits are made."""
CLUSTER, SHOCK = 20, 0.5
"""Visits of a cluster, and the standard deviation of what they share, in log-odds."""
LEARNED_FOUND = 300
"""Findings on which the reference was measured: it has an error of its own."""
RETRAIN = STATES.index("retrain")
HALF_YEAR = 6
CAUGHT = 0.80
"""Share of worlds that turn which must be noticed within half a year."""
POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True)
class SimulatedWorld:
    """A world of visits that a model scores.

    Attributes:
        visits: Visits a month.
        rate: Share of them with a finding.
        auc: How well the score orders them.
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

    def run(self, generator: np.random.Generator, months: int = HORIZON) -> list[Judged]:
        """One history of the world, and the verdicts of all its months."""
        count = self.visits * months
        month = np.repeat(np.arange(months), self.visits)
        signal = generator.normal(0, 1, count)
        strength = np.full(count, _strength(self.auc))
        if self.turns is not None:
            turned = (month >= self.turns) & (month < (self.back or months))
            strength[turned] = _strength(self.auc_after)
        base, size = _base(self), CLUSTER if self.clustered else 1
        cluster = np.arange(count) // size
        shared = generator.normal(0, SHOCK, cluster[-1] + 1)[cluster] if self.clustered else 0.0
        # A cluster is made on one day.
        day = month * WORKING_DAYS + generator.integers(0, WORKING_DAYS, cluster[-1] + 1)[cluster]
        label = (generator.random(count) < expit(base + strength * signal + shared)).astype(np.int64)
        predicted = _average(base + _strength(self.auc) * signal, self.clustered)
        enterprise = generator.integers(0, 4 * self.visits, count)
        blocks = Blocks(day, enterprise)
        visits = Visits(month, label, predicted, placements(label, signal, month), blocks)
        error = float(np.sqrt(self.auc * (1 - self.auc) / LEARNED_FOUND))
        return watch_over(visits, months, Reference(self.auc + float(generator.normal(0, error)), error))


def _strength(auc: float) -> float:
    """Log-odds per standard deviation of the score that give such an area where findings are rare."""
    return float(np.sqrt(2) * norm.ppf(auc))


def _average(log_odds: Floats, clustered: bool) -> Floats:
    """Probability, averaged over the shocks where there are any."""
    if not clustered:
        probabilities: Floats = expit(log_odds)
        return probabilities
    # A table of the average, for it depends on one number alone.
    grid = np.linspace(log_odds.min(), log_odds.max(), 400)
    averages = expit(grid[:, None] + SHOCK * POINTS[None, :]) @ (WEIGHTS / WEIGHTS.sum())
    read: Floats = np.interp(log_odds, grid, averages)
    return read


@lru_cache(maxsize=64)
def _base(world: SimulatedWorld) -> float:
    """The log-odds at which the world has its rate."""
    grid = np.linspace(-4, 4, 401)
    density = norm.pdf(grid) / norm.pdf(grid).sum()
    low, high = float(logit(world.rate)) - 4, float(logit(world.rate)) + 4
    for _ in range(50):
        middle = (low + high) / 2
        share = float(_average(middle + _strength(world.auc) * grid, world.clustered) @ density)
        low, high = (middle, high) if share < world.rate else (low, middle)
    return (low + high) / 2


STATIONARY = (SimulatedWorld(3000, 0.045), SimulatedWorld(1000, 0.15), SimulatedWorld(1000, 0.05))
"""Worlds that stay: those of the reviewer's simulation, and one with few findings."""
FINDINGS = (20, 50, 100, 150, 300)
"""Findings a quarter along the curve."""
TURN = 6
"""Months before a world turns, so that there is a year before to compare with, if a short one."""


def false_alarms(world: SimulatedWorld, runs: int, seed: int) -> dict[str, float]:
    """Shares of histories that are told *watch*, *retrain* and *do not use*, or worse, at any time."""
    generator = np.random.default_rng(seed)
    worst = np.zeros(runs, dtype=np.int64)
    for number in range(runs):
        states = [judged.worst for judged in world.run(generator)]
        worst[number] = max((STATES.index(state) for state in states if state), default=0)
    return {state: float((worst >= rank).mean()) for rank, state in enumerate(STATES) if rank}


def months_until_alarm(world: SimulatedWorld, runs: int, seed: int, watched: int = 12) -> Floats:
    """Months from the turn until *retrain* or worse; infinite where it did not come in time."""
    generator = np.random.default_rng(seed)
    turn = world.turns or 0
    waited = np.full(runs, np.inf)
    for number in range(runs):
        for month, judged in enumerate(world.run(generator, turn + watched)):
            if month >= turn and judged.worst and STATES.index(judged.worst) >= RETRAIN:
                waited[number] = month - turn + 1
                break
    return waited


def curve(runs: int, seed: int, findings: Sequence[int] = FINDINGS) -> list[dict[str, object]]:
    """How soon a fall of the AUC from 0.66 to 0.50 is noticed, by findings a quarter."""
    rows: list[dict[str, object]] = []
    for count in findings:
        for clustered in (False, True):
            world = SimulatedWorld(1000, count / 3000, clustered=clustered, turns=TURN)
            waited = months_until_alarm(world, runs, seed)
            shares = {f"within {months}": float((waited <= months).mean()) for months in (3, HALF_YEAR, 12)}
            rows.append({"findings": count, "clustered": clustered, **shares})
    return rows


def main(arguments: Sequence[str]) -> int:
    """Runs the simulations and prints their figures; 1 where one does not hold."""
    parser = argparse.ArgumentParser(prog="run.py campaign drift")
    parser.add_argument("--runs", type=int, default=500, help="histories of each world that stays")
    parser.add_argument("--turning", type=int, default=200, help="histories of each point of the curve")
    parser.add_argument("--seed", type=int, default=4)
    chosen = parser.parse_args(arguments)
    holds = True
    print(f"Worlds that stay, {HORIZON} months, {chosen.runs} histories each: told at any time")
    for world in STATIONARY:
        for clustered in (False, True):
            shares = false_alarms(replace(world, clustered=clustered), chosen.runs, chosen.seed)
            told = ", ".join(f"{state} or worse {share:.1%}" for state, share in shares.items())
            how = f"clusters of {CLUSTER}" if clustered else "no clusters"
            print(f"  {world.visits} visits a month at {world.rate:.1%}, {how}: {told}", flush=True)
            holds = holds and shares["retrain"] <= FALSE_ALARM
    print(
        f"AUC from 0.66 to 0.50, {chosen.turning} histories each: told retrain or worse, by findings a quarter"
    )
    for row in curve(chosen.turning, chosen.seed):
        caught = ", ".join(f"{name} months {share:.0%}" for name, share in row.items() if "within" in name)
        print(
            f"  {row['findings']}, {'clusters' if row['clustered'] else 'no clusters'}: {caught}", flush=True
        )
        if row["findings"] == 150:
            holds = holds and float(str(row[f"within {HALF_YEAR}"])) >= CAUGHT
    return 0 if holds else 1
