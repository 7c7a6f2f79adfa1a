"""Plants the traps on enterprises of one chunk and writes down where."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.synthetic.codes import social_credit_codes
from scoring.analysis.synthetic.columns import Column, Ints, after, table
from scoring.analysis.synthetic.enterprises import BRANCH, COMPANY, Firms
from scoring.analysis.synthetic.places import STATUSES
from scoring.analysis.synthetic.plan import Chunk
from scoring.analysis.synthetic.plants import TRAPS, Plant, Trap
from scoring.entities import RECORD_COLUMNS

LEDGER_COLUMNS = ("trap", "enterprise_id", "record_id", "expect", "note")
PER_COPY = 2_000
MOST_COPIES = 20
STRANGERS = 31**6 - 1
"""Serials from the far end: codes that are right and in no enterprise table."""


def plant_traps(chunk: Chunk, firms: Firms, first_serial: int) -> tuple[pd.DataFrame, Ints, pd.DataFrame]:
    """Rows of all traps, once per 2,000 enterprises (at least once, at most 20 times a chunk).

    Args:
        chunk: The chunk.
        firms: Its enterprises.
        first_serial: First record number that is free.

    Returns:
        Canonical records without ids, the record number of each row, and the ledger (``record_id`` as a number).
    """
    copies = int(np.clip(chunk.size // PER_COPY, 1, MOST_COPIES))
    jobs = [(trap, copy) for copy in range(copies) for trap in TRAPS]
    sites = _Sites(chunk, firms)
    rows: list[dict[str, object]] = []
    ledger: list[tuple[object, ...]] = []
    serials: list[int] = []
    for number, (trap, copy) in enumerate(jobs):
        where, booked = sites.place(trap.name, number, copy)
        start = first_serial + len(serials)
        for position, plant in enumerate(trap.plants):
            serials.append(start + (position if plant.shares is None else plant.shares))
            rows.append(_row(plant, where, number))
            if plant.expect:
                ledger.append((trap.name, booked, serials[-1], plant.expect, _note(trap)))
    return (
        _frame(chunk, rows),
        np.array(serials, dtype=np.int64),
        pd.DataFrame(ledger, columns=list(LEDGER_COLUMNS)),
    )


def enterprise_ledger(firms: Firms, recorded: Column) -> pd.DataFrame:
    """Ledger of what lies in the enterprises themselves: gone, never recorded, or with a code that fails its check digit.

    Only companies are named as gone or thin, so that a policy's choice of subjects does not matter.

    Args:
        firms: The enterprises.
        recorded: Enterprise ids that occur in records.
    """
    company, gone = firms.type == COMPANY, firms.gone
    has_branch = np.isin(
        np.arange(len(gone)), firms.parent
    )  # a branch's records are written under its legal person too
    seen = pd.Index(firms.id).isin(recorded)
    parts = [
        _lines(
            firms,
            "gone",
            company & gone,
            "not_rated:gone",
            "吊销、注销或迁出 / revoked, deregistered or moved away",
        ),
        _lines(
            firms,
            "thin_file",
            company & ~gone & ~seen & ~has_branch,
            "not_rated:thin_file",
            "没有任何记录 / no record at all",
        ),
        _lines(
            firms,
            "early_code",
            firms.early_code,
            "warning:uscc_check_digit",
            "早期代码校验位不符 / early code, check digit fails",
        ),
    ]
    return pd.concat(parts, ignore_index=True)


class _Sites:
    """Where traps go: long-standing active companies without branches, each used once while there are enough."""

    def __init__(self, chunk: Chunk, firms: Firms) -> None:
        rng = chunk.rng(2)
        active = firms.status == STATUSES.index("active")
        old = firms.opened <= after(chunk.as_of, -1200)
        plain = active & old & (firms.activity > 0) & ~firms.early_code
        parents = np.isin(np.arange(chunk.size), firms.parent)
        branches = plain & (firms.type == BRANCH) & (firms.parent >= 0) & plain[firms.parent]
        self._chunk, self._firms = chunk, firms
        self._hosts = _shuffled(
            rng, (plain & (firms.type == COMPANY) & ~parents, plain, np.ones(chunk.size, dtype=np.bool_))
        )
        self._branches = _shuffled(rng, (branches, firms.parent >= 0))

    def place(self, trap: str, number: int, copy: int) -> tuple[str, str]:
        """The enterprise that gets the rows, and the one the ledger names."""
        ids = self._firms.id
        host = ids[self._hosts[number % len(self._hosts)]]
        if trap == "unknown_enterprise":
            serial = np.array([STRANGERS - self._chunk.index * MOST_COPIES - copy])
            stranger = social_credit_codes(
                ["91330802"], np.zeros(1, dtype=np.int64), serial, np.zeros(1, dtype=np.bool_)
            )[0]
            return stranger, stranger
        if trap == "branch_record" and len(self._branches):
            branch = self._branches[copy % len(self._branches)]
            return ids[branch], ids[self._firms.parent[branch]]
        return host, host


def _shuffled(rng: np.random.Generator, choices: tuple[NDArray[np.bool_], ...]) -> Ints:
    """Rows of the first choice that has any, in random order."""
    return next(
        (rng.permutation(np.flatnonzero(choice)) for choice in choices if choice.any()),
        np.empty(0, dtype=np.int64),
    )


def _row(plant: Plant, where: str, number: int) -> dict[str, object]:
    values = {
        k: v.replace("{n}", f"{number:05d}") if isinstance(v, str) else v for k, v in plant.values.items()
    }
    return {"source": "synthetic", "scope": "own", **values, "enterprise_id": where}


def _note(trap: Trap) -> str:
    return f"{trap.zh} / {trap.en}"


def _frame(chunk: Chunk, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Canonical frame from rows whose dates are days from ``as_of``."""
    columns: dict[str, Column] = {}
    for name, kind in RECORD_COLUMNS.items():
        values: list[Column] = [row.get(name) for row in rows]
        if kind == "date":
            moved = [np.datetime64("NaT", "D") if v is None else after(chunk.as_of, v) for v in values]
            columns[name] = np.array(moved, dtype="datetime64[D]")
        else:
            columns[name] = pd.array(values, dtype="str" if kind == "text" else "Int64")
    return table(columns, RECORD_COLUMNS, len(rows))


def _lines(firms: Firms, trap: str, which: NDArray[np.bool_], expect: str, note: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"trap": trap, "enterprise_id": firms.id[which], "record_id": None, "expect": expect, "note": note}
    )
