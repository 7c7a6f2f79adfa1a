"""From values to a band: gates, points, clipping, band, hysteresis, caps and vetoes, in this order.

Bands are numbered from 0 (best). Steps after the band combine by *the worst*, so none of them ever
improves a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, and_, or_

import ibis
import ibis.expr.types as ir

from scoring.engine.indicators import unit
from scoring.policy.language.schema import MODEL, Condition, Gate, Indicator, Limit, Policy, model_floor

TYPE_UNKNOWN, OUTSIDE_SCHEME = "type_unknown", "outside_scheme"
BEFORE_GATES = (TYPE_UNKNOWN, OUTSIDE_SCHEME)
"""Gates before all others: the entity type is not known, or none of the policy's subjects."""


def points(t: ir.Table, indicator: Indicator) -> ir.IntegerValue:
    """Points of the first bin whose ``upto`` is not exceeded, or in proportion.

    ``unknown`` where the value is null.
    """
    column, scale = t[f"v__{indicator.id}"], unit(indicator)
    unknown = _int(indicator.unknown)
    if line := indicator.linear:
        within = ibis.least(ibis.greatest(column, _int(line.low)), _int(line.high))
        return ibis.ifelse(column.isnull(), unknown, (within * _int(line.times)).cast("int32"))
    branches = []
    for points_bin in indicator.bins:
        if points_bin.upto is not None:
            branches.append((column <= points_bin.upto * scale, _int(points_bin.points)))
    last_points = next(points_bin.points for points_bin in indicator.bins if points_bin.upto is None)
    return ibis.cases((column.isnull(), unknown), *branches, else_=_int(last_points))


def holds(t: ir.Table, rule: Gate, policy: Policy) -> ir.BooleanValue:
    """Whether a gate, cap or veto holds: all of ``all`` and, where given, any of ``any``.

    Never null.
    """
    groups_of_tests = []
    if rule.all:
        groups_of_tests.append(reduce(and_, [_test(t, condition, policy) for condition in rule.all]))
    if rule.any:
        groups_of_tests.append(reduce(or_, [_test(t, condition, policy) for condition in rule.any]))
    return reduce(and_, groups_of_tests)


def _test(t: ir.Table, condition: Condition, policy: Policy) -> ir.BooleanValue:
    if condition.enterprise is not None:
        return _enterprise_test(t[condition.enterprise], condition)
    column = t[f"c__{condition.indicator}"]
    if condition.unknown:
        return column.isnull()
    scale = unit(policy.indicator(str(condition.indicator)))
    tests = []
    if condition.at_least is not None:
        tests.append(column >= condition.at_least * scale)
    if condition.at_most is not None:
        tests.append(column <= condition.at_most * scale)
    # What is unknown meets no bound: a rule never holds for lack of records.
    return reduce(and_, tests).fill_null(False)


def _enterprise_test(column: ir.StringValue, condition: Condition) -> ir.BooleanValue:
    starts = condition.begins or condition.outside
    if starts is None:
        return column.isin(condition.in_ or ()).fill_null(False)
    begins = reduce(or_, [column.startswith(start) for start in starts]).fill_null(False)
    return begins if condition.begins else ~begins


def band_of(value: ir.IntegerValue, policy: Policy) -> ir.IntegerValue:
    """Number of the band that holds ``value`` points: 0 is best."""
    edges = [band.from_ for band in policy.bands]
    if len(edges) == 1:
        return _int(0)
    if policy.higher_is_better:
        branches = [(value >= band_edge, _int(number)) for number, band_edge in enumerate(edges[:-1])]
        return ibis.cases(*branches, else_=_int(len(edges) - 1))
    worse_first = list(enumerate(edges))[:0:-1]
    branches = [(value >= band_edge, _int(number)) for number, band_edge in worse_first]
    return ibis.cases(*branches, else_=_int(0))


