"""Places in the status list: drawn at random within a block, so that nobody tells from one who came before whom."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, func, select

from scoring.errors import StoreError
from scoring.store.log.sealing import random_bytes
from scoring.store.tables.orm_codes import IssuedCode

BLOCK = 1 << 16
"""Places in a block; a few thousand enterprises still share theirs with tens of thousands of places."""
FILLED = BLOCK - BLOCK // 8
"""Of a block so many are drawn: the last ones would be left for those who come last."""
LAST = 1 << 23
"""Places that a list of two megabytes has."""


def draw_indexes(connection: Connection, count: int) -> list[int]:
    """So many places that no code has had, in no order.

    Raises:
        StoreError: The list is full.
    """
    drawn: list[int] = []
    first = _current_block(connection)
    while len(drawn) < count:
        if first >= LAST:
            raise StoreError("status_list_full", places=LAST)
        taken = connection.execute(
            select(IssuedCode.status_index)
            .where(IssuedCode.status_index >= first, IssuedCode.status_index < first + BLOCK)
            .distinct()
        ).scalars()
        free = np.setdiff1d(np.arange(first, first + BLOCK), np.fromiter(taken, np.int64))
        # A random number each, and the order of these: a shuffle that nobody can guess.
        keys = np.frombuffer(random_bytes(8 * len(free)), np.uint64)
        room = max(len(free) - (BLOCK - FILLED), 0)
        drawn += free[np.argsort(keys)][: min(room, count - len(drawn))].tolist()
        first += BLOCK
    return drawn


def places_of_list(connection: Connection) -> int:
    """How many places the status list has: whole blocks, so that its length tells little."""
    last = connection.execute(select(func.max(IssuedCode.status_index))).scalar()
    return 0 if last is None else (last // BLOCK + 1) * BLOCK


def _current_block(connection: Connection) -> int:
    """First place of the block that is being filled."""
    return max(places_of_list(connection) - BLOCK, 0)
