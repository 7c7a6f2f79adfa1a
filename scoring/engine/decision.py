"""From values to a band: gates, points, clipping, band, hysteresis, caps and vetoes, in the fixed order of the design.

Bands are numbered from 0 (best). Steps after the band combine by *the worst*, so none of them ever improves a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, and_, or_

import ibis
import ibis.expr.types as ir

from scoring.engine.indicators import unit
from scoring.policy.language.schema import MODEL, Condition, Gate, Indicator, Limit, Policy, model_floor

OUTSIDE_SCHEME = "outside_scheme"
"""Gate before all others: the entity type is none of the policy's subjects."""


def points(t: ir.Table, indicator: Indicator) -> ir.IntegerValue:
    """Points of the first bin whose ``upto`` is not exceeded, or in proportion; ``unknown`` where the value is null."""
    column, scale = t[f"v__{indicator.id}"], unit(indicator)
    if indicator.linear is not None:
        held = ibis.least(ibis.greatest(column, _int(indicator.linear.low)), _int(indicator.linear.high))
        return ibis.ifelse(
            column.isnull(), _int(indicator.unknown), (held * _int(indicator.linear.times)).cast("int32")
        )
    branches = [
        (column <= bin_.upto * scale, _int(bin_.points)) for bin_ in indicator.bins if bin_.upto is not None
    ]
    last = next(bin_.points for bin_ in indicator.bins if bin_.upto is None)
    return ibis.cases((column.isnull(), _int(indicator.unknown)), *branches, else_=_int(last))


def holds(t: ir.Table, rule: Gate, policy: Policy) -> ir.BooleanValue:
    """Whether a gate, cap or veto holds: all of ``all`` and, where given, any of ``any``; never null."""
    tests = []
    if rule.all:
        tests.append(reduce(and_, [_test(t, c, policy) for c in rule.all]))
    if rule.any:
        tests.append(reduce(or_, [_test(t, c, policy) for c in rule.any]))
    return reduce(and_, tests)


def _test(t: ir.Table, c: Condition, policy: Policy) -> ir.BooleanValue:
    starts = c.begins or c.outside
    if c.enterprise is not None and starts is not None:
        begins = reduce(or_, [t[c.enterprise].startswith(start) for start in starts]).fill_null(False)
        return begins if c.begins else ~begins
    if c.enterprise is not None:
        return t[c.enterprise].isin(c.in_ or ()).fill_null(False)
    column = t[f"c__{c.indicator}"]
    if c.unknown:
        return column.isnull()
    scale = unit(policy.indicator(str(c.indicator)))
    tests = [column >= c.at_least * scale] if c.at_least is not None else []
    tests += [column <= c.at_most * scale] if c.at_most is not None else []
    return reduce(and_, tests).fill_null(False)


def band_of(value: ir.IntegerValue, policy: Policy) -> ir.IntegerValue:
    """Number of the band that holds ``value`` points: 0 is best."""
    edges = [band.from_ for band in policy.bands]
    if len(edges) == 1:
        return _int(0)
    if policy.higher_is_better:
        return ibis.cases(
            *[(value >= edge, _int(n)) for n, edge in enumerate(edges[:-1])], else_=_int(len(edges) - 1)
        )
    worse_first = list(enumerate(edges))[:0:-1]
    return ibis.cases(*[(value >= edge, _int(n)) for n, edge in worse_first], else_=_int(0))


def decide(t: ir.Table, policy: Policy, columns: Sequence[str]) -> ir.Table:
    """The decided rows: of the case and value columns those in ``columns``, with points, rules, gate and band numbers.

    Three selects, because every select that carries all columns costs a millisecond of planning.
    """
    kept = [c for c in columns if c in t.columns]
    pointed = t.select(
        *kept,
        **{f"p__{i.id}": points(t, i) for i in policy.indicators},
        gate=_gate(t, policy),
        **_rule_columns(t, policy),
    )
    pointed = _bounded(pointed, policy)
    summed = pointed.mutate(total=_total(pointed, policy))
    clipped = ibis.least(ibis.greatest(summed.total, _int(policy.scale.low)), _int(policy.scale.high))
    reached = band_of(clipped, policy)
    held = _hysteresis(summed, clipped, reached, policy)
    limits = [
        ibis.ifelse(summed[f"{kind}__{rule.id}"], _limited(policy, rule, reached), _int(0))
        for kind, rule in limits_of(policy)
    ]
    decided = {
        "points": clipped,
        "points_band": reached,
        "held_band": held,
        "band_no": ibis.greatest(held, *limits) if limits else held,
    }
    return summed.select(**{c: decided[c] if c in decided else summed[c] for c in columns})


def limits_of(policy: Policy) -> Sequence[tuple[str, Limit]]:
    """Caps and vetoes with the prefix of their columns."""
    return [("cap", rule) for rule in policy.caps] + [("veto", rule) for rule in policy.vetoes]


def _rule_columns(t: ir.Table, policy: Policy) -> dict[str, ir.BooleanValue]:
    return {f"{kind}__{rule.id}": holds(t, rule, policy) for kind, rule in limits_of(policy)}


def _gate(t: ir.Table, policy: Policy) -> ir.StringValue:
    outside = ~t.entity_type.isin(policy.subjects).fill_null(False)
    return ibis.cases(
        (outside, OUTSIDE_SCHEME), *[(holds(t, gate, policy), gate.id) for gate in policy.gates]
    )


def _total(t: ir.Table, policy: Policy) -> ir.IntegerValue:
    return reduce(add, [t[f"p__{i.id}"] for i in policy.indicators], _int(policy.scale.base)).cast("int32")


def _bounded(t: ir.Table, policy: Policy) -> ir.Table:
    """Holds the points of a learned model back: they never take a total below the floor, nor one that is below it any lower."""
    learned = [i for i in policy.indicators if i.aggregate == MODEL]
    floor = model_floor(policy)
    if not learned or floor is None:
        return t
    column = f"p__{learned[0].id}"
    room = ibis.greatest(_total(t, policy) - t[column] - floor, _int(0))
    return t.mutate(**{column: ibis.greatest(t[column], -room).cast("int32")})


def _hysteresis(
    t: ir.Table, total: ir.IntegerValue, reached: ir.IntegerValue, policy: Policy
) -> ir.IntegerValue:
    """A better band than the prior one must be cleared by the policy's margin; without a prior it does not apply."""
    if policy.upgrade_margin == 0:
        return reached
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
