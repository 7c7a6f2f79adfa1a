"""Enterprises that a proof looks for: some choice of values under which rules hold and others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from scoring.policy.check.possible_values import (
    Value,
    bounds_of,
    is_met,
    is_within,
    known_values,
    possible_texts,
    topic_of,
)
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Condition, Gate, Indicator, Policy

MOST_STEPS = 2_000
"""Choices that are tried; beyond them a rule is taken to be sound, as nobody writes such a one."""

Literal = tuple[Condition, bool]
"""A condition, and whether it is to hold."""
Demand = Sequence[Sequence[Literal]]
"""Alternatives, each of some literals: one of them is to be met in whole."""
Values = Mapping[str, tuple[Value, ...]]
"""What every topic of a condition can be."""


def met(rule: Gate) -> list[Demand]:
    """What an enterprise for which a rule holds is asked for."""
    all_of = [[(condition, True) for condition in rule.all]]
    any_of = [[(condition, True)] for condition in rule.any]
    return [all_of, any_of] if rule.any else [all_of]


def missed(rule: Gate) -> Demand:
    """What an enterprise for which a rule does not hold is asked for."""
    one_fails = [[(condition, False)] for condition in rule.all]
    every_one_fails = [(condition, False) for condition in rule.any]
    return [*one_fails, every_one_fails] if rule.any else one_fails


class Worlds:
    """All enterprises that rules of a policy can tell apart.

    Args:
        policy: The policy; every indicator that a condition names is in it.
        conditions: All conditions of its rules.
    """

    def __init__(self, policy: Policy, conditions: Sequence[Condition]) -> None:
        self._indicators = {indicator.id: indicator for indicator in policy.indicators}
        self.possible = _possible(policy, conditions, self._indicators)
        self.ordinary = {topic: self._ordinary(topic) for topic in self.possible}
        self._steps = 0
        self._untouched: Values = self.possible

    def _ordinary(self, topic: str) -> tuple[Value, ...]:
        """What a topic is of an enterprise that is described in full, by sources that cover all kinds."""
        indicator = self._indicators.get(topic)
        values = self.possible[topic]
        if indicator is None or AGGREGATES[indicator.aggregate].zero_without_records:
            return tuple(value for value in values if value is not None) or values
        return values

    def hold(self, demands: Sequence[Demand], values: Values) -> bool:
        """Whether some enterprise meets every demand; true where it would take too long to tell.

        Args:
            demands: What is asked for.
            values: ``possible`` or ``ordinary``.
        """
        self._steps, self._untouched = MOST_STEPS, values
        return self._search(values, sorted(demands, key=len))

    def _search(self, values: Values, demands: Sequence[Demand]) -> bool:
        self._steps -= 1
        if self._steps < 0:
            return True
        if not demands:
            return self._consistent(values)
        for literals in demands[0]:
            narrowed = _narrowed(values, literals)
            if narrowed is not None and self._search(narrowed, demands[1:]):
                return True
        return False

    def _consistent(self, values: Values) -> bool:
        """Whether no indicator is asked for more than one that sees all of its records."""
        touched = [topic for topic in values if values[topic] is not self._untouched[topic]]
        narrowed = [self._indicators[topic] for topic in touched if topic in self._indicators]
        pairs = product(narrowed, repeat=2)
        return not any(_contradict(inner, outer, values) for inner, outer in pairs if inner is not outer)


def _possible(
    policy: Policy, conditions: Sequence[Condition], indicators: Mapping[str, Indicator]
) -> dict[str, tuple[Value, ...]]:
    bounds = bounds_of(conditions)
    possible: dict[str, tuple[Value, ...]] = {}
    for topic in bounds:
        if topic in indicators:
            possible[topic] = (None, *known_values(indicators[topic]).around(bounds[topic]))
        else:
            same = [condition for condition in conditions if topic_of(condition) == topic]
            possible[topic] = possible_texts(topic.partition(".")[2], policy, same)
    return possible


def _narrowed(values: Values, literals: Sequence[Literal]) -> Values | None:
    """The values under which all literals are met, ``None`` where there are none."""
    narrowed = dict(values)
    for condition, wanted in literals:
        topic = topic_of(condition)
        narrowed[topic] = tuple(value for value in narrowed[topic] if is_met(condition, value) == wanted)
        if not narrowed[topic]:
            return None
    return narrowed


def _contradict(inner: Indicator, outer: Indicator, values: Values) -> bool:
    """Whether ``inner`` must be more than ``outer`` is, which sees all of its records."""
    if outer.window_days < inner.window_days or not is_within(inner.select, outer.select):
        return False
    inner_values, outer_values = values[inner.id], values[outer.id]
    inner_row, outer_row = AGGREGATES[inner.aggregate], AGGREGATES[outer.aggregate]
    if None in inner_values or not inner_row.zero_without_records:
        return False
    least = min(value for value in inner_values if isinstance(value, int))
    if not outer_row.zero_without_records:
        # a record of the one makes the other known, unless that one asks for more than a record
        return least > 0 and outer_row.counts_days and set(outer_values) == {None}
    same_way = inner.aggregate == outer.aggregate and inner.age_weights == outer.age_weights
    if not same_way or None in outer_values:
        return False
    return least > max(value for value in outer_values if isinstance(value, int))
