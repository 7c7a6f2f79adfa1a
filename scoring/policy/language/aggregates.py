"""The aggregates: every way in which an indicator may turn its records into a number, one row each.

A row says all there is to know of an aggregate: what a policy must write beside it, what its value
means without records and over time, which records make it, how it is worded, and how it is
computed. Schema, checks, engine, explanations and figures read it here; a new aggregate is a new
row, its words and its tests.

The computation is written on columns that the engine hands in, so that nothing here depends on the
engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Column = Any
"""A column of the engine's expression; it takes the operators of numbers."""

LATEST_BASE = 2**42
"""``latest`` packs day and value into one integer; values lie within +-2^41, days below 2^20."""
# moves negative values up, so that they do not borrow from the day
_LATEST_SHIFT = LATEST_BASE // 2
# no window is longer
_LAST_DAY = 36_500


Decisive = Literal["every", "newest", "greatest", "least", "greatest_of_newest", "greatest_of_last_but_one"]
"""Which records make a value."""


@dataclass(frozen=True)
class RecordColumns:
    """What a pass over the records can measure, as columns.

    Attributes:
        percent: What the record counts for the indicator, by its age.
        age: Days since the record's date.
        amount_fen: Its amount.
        authority: Who owns it.
        value: What the policy names under ``of``: the number of its severity, or its value in
            hundredths.
    """

    percent: Column
    age: Column
    amount_fen: Column
    authority: Column
    value: Column


@dataclass(frozen=True)
class Part:
    """One number that the pass over the records computes for an aggregate.

    Only records that count are looked at.

    Attributes:
        how: ``sum`` adds up, ``min`` and ``max`` choose, ``collect`` lists.
        measure: What of each record; ``None``: its percent.
        whole: Whether a record counts as one, whatever its percent.
        bounded: Whether it is a sum of percents, which bounds make small: such sums share an integer.
    """

    how: Literal["sum", "min", "max", "collect"]
    measure: Callable[[RecordColumns], Column] | None = None
    whole: bool = False
    bounded: bool = False


@dataclass(frozen=True)
class AggregateRow:
    """Everything about one aggregate.

    Attributes:
        part: What the pass computes over the chosen records; of a share, those chosen by ``select``
            and ``among``.
        among: The same over the records that ``among`` alone chooses; for shares.
        beside: A second number of the records that ``part`` looks at; for means.
        value: The value from the part and from that of ``among`` or ``beside``; null is unknown.
            ``None``: the part is the value.
        zero_without_records: Whether a covered kind without records is 0; else it is unknown.
        grows: Whether one more record never lowers it and time never raises it.
        decisive: Which of the chosen records make the value: ``every`` one, the ``newest``, those
            with the ``greatest`` or the ``least`` measure, or of the newest day, or of the last but
            one, those with the greatest.
        counts_days: Whether it is a number of days: it grows by itself, and a new record lowers it.
        forgets: Whether a newer record displaces an older one: not for adverse indicators.
        money: Whether it adds up amounts.
        linear: Whether points may be in proportion to it.
        needs: Keys that a policy must write for it, and for no other.
        unit: Text id of its value with its unit.
        divisor: How many of the printed unit's parts the value counts: 100 for hundredths, fen and
            basis points.
        scale: How many units of the engine's value make one unit of the policy's bins and of the
            printed value.
    """

    unit: str
    part: Part | None = None
    among: Part | None = None
    beside: Part | None = None
    value: Callable[[Column, Column], Column] | None = None
    zero_without_records: bool = False
    grows: bool = False
    decisive: Decisive = "every"
    counts_days: bool = False
    forgets: bool = False
    money: bool = False
    linear: bool = True
    needs: frozenset[str] = frozenset()
    divisor: int = 1
    scale: int = 1


def _whole_count() -> Part:
    return Part("sum", whole=True, bounded=True)


def _packed_latest(record: RecordColumns) -> Column:
    """Day and value in one integer, so that the greatest is the value of the newest record."""
    day = _LAST_DAY - record.age.cast("int64")
    return day * LATEST_BASE + (record.value.cast("int64") + _LATEST_SHIFT)


def _unpacked_latest(packed: Column, among: Column) -> Column:
    return packed % LATEST_BASE - _LATEST_SHIFT


