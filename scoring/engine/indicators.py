"""Indicators: a closed set of aggregates over the snapshot, as the *parts* that one pass over the records computes.

An indicator needs one part (a share two, numerator and denominator). ``engine.packing`` turns parts into few sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine.cells import Cells, Use, look_up
from scoring.policy.language.points_table import inputs_of
from scoring.policy.language.schema import NO_RECORDS_IS_ZERO, Indicator, Policy

LATEST_BASE = 2**42
"""``latest`` packs day and value into one integer; values lie within +-2^41, days below 2^20."""
COUNT_BITS = 16  # at most 50,000 records count for one enterprise
WEIGHTED_BITS = 23  # each of them at most 100 percent
_LATEST_SHIFT = LATEST_BASE // 2
_LAST_DAY = 36_500  # no window is longer
_AMONG = "__among"


@dataclass(frozen=True)
class Part:
    """One aggregate of records: ``how`` over the records whose cell counts, each with its percent.

    Attributes:
        name: The indicator, or its denominator.
        how: ``sum`` adds up percents or, where there is one, ``measure``; the others look at ``measure``.
        percents: What a record counts, by cell.
        measure: Column or expression of the record.
        bits: Bounds a sum that may share an integer with others; ``None``: it needs one of its own.
    """

    name: str
    how: Literal["sum", "min", "max", "collect"]
    percents: tuple[int, ...]
    measure: ir.Value | None = None
    bits: int | None = None

    @property
    def hits(self) -> list[int]:
        """Cells whose records are looked at."""
        return [cell for cell, percent in enumerate(self.percents) if percent]


def uses(indicator: Indicator) -> list[Use]:
    """How an indicator looks at records: one use, and for a share the denominator's besides."""
    if indicator.among is None:
        return [Use((indicator.select,), indicator.window_days, indicator.age_weights)]
    among = Use((indicator.among,), indicator.window_days)
    return [Use((indicator.select, indicator.among), indicator.window_days), among]


def _named(policy: Policy) -> dict[str, Use]:
    """Every use of a policy, by the name of its part; a model has those of its inputs."""
    looked = [(i.id if of is i else inner(i, of.id), of) for i in policy.indicators for of in inputs_of(i)]
    return {
        part: use for name, of in looked for part, use in zip((name, name + _AMONG), uses(of), strict=False)
    }


def inner(model: Indicator, name: str) -> str:
    """Name of a part of a model's input."""
    return f"{model.id}__of__{name}"


@lru_cache(maxsize=64)
def cells(policy: Policy) -> Cells:
    """The cells of a policy."""
    return Cells(list(_named(policy).values()))


def percents(policy: Policy) -> dict[str, tuple[int, ...]]:
    """What a record counts in every part, by cell."""
    return dict(zip(_named(policy), cells(policy).percents, strict=True))


def parts(t: ir.Table, indicator: Indicator, of: Mapping[str, tuple[int, ...]]) -> list[Part]:
    """The parts of one indicator over records of the snapshot, with ``of`` the percents of its policy."""
    name, aggregate = indicator.id, indicator.aggregate
    mine = of[name]
    if aggregate in ("share", "count"):
        counted = [n for n in (name, name + _AMONG) if n in of]
        return [Part(n, "sum", tuple(percent // 100 for percent in of[n]), bits=COUNT_BITS) for n in counted]
    if aggregate == "weighted_count":
        return [Part(name, "sum", mine, bits=WEIGHTED_BITS)]
    if aggregate == "sum":
        return [Part(name, "sum", mine, t.amount_fen)]
    if aggregate == "weighted_sum":
        return [Part(name, "sum", mine, t.amount_fen * look_up(mine, t.cell))]
    if aggregate == "days_since":
        return [Part(name, "min", mine, t.age)]
    if aggregate == "distinct":
        return [Part(name, "collect", mine, t.authority)]
    measure = (
        t.severity if indicator.of == "severity" else t.value_x100
    )  # numbers of severities count up from minor
    if aggregate == "max":
        return [Part(name, "max", mine, measure)]
    day = _LAST_DAY - t.age.cast("int64")
    return [Part(name, "max", mine, day * LATEST_BASE + (measure.cast("int64") + _LATEST_SHIFT))]


def value(parts_of: Mapping[str, ir.Value], indicator: Indicator, *, looked_for: bool) -> ir.IntegerValue:
    """The indicator's value from its parts, null where it is unknown.

    A covered kind without records is 0 for counts, sums and distinct; an uncovered one is unknown unless there are
    records all the same. ``weighted_sum`` stays in hundredths of a fen (``results`` divides it, exactly).

    Args:
        parts_of: The parts of the indicator by name.
        indicator: The indicator.
        looked_for: Whether the sources cover every kind that the indicator selects.
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
        n = column.length()
        column = ibis.cases(
            (n <= 1, n), else_=column.unique().length()
        )  # the second costs as much as all other values together
    found = ibis.coalesce(column, 0).cast("int64")
    return found if looked_for else found.nullif(0)


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
