"""A points table inside the expression: the parts of its inputs, and the points of its features.

Shares are never divided: ``share <= limit`` is asked as ``10,000 × of + prior × mean < (limit + 1)
× (among + prior)``, in integers. An indicator that is no model goes through here too and comes back
as ``indicators`` computes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, reduce
from operator import add
from typing import TypeVar

import ibis
import ibis.expr.types as ir

from scoring.engine import indicators
from scoring.engine.indicators import Measurement, Percents, part_of_input
from scoring.policy.language.points_table import ENTERPRISE_AGE, ScoredFeature
from scoring.policy.language.schema import MODEL, Indicator
from scoring.policy.resolved import ResolvedPolicy

WHOLE_BP = 10_000
VALUE, POINTS = "fv__", "fp__"
"""Prefixes of the columns of features."""
T = TypeVar("T")


def measurements(
    records: ir.Table, indicator: Indicator, resolved: ResolvedPolicy, by_part: Percents
) -> list[Measurement]:
    """The parts of an indicator over records of the snapshot.

    Of a model those of all its inputs.
    """
    if indicator.aggregate != MODEL:
        return indicators.measurements(records, indicator, by_part)
    inside = _of_inputs(indicator, by_part)
    measured = []
    for model_input in resolved.inputs_of(indicator):
        for measurement in indicators.measurements(records, model_input, inside):
            measured.append(replace(measurement, name=part_of_input(indicator, measurement.name)))
    return measured


def value(
    measured: Mapping[str, ir.Value],
    enterprise: ir.Table,
    indicator: Indicator,
    resolved: ResolvedPolicy,
    *,
    looked_for: ir.BooleanValue,
) -> ir.IntegerValue:
    """The indicator's value from its parts.

    Of a model the sum of its points, unknown where a kind is not looked for.

    Args:
        measured: Parts by name.
        enterprise: The columns that look-ups are keyed by.
        indicator: The indicator.
        resolved: Its policy.
        looked_for: Whether the sources cover every kind that the indicator selects.
    """
    if indicator.aggregate != MODEL:
        return indicators.value(measured, indicator, looked_for=looked_for)
    input_values = _input_values(measured, enterprise, indicator, resolved)
    features_of_model = resolved.table_of(indicator).features
    points = [_points(feature, input_values, enterprise) for feature in features_of_model]
    return ibis.cases((looked_for, reduce(add, points).cast("int64")))


def features(
    measured: Mapping[str, ir.Value], enterprise: ir.Table, indicator: Indicator, resolved: ResolvedPolicy
) -> dict[str, ir.IntegerValue]:
    """Of every feature of a model its value (``VALUE``.

    Null where unknown) and its points (``POINTS``).

    The points add up to the model's. Arguments as in ``value``.
    """
    input_values = _input_values(measured, enterprise, indicator, resolved)
    columns = {}
    for feature in resolved.table_of(indicator).features:
        columns[VALUE + feature.id] = _feature_value(feature, input_values, enterprise)
        columns[POINTS + feature.id] = _points(feature, input_values, enterprise)
    return columns


def feature_columns(resolved: ResolvedPolicy) -> list[str]:
    """Names of the columns of ``features``, of every model of the policy."""
    columns = []
    for model in _models(resolved):
        for feature in resolved.table_of(model).features:
            columns += [VALUE + feature.id, POINTS + feature.id]
    return columns


def percents(indicator: Indicator, resolved: ResolvedPolicy, by_part: Percents) -> tuple[int, ...]:
    """What a record counts for the indicator, by cell; of a model the most that an input gives."""
    if indicator.aggregate != MODEL:
        return by_part[indicator.id]
    inside = _of_inputs(indicator, by_part)
    by_input = [inside[model_input.id] for model_input in resolved.inputs_of(indicator)]
    return tuple(map(max, zip(*by_input, strict=True)))


@lru_cache(maxsize=64)
def weights_by_cell(resolved: ResolvedPolicy) -> tuple[Mapping[str, int], ...]:
    """For every cell what a record in it counts, in percent, for each indicator that counts it."""
    by_part = indicators.percents(resolved)
    of_indicators = {
        indicator.id: percents(indicator, resolved, by_part) for indicator in resolved.policy.indicators
    }
    cells = [*zip(*of_indicators.values(), strict=True)]
    return tuple(_without_zeros(of_indicators, counted) for counted in cells)


def _without_zeros(names: Iterable[str], counted: Iterable[int]) -> Mapping[str, int]:
    return {name: percent for name, percent in zip(names, counted, strict=True) if percent}


def peer_columns(resolved: ResolvedPolicy) -> set[str]:
    """Enterprise columns that the policy's models read: keys of look-ups, and since when there is one."""
    columns: set[str] = set()
    for model in _models(resolved):
        table = resolved.table_of(model)
        columns.update(table.peers(), ["registered_on"] if table.sees_age else [])
    return columns


