"""Puts a chunk together: enterprises, records, traps, ids, and an order that helps nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from scoring.analysis.synthetic.columns import Column, Ints, numbers
from scoring.analysis.synthetic.enterprises import make_enterprises
from scoring.analysis.synthetic.histories import make_records
from scoring.analysis.synthetic.partners import with_partners
from scoring.analysis.synthetic.plan import Chunk, DistrictPlan, chunks
from scoring.analysis.synthetic.planting import enterprise_ledger, plant_traps


class Tables(NamedTuple):
    """The tables of one chunk.

    Attributes:
        enterprises: Canonical columns, one row a version, in random order.
        records: Canonical columns, in random order.
        ledger: trap, enterprise_id, record_id, expect, note.
    """

    enterprises: pd.DataFrame
    records: pd.DataFrame
    ledger: pd.DataFrame


def generate(plan: DistrictPlan) -> Iterator[Tables]:
    """Generate a district, chunk by chunk.

    Args:
        plan: Size, seed and day.

    Yields:
        The tables of up to 100,000 enterprises each: texts as ``str``, days, nullable integers.
        A chunk depends on the plan and its own number only.
    """
    yield from map(make_chunk, chunks(plan))


def make_chunk(chunk: Chunk) -> Tables:
    """One chunk of a district; see ``generate``."""
    enterprises, firms = make_enterprises(chunk)
    history = with_partners(chunk, make_records(chunk, firms))
    planted = plant_traps(chunk, firms, len(history))
    records = pd.concat([history, planted.records], ignore_index=True)
    serials = np.concatenate([np.arange(len(history)), planted.serials])
    records["record_id"] = _record_ids(chunk, serials)
    of_records = planted.ledger
    of_records["record_id"] = _record_ids(chunk, of_records["record_id"].to_numpy(dtype=np.int64))
    of_enterprises = enterprise_ledger(firms, records["enterprise_id"].unique())
    order = chunk.rng(3).permutation(len(records))
    return Tables(
        enterprises,
        records.take(order).reset_index(drop=True),
        pd.concat([of_records, of_enterprises], ignore_index=True),
    )


def _record_ids(chunk: Chunk, serial: Ints) -> Column:
    return f"r-{chunk.index:04d}-" + numbers(serial, 7)
