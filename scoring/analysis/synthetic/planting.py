"""Plants the traps on enterprises of one chunk and writes down where."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.synthetic.codes import social_credit_codes
from scoring.analysis.synthetic.columns import NAT, Column, Ints, Rng, after, table
from scoring.analysis.synthetic.enterprises import BRANCH, COMPANY, Firms
from scoring.analysis.synthetic.places import STATUSES
from scoring.analysis.synthetic.plan import Chunk
from scoring.analysis.synthetic.traps import PECULIARITIES, TRAPS, PlantedRow
from scoring.entities import FICTITIOUS_SOURCE, RECORD_COLUMNS

LEDGER_COLUMNS = ("trap", "enterprise_id", "record_id", "expect", "note")
ENTERPRISES_PER_COPY = 2_000
MOST_COPIES = 20
STRANGERS = 31**6 - 1
"""Serials from the far end: codes that are right and in no enterprise table."""


class Planted(NamedTuple):
    """What was planted in one chunk.

    Attributes:
        records: Canonical records without ids.
        serials: The record number of each of them.
        ledger: What must become of them; ``record_id`` as a number.
    """

    records: pd.DataFrame
    serials: Ints
    ledger: pd.DataFrame


class _Site(NamedTuple):
    """The enterprise that gets the rows, and the enterprise that the ledger names."""

    enterprise_id: str
    booked_on: str


def plant_traps(chunk: Chunk, firms: Firms, first_serial: int) -> Planted:
    """Rows of all traps, once per 2,000 enterprises (at least once, at most 20 times a chunk).

    Args:
        chunk: The chunk.
        firms: Its enterprises.
        first_serial: First record number that is free.
    """
    copies = int(np.clip(chunk.size // ENTERPRISES_PER_COPY, 1, MOST_COPIES))
    sites = _Sites(chunk, firms)
    rows: list[dict[str, object]] = []
    ledger: list[tuple[object, ...]] = []
    serials: list[int] = []
    for number, (copy, trap) in enumerate(product(range(copies), TRAPS)):
        site = sites.place(trap.name, number, copy)
        start = first_serial + len(serials)
        for position, row in enumerate(trap.rows):
            serials.append(start + (position if row.same_id_as is None else row.same_id_as))
            rows.append(_values(row, site, number))
            if row.expect:
                ledger.append((trap.name, site.booked_on, serials[-1], row.expect, trap.note))
    return Planted(
        _frame(chunk, rows),
        np.array(serials, dtype=np.int64),
        pd.DataFrame(ledger, columns=list(LEDGER_COLUMNS)),
    )


def enterprise_ledger(firms: Firms, recorded: Column) -> pd.DataFrame:
    """Ledger of what lies in the enterprises themselves: gone, never recorded, or with a failing code.

    Only companies are named as gone or thin, so that a policy's choice of subjects does not matter.

    Args:
        firms: The enterprises.
        recorded: Enterprise ids that occur in records.
    """
    company, gone = firms.type == COMPANY, firms.gone
    # A branch's records are written under its legal person too: that one is not without records.
    has_branch = np.isin(np.arange(len(gone)), firms.parent)
    without_records = ~pd.Index(firms.id).isin(recorded) & ~has_branch
    marked = {
        "gone": company & gone,
        "thin_file": company & ~gone & without_records,
        "early_code": firms.early_code,
    }
    parts = []
    for name, which in marked.items():
        note, expect = PECULIARITIES[name]
        line = {"record_id": None, "expect": expect, "note": note}
        parts.append(pd.DataFrame({"trap": name, "enterprise_id": firms.id[which], **line}))
    return pd.concat(parts, ignore_index=True)


class _Sites:
    """Where traps go: long-standing active companies without branches, each once while they last."""

    def __init__(self, chunk: Chunk, firms: Firms) -> None:
        rng = chunk.rng(2)
        active = firms.status == STATUSES.index("active")
        long_standing = firms.opened <= after(chunk.as_of, -1200)
        plain = active & long_standing & (firms.activity > 0) & ~firms.early_code
        parents = np.isin(np.arange(chunk.size), firms.parent)
        branches = plain & (firms.type == BRANCH) & (firms.parent >= 0) & plain[firms.parent]
        anybody = np.ones(chunk.size, dtype=np.bool_)
        # Small chunks may have no such company: then any plain enterprise, then anybody.
        self._chunk, self._firms = chunk, firms
        self._hosts = _shuffled(rng, (plain & (firms.type == COMPANY) & ~parents, plain, anybody))
        self._branches = _shuffled(rng, (branches, firms.parent >= 0))

    def place(self, trap: str, number: int, copy: int) -> _Site:
        """Where a trap goes that is the ``number``-th planted, in this ``copy`` of the table."""
        ids = self._firms.id
        if trap == "unknown_enterprise":
            stranger = self._stranger(copy)
            return _Site(stranger, stranger)
        if trap == "branch_record" and len(self._branches):
            branch = self._branches[copy % len(self._branches)]
            return _Site(ids[branch], ids[self._firms.parent[branch]])
        host = ids[self._hosts[number % len(self._hosts)]]
        return _Site(host, host)

    def _stranger(self, copy: int) -> str:
        """A code that is right and in no enterprise table."""
        serial = np.array([STRANGERS - self._chunk.index * MOST_COPIES - copy])
        first, right = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.bool_)
        return str(social_credit_codes(["91330802"], first, serial, right)[0])


def _shuffled(rng: Rng, choices: tuple[NDArray[np.bool_], ...]) -> Ints:
    """Rows of the first choice that has any, in random order."""
    for choice in choices:
        if choice.any():
            return rng.permutation(np.flatnonzero(choice))
    return np.empty(0, dtype=np.int64)


def _values(row: PlantedRow, site: _Site, number: int) -> dict[str, object]:
    """The canonical columns of a row, planted."""
    values = {
        column: value.replace("{n}", f"{number:05d}") if isinstance(value, str) else value
        for column, value in row.values.items()
    }
    return {"source": FICTITIOUS_SOURCE, "scope": "own", **values, "enterprise_id": site.enterprise_id}


def _frame(chunk: Chunk, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Canonical frame from rows whose dates are days from ``as_of``."""
    columns: dict[str, Column] = {}
    for name, kind in RECORD_COLUMNS.items():
        values: list[Column] = [row.get(name) for row in rows]
        if kind == "date":
            days = [NAT if day is None else after(chunk.as_of, day) for day in values]
            columns[name] = np.array(days, dtype="datetime64[D]")
        else:
            columns[name] = pd.array(values, dtype="str" if kind == "text" else "Int64")
    return table(columns, RECORD_COLUMNS, len(rows))
