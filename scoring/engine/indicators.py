"""Indicators: a closed set of aggregates over the snapshot, as the *parts* that one pass over the records computes.

An indicator needs one part (a share two, numerator and denominator). ``engine.packing`` turns parts into few sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.entities import code_number
from scoring.policy.schema import NO_RECORDS_IS_ZERO, Indicator, Policy, Select

LATEST_BASE = 2**42
"""``latest`` packs day and value into one integer; values lie within +-2^41, days below 2^20."""
COVERS = "covers__"
COUNT_BITS = 16            # at most 50,000 records count for one enterprise
WEIGHTED_BITS = 23         # each of them at most 100 percent
_LATEST_SHIFT = LATEST_BASE // 2
_LAST_DAY = 36_500         # no window is longer
_AMONG = "__among"


@dataclass(frozen=True)
class Part:
    """One aggregate of records: ``how`` over ``measure`` where ``condition`` holds and the kind is one of ``kinds``.

    ``bits`` bound a sum that may share an integer with others; ``None``: it needs one of its own.
    """

    name: str
    how: Literal["sum", "min", "max", "collect"]
    kinds: frozenset[int]
    condition: ir.BooleanValue
    measure: ir.Value
    bits: int | None = None


def parts(t: ir.Table, indicator: Indicator) -> list[Part]:
    """The parts of one indicator over records of the snapshot."""
    name, select, aggregate = indicator.id, indicator.select, indicator.aggregate
    kinds, condition = kind_numbers(select), conditions(t, select, indicator.window_days)
    one, weight = ibis.literal(1, type="int64"), age_weight(t, indicator)
    if aggregate == "share":
        if indicator.among is None:
            raise ValueError(f"{name}: share without among")
        among_kinds, among = kind_numbers(indicator.among), conditions(t, indicator.among, indicator.window_days)
        counted = Part(name, "sum", kinds & among_kinds, condition & among, one, COUNT_BITS)
        return [counted, Part(name + _AMONG, "sum", among_kinds, among, one, COUNT_BITS)]
    if aggregate == "count":
        return [Part(name, "sum", kinds, condition, one, COUNT_BITS)]
    if aggregate == "weighted_count":
        return [Part(name, "sum", kinds, condition, weight.cast("int64"), WEIGHTED_BITS)]
    if aggregate == "sum":
        return [Part(name, "sum", kinds, condition, t.amount_fen)]
    if aggregate == "weighted_sum":
        return [Part(name, "sum", kinds, condition, t.amount_fen * weight)]
    if aggregate == "days_since":
        return [Part(name, "min", kinds, condition, t.age)]
    if aggregate == "distinct":
        return [Part(name, "collect", kinds, condition & t.authority.notnull(), t.authority)]
    measure = t.severity if indicator.of == "severity" else t.value_x100     # numbers of severities count up from minor
    if aggregate == "max":
        return [Part(name, "max", kinds, condition, measure)]
    day = _LAST_DAY - t.age.cast("int64")
    return [Part(name, "max", kinds, condition & measure.notnull(), day * LATEST_BASE + (measure.cast("int64") + _LATEST_SHIFT))]


def value(parts_of: Mapping[str, ir.Value], looked_for: ir.BooleanValue, indicator: Indicator) -> ir.IntegerValue:
    """The indicator's value from its parts, null where it is unknown.

    A covered kind without records is 0 for counts, sums and distinct; an uncovered one is unknown unless there are
    records all the same. ``weighted_sum`` stays in hundredths of a fen (``results`` divides it, exactly).

    Args:
        parts_of: The parts of the indicator by name.
        looked_for: Whether the sources cover every kind that the indicator selects.
        indicator: The indicator.
    """
    column = parts_of[indicator.id]
    if indicator.aggregate == "share":
        among = parts_of[indicator.id + _AMONG]
        return ibis.cases((among > 0, (column * 10_000 // among).cast("int64")))
    if indicator.aggregate == "latest":
        return (column % LATEST_BASE - _LATEST_SHIFT).cast("int64")
    if indicator.aggregate not in NO_RECORDS_IS_ZERO:
        return column.cast("int64")
    if indicator.aggregate == "distinct":
        column = column.unique().length()
    found = ibis.coalesce(column, 0).cast("int64")
    return ibis.cases((looked_for | (found != 0), found))


def matches(t: ir.Table, select: Select, window_days: int) -> ir.BooleanValue:
    """Whether a record of the snapshot is selected: lists are any of, keys are and, null never matches."""
    return _any_of(t.kind, kind_numbers(select)) & conditions(t, select, window_days)


def kind_numbers(select: Select) -> frozenset[int]:
    """The kinds that are selected, as numbers."""
    return frozenset(code_number("kind", kind) for kind in select.kind)


def selected_kinds(policy: Policy) -> list[int]:
    """Every kind that some indicator looks at, as numbers; records of other kinds are passed over."""
    selects = [s for i in policy.indicators for s in (i.select, i.among) if s]
    return sorted(frozenset().union(*map(kind_numbers, selects)))


def conditions(t: ir.Table, select: Select, window_days: int) -> ir.BooleanValue:
    """All that is selected but the kind; ages 0 to ``window_days`` - 1 are in the window."""
    tests: list[ir.BooleanValue] = []
    for column in ("severity", "result", "field", "info_class"):
        values = getattr(select, column)
        if values is not None:
            tests.append(_any_of(t[column], [code_number(column, value) for value in values]))
    tests.append(t.age < window_days)
    if len(set(select.scope)) == 1:
        tests.append(t.own if "own" in select.scope else ~t.own)
    return reduce(and_, tests)


def age_weight(t: ir.Table, indicator: Indicator) -> ir.IntegerValue:
    """Percent that a record of this age counts: the first pair with age below its limit, else 0."""
    if indicator.age_weights is None:
        return ibis.literal(100, type="int32")
    return ibis.cases(*[(t.age < limit, ibis.literal(weight, type="int32")) for limit, weight in indicator.age_weights], else_=0)


def covers_column(indicator: Indicator) -> str:
    """Name of the case column that says whether the sources cover every kind that the indicator selects."""
    return COVERS + indicator.id


def covered(indicator: Indicator, covers: frozenset[str]) -> bool:
    """Whether sources that cover the kinds ``covers`` cover the indicator: one kind not looked for leaves it unknown."""
    return covers.issuperset(indicator.select.kind)


def unit(indicator: Indicator) -> int:
    """How many units of the engine's value make one unit of the policy's bins and of the printed value."""
    return 100 if indicator.aggregate == "weighted_sum" else 1


def conditioned(policy: Policy) -> Sequence[Indicator]:
    """Indicators that gates, caps and vetoes test: they see every record, merged acts included."""
    rules: Iterable[object] = (*policy.gates, *policy.caps, *policy.vetoes)
    named = {c.indicator for rule in rules for c in (*rule.all, *rule.any)}  # type: ignore[attr-defined]
    return [indicator for indicator in policy.indicators if indicator.id in named]


def _any_of(column: ir.IntegerValue, numbers: Iterable[int]) -> ir.BooleanValue:
    wanted = sorted(numbers)
    return column == wanted[0] if len(wanted) == 1 else column.isin(wanted)
