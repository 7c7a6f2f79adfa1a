"""Turns the parts of many indicators into few aggregates of one group-by.

A record touches few indicators, so up to 62 bits of counters share an integer, which one look-up by
cell gives and one sum adds up. Bounds make it safe: at most 50,000 records count for one
enterprise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from scoring.engine.cells import look_up
from scoring.engine.indicators import Measurement

SUM_BITS = 62
_FEW_CELLS = 5
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
        return self.shifts[-1] + self.parts[-1].bits if self.parts else 0

    def takes(self, part: Measurement) -> bool:
        """Whether there is room for a part."""
        return self.used + part.bits <= SUM_BITS

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
    for measurement in sorted(filter(_shares, parts), key=lambda part: -part.bits):
        fitting = (each for each in packed if each.takes(measurement))
        target = next(fitting, None)
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
    columns |= {flags.name: _flagged(t, flags) for flags in flag(parts)}
    columns |= {measurement.name: _alone(t, measurement) for measurement in parts if _is_alone(measurement)}
    prefixed_columns = {prefix + column_name: column for column_name, column in columns.items()}
    keys = {f"{prefix}{column}": t[column] for column in besides}
    return t.group_by(**{f"{prefix}case": t.case_id}, **keys).agg(**prefixed_columns)


def unpacked(t: ir.Table, parts: Sequence[Measurement], prefix: str) -> dict[str, ir.Value]:
    """Every part by its name, read from the columns of ``grouped``.

    Counters are integers, 0 without records, and so are flags, 1 with one; the others are as they are.
    """
    alone = [measurement.name for measurement in parts if _is_alone(measurement)]
    columns: dict[str, ir.Value] = {name: t[prefix + name] for name in alone}
    for flags in flag(parts):
        whole = ibis.coalesce(t[prefix + flags.name], ibis.literal(0, type="int64"))
        for place, part in enumerate(flags.parts):
            columns[part.name] = _bit(whole, place)
    for packed in pack(parts):
        whole = ibis.coalesce(t[prefix + packed.name], ibis.literal(0, type="int64"))
        for measurement, shift in zip(packed.parts, packed.shifts, strict=True):
            above = whole >> ibis.literal(shift, type="int32") if shift else whole
            # The bits above belong to other parts.
            mask = 2**measurement.bits - 1
            in_units = above & ibis.literal(mask, type="int64")
            unit = ibis.literal(measurement.unit, type="int64")
            columns[measurement.name] = in_units * unit if measurement.unit > 1 else in_units
    return columns


def _bit(whole: ir.IntegerValue, place: int) -> ir.IntegerValue:
    above = whole >> ibis.literal(place, type="int32") if place else whole
    bit: ir.IntegerValue = above & ibis.literal(1, type="int64")
    return bit


def together(part: Measurement, first: ir.Value, second: ir.Value) -> ir.Value:
    """A part over two disjoint sets of records, from the part over each; null is *no record*."""
    if part.how == "min":
        return ibis.least(first, second)
    if part.how == "max":
        return ibis.greatest(first, second)
    if part.how == "collect":
        nothing = ibis.literal([], type=first.type())
        return ibis.coalesce(first, nothing).concat(ibis.coalesce(second, nothing))
    zero = ibis.literal(0, type="int64")
    return ibis.coalesce(first, zero) + ibis.coalesce(second, zero)


def _shares(part: Measurement) -> bool:
    return part.how == "sum" and part.bounded


def _is_alone(part: Measurement) -> bool:
    return not _shares(part) and part.how != "any"


class Flags(NamedTuple):
    """Parts that tell whether there is a record, a bit each."""

    name: str
    parts: Sequence[Measurement]


def flag(parts: Iterable[Measurement]) -> list[Flags]:
    """Distributes parts of that sort over integers, in order."""
    flagged = [part for part in parts if part.how == "any"]
    starts = range(0, len(flagged), SUM_BITS)
    return [Flags(f"flags{n}", flagged[start : start + SUM_BITS]) for n, start in enumerate(starts)]


@ibis.udf.agg.builtin(name="BIT_OR")  # type: ignore[untyped-decorator]
def _bit_or(flags: dt.int64) -> dt.int64:
    """The function of that name, which Ibis has for some dialects alone."""


def _flagged(t: ir.Table, flags: Flags) -> ir.IntegerValue:
    by_cell = [0] * len(flags.parts[0].percents)
    for place, part in enumerate(flags.parts):
        for cell in part.hits:
            by_cell[cell] |= 1 << place
    joined: ir.IntegerValue = _bit_or(look_up(by_cell, t.cell))
    return joined


def _packed_sum(t: ir.Table, packed: Packed) -> ir.IntegerValue:
    by_cell = []
    for percents in zip(*(measurement.percents for measurement in packed.parts), strict=True):
        in_units = [percent // part.unit for percent, part in zip(percents, packed.parts, strict=True)]
        shifted = [number << shift for number, shift in zip(in_units, packed.shifts, strict=True)]
        by_cell.append(sum(shifted))
    return look_up(by_cell, t.cell).sum().cast(_BIGINT)


def _counts(t: ir.Table, measurement: Measurement) -> ir.BooleanValue:
    """Whether the cell of a record is one of those that the part looks at.

    A list of cells would be compared one by one with every record.
    """
    if len(measurement.hits) < _FEW_CELLS:
        return t.cell.isin(measurement.hits)
    is_hit = (int(bool(percent)) for percent in measurement.percents)
    return look_up(is_hit, t.cell) == 1


def _alone(t: ir.Table, measurement: Measurement) -> ir.Value:
    if measurement.measure is None:
        raise ValueError(f"{measurement.name}: a sum without bounds needs a measure")
    is_looked_at = _counts(t, measurement)
    if measurement.how == "collect":
        return measurement.measure.collect(where=is_looked_at & measurement.measure.notnull())
    column = ibis.cases((is_looked_at, measurement.measure))
    if measurement.how == "sum":
        return column.sum().cast(_BIGINT)
    return (column.min() if measurement.how == "min" else column.max()).cast("int64")
