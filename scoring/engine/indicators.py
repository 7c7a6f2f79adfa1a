"""Indicators in the expression: what they measure of each record, and their value from all of it.

An indicator is computed as *parts*: one number per aggregate that one pass over the records gives
(a share has two, numerator and denominator). ``engine.packing`` turns parts into few sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine.cells import Cells, Selection, look_up
from scoring.policy.language.aggregates import AGGREGATES, Part, RecordColumns
from scoring.policy.language.schema import Gate, Indicator, Policy
from scoring.policy.resolved import ResolvedPolicy

_AMONG = "__among"

Percents = Mapping[str, tuple[int, ...]]
"""What a record counts for every part of a policy, by cell."""


@dataclass(frozen=True)
class Measurement:
    """One part of one indicator, over the records whose cell counts.

    Attributes:
        name: The indicator, or its denominator.
        how: ``sum`` adds up percents or, where there is one, ``measure``; the others look at
            ``measure``.
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


def selections(indicator: Indicator) -> list[Selection]:
    """How an indicator looks at records: one selection, for a share the denominator's besides."""
    if indicator.among is None:
        return [Selection((indicator.select,), indicator.window_days, indicator.age_weights)]
    among = Selection((indicator.among,), indicator.window_days)
    return [Selection((indicator.select, indicator.among), indicator.window_days), among]


def _by_part(resolved: ResolvedPolicy) -> dict[str, Selection]:
    """Every selection of a policy, by the name of its part; a model has those of its inputs."""
    by_part: dict[str, Selection] = {}
    for indicator in resolved.policy.indicators:
        for model_input in resolved.inputs_of(indicator):
            part_name = indicator.id if model_input is indicator else part_of_input(indicator, model_input.id)
            by_part |= dict(zip((part_name, part_name + _AMONG), selections(model_input), strict=False))
    return by_part


def part_of_input(model: Indicator, name: str) -> str:
    """Name of a part of a model's input."""
    return f"{model.id}__of__{name}"


@lru_cache(maxsize=64)
def cells(resolved: ResolvedPolicy) -> Cells:
    """The cells of a policy."""
    return Cells(list(_by_part(resolved).values()))


def percents(resolved: ResolvedPolicy) -> Percents:
    """What a record counts in every part, by cell."""
    return dict(zip(_by_part(resolved), cells(resolved).percents, strict=True))


def measurements(records: ir.Table, indicator: Indicator, by_part: Percents) -> list[Measurement]:
    """The parts of one indicator, which is no model, over records of the snapshot.

    Args:
        records: Records that count, with their age and cell.
        indicator: The indicator.
        by_part: The percents of its policy.
    """
    aggregate = AGGREGATES[indicator.aggregate]
    parts_by_name = {indicator.id: aggregate.part, indicator.id + _AMONG: aggregate.among}
    return [
        _measurement(records, indicator, part_name, part, by_part[part_name])
        for part_name, part in parts_by_name.items()
        if part is not None
    ]


def _measurement(
    records: ir.Table, indicator: Indicator, name: str, part: Part, counts: tuple[int, ...]
) -> Measurement:
    # Records are counted whole, however little an old one weighs.
    if part.whole:
        counts = tuple(percent // 100 for percent in counts)
    if part.measure is None:
        return Measurement(name, part.how, counts, bits=part.bits)
    columns = RecordColumns(
        percent=look_up(counts, records.cell),
        age=records.age,
        amount_fen=records.amount_fen,
        authority=records.authority,
        # numbers of severities count up from minor
        value=records.severity if indicator.of == "severity" else records.value_x100,
    )
    return Measurement(name, part.how, counts, part.measure(columns), part.bits)


def value(measured: Mapping[str, ir.Value], indicator: Indicator, *, looked_for: bool) -> ir.IntegerValue:
    """The indicator's value from its parts, null where it is unknown.

    A covered kind without records is 0 for some aggregates; an uncovered one is unknown unless
    there are records all the same.

    Args:
        measured: The parts of the indicator by name.
        indicator: The indicator, which is no model.
        looked_for: Whether the sources cover every kind that the indicator selects.
    """
    aggregate = AGGREGATES[indicator.aggregate]
    measured_value = measured[indicator.id]
    if aggregate.value is not None:
        measured_value = aggregate.value(measured_value, measured.get(indicator.id + _AMONG))
    if not aggregate.zero_without_records:
        return measured_value.cast("int64")
    number = ibis.coalesce(measured_value, 0).cast("int64")
    return number if looked_for else number.nullif(0)


def covered(indicator: Indicator, covers: frozenset[str]) -> bool:
    """Whether sources that cover the kinds ``covers`` cover the indicator.

    A single kind that they do not look for leaves it unknown.
    """
    return covers.issuperset(indicator.select.kind)


def unit(indicator: Indicator) -> int:
    """How many units of the engine's value make one of the policy's bins and of the printed value."""
    return AGGREGATES[indicator.aggregate].scale


def conditioned(policy: Policy) -> Sequence[Indicator]:
    """Indicators that gates, caps and vetoes test: they see every record, merged acts included."""
    rules: tuple[Gate, ...] = (*policy.gates, *policy.caps, *policy.vetoes)
    tested_ids = set()
    for rule in rules:
        tested_ids |= {condition.indicator for condition in (*rule.all, *rule.any)}
    return [indicator for indicator in policy.indicators if indicator.id in tested_ids]
