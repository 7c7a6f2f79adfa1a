"""Engines that questions of one enterprise share: planning a query takes longer than asking it.

An engine plans a text once and keeps the plan. A question takes a pair of engines for as long as it lasts;
as many can be asked at once as there are pairs, and others wait.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from scoring.engine.duckdb import DuckEngine

PAIRS = 2
MEMORY = "300MB"


class EnginePair(NamedTuple):
    """An engine for the facts of an enterprise, and one for what is asked of a part of them."""

    facts: DuckEngine
    part: DuckEngine


class EnginePairs:
    """Some pairs of engines, which threads take and give back."""

    def __init__(self, pairs: int = PAIRS) -> None:
        self._idle: queue.LifoQueue[EnginePair | None] = queue.LifoQueue()
        for _ in range(pairs):
            # Made when first needed: a command that asks nothing opens none.
            self._idle.put(None)

    @contextmanager
    def pair(self) -> Iterator[EnginePair]:
        """A pair that nobody else has; after an error its place gets a new one."""
        taken = self._idle.get()
        kept = None
        try:
            used = taken or EnginePair(*(DuckEngine(threads=1, memory=MEMORY) for _ in range(2)))
            yield used
            kept = used
        finally:
            self._idle.put(kept)