def _last_but_one(packed: Column, among: Column) -> Column:
    """The greatest value of the day before the newest one, of all days with a record."""
    newest_day = packed.maxs() // LATEST_BASE * LATEST_BASE
    earlier = packed.filter(lambda each: each < newest_day).maxs()
    return _unpacked_latest(earlier, among)


def _mean(total: Column, count: Column) -> Column:
    # engines divide negative numbers each in their own way: a mean is rounded towards zero
    whole = (total.abs() // count).cast("int64")
    return (count > 0).ifelse((total < 0).ifelse(-whole, whole), None)


def _distinct(names: Column, among: Column) -> Column:
    # telling names apart costs as much as all other values together, and most lists have one
    count = names.length()
    return (count <= 1).ifelse(count, names.unique().length())


def _share_bp(chosen: Column, among: Column) -> Column:
    # of nothing there is no share: neither good nor bad
    return (among > 0).ifelse((chosen * 10_000 // among).cast("int64"), None)


AGGREGATES: Mapping[str, AggregateRow] = {
    "count": AggregateRow(
        part=_whole_count(),
        zero_without_records=True,
        grows=True,
        unit="value_count",
    ),
    "weighted_count": AggregateRow(
        part=Part("sum", bounded=True),
        zero_without_records=True,
        grows=True,
        needs=frozenset({"age_weights"}),
        unit="value_weighted_count",
        divisor=100,
    ),
    "sum": AggregateRow(
        part=Part("sum", lambda record: record.amount_fen),
        zero_without_records=True,
        grows=True,
        money=True,
        linear=False,
        unit="value_money",
        divisor=100,
    ),
    "weighted_sum": AggregateRow(
        # hundredths of a fen: the results divide them, exactly
        part=Part("sum", lambda record: record.amount_fen * record.percent),
        zero_without_records=True,
        grows=True,
        money=True,
        linear=False,
        needs=frozenset({"age_weights"}),
        unit="value_weighted_money",
        divisor=100,
        scale=100,
    ),
    "max": AggregateRow(
        part=Part("max", lambda record: record.value),
        grows=True,
        decisive="greatest",
        needs=frozenset({"of"}),
        unit="value_number",
        divisor=100,
    ),
    "latest": AggregateRow(
        part=Part("max", _packed_latest),
        value=_unpacked_latest,
        decisive="greatest_of_newest",
        forgets=True,
        needs=frozenset({"of"}),
        unit="value_number",
        divisor=100,
    ),
    "previous": AggregateRow(
        part=Part("collect", _packed_latest),
        value=_last_but_one,
        decisive="greatest_of_last_but_one",
        forgets=True,
        needs=frozenset({"of"}),
        unit="value_number",
        divisor=100,
    ),
    "min": AggregateRow(
        part=Part("min", lambda record: record.value),
        decisive="least",
        forgets=True,
        needs=frozenset({"of"}),
        unit="value_number",
        divisor=100,
    ),
    "mean": AggregateRow(
        part=Part("sum", lambda record: record.value),
        beside=Part("sum", lambda record: record.value.notnull().cast("int64")),
        value=_mean,
        forgets=True,
        needs=frozenset({"of"}),
        unit="value_number",
        divisor=100,
    ),
    "days_since": AggregateRow(
        part=Part("min", lambda record: record.age),
        decisive="newest",
        counts_days=True,
        linear=False,
        unit="value_days",
    ),
    "distinct": AggregateRow(
        part=Part("collect", lambda record: record.authority),
        value=_distinct,
        zero_without_records=True,
        grows=True,
        unit="value_authorities",
    ),
    "share": AggregateRow(
        part=_whole_count(),
        among=_whole_count(),
        value=_share_bp,
        needs=frozenset({"among"}),
        unit="value_share",
        divisor=100,
    ),
    "model": AggregateRow(linear=False, needs=frozenset({"model", "sha256"}), unit="value_model"),
}
"""The closed set.

The value of a ``model`` is the sum of the points of its table, which the engine adds up itself.
"""


def names_where(holds: Callable[[AggregateRow], bool]) -> tuple[str, ...]:
    """Names of the aggregates for which a property holds, in order."""
    return tuple(name for name, row in AGGREGATES.items() if holds(row))
