"""Columns held as small integers until the last step: draws, labels and days, all vectorised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Rng = np.random.Generator
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

Column = Any
"""A numpy or pandas array of one canonical column; pandas has no common type for them."""

NULL = -1
NAT = np.datetime64("NaT", "D")


def draw(rng: np.random.Generator, shares: Sequence[float], count: int) -> Ints:
    """Draw ``count`` indices by ``shares`` (any positive numbers)."""
    return cut(rng.random(count), shares)


def cut(uniform: Floats, shares: Sequence[float]) -> Ints:
    """Turn uniform numbers into indices by ``shares``."""
    steps = np.cumsum(shares) / np.sum(shares)
    index = np.searchsorted(steps, uniform, side="right")
    # Rounding may leave the last step a hair below 1.
    return np.minimum(index, len(shares) - 1).astype(np.int64)


def chance(rng: np.random.Generator, log_odds: Floats) -> NDArray[np.bool_]:
    """True with the probability that each log-odds says."""
    return rng.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))


def labels(texts: Sequence[str | None], index: Ints) -> Column:
    """Text column from indices into ``texts``; -1 is null."""
    return pd.array(list(texts), dtype="str").take(index, allow_fill=True)


def numbers(values: Ints, width: int) -> Column:
    """Text column of integers with leading zeros."""
    return pd.Series(values).astype("str").str.zfill(width).array


def characters(code_points: NDArray[np.uint32]) -> Column:
    """Text column from a matrix of code points, one row a text."""
    rows = np.ascontiguousarray(code_points)
    return pd.array(rows.view(f"<U{rows.shape[1]}").ravel(), dtype="str")


def whole(values: Ints, known: NDArray[np.bool_]) -> Column:
    """Integer column, null where not ``known``."""
    return pd.arrays.IntegerArray(values.astype(np.int64), ~known)


def day_where(known: NDArray[np.bool_], days: Days) -> Days:
    """Days, null where not ``known``."""
    return np.where(known, days, NAT)


def after(days: Days | np.datetime64, count: Ints | int) -> Days:
    """Days moved by a number of days."""
    moved_days: Days = np.asarray(days) + np.asarray(count).astype("timedelta64[D]")
    return moved_days


def blank(kind: str, count: int) -> Column:
    """An empty column of a canonical type (``text``, ``date`` or ``int``)."""
    match kind:
        case "text":
            return pd.array([None] * count, dtype="str")
        case "date":
            return np.full(count, NAT)
        case _:
            return pd.array([None] * count, dtype="Int64")


def table(values: Mapping[str, Column], canonical: Mapping[str, str], count: int) -> pd.DataFrame:
    """Data frame of ``count`` rows with exactly the ``canonical`` columns.

    Text is ``str``, dates are days, integers are nullable; a column without values is empty.
    """
    blanks = {name: blank(kind, count) for name, kind in canonical.items() if name not in values}
    filled = {**values, **blanks}
    return pd.DataFrame({name: filled[name] for name in canonical})
