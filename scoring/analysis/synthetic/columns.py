"""Columns held as small integers until the last step: draws, labels and days, all vectorised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
Column = Any  # a numpy or pandas array of one canonical column; pandas has no common type for them

NULL = -1
NAT = np.datetime64("NaT", "D")


def draw(rng: np.random.Generator, shares: Sequence[float], n: int) -> Ints:
    """Draw ``n`` indices by ``shares`` (any positive numbers)."""
    return cut(rng.random(n), shares)


def cut(u: Floats, shares: Sequence[float]) -> Ints:
    """Turn uniform numbers into indices by ``shares``."""
    steps = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(steps, u, side="right"), len(shares) - 1).astype(np.int64)


def chance(rng: np.random.Generator, logit: Floats) -> NDArray[np.bool_]:
    """True with the probability that each log-odds says."""
    return rng.random(len(logit)) < 1 / (1 + np.exp(-logit))


def labels(texts: Sequence[str | None], index: Ints) -> Column:
    """Text column from indices into ``texts``; -1 is null."""
    return pd.array(list(texts), dtype="str").take(index, allow_fill=True)


def numbers(values: Ints, width: int) -> Column:
    """Text column of integers with leading zeros."""
    return pd.Series(values).astype("str").str.zfill(width).array


def characters(matrix: NDArray[np.uint32]) -> Column:
    """Text column from a matrix of code points, one row a text."""
    rows = np.ascontiguousarray(matrix)
    return pd.array(rows.view(f"<U{rows.shape[1]}").ravel(), dtype="str")


def whole(values: Ints, known: NDArray[np.bool_]) -> Column:
    """Integer column, null where not ``known``."""
    return pd.arrays.IntegerArray(values.astype(np.int64), ~known)


def day_where(known: NDArray[np.bool_], days: Days) -> Days:
    """Days, null where not ``known``."""
    return np.where(known, days, NAT)


def after(days: Days | np.datetime64, count: Ints | int) -> Days:
    """Days moved by a number of days."""
    moved: Days = np.asarray(days) + np.asarray(count).astype("timedelta64[D]")
    return moved


def blank(kind: str, n: int) -> Column:
    """An empty column of a canonical type (``text``, ``date`` or ``int``)."""
    match kind:
        case "text":
            return pd.array([None] * n, dtype="str")
        case "date":
            return np.full(n, NAT)
        case _:
            return pd.array([None] * n, dtype="Int64")


def table(values: Mapping[str, Column], canonical: Mapping[str, str], n: int) -> pd.DataFrame:
    """Data frame of ``n`` rows with exactly the ``canonical`` columns: text as ``str``, dates as days, integers nullable."""
    return pd.DataFrame(
        {name: values[name] if name in values else blank(kind, n) for name, kind in canonical.items()}
    )
