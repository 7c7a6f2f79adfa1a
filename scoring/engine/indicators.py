"""Indicators in the expression: what they measure of each record, and their value from all of it.

An indicator is computed as *parts*: one number per aggregate that one pass over the records gives
(a share has two, numerator and denominator). ``engine.packing`` turns parts into few sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice
from math import gcd
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine.cells import Cells, Selection, look_up, look_up_number
from scoring.entities import MAX_RECORDS, code_number
from scoring.policy.language.aggregates import AGGREGATES, Part, RecordColumns
from scoring.policy.language.measures import Measure, coded_column, levels
from scoring.policy.language.schema import Gate, Indicator, Policy, Select
from scoring.policy.language.selection import RecordScope
from scoring.policy.resolved import ResolvedPolicy

_AMONG, _BESIDE = "__among", "__beside"
_ANY: tuple[RecordScope, ...] = ("own", "branch")

ACTIVE = "field__"
"""Prefix of the parts, and of the columns, that tell whether an enterprise is active in a field."""
Percents = Mapping[str, tuple[int, ...]]
"""What a record counts for every part of a policy, by cell."""


@dataclass(frozen=True)
class Measurement:
    """One part of one indicator, over the records whose cell counts.

    Attributes:
        name: The indicator, or its denominator.
        how: ``sum`` adds up percents or, where there is one, ``measure``; ``any`` tells whether there is a
            record; the others look at ``measure``.
        percents: What a record counts, by cell.
        measure: Column or expression of the record.
        bounded: Whether it is a sum of percents that may share an integer with others.
    """

    name: str
    how: Literal["sum", "min", "max", "collect", "any"]
    percents: tuple[int, ...]
    measure: ir.Value | None = None
    bounded: bool = False

    @cached_property
    def unit(self) -> int:
        """What every percent is a multiple of: sums are counted in it."""
        return gcd(*self.percents) or 1

    @cached_property
    def bits(self) -> int:
        """Bits that hold the sum of the percents of all records of an enterprise, in units."""
        return (MAX_RECORDS * max(self.percents) // self.unit).bit_length() or 1

    @cached_property
    def hits(self) -> list[int]:
        """Cells whose records are looked at."""
        return [cell for cell, percent in enumerate(self.percents) if percent]


def selections(indicator: Indicator) -> dict[str, list[Selection]]:
    """How an indicator looks at records, by the end of the name of its part.

    A part has one selection, or one for each of its weights, which take different records; a share has
    a part for its denominator, and a mean has one for the number of its records.
    """
    window, ages = indicator.window_days, indicator.age_weights
    if indicator.among is not None:
        chosen = Selection((indicator.select, indicator.among), window)
        return {"": [chosen], _AMONG: [Selection((indicator.among,), window)]}
    if indicator.weights is None:
        chosen = Selection((indicator.select,), window, ages)
        has_second = AGGREGATES[indicator.aggregate].beside is not None
        return {"": [chosen], _BESIDE: [chosen]} if has_second else {"": [chosen]}
    weighed = []
    for weight in indicator.weights:
        narrowed = Select(
            kind=indicator.select.kind, severity=weight.severity, state=weight.state, scope=_ANY
        )
        weighed.append(Selection((indicator.select, narrowed), window, ages, weight.percent))
    return {"": weighed}


def _by_part(resolved: ResolvedPolicy) -> dict[str, list[Selection]]:
    """The selections of every part of a policy, by its name; a model has those of its inputs."""
    by_part: dict[str, list[Selection]] = {}
    for indicator in resolved.policy.indicators:
        for model_input in resolved.inputs_of(indicator):
            part_name = indicator.id if model_input is indicator else part_of_input(indicator, model_input.id)
            of_parts = selections(model_input).items()
            by_part |= {part_name + ending: of_part for ending, of_part in of_parts}
    activity = resolved.policy.activity
    if activity is not None:
        for related in resolved.policy.fields or ():
            select = Select(kind=activity.kind, field=(related.id,), scope=_ANY)
            by_part[ACTIVE + related.id] = [Selection((select,), activity.window_days)]
    return by_part


def part_of_input(model: Indicator, name: str) -> str:
    """Name of a part of a model's input."""
    return f"{model.id}__of__{name}"


