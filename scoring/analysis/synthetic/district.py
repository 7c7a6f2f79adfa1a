"""Puts a chunk together: enterprises, records, traps, ids, and an order that helps nobody."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scoring.analysis.synthetic.columns import Column, Ints, numbers
from scoring.analysis.synthetic.enterprises import make_enterprises
from scoring.analysis.synthetic.histories import make_records
from scoring.analysis.synthetic.plan import Chunk, DistrictPlan, chunks
from scoring.analysis.synthetic.traps import enterprise_ledger, plant_traps

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def generate(plan: DistrictPlan) -> Iterator[Tables]:
    """Generate a district, chunk by chunk.

    Args:
        plan: Size, seed and day.

    Yields:
        (enterprises, records, ledger) of up to 100,000 enterprises: the first two in canonical columns (``str``, dates, ``Int64``),
        rows in random order, enterprises with one row a version; the ledger with trap, enterprise_id, record_id, expect, note.
        A chunk depends on the plan and its own number only.
    """
    yield from map(make_chunk, chunks(plan))


def make_chunk(chunk: Chunk) -> Tables:
    """One chunk of a district; see ``generate``."""
    enterprises, firms = make_enterprises(chunk)
    history = make_records(chunk, firms)
    planted, serials, ledger = plant_traps(chunk, firms, len(history))
    records = pd.concat([history, planted], ignore_index=True)
    records["record_id"] = _record_ids(chunk, np.concatenate([np.arange(len(history)), serials]))
    ledger["record_id"] = _record_ids(chunk, ledger["record_id"].to_numpy(dtype=np.int64))
    order = chunk.rng(3).permutation(len(records))
    whole_ledger = pd.concat(
        [ledger, enterprise_ledger(firms, records["enterprise_id"].unique())], ignore_index=True
    )
    return enterprises, records.take(order).reset_index(drop=True), whole_ledger


def _record_ids(chunk: Chunk, serial: Ints) -> Column:
    return f"r-{chunk.index:04d}-" + numbers(serial, 7)
