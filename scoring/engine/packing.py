"""Turns the parts of many indicators into few aggregates of one group-by.

A record touches few indicators, so up to 62 bits of counters share an integer, which one look-up by
cell gives and one sum adds up. Bounds make it safe: at most 50,000 records count for one
enterprise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from scoring.engine.cells import look_up
from scoring.engine.indicators import Measurement

SUM_BITS = 62
# Ibis takes a sum for int64 already and would leave out a cast to that; DuckDB's sum is HUGEINT.
_BIGINT = "!int64"


@dataclass
class Packed:
    """One sum of several parts; part ``n`` stands ``shifts[n]`` bits up."""

    name: str
    parts: list[Measurement] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)

    @property
    def used(self) -> int:
        """Bits that are taken."""
        return self.shifts[-1] + (self.parts[-1].bits or SUM_BITS) if self.parts else 0

    def add(self, part: Measurement) -> None:
        """Puts a part above the others."""
        self.shifts.append(self.used)
        self.parts.append(part)


def pack(parts: Iterable[Measurement]) -> list[Packed]:
    """Distributes sums with known bounds over as few integers as will do, first fit.

    Wider parts first.
    """
    packed: list[Packed] = []
    # Wider parts first: the narrow ones fill the bits that are left.
    for measurement in sorted(filter(_shares, parts), key=lambda measurement: -(measurement.bits or 0)):
        wide = measurement.bits or 0
        target = next((packing for packing in packed if packing.used + wide <= SUM_BITS), None)
        if target is None:
            packed.append(target := Packed(f"packed{len(packed)}"))
        target.add(measurement)
    return packed


def grouped(t: ir.Table, parts: Sequence[Measurement], prefix: str, besides: Sequence[str] = ()) -> ir.Table:
    """One group-by per case, and per value of the columns ``besides``, that holds all parts.

    Its columns are ``<prefix>case``, ``<prefix>n`` (records), and those that ``unpacked`` reads.
    """
    columns: dict[str, ir.Value] = {"n": t.count().cast(_BIGINT)}
    columns |= {packed.name: _packed_sum(t, packed) for packed in pack(parts)}
    unshared = [measurement for measurement in parts if not _shares(measurement)]
    columns |= {measurement.name: _alone(t, measurement) for measurement in unshared}
    prefixed_columns = {prefix + column_name: column for column_name, column in columns.items()}
    keys = {f"{prefix}{column}": t[column] for column in besides}
    return t.group_by(**{f"{prefix}case": t.case_id}, **keys).agg(**prefixed_columns)


def unpacked(t: ir.Table, parts: Sequence[Measurement], prefix: str) -> dict[str, ir.Value]:
    """Every part by its name, read from the columns of ``grouped``.

    Counters are integers, 0 without records; the others are as they are.
    """
    unshared = [measurement.name for measurement in parts if not _shares(measurement)]
    columns: dict[str, ir.Value] = {name: t[prefix + name] for name in unshared}
    for packed in pack(parts):
        whole = ibis.coalesce(t[prefix + packed.name], ibis.literal(0, type="int64"))
        for measurement, shift in zip(packed.parts, packed.shifts, strict=True):
            above = whole >> ibis.literal(shift, type="int32") if shift else whole
            # The bits above belong to other parts.
            mask = 2 ** (measurement.bits or 0) - 1
            columns[measurement.name] = above & ibis.literal(mask, type="int64")
    return columns


def together(part: Measurement, first: ir.Value, second: ir.Value) -> ir.Value:
    """A part over two disjoint sets of records, from the part over each; null is *no record*."""
    if part.how == "min":
        return ibis.least(first, second)
    if part.how == "max":
        return ibis.greatest(first, second)
    if part.how == "collect":
        nothing = ibis.literal([], type="array<string>")
        return ibis.coalesce(first, nothing).concat(ibis.coalesce(second, nothing))
    zero = ibis.literal(0, type="int64")
    return ibis.coalesce(first, zero) + ibis.coalesce(second, zero)


def _shares(part: Measurement) -> bool:
    return part.how == "sum" and part.bits is not None


def _packed_sum(t: ir.Table, packed: Packed) -> ir.IntegerValue:
    by_cell = []
    for percents in zip(*(measurement.percents for measurement in packed.parts), strict=True):
        shifted = [percent << shift for percent, shift in zip(percents, packed.shifts, strict=True)]
        by_cell.append(sum(shifted))
    return look_up(by_cell, t.cell).sum().cast(_BIGINT)


def _alone(t: ir.Table, measurement: Measurement) -> ir.Value:
    if measurement.measure is None:
        raise ValueError(f"{measurement.name}: a sum without bounds needs a measure")
    is_looked_at = t.cell.isin(measurement.hits)
    if measurement.how == "collect":
        return measurement.measure.collect(where=is_looked_at & measurement.measure.notnull())
    column = ibis.cases((is_looked_at, measurement.measure))
    if measurement.how == "sum":
        return column.sum().cast(_BIGINT)
    return (column.min() if measurement.how == "min" else column.max()).cast("int64")
