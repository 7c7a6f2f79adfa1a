"""Points and colour of one enterprise over time, and what moved them: records, time, the register, or the rules themselves.

Every day is assessed as of that day, so that a record that became known later moves no earlier day. Bands in effect
(``--prior``) are not known for past days and hold nothing back here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from scoring.assess.assessor import Assessor
from scoring.engine.decision import OUTSIDE_SCHEME
from scoring.engine.snapshot import NOT_KNOWN, SAME_ACT
from scoring.entities import Progress, Score, silent
from scoring.policy.language.schema import Gate, Indicator, Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.spans import Span

SUPERSEDED = "superseded"
ENDINGS = frozenset({"restored", "withdrawn", "expired", "annulled", "contested", SUPERSEDED})
"""Exclusion codes that are words for an end of their own; the others are told as *no longer counts*."""
BEGINNINGS: Mapping[str, str] = {NOT_KNOWN: "known", "not_final": "final", "contested": "settled"}

State = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Event:
    """What moved a result on a day.

    Attributes:
        kind: ``known``, ``final``, ``settled``, ``counts`` (a record begins to count); ``lapsed``, ``aged``, ``time`` (time does
            its work); ``restored``, ``withdrawn``, ``expired``, ``annulled``, ``contested``, ``superseded``, ``ended`` (a record
            stops counting); ``corrected``; ``enterprise`` (its entry in the register changed); ``policy`` (another version holds).
        record: The record's version, ``None`` where no record moved it.
        indicators: Ids of the indicators that it moved.
    """

    kind: str
    record: Mapping[str, Any] | None = None
    indicators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """Days, both inclusive, with the same points, band and reason of not being rated, under one version."""

    start: date
    end: date
    score: Score
    version: ResolvedPolicy


@dataclass(frozen=True)
class Change:
    """A day on which points, colour or the version changed.

    Attributes:
        day: The first day of what is new.
        before: Yesterday's result.
        after: The day's result.
        points: Change of points by indicator, in the unit of the policy that holds now, heaviest first.
        rules: Gates, caps and vetoes that began (``True``) or ended (``False``) to hold, as (kind, id, began).
        events: What moved it.
        version: The policy that holds now.
        earlier: The policy that held yesterday.
    """

    day: date
    before: Score
    after: Score
    points: tuple[tuple[str, int], ...]
    rules: tuple[tuple[str, str, bool], ...]
    events: tuple[Event, ...]
    version: ResolvedPolicy
    earlier: ResolvedPolicy


@dataclass(frozen=True)
class History:
    """All days of a span that have a result, as stretches, and the changes between them, oldest first.

    ``ended`` are records restored, withdrawn or annulled by the last day: they moved the past and are no longer shown.
    """

    enterprise_id: str
    stretches: tuple[Stretch, ...]
    changes: tuple[Change, ...]
    ended: frozenset[str] = frozenset()


def history(
    spans: Sequence[Span],
    assessor: Callable[[ResolvedPolicy], Assessor],
    enterprise_id: str,
    progress: Progress = silent,
) -> History:
    """The history of one enterprise: one query for each version of the policy, and two for each change.

    Args:
        spans: The versions in force, oldest first.
        assessor: Gives the assessor of a version, over tables that hold this enterprise.
        enterprise_id: The enterprise; unknown on all days, it has no stretches.
        progress: Called with ``history`` and the share done.
    """
    progress("history", 0.0)
    days = [
        (span.version, score, parts)
        for span in spans
        for score, parts in assessor(span.version).timeline(enterprise_id, _days(span))
    ]
    starts = [n for n, day in enumerate(days) if n == 0 or _shown(days[n - 1]) != _shown(day)]
    stretches = tuple(
        Stretch(days[a][1].as_of, days[b - 1][1].as_of, days[a][1], days[a][0])
        for a, b in pairwise([*starts, len(days)])
    )
    if len(starts) < 2:
        return History(enterprise_id, stretches, ())
    facts = assessor(days[0][0]).facts(enterprise_id)

    def state(version: ResolvedPolicy, day: date) -> State:
        return _state(assessor(version).traced(facts, enterprise_id, day), version.policy)

    changes = []
    for done, n in enumerate(starts[1:], start=1):
        changes.append(_change(days[n - 1], days[n], state))
        progress("history", done / (len(starts) - 1))
    return History(enterprise_id, stretches, tuple(changes), frozenset(_ended(facts, stretches[-1].end)))


def _ended(facts: Iterable[Mapping[str, Any]], day: date) -> Iterator[str]:
    """Records whose showing has ended by a day (NDRC Order 36: no longer shown, shared or used)."""
    for fact in facts:
        over = any(fact[name] is not None and fact[name] <= day for name in ("restored_on", "withdrawn_on"))
        if (
            fact["known_on"] is not None
            and fact["known_on"] <= day
            and (over or fact["contest"] == "annulled")
        ):
            yield str(fact["record_id"])


def _days(span: Span) -> list[date]:
    return [span.start + timedelta(days=n) for n in range((span.end - span.start).days + 1)]


Assessed = tuple[ResolvedPolicy, Score, Mapping[str, int]]


def _shown(day: Assessed) -> tuple[object, ...]:
    version, score, _ = day
    return version.sha256, score.points, score.band, score.status_reason


def _change(before: Assessed, after: Assessed, state: Callable[[ResolvedPolicy, date], State]) -> Change:
    (old_version, old, old_parts), (version, new, parts) = before, after
    moved = (
        {i: parts.get(i, 0) - old_parts.get(i, 0) for i in sorted({*parts, *old_parts})}
        if old.status == new.status == "rated"
        else {}
    )
    points = tuple(sorted(((i, n) for i, n in moved.items() if n), key=lambda item: (-abs(item[1]), item[0])))
    rules = tuple(_rules(old, new))
    watched = {i for i, _ in points} | {
        i for kind, rule_id, _ in rules for i in _tested(version.policy, kind, rule_id)
    }
    yesterday, today = (state(version, score.as_of) for score in (old, new))  # both under the rules of today
    events = [event for event in _recorded(yesterday, today) if watched.intersection(event.indicators)]
    told = {i for event in events for i in event.indicators}
    if old_version.sha256 != version.sha256:
        events.insert(0, Event("policy"))
    elif new.status_reason != old.status_reason and _of_register(
        version.policy, {old.status_reason, new.status_reason}
    ):
        events.insert(0, Event("enterprise"))
    else:
        events += [
            Event("time", _newest(today, i), (i,)) for i, _ in points if i not in told and _newest(today, i)
        ]
    return Change(new.as_of, old, new, points, rules, tuple(events), version, old_version)


def _rules(old: Score, new: Score) -> Iterator[tuple[str, str, bool]]:
    held = [
        {("gate", score.status_reason)} - {("gate", None)}
        | {("cap", c) for c in score.caps}
        | {("veto", v) for v in score.vetoes}
        for score in (old, new)
    ]
    yield from ((kind, str(rule_id), True) for kind, rule_id in sorted(held[1] - held[0], key=str))
    yield from ((kind, str(rule_id), False) for kind, rule_id in sorted(held[0] - held[1], key=str))


def _tested(policy: Policy, kind: str, rule_id: str) -> set[str]:
    """Indicators that a rule looks at."""
    rules: Mapping[str, Sequence[Gate]] = {"gate": policy.gates, "cap": policy.caps, "veto": policy.vetoes}
    return {
        c.indicator
        for rule in rules[kind]
        if rule.id == rule_id
        for c in (*rule.all, *rule.any)
        if c.indicator
    }


def _of_register(policy: Policy, gates: set[str | None]) -> bool:
    """Whether one of these gates looks at the enterprise itself."""
    return OUTSIDE_SCHEME in gates or any(
        c.enterprise for g in policy.gates if g.id in gates for c in (*g.all, *g.any)
    )


def _state(versions: Sequence[Mapping[str, Any]], policy: Policy) -> State:
    """Every record as it stood on a day: of its versions the one that counts, else the one that was believed."""
    shares = [i for i in policy.indicators if i.among is not None]
    best = {str(v["record_id"]): v for v in sorted(versions, key=_weighs_more)}
    return {
        record_id: {**v, "weights": {**_among(v, shares), **v["weights"]}} for record_id, v in best.items()
    }


def _among(version: Mapping[str, Any], shares: Sequence[Indicator]) -> dict[str, int]:
    """The shares whose denominator a record is in: it moves them as well as one of the numerator."""
    return {
        i.id: 100
        for i in shares
        if i.among and i.among.looks_at(version) and version["age"] in range(i.window_days)
    }


def _weighs_more(version: Mapping[str, Any]) -> int:
    return 2 if version["excluded"] is None else 0 if version["excluded"] in (NOT_KNOWN, SUPERSEDED) else 1


def _recorded(yesterday: State, today: State) -> Iterator[Event]:
    """What records did between two days: began to count, stopped, or came to weigh something else."""
    for record_id in sorted(today):
        before, now = yesterday.get(record_id), today[record_id]
        was, stays = _weights(before), _weights(now)
        moved = tuple(sorted(i for i in {*was, *stays} if was.get(i) != stays.get(i)))
        if moved:
            yield Event(_kind(before, now, was, stays), now, moved)


def _weights(version: Mapping[str, Any] | None) -> Mapping[str, int]:
    """Weights in indicators; a record behind a graver one of its act is still seen by caps, and only by them."""
    return version["weights"] if version and version["excluded"] in (None, SAME_ACT) else {}


def _kind(
    before: Mapping[str, Any] | None, now: Mapping[str, Any], was: Mapping[str, int], stays: Mapping[str, int]
) -> str:
    if before is not None and was and now["excluded"] is None and before["known_on"] != now["known_on"]:
        return "corrected"
    if set(stays) - set(was):
        return BEGINNINGS.get(str(before["excluded"]) if before else NOT_KNOWN, "counts")
    if now["excluded"] is not None:
        return str(now["excluded"]) if now["excluded"] in ENDINGS else "ended"
    return "aged" if set(was) == set(stays) else "lapsed"


def _newest(today: State, indicator_id: str) -> Mapping[str, Any] | None:
    """The record that the passing of time is counted from: the newest that the indicator selects."""
    selected = [v for v in today.values() if indicator_id in _weights(v)]
    return min(selected, key=lambda v: (v["age"], str(v["record_id"])), default=None)
