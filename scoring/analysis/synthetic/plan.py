"""What to generate: size, seed and day, and how a big district is cut into chunks that know nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from scoring.errors import UsageError

CHUNK = 100_000
"""Enterprises generated at a time: what bounds the memory (about 1 GB at ten records each)."""

MAX_ENTERPRISES = 100_000_000
MAX_RECORDS_PER = 200


@dataclass(frozen=True)
class DistrictPlan:
    """Size, seed and day of a district.

    Args:
        enterprises: How many enterprises, 1 … 100,000,000.
        records_per: Records per enterprise on average, 1 … 200.
        seed: Any integer ≥ 0; the same plan gives the same rows.
        as_of: The day that every planted trap is relative to; records lie in the four years before it.

    Raises:
        UsageError: A number is out of its bounds.
    """

    enterprises: int = 20_000
    records_per: int = 10
    seed: int = 4
    as_of: date = date(2026, 9, 30)

    def __post_init__(self) -> None:
        _within("enterprises", self.enterprises, 1, MAX_ENTERPRISES, 20_000)
        _within("records_per", self.records_per, 1, MAX_RECORDS_PER, 10)
        _within("seed", self.seed, 0, 2**63 - 1, 4)
        _within(
            "as_of.year", self.as_of.year, 2022, 2199, 2026
        )  # unified codes exist since 2015; four years of records before the day


@dataclass(frozen=True)
class Chunk:
    """A part of a district, generated on its own: ``size`` enterprises from number ``first`` on."""

    index: int
    first: int
    size: int
    plan: DistrictPlan

    def rng(self, room: int) -> np.random.Generator:
        """Random numbers of one room of this chunk (0 enterprises, 1 records, 2 traps), independent of all others."""
        return np.random.default_rng(np.random.SeedSequence(self.plan.seed, spawn_key=(self.index, room)))

    @property
    def as_of(self) -> np.datetime64:
        """The plan's day as numpy counts days."""
        return np.datetime64(self.plan.as_of, "D")


def chunks(plan: DistrictPlan) -> Iterator[Chunk]:
    """The chunks of a plan, each at most ``CHUNK`` enterprises."""
    for index, first in enumerate(range(0, plan.enterprises, CHUNK)):
        yield Chunk(index, first, min(CHUNK, plan.enterprises - first), plan)


def _within(name: str, got: int, low: int, high: int, example: int) -> None:
    if not low <= got <= high:
        raise UsageError(
            f"{name} 为 {got}，应在 {low} 到 {high} 之间，例如 {example}。",
            f"{name} is {got}; expected {low} to {high}, for example {example}.",
        )
