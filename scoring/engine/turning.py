"""Which records may count otherwise on one day than on another, though nothing new became known.

Every rule compares a date of the record with a day of the case, or its age with a limit. So between two days
only a record of which some date was passed can turn; no result of an enterprise without one does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain

from scoring.engine.indicators import cells
from scoring.engine.snapshot import SINCE, days_of
from scoring.entities import ENTERPRISE_COLUMNS, LINKED_COLUMNS, RECORD_COLUMNS, codes
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Indicator, Policy
from scoring.policy.law.retention import use_rules
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.literals import literal

DAY = timedelta(days=1)
DATED = "coalesce(decided_on, occurred_on)"
_AGED = ("decided_on", "occurred_on")
"""Dates from which a record ages: those that it becomes known and dated on are looked at apart."""
Span = tuple[date, date]
"""First and last day, both included."""


def turning_records(resolved: ResolvedPolicy, before: date, as_of: date) -> str:
    """Whether a linked record may turn between two days, as a condition of DuckDB on its columns.

    Args:
        resolved: The policy.
        before: The earlier day.
        as_of: The later one.
    """
    then, now = days_of(resolved.law, before), days_of(resolved.law, as_of)
    passed = (before + DAY, as_of)
    columns = [*_dates(RECORD_COLUMNS), *_dates(LINKED_COLUMNS)]
    conditions = [_within("known_on", [passed])]
    conditions += [
        _within(column, [(before, as_of)]) for column in columns if column not in (*_AGED, "known_on")
    ]
    if resolved.law.finality.kinds:
        served = _within("coalesce(served_on, decided_on)", [_ordered(then["lapsed_by"], now["lapsed_by"])])
        conditions.append(f"{_is_of(resolved.law.finality.kinds)} AND {served}")
    if "recheck_by" in now:
        conditions.append(_within("mended_on", [_ordered(then["recheck_by"], now["recheck_by"])]))
    spans_by_kind: dict[str, list[Span]] = {kind: [passed] for kind in codes()["kinds"]}
    for _instrument, rule in use_rules(resolved.law.instruments):
        span = _ordered(then[SINCE + rule.id], now[SINCE + rule.id])
        for kind in rule.kinds:
            spans_by_kind[kind].append(span)
    for kind, ages in _ages_by_kind(resolved).items():
        spans_by_kind[kind] += [(before - (age - 1) * DAY, as_of - age * DAY) for age in ages]
    by_kind = (
        f"WHEN {literal(kind)} THEN {_within(DATED, _merged(spans))}" for kind, spans in spans_by_kind.items()
    )
    conditions.append(f"CASE kind {' '.join(by_kind)} ELSE TRUE END")
    return " OR ".join(f"coalesce({condition}, FALSE)" for condition in conditions)


def turning_enterprises(before: date, as_of: date) -> str:
    """Whether a version of an enterprise begins or ends to be believed between two days, as a condition."""
    conditions = (_within(column, [(before, as_of)]) for column in _dates(ENTERPRISE_COLUMNS))
    return " OR ".join(f"coalesce({condition}, FALSE)" for condition in conditions)


def turning_ages(indicator: Indicator, policy: Policy) -> Iterator[int]:
    """Ages in days at which a record that the indicator looks at weighs otherwise.

    Where days are counted these are those too at which their number gives other points or meets or leaves a
    condition of the policy.
    """
    yield indicator.window_days
    yield from (below_age for below_age, _percent in indicator.age_weights or ())
    if not AGGREGATES[indicator.aggregate].counts_days:
        return
    yield from (points_bin.upto + 1 for points_bin in indicator.bins if points_bin.upto is not None)
    for rule in (*policy.gates, *policy.caps, *policy.vetoes):
        for condition in (*rule.all, *rule.any):
            if condition.indicator == indicator.id:
                yield from (bound for bound in (condition.at_least,) if bound is not None)
                yield from (bound + 1 for bound in (condition.at_most,) if bound is not None)


def _ages_by_kind(resolved: ResolvedPolicy) -> dict[str, set[int]]:
    """Ages at which records turn, by kind."""
    ages_by_kind: dict[str, set[int]] = defaultdict(set)
    for kind, ages in cells(resolved).ages_by_kind().items():
        ages_by_kind[kind].update(ages)
    for indicator in chain.from_iterable(map(resolved.inputs_of, resolved.policy.indicators)):
        for kind in (*indicator.select.kind, *(indicator.among.kind if indicator.among else ())):
            ages_by_kind[kind].update(turning_ages(indicator, resolved.policy))
    return ages_by_kind


def _dates(columns: Mapping[str, str]) -> list[str]:
    return [column for column, column_type in columns.items() if column_type == "date"]


def _is_of(kinds: Iterable[str]) -> str:
    return f"kind IN ({', '.join(map(literal, kinds))})"


def _within(column: str, spans: Sequence[Span]) -> str:
    """Whether a day lies within one of some spans, in SQL."""
    tests = (f"{column} BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in spans)
    return f"({' OR '.join(tests)})"


def _ordered(one: date, other: date) -> Span:
    return min(one, other), max(one, other)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same days in as few spans as there can be."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + DAY:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