@lru_cache(maxsize=64)
def cells(resolved: ResolvedPolicy) -> Cells:
    """The cells of a policy."""
    return Cells(list(chain.from_iterable(_by_part(resolved).values())))


def activity(resolved: ResolvedPolicy, by_part: Percents) -> list[Measurement]:
    """Whether a record shows that an enterprise is active in a field, for each field of a policy."""
    names = [ACTIVE + related.id for related in resolved.policy.fields or ()]
    return [Measurement(name, "any", by_part[name]) for name in names]


def percents(resolved: ResolvedPolicy) -> Percents:
    """What a record counts in every part, by cell."""
    of_selections = iter(cells(resolved).percents)
    by_part: dict[str, tuple[int, ...]] = {}
    for name, of_part in _by_part(resolved).items():
        # The weights of an indicator take different records, so of each cell one alone is not zero.
        by_part[name] = tuple(map(sum, zip(*islice(of_selections, len(of_part)), strict=True)))
    return by_part


def measurements(records: ir.Table, indicator: Indicator, by_part: Percents) -> list[Measurement]:
    """The parts of one indicator, which is no model, over records of the snapshot.

    Args:
        records: Records that count, with their age and cell.
        indicator: The indicator.
        by_part: The percents of its policy.
    """
    aggregate = AGGREGATES[indicator.aggregate]
    parts_by_name = {
        indicator.id: aggregate.part,
        indicator.id + _AMONG: aggregate.among,
        indicator.id + _BESIDE: aggregate.beside,
    }
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
        return Measurement(name, part.how, counts, bounded=part.bounded)
    columns = RecordColumns(
        percent=look_up(counts, records.cell),
        age=records.age,
        amount_fen=records.amount_fen,
        authority=records.authority,
        value=_measured(records, indicator.of),
    )
    return Measurement(name, part.how, counts, part.measure(columns), part.bounded)


def _measured(records: ir.Table, of: Measure | None) -> ir.IntegerValue:
    """What ``max``, ``latest`` and the like measure of a record: a number, or the level of a code."""
    column = coded_column(of)
    if column is None:
        return records.value_x100
    by_number = {code_number(column, code): level for code, level in levels(of).items()}
    # numbers of severities are their levels
    if all(number == level for number, level in by_number.items()):
        return records[column]
    return look_up_number(by_number, records[column])


def value(
    measured: Mapping[str, ir.Value], indicator: Indicator, *, looked_for: bool | ir.BooleanValue
) -> ir.IntegerValue:
    """The indicator's value from its parts, null where it is unknown.

    A covered kind without records is 0 for some aggregates; an uncovered one is unknown unless
    there are records all the same.

    Args:
        measured: The parts of the indicator by name.
        indicator: The indicator, which is no model.
        looked_for: Whether the sources cover every kind that the indicator selects.
    """
    aggregate = AGGREGATES[indicator.aggregate]
    second_part = _AMONG if aggregate.beside is None else _BESIDE
    measured_value, among = measured[indicator.id], measured.get(indicator.id + second_part)
    if aggregate.value is not None:
        measured_value = aggregate.value(measured_value, among)
    if indicator.least_among is not None and among is not None:
        measured_value = ibis.cases((among >= indicator.least_among, measured_value))
    if not aggregate.zero_without_records:
        return measured_value.cast("int64")
    number = ibis.coalesce(measured_value, 0).cast("int64")
    if isinstance(looked_for, bool):
        return number if looked_for else number.nullif(0)
    return ibis.ifelse(looked_for, number, number.nullif(0))


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