def points_at(feature: ScoredFeature, number: int) -> int:
    """Points of the first bin that holds ``number``."""
    return next(
        points_bin.points
        for points_bin in feature.bins
        if points_bin.upto is None or number <= points_bin.upto
    )


def _models(resolved: ResolvedPolicy) -> list[Indicator]:
    return [indicator for indicator in resolved.policy.indicators if indicator.aggregate == MODEL]


def _input_values(
    measured: Mapping[str, ir.Value], enterprise: ir.Table, indicator: Indicator, resolved: ResolvedPolicy
) -> dict[str, ir.IntegerValue]:
    inside = _of_inputs(indicator, measured)
    inputs = resolved.inputs_of(indicator)
    values = {
        model_input.id: indicators.value(inside, model_input, looked_for=True) for model_input in inputs
    }
    if resolved.table_of(indicator).sees_age:
        days = enterprise.as_of.delta(enterprise.registered_on, unit="day").cast("int64")
        # Who is registered later only is of no age yet.
        values[ENTERPRISE_AGE] = ibis.cases((days >= 0, days))
    return values


def _points(
    feature: ScoredFeature, inputs: Mapping[str, ir.IntegerValue], enterprise: ir.Table
) -> ir.IntegerValue:
    if feature.table is not None:
        return _looked_up(feature, feature.table, enterprise[str(feature.by)])
    number = inputs[feature.of]
    bin_limits = [points_bin.upto for points_bin in feature.bins if points_bin.upto is not None]
    if feature.among is None:
        is_known, is_below = number.notnull(), [number <= bin_limit for bin_limit in bin_limits]
    else:
        # Multiplied out: engines round a division each in their own way.
        among = inputs[feature.among] + feature.prior
        shrunk = number * WHOLE_BP + feature.prior * int(feature.mean_bp or 0)
        is_known = number.notnull() & (among > 0)
        is_below = [shrunk < among * (bin_limit + 1) for bin_limit in bin_limits]
    points = [_int(points_bin.points) for points_bin in feature.bins]
    branches = zip(is_below, points[:-1], strict=True)
    return ibis.cases((~is_known, _int(feature.unknown)), *branches, else_=points[-1])


def _feature_value(
    feature: ScoredFeature, inputs: Mapping[str, ir.IntegerValue], enterprise: ir.Table
) -> ir.IntegerValue:
    """What stands in the bins of a feature; shares in basis points, rounded down.

    Rounded down, a share stands in the same bin as exactly.
    """
    mean = int(feature.mean_bp or 0)
    if feature.table is not None:
        rates: ir.MapValue = ibis.map(list(feature.table), list(feature.table.values()))
        return rates.get(enterprise[str(feature.by)], mean).cast("int64")
    if feature.among is None:
        return inputs[feature.of].cast("int64")
    among = inputs[feature.among] + feature.prior
    share = ((inputs[feature.of] * WHOLE_BP + feature.prior * mean) // among).cast("int64")
    return ibis.cases((among > 0, share))


def _looked_up(feature: ScoredFeature, table: Mapping[str, int], key: ir.StringValue) -> ir.IntegerValue:
    """Points by key, one branch per bin; a key that is not in the table stands at the mean."""
    names_by_points: dict[int, list[str]] = {}
    for name, rate in sorted(table.items()):
        names_by_points.setdefault(points_at(feature, rate), []).append(name)
    at_mean = points_at(feature, int(feature.mean_bp or 0))
    # Names at the mean need no branch: the rest stands there anyway.
    names_by_points.pop(at_mean, None)
    branches = []
    for points, names_of_bin in sorted(names_by_points.items()):
        branches.append((key.isin(names_of_bin), _int(points)))
    return ibis.cases(*branches, else_=_int(at_mean)) if branches else _int(at_mean)


def _of_inputs(model: Indicator, by_part: Mapping[str, T]) -> dict[str, T]:
    """What belongs to the inputs of a model, by the names that they have in it."""
    prefix = part_of_input(model, "")
    return {
        part_name.removeprefix(prefix): part
        for part_name, part in by_part.items()
        if part_name.startswith(prefix)
    }


def _int(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int32")