def decide(t: ir.Table, policy: Policy, columns: Sequence[str]) -> ir.Table:
    """The decided rows: points, rules, gate and band numbers, with columns of the case and values.

    Args:
        t: One row per case with the values of all indicators.
        policy: The policy.
        columns: Columns of the result; of ``t`` those among them are kept.
    """
    # Three selects and no more: each that carries all columns costs a millisecond of planning.
    kept_columns = [column for column in columns if column in t.columns]
    points_of = {f"p__{indicator.id}": points(t, indicator) for indicator in policy.indicators}
    pointed = t.select(*kept_columns, **points_of, gate=_gate(t, policy), **_rule_columns(t, policy))
    pointed = _bounded(pointed, policy)
    summed = pointed.mutate(total=_total(pointed, policy))
    not_below = ibis.greatest(summed.total, _int(policy.scale.low))
    clipped = ibis.least(not_below, _int(policy.scale.high))
    reached = band_of(clipped, policy)
    kept_band = _hysteresis(summed, clipped, reached, policy)
    allowed_bands = []
    for kind, rule in limits_of(policy):
        limited = _limited(policy, rule, reached)
        allowed_bands.append(ibis.ifelse(summed[f"{kind}__{rule.id}"], limited, _int(0)))
    decided = {
        "points": clipped,
        "points_band": reached,
        "held_band": kept_band,
        "band_no": ibis.greatest(kept_band, *allowed_bands) if allowed_bands else kept_band,
    }
    decided_columns = {name: decided[name] if name in decided else summed[name] for name in columns}
    return summed.select(**decided_columns)


def limits_of(policy: Policy) -> Sequence[tuple[str, Limit]]:
    """Caps and vetoes with the prefix of their columns."""
    return [("cap", rule) for rule in policy.caps] + [("veto", rule) for rule in policy.vetoes]


def _rule_columns(t: ir.Table, policy: Policy) -> dict[str, ir.BooleanValue]:
    return {f"{kind}__{rule.id}": holds(t, rule, policy) for kind, rule in limits_of(policy)}


def _gate(t: ir.Table, policy: Policy) -> ir.StringValue:
    outside = ~t.entity_type.isin(policy.subjects).fill_null(False)
    gate_tests = [(holds(t, gate, policy), gate.id) for gate in policy.gates]
    is_unknown = t.entity_type.isnull()
    return ibis.cases((is_unknown, TYPE_UNKNOWN), (outside, OUTSIDE_SCHEME), *gate_tests)


def _total(t: ir.Table, policy: Policy) -> ir.IntegerValue:
    points_of = [t[f"p__{indicator.id}"] for indicator in policy.indicators]
    return reduce(add, points_of, _int(policy.scale.base)).cast("int32")


def _bounded(t: ir.Table, policy: Policy) -> ir.Table:
    """Holds the points of a learned model back.

    They never take a total below the floor, nor one that is below it any lower.
    """
    learned = [indicator for indicator in policy.indicators if indicator.aggregate == MODEL]
    floor = model_floor(policy)
    if not learned or floor is None:
        return t
    points_column = f"p__{learned[0].id}"
    points_left = ibis.greatest(_total(t, policy) - t[points_column] - floor, _int(0))
    return t.mutate(**{points_column: ibis.greatest(t[points_column], -points_left).cast("int32")})


def _hysteresis(
    t: ir.Table, total: ir.IntegerValue, reached: ir.IntegerValue, policy: Policy
) -> ir.IntegerValue:
    """A better band than the prior one must be cleared by the policy's margin.

    Without a prior it does not apply.
    """
    if policy.upgrade_margin == 0:
        return reached
    # The margin keeps a grade from changing to and fro while the points move around an edge.
    margin = policy.upgrade_margin if policy.higher_is_better else -policy.upgrade_margin
    cleared = ibis.greatest(band_of(total - margin, policy), reached)
    improved = t.prior_band_no.notnull() & (reached < t.prior_band_no)
    return ibis.ifelse(improved, ibis.least(cleared, t.prior_band_no), reached)


def _limited(policy: Policy, rule: Limit, reached: ir.IntegerValue) -> ir.IntegerValue:
    """Number of the best band that a cap or veto still allows."""
    if rule.worse_by is None:
        return _int([band.id for band in policy.bands].index(str(rule.band)))
    return ibis.least(reached + _int(rule.worse_by), _int(len(policy.bands) - 1)).cast("int32")


def _int(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int32")
