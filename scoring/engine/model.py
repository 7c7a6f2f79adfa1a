"""A points table inside the expression: the parts of its inputs, and the sum of the points of its features.

Shares are never divided: ``share <= limit`` is asked as ``10,000 × of + prior × mean < (limit + 1) × (among + prior)``, in integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import add
from typing import TypeVar

import ibis
import ibis.expr.types as ir

from scoring.engine import indicators
from scoring.engine.indicators import Part, inner
from scoring.policy.language.points_table import ModelTable, Scored, inputs_of, pinned_model
from scoring.policy.language.schema import MODEL, Indicator, Policy

WHOLE = 10_000  # basis points
VALUE, POINTS = "fv__", "fp__"
"""Prefixes of the columns of features."""
Percents = Mapping[str, tuple[int, ...]]
T = TypeVar("T")


def parts(t: ir.Table, indicator: Indicator, of: Percents) -> list[Part]:
    """The parts of an indicator over records of the snapshot; of a model those of all its inputs."""
    if indicator.aggregate != MODEL:
        return indicators.parts(t, indicator, of)
    own = _own(indicator, of)
    return [
        replace(part, name=inner(indicator, part.name))
        for i in inputs_of(indicator)
        for part in indicators.parts(t, i, own)
    ]


def value(
    parts_of: Mapping[str, ir.Value], enterprise: ir.Table, indicator: Indicator, *, looked_for: bool
) -> ir.IntegerValue:
    """The indicator's value from its parts; of a model the sum of its points, unknown where a kind is not looked for.

    Args:
        parts_of: Parts by name.
        enterprise: The columns that look-ups are keyed by.
        indicator: The indicator.
        looked_for: Whether the sources cover every kind that the indicator selects.
    """
    if indicator.aggregate != MODEL:
        return indicators.value(parts_of, indicator, looked_for=looked_for)
    if not looked_for:
        return ibis.null("int64")
    own = _own(indicator, parts_of)
    values = {i.id: indicators.value(own, i, looked_for=True) for i in inputs_of(indicator)}
    return reduce(add, [_points(feature, values, enterprise) for feature in _table(indicator).features]).cast(
        "int64"
    )


def features(
    parts_of: Mapping[str, ir.Value], enterprise: ir.Table, indicator: Indicator
) -> dict[str, ir.IntegerValue]:
    """Of every feature of a model its value (``VALUE``; null where unknown) and its points (``POINTS``), which add up to the model's.

    Args:
        parts_of: Parts by name.
        enterprise: The columns that look-ups are keyed by.
        indicator: The model.
    """
    own = _own(indicator, parts_of)
    values = {i.id: indicators.value(own, i, looked_for=True) for i in inputs_of(indicator)}
    found = {}
    for feature in _table(indicator).features:
        found[VALUE + feature.id] = _measured(feature, values, enterprise)
        found[POINTS + feature.id] = _points(feature, values, enterprise)
    return found


def feature_columns(policy: Policy) -> list[str]:
    """Names of the columns of ``features``, of every model of the policy."""
    return [
        prefix + f.id
        for i in policy.indicators
        if i.aggregate == MODEL
        for f in _table(i).features
        for prefix in (VALUE, POINTS)
    ]


def percents(indicator: Indicator, of: Percents) -> tuple[int, ...]:
    """What a record counts for the indicator, by cell; of a model the most that an input gives."""
    if indicator.aggregate != MODEL:
        return of[indicator.id]
    own = _own(indicator, of)
    return tuple(map(max, zip(*(own[i.id] for i in inputs_of(indicator)), strict=True)))


def peer_columns(policy: Policy) -> set[str]:
    """Enterprise columns that look-ups of the policy's models are keyed by."""
    return {column for i in policy.indicators if i.aggregate == MODEL for column in _table(i).peers()}


def _points(feature: Scored, values: Mapping[str, ir.IntegerValue], enterprise: ir.Table) -> ir.IntegerValue:
    if feature.table is not None:
        return _looked_up(feature, feature.table, enterprise[str(feature.by)])
    of, limits = values[feature.of], [b.upto for b in feature.bins if b.upto is not None]
    if feature.among is None:
        known, below = of.notnull(), [of <= limit for limit in limits]
    else:
        among = values[feature.among] + feature.prior
        shrunk = of * WHOLE + feature.prior * int(feature.mean_bp or 0)
        known, below = of.notnull() & (among > 0), [shrunk < among * (limit + 1) for limit in limits]
    branches = [(hit, _int(b.points)) for hit, b in zip(below, feature.bins[:-1], strict=True)]
    return ibis.cases((~known, _int(feature.unknown)), *branches, else_=_int(feature.bins[-1].points))


def _measured(
    feature: Scored, values: Mapping[str, ir.IntegerValue], enterprise: ir.Table
) -> ir.IntegerValue:
    """What the bins of a feature are asked of: shares in basis points, rounded down, which stand in the same bin."""
    if feature.table is not None:
        rates: ir.MapValue = ibis.map(list(feature.table), list(feature.table.values()))
        return rates.get(enterprise[str(feature.by)], int(feature.mean_bp or 0)).cast("int64")
    if feature.among is None:
        return values[feature.of].cast("int64")
    among = values[feature.among] + feature.prior
    return ibis.cases(
        (
            among > 0,
            ((values[feature.of] * WHOLE + feature.prior * int(feature.mean_bp or 0)) // among).cast("int64"),
        )
    )


def _looked_up(feature: Scored, table: Mapping[str, int], key: ir.StringValue) -> ir.IntegerValue:
    """Points by key, one branch per bin; a key that is not in the table stands at the mean."""
    by_points: dict[int, list[str]] = {}
    for name, rate in sorted(table.items()):
        by_points.setdefault(points_at(feature, rate), []).append(name)
    at_mean = points_at(feature, int(feature.mean_bp or 0))
    branches = [
        (key.isin(names), _int(points)) for points, names in sorted(by_points.items()) if points != at_mean
    ]
    return ibis.cases(*branches, else_=_int(at_mean)) if branches else _int(at_mean)


def points_at(feature: Scored, number: int) -> int:
    """Points of the first bin that holds ``number``."""
    return next(b.points for b in feature.bins if b.upto is None or number <= b.upto)


def _table(indicator: Indicator) -> ModelTable:
    return pinned_model(str(indicator.model), str(indicator.sha256))


def _own(indicator: Indicator, named: Mapping[str, T]) -> dict[str, T]:
    """What belongs to the inputs of a model, by the names that they have in it."""
    prefix = inner(indicator, "")
    return {name.removeprefix(prefix): found for name, found in named.items() if name.startswith(prefix)}


def _int(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int32")
