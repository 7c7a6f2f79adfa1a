"""What moved a result between two days: records, time, the register, or the rules themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from scoring.engine.decision import BEFORE_GATES
from scoring.entities import Score
from scoring.explain.history.record_states import Event, RecordsOfDay, newest_record, record_events
from scoring.policy.language.schema import Gate, Policy
from scoring.policy.resolved import ResolvedPolicy

StateOn = Callable[[ResolvedPolicy, date], RecordsOfDay]
"""Gives the records of an enterprise as they stood on a day under a version of the policy."""


class AssessedDay(NamedTuple):
    """A result on one day: the version that gave it, the score, and its points by indicator."""

    version: ResolvedPolicy
    score: Score
    points: Mapping[str, int]


class PointsMove(NamedTuple):
    """By how many points an indicator moved a result."""

    indicator: str
    points: int


class RuleChange(NamedTuple):
    """A gate, cap or veto that began to hold, or ended."""

    kind: str
    rule_id: str
    began: bool


@dataclass(frozen=True)
class Change:
    """A day on which points, colour or the version changed.

    Attributes:
        day: The first day of what is new.
        before: Yesterday's result.
        after: The day's result.
        points: Points by indicator, in the unit of the policy that holds now, heaviest first.
        rules: Gates, caps and vetoes that began or ended to hold.
        events: What moved it.
        version: The policy that holds now.
        earlier: The policy that held yesterday.
    """

    day: date
    before: Score
    after: Score
    points: tuple[PointsMove, ...]
    rules: tuple[RuleChange, ...]
    events: tuple[Event, ...]
    version: ResolvedPolicy
    earlier: ResolvedPolicy


def explain_change(before: AssessedDay, after: AssessedDay, state_on: StateOn) -> Change:
    """What moved the result between two days, and the recorded events behind it."""
    points = moved_points(before, after)
    rules = changed_rules(before.score, after.score)
    indicators = {move.indicator for move in points} | tested_by(rules, after.version.policy)

    # Both days under the rules of the later one: otherwise a new rule would look like a new record.
    yesterday = state_on(after.version, before.score.as_of)
    today = state_on(after.version, after.score.as_of)
    recorded_events = record_events(yesterday, today)
    events = [event for event in recorded_events if indicators.intersection(event.indicators)]

    if cause := change_of_rules_or_register(before, after):
        events.insert(0, cause)
    else:
        events += passing_of_time(points, events, today)
    return Change(
        day=after.score.as_of,
        before=before.score,
        after=after.score,
        points=points,
        rules=rules,
        events=tuple(events),
        version=after.version,
        earlier=before.version,
    )


def moved_points(before: AssessedDay, after: AssessedDay) -> tuple[PointsMove, ...]:
    """The indicators that moved the points, heaviest first; none where a day has no points."""
    if before.score.status != "rated" or after.score.status != "rated":
        return ()
    moves = []
    for indicator in {*before.points, *after.points}:
        moved = after.points.get(indicator, 0) - before.points.get(indicator, 0)
        if moved:
            moves.append(PointsMove(indicator, moved))
    return tuple(sorted(moves, key=lambda move: (-abs(move.points), move.indicator)))


def changed_rules(before: Score, after: Score) -> tuple[RuleChange, ...]:
    """Gates, caps and vetoes that hold on one of two days only; those that begin come first."""
    rules_before, rules_after = _rules_of(before), _rules_of(after)
    began = sorted(rules_after - rules_before)
    ended = sorted(rules_before - rules_after)
    changes = [RuleChange(kind, rule_id, began=True) for kind, rule_id in began]
    changes += [RuleChange(kind, rule_id, began=False) for kind, rule_id in ended]
    return tuple(changes)


def tested_by(rules: Iterable[RuleChange], policy: Policy) -> set[str]:
    """Indicators that some rules look at."""
    by_kind: Mapping[str, Sequence[Gate]] = {
        "gate": policy.gates,
        "cap": policy.caps,
        "veto": policy.vetoes,
    }
    indicator_ids = set()
    for change in rules:
        for rule in by_kind[change.kind]:
            if rule.id == change.rule_id:
                conditions = (*rule.all, *rule.any)
                indicator_ids |= {condition.indicator for condition in conditions if condition.indicator}
    return indicator_ids


def change_of_rules_or_register(before: AssessedDay, after: AssessedDay) -> Event | None:
    """The event that no record explains: another version holds, or the register changed."""
    if before.version.rules_sha256 != after.version.rules_sha256:
        return Event("policy")
    gate_ids = {before.score.status_reason, after.score.status_reason}
    if len(gate_ids) == 2 and _look_at_register(gate_ids, after.version.policy):
        return Event("enterprise")
    return None


def passing_of_time(
    points: Iterable[PointsMove], events: Iterable[Event], today: RecordsOfDay
) -> Iterator[Event]:
    """One event for each indicator that moved although no record did anything."""
    explained_indicators: set[str] = set()
    for event in events:
        explained_indicators.update(event.indicators)
    # An indicator that a record explains needs no second reason.
    for move in points:
        if move.indicator in explained_indicators:
            continue
        newest = newest_record(today, move.indicator)
        if newest is not None:
            yield Event("time", newest, (move.indicator,))


def _rules_of(score: Score) -> set[tuple[str, str]]:
    rules_that_hold = {("cap", rule_id) for rule_id in score.caps}
    rules_that_hold |= {("veto", rule_id) for rule_id in score.vetoes}
    if score.status_reason is not None:
        rules_that_hold.add(("gate", score.status_reason))
    return rules_that_hold


def _look_at_register(gate_ids: set[str | None], policy: Policy) -> bool:
    """Whether one of these gates looks at the enterprise itself."""
    if not gate_ids.isdisjoint(BEFORE_GATES):
        return True
    conditions = []
    for gate in policy.gates:
        if gate.id in gate_ids:
            conditions += [*gate.all, *gate.any]
    return any(condition.enterprise for condition in conditions)
