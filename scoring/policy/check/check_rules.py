"""Checks of gates, caps and vetoes: each can hold, holds not for everybody, and not without a record.

What is proven stands on the values that an indicator can take. A gate may rest on a lack of records, as
too little evidence gives *not rated*; a cap or veto may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice, product

from scoring.policy.check.possible_values import (
    Value,
    empty_value,
    is_met,
    known_values,
    topic_of,
)
from scoring.policy.check.subject import Subject
from scoring.policy.check.worlds import MOST_STEPS, Worlds, met, missed
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.measures import levels
from scoring.policy.language.schema import MODEL, Condition, Gate, Indicator, Limit
from scoring.policy.read.finding import Finding, TomlPath


def check_rules(subject: Subject) -> Iterator[Finding]:
    """Every gate, cap and veto can hold, holds not for everybody, and not without what it speaks of."""
    conditions = [condition for _, condition in subject.conditions()]
    # other checks speak of names that are not there and of bounds in the wrong order
    if not _sound(subject, conditions):
        return
    worlds = Worlds(subject.policy, conditions)
    for toml_path, rule in subject.rules():
        findings = list(_of_conditions(subject, worlds, toml_path, rule))
        # what a condition alone does wrong explains the rule
        yield from findings or _of_rule(subject, worlds, toml_path, rule)


def _sound(subject: Subject, conditions: list[Condition]) -> bool:
    indicators = {indicator.id for indicator in subject.policy.indicators}
    for condition in conditions:
        least, most = condition.at_least, condition.at_most
        if condition.indicator is not None and condition.indicator not in indicators:
            return False
        if least is not None and most is not None and least > most:
            return False
    return True


def _of_conditions(subject: Subject, worlds: Worlds, toml_path: TomlPath, rule: Gate) -> Iterator[Finding]:
    for key, conditions in (("all", rule.all), ("any", rule.any)):
        for position, condition in enumerate(conditions):
            here = (*toml_path, key, position)
            yield from _of_condition(subject, worlds, here, condition, rule)


def _of_condition(
    subject: Subject, worlds: Worlds, toml_path: TomlPath, condition: Condition, rule: Gate
) -> Iterator[Finding]:
    topic, name = topic_of(condition), toml_path[0]
    values = worlds.possible[topic]
    if not any(is_met(condition, value) for value in values):
        yield subject.finding(
            "condition_never", toml_path, rule=rule.id, list_name=name, topic=topic, values=_shown(values)
        )
        return
    if condition.indicator is None:
        return
    if _is_idle(condition, subject.policy.indicator(condition.indicator)):
        yield subject.finding("condition_idle", toml_path, rule=rule.id, list_name=name, topic=topic)


def _shown(values: tuple[Value, ...]) -> str:
    """First and last of the known values, for a sentence."""
    known = [value for value in values if value is not None]
    return f"{known[0]} … {known[-1]}" if known else "—"


def _bounds(condition: Condition) -> list[int]:
    return [bound for bound in (condition.at_least, condition.at_most) if bound is not None]


def _usual_values(condition: Condition, indicator: Indicator) -> tuple[int, ...]:
    """The known values, without negative ones where neither the indicator nor the condition names any."""
    line = [indicator.linear.low] if indicator.linear else []
    steps = [a_bin.upto for a_bin in indicator.bins if a_bin.upto is not None]
    stated = [*_bounds(condition), *line, *steps]
    return known_values(indicator, min(0, *stated)).around(stated)


def _is_idle(condition: Condition, indicator: Indicator) -> bool:
    """Whether a condition holds whatever is on record, which leaves nothing that it tells."""
    if condition.unknown or indicator.aggregate == MODEL or _known_is_news(indicator):
        return False
    return all(is_met(condition, value) for value in _usual_values(condition, indicator))


def _known_is_news(indicator: Indicator) -> bool:
    """Whether the value is known only where there is such a record: any bound then says something."""
    return AGGREGATES[indicator.aggregate].counts_days or bool(levels(indicator.of))


def _of_rule(subject: Subject, worlds: Worlds, toml_path: TomlPath, rule: Gate) -> Iterator[Finding]:
    """What no condition alone shows: rules that contradict themselves, or what is asked before them."""
    name = toml_path[0]
    before = [missed(gate) for gate in _asked_before(subject, toml_path)]
    if not worlds.hold(met(rule), worlds.possible):
        yield subject.finding("rule_never", toml_path, rule=rule.id, list_name=name)
    elif not worlds.hold([*met(rule), *before], worlds.possible):
        yield subject.finding("rule_never", toml_path, "rule_never_reached", rule=rule.id, list_name=name)
    elif not worlds.hold([missed(rule), *before], worlds.ordinary):
        yield subject.finding("rule_always", toml_path, rule=rule.id, list_name=name)
    elif _holds_without_record(subject, worlds, rule):
        yield subject.finding("rule_without_record", toml_path, rule=rule.id, list_name=name)


def _asked_before(subject: Subject, toml_path: TomlPath) -> tuple[Gate, ...]:
    """The gates that end a rating before a rule is asked."""
    gates, position = subject.policy.gates, toml_path[1]
    return gates[:position] if toml_path[0] == "gates" and isinstance(position, int) else gates


def _holds_without_record(subject: Subject, worlds: Worlds, rule: Gate) -> bool:
    """Whether a rule holds for an enterprise without any record, by what it says of records."""
    indicators = {indicator.id: indicator for indicator in subject.policy.indicators}
    of_records = [each for each in (*rule.all, *rule.any) if each.indicator is not None]
    if any(indicators[topic_of(condition)].aggregate == MODEL for condition in of_records):
        return False
    allowed = _speaks_of_lack if not isinstance(rule, Limit) else _never
    permitted = [condition for condition in of_records if allowed(condition, indicators)]
    for enterprise in islice(_enterprises(worlds, rule), MOST_STEPS):
        for covered in (True, False):
            values = dict(enterprise)
            for condition in of_records:
                indicator = indicators[topic_of(condition)]
                values[indicator.id] = empty_value(indicator, covered=covered)
            if _holds(rule, values, of_records) and not _holds(rule, values, permitted):
                return True
    return False


def _never(condition: Condition, indicators: Mapping[str, Indicator]) -> bool:
    """A cap or veto rests on no lack of records: no record is neither good nor bad."""
    return False


def _speaks_of_lack(condition: Condition, indicators: Mapping[str, Indicator]) -> bool:
    """Whether a condition of a gate asks for too little evidence, and no adverse record is none."""
    adverse = indicators[topic_of(condition)].direction == "adverse"
    return bool(condition.unknown) or (condition.at_least is None and not adverse)


def _enterprises(worlds: Worlds, rule: Gate) -> Iterator[dict[str, Value]]:
    """All that the attributes which a rule tests can be."""
    conditions = (*rule.all, *rule.any)
    topics = sorted({topic_of(each) for each in conditions if each.enterprise is not None})
    for values in product(*(worlds.possible[topic] for topic in topics)):
        yield dict(zip(topics, values, strict=True))


def _holds(rule: Gate, values: Mapping[str, Value], counting: list[Condition]) -> bool:
    """Whether a rule holds; of its conditions on records only some are taken to hold at all."""
    test: Callable[[Condition], bool] = partial(_counts_and_holds, values=values, counting=counting)
    return all(map(test, rule.all)) and (not rule.any or any(map(test, rule.any)))


def _counts_and_holds(condition: Condition, values: Mapping[str, Value], counting: list[Condition]) -> bool:
    if condition.indicator is not None and condition not in counting:
        return False
    return is_met(condition, values[topic_of(condition)])
