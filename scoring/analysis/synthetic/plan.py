"""What to generate: size, seed and day, and how a big district is cut into chunks.

Chunks know nothing of each other.
"""

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
        as_of: The day that planted traps are relative to; records lie in the four years before.

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
        # Unified codes exist since 2015, and four years of records lie before the day.
        _within("as_of.year", self.as_of.year, 2022, 2199, 2026)


@dataclass(frozen=True)
class Chunk:
    """A part of a district, generated on its own: ``size`` enterprises from number ``first`` on."""

    index: int
    first: int
    size: int
    plan: DistrictPlan

    def rng(self, room: int) -> np.random.Generator:
        """Random numbers of one room of this chunk, independent of all others.

        Rooms: 0 enterprises, 1 records, 2 traps, 3 order of the rows, 4 occasions of visits.
        """
        seed = np.random.SeedSequence(self.plan.seed, spawn_key=(self.index, room))
        return np.random.default_rng(seed)

    @property
    def as_of(self) -> np.datetime64:
        """The plan's day as numpy counts days."""
        return np.datetime64(self.plan.as_of, "D")


def chunks(plan: DistrictPlan) -> Iterator[Chunk]:
    """The chunks of a plan, each at most ``CHUNK`` enterprises."""
    for index, first in enumerate(range(0, plan.enterprises, CHUNK)):
        yield Chunk(index, first, min(CHUNK, plan.enterprises - first), plan)


def _within(name: str, number: int, low: int, high: int, example: int) -> None:
    if not low <= number <= high:
        raise UsageError(
            "district_number_out_of_bounds",
            name=name,
            number=number,
            low=low,
            high=high,
            example=example,
        )
