"""What an indicator or an attribute can be at all: the ground of every proof about a rule."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import gcd

from scoring.entities import MAX_AMOUNT_FEN, MAX_RECORDS, codes
from scoring.policy.language.aggregates import AGGREGATES, LATEST_BASE
from scoring.policy.language.measures import coded_column, levels
from scoring.policy.language.schema import MODEL, Condition, Indicator, Policy, Select
from scoring.policy.language.selection import SELECTED_COLUMNS, UNKNOWN

Value = int | str | None
"""What a condition looks at; ``None``: it is unknown, or there is none."""

_MOST_MEASURED = LATEST_BASE // 2
_WHOLE_SHARE = 10_000
# from here on sums of weights up to 100 have no gaps but those of their common divisor
_WITHOUT_GAPS = 10_000
_CLOSED_LISTS = {"status": "statuses", "entity_type": "entity_types", "size_band": "size_bands"}
_NO_CODE = "~"
"""A text that begins no code and that no code begins."""


@dataclass(frozen=True)
class ValueRange:
    """The numbers that a known value can be.

    Attributes:
        single: Those that are listed one by one, rising; none: it is never known.
        step: What each further one adds to the one before; 0: there are no further ones.
        greatest: None is greater.
    """

    single: tuple[int, ...]
    step: int
    greatest: int

    def first_from(self, bound: int) -> int | None:
        """The least number that is not below a bound."""
        position = bisect_left(self.single, bound)
        if position < len(self.single):
            return self.single[position]
        if not self.step or not self.single:
            return None
        steps = -(-(bound - self.single[-1]) // self.step)
        number = self.single[-1] + steps * self.step
        return number if number <= self.greatest else None

    def last_to(self, bound: int) -> int | None:
        """The greatest number that is not above a bound."""
        position = bisect_right(self.single, min(bound, self.greatest))
        if not position:
            return None
        last = self.single[position - 1]
        if position < len(self.single) or not self.step:
            return last
        return last + (min(bound, self.greatest) - last) // self.step * self.step

    def around(self, bounds: Iterable[int]) -> tuple[int, ...]:
        """Numbers that stand for all: both ends, and those next to each bound on either side.

        Whatever lies between bounds is met by one of them.
        """
        chosen: set[int | None] = {self.first_from(-(10**18)), self.last_to(10**18)}
        for bound in bounds:
            chosen |= {self.first_from(bound), self.first_from(bound + 1)}
            chosen |= {self.last_to(bound), self.last_to(bound - 1)}
        return tuple(sorted(number for number in chosen if number is not None))


def whole_range(first: int, last: int) -> ValueRange:
    """Every whole number from ``first`` to ``last``."""
    return ValueRange((first,), 1 if last > first else 0, last)


def known_values(indicator: Indicator, least_measured: int = -_MOST_MEASURED) -> ValueRange:
    """What the value of an indicator can be where it is known.

    Args:
        indicator: The indicator.
        least_measured: The least number that a record may state as its value.
    """
    aggregate = AGGREGATES[indicator.aggregate]
    if indicator.aggregate == MODEL:
        return whole_range(-_MOST_MEASURED, _MOST_MEASURED)
    if aggregate.among is not None:
        return _shares(indicator)
    if not can_select(indicator.select):
        return whole_range(0, 0) if aggregate.zero_without_records else ValueRange((), 0, 0)
    if aggregate.counts_days:
        return whole_range(0, indicator.window_days - 1)
    if aggregate.money:
        return whole_range(0, MAX_AMOUNT_FEN * MAX_RECORDS)
    if aggregate.zero_without_records:
        return _counts(indicator)
    return _measured(indicator, least_measured)


def _counts(indicator: Indicator) -> ValueRange:
    """What records add up to, each with one of the weights; in hundredths where there are any."""
    if indicator.age_weights is None:
        return whole_range(0, MAX_RECORDS)
    weights = sorted({percent for _, percent in indicator.age_weights if percent})
    return _sums_of(tuple(weights)) if weights else whole_range(0, 0)


@cache
def _sums_of(weights: tuple[int, ...]) -> ValueRange:
    """What any number of weights adds up to."""
    sums = {0}
    for total in range(1, _WITHOUT_GAPS + 1):
        if any(total - percent in sums for percent in weights):
            sums.add(total)
    return ValueRange(tuple(sorted(sums)), gcd(*weights), weights[-1] * MAX_RECORDS)


def _measured(indicator: Indicator, least: int) -> ValueRange:
    """What one record states: a gravity by its level, or a number."""
    column = coded_column(indicator.of)
    if column is None:
        return whole_range(least, _MOST_MEASURED)
    by_code = levels(indicator.of, indicator.select.kind)
    asked_for = sorted({level for code, level in by_code.items() if indicator.select.takes(column, code)})
    return ValueRange(tuple(asked_for), 0, asked_for[-1] if asked_for else 0)


def _shares(indicator: Indicator) -> ValueRange:
    """Basis points: nothing where no record can be of the numerator, all where each one is."""
    among = indicator.among
    if among is None or not can_select(among):
        return ValueRange((), 0, 0)
    if not can_select(indicator.select) or not set(among.kind) & set(indicator.select.kind):
        return whole_range(0, 0)
    if is_within(among, indicator.select):
        return whole_range(_WHOLE_SHARE, _WHOLE_SHARE)
    return whole_range(0, _WHOLE_SHARE)


def can_select(select: Select) -> bool:
    """Whether any record can be of a selection: some kind of it may end with some result of it."""
    if select.result is None or UNKNOWN in select.result:
        return True
    ends_of = [set(map(str, _kinds_with(code))) for code in select.result]
    return bool(set(select.kind).intersection(set().union(*ends_of)))


def _kinds_with(result: str) -> list[object]:
    kinds = codes()["results"].get(result, {}).get("of", [])
    return kinds if isinstance(kinds, list) else []


def is_within(inner: Select, outer: Select) -> bool:
    """Whether every record of one selection is one of the other."""
    for column in SELECTED_COLUMNS:
        wanted, allowed = getattr(inner, column), getattr(outer, column)
        if allowed is not None and (wanted is None or not set(wanted) <= set(allowed)):
            return False
    return True


def empty_value(indicator: Indicator, *, covered: bool) -> int | None:
    """The value where nothing is on record: 0 where somebody looked and it counts, else unknown."""
    return 0 if covered and AGGREGATES[indicator.aggregate].zero_without_records else None


def possible_texts(column: str, policy: Policy, conditions: Iterable[Condition]) -> tuple[Value, ...]:
    """What an attribute of a subject of the policy can be, as far as conditions tell it apart."""
    if column == "entity_type":
        # others are outside the scheme before any rule is asked
        return tuple(policy.subjects)
    if column in _CLOSED_LISTS:
        return (*codes()[_CLOSED_LISTS[column]], *((None,) if column == "size_band" else ()))
    return (*_around_codes(conditions), _NO_CODE, None)


def _around_codes(conditions: Iterable[Condition]) -> Iterator[str]:
    for condition in conditions:
        for code in (*(condition.in_ or ()), *(condition.begins or ()), *(condition.outside or ())):
            yield from (code, code + _NO_CODE)


def is_met(condition: Condition, value: Value) -> bool:
    """Whether a condition holds for a value: the engine's tests in plain form."""
    if condition.enterprise is not None:
        starts = condition.begins or condition.outside
        if starts is None:
            return value in (condition.in_ or ())
        begins = isinstance(value, str) and value.startswith(starts)
        return begins if condition.begins else not begins
    if condition.unknown:
        return value is None
    if not isinstance(value, int):
        return False
    least, most = condition.at_least, condition.at_most
    return (least is None or value >= least) and (most is None or value <= most)


def topic_of(condition: Condition) -> str:
    """What a condition is about: the id of an indicator, or ``enterprise.`` and its attribute."""
    return condition.indicator or f"enterprise.{condition.enterprise}"


def bounds_of(conditions: Iterable[Condition]) -> Mapping[str, list[int]]:
    """All bounds that conditions set, by indicator."""
    bounds: dict[str, list[int]] = {}
    for condition in conditions:
        stated = [bound for bound in (condition.at_least, condition.at_most) if bound is not None]
        bounds.setdefault(topic_of(condition), []).extend(stated)
    return bounds
