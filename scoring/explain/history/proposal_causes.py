"""What brings a proposed result: records that are new or other than they were, or a day that has come.

The result in effect and the proposed one are compared as two days of a history are, under the rules
of the proposed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from scoring.assess.assessor import Record
from scoring.engine.results import SCALE_LIMIT
from scoring.entities import (
    RECORD_COLUMNS,
    CauseCode,
    CausingRecord,
    ProposalCause,
    RecordCorrection,
)
from scoring.explain.history.day_change import PointsMove, RuleChange, passing_of_time, tested_by
from scoring.explain.history.record_states import Event, RecordsOfDay, record_events, weights_of
from scoring.explain.outlook.lifetime import (
    DAY,
    counts_until,
    dated_on,
    final_from,
    record_turn,
    turning_days,
)
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import MODEL, Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

CODES: Mapping[str, CauseCode] = {
    "known": "new_record",
    "final": "became_final",
    "settled": "settled",
    "counts": "counts",
    "corrected": "corrected",
    "lapsed": "lapsed",
    "expired": "lapsed",
    "ended": "lapsed",
    "aged": "faded",
    "time": "distance",
}
"""What an event of a record is called as a cause; others end a record that spoke for the enterprise."""
MAY_BE_CORRECTIONS = frozenset({"counts", "corrected", "lapsed", "aged"})
NOT_COMPARED = frozenset({"known_on", "known_until", "officer_note", "source", "act_id"})
"""Columns that say nothing of the fact."""
SHOWN = (
    "kind",
    "result",
    "severity",
    "occurred_on",
    "decided_on",
    "amount_fen",
    "document_no",
    "authority",
)
"""Columns whose correction is told, the others are only corrected."""
Rules = frozenset[tuple[str, str]]
"""Gates, caps and vetoes that hold, as (kind, id)."""


class RestedOn(NamedTuple):
    """What a result rested on: its day, the records of the day, its points by indicator and its rules."""

    day: date
    records: RecordsOfDay
    points: Mapping[str, int]
    rules: Rules


@dataclass(frozen=True)
class Comparison:
    """A result in effect and a proposed one, under the rules of the latter.

    Attributes:
        before: What is in effect; ``None``: the enterprise was never rated.
        now: What is proposed.
        band: Number of the proposed band.
        version: The rules.
        better: Whether the proposed one is the better one.
    """

    before: RestedOn | None
    now: RestedOn
    band: int
    version: ResolvedPolicy
    better: bool = False

    def causes(self) -> list[ProposalCause]:
        """What brings the proposed result, rules first and then the heaviest; each indicator in one of them."""
        moved, began = self._moved(), self._began()
        groups = _together(list(self._events(moved, began)))
        causes = [self._cause(group, began) for group in groups]
        causes += self._unexplained(_indicators(groups), moved, began)
        return sorted(causes, key=lambda cause: (not cause.rules, -abs(cause.change)))

    @property
    def _direction(self) -> int:
        """1 where more points bring the proposed result, else -1."""
        return 1 if self.better == self.version.policy.higher_is_better else -1

    @property
    def _points_before(self) -> Mapping[str, int]:
        return self.before.points if self.before else {}

    @property
    def _records_before(self) -> RecordsOfDay:
        return self.before.records if self.before else {}

    def _moved(self) -> list[str]:
        """Indicators whose points went the way of the result."""
        before, now = self._points_before, self.now.points
        changes = {name: now.get(name, 0) - before.get(name, 0) for name in {*before, *now} - {SCALE_LIMIT}}
        return sorted(name for name, change in changes.items() if change * self._direction > 0)

    def _began(self) -> list[RuleChange]:
        """Vetoes and caps that began to hold and fix or hold down the proposed band; of a rise, that ended."""
        before = self.before.rules if self.before else frozenset()
        changed = before - self.now.rules if self.better else self.now.rules - before
        policy = self.version.policy
        bands = [band.id for band in policy.bands]
        ruling = [("veto", rule) for rule in policy.vetoes] + [("cap", rule) for rule in policy.caps]
        return [
            RuleChange(kind, rule.id, not self.better)
            for kind, rule in ruling
            if (kind, rule.id) in changed
            and (self.better or rule.band is None or bands.index(rule.band) >= self.band)
        ]

    def _events(self, moved: Sequence[str], began: Sequence[RuleChange]) -> Iterator[Event]:
        """What records did to the indicators concerned, the way of the result; a model sees all and is no ground."""
        policy = self.version.policy
        concerned = {
            name for name in {*moved, *tested_by(began, policy)} if policy.indicator(name).aggregate != MODEL
        }
        events = []
        for event in (
            *record_events(self._records_before, self.now.records),
            *self._corrected(concerned),
        ):
            worked = [name for name in event.indicators if name in concerned and self._pushes(event, name)]
            if worked:
                kept = event.indicators if self._is_correction(event) else worked
                ours = tuple(name for name in kept if policy.indicator(name).aggregate != MODEL)
                events.append(replace(event, indicators=ours))
        yield from events
        days = [name for name in moved if AGGREGATES[policy.indicator(name).aggregate].counts_days]
        moves = [PointsMove(name, self._direction) for name in days if self.before]
        yield from passing_of_time(moves, events, self.now.records)

    def _corrected(self, concerned: set[str]) -> Iterator[Event]:
        """Corrections that changed no weight: of an amount, a value or a number."""
        for record_id, before in sorted(self._records_before.items()):
            now = self.now.records.get(record_id, before)
            weights = weights_of(now)
            if weights and weights == weights_of(before) and _content(before) != _content(now):
                yield Event("corrected", now, tuple(sorted(concerned & weights.keys())))

    def _is_correction(self, event: Event) -> bool:
        record = event.record or {}
        before = self._records_before.get(str(record["record_id"]))
        differs = before is not None and _content(before) != _content(record)
        return differs and event.kind in MAY_BE_CORRECTIONS

    def _pushes(self, event: Event, indicator_id: str) -> bool:
        """Whether a record moved an indicator the way of the result, as far as its weight tells."""
        indicator, record = self.version.policy.indicator(indicator_id), event.record or {}
        is_share = indicator.among is not None
        if indicator.direction == "neutral" or not (is_share or AGGREGATES[indicator.aggregate].grows):
            return True
        record_id = str(record["record_id"])
        weighed = weights_of(self._records_before.get(record_id)).get(indicator_id, 0)
        weighs = weights_of(self.now.records[record_id]).get(indicator_id, 0)
        if weighs == weighed:
            return True
        # Of a share, what is only in the whole lowers it by coming and raises it by going.
        is_part = not is_share or indicator.select.looks_at(record)
        raises = (weighs > weighed) == is_part
        return raises == ((indicator.direction == "adverse") != self.better)

    def _cause(self, group: Sequence[Event], began: Sequence[RuleChange]) -> ProposalCause:
        """What some records moved together."""
        policy, indicators = self.version.policy, _indicators([group])
        scored = [indicator for indicator in policy.indicators if indicator.id in indicators]
        scored = [indicator for indicator in scored if self._before_and_now(indicator.id)[2]]
        records = [self._record(event) for event in group if event.record is not None]
        records.sort(key=lambda record: record.dated_on or date.min, reverse=True)
        return ProposalCause(
            code=records[0].code,
            records=tuple(records),
            points_before=sum(self._before_and_now(indicator.id)[0] for indicator in scored),
            points_now=sum(self._before_and_now(indicator.id)[1] for indicator in scored),
            indicators=tuple(indicator.label.model_dump() for indicator in scored),
            rules=tuple(_label(rule, policy) for rule in began if tested_by([rule], policy) & indicators),
        )

    def _before_and_now(self, indicator_id: str) -> tuple[int, int, int]:
        """Points of an indicator in effect and proposed, and the change."""
        before, now = self._points_before.get(indicator_id, 0), self.now.points.get(indicator_id, 0)
        return before, now, now - before

    def _unexplained(
        self, explained: set[str], moved: Sequence[str], began: Sequence[RuleChange]
    ) -> Iterator[ProposalCause]:
        """Indicators and rules that no record moved."""
        policy = self.version.policy
        for name in moved:
            if name not in explained:
                before, now, _ = self._before_and_now(name)
                yield ProposalCause(
                    "indicator", (), before, now, (policy.indicator(name).label.model_dump(),)
                )
        for rule in began:
            if not tested_by([rule], policy) & explained:
                yield ProposalCause("rule", (), 0, 0, (), (_label(rule, policy),))

    def _record(self, event: Event) -> CausingRecord:
        """A record with what it did and when."""
        record = event.record or {}
        before = self._records_before.get(str(record["record_id"]))
        code = self._code(event, record)
        return CausingRecord(
            record_id=str(record["record_id"]),
            code=code,
            on=self._on(code, event, record),
            kind=record["kind"],
            result=record["result"],
            severity=record["severity"],
            dated_on=dated_on(record),
            authority=record["authority"],
            document_no=record["document_no"],
            amount_fen=record["amount_fen"],
            corrections=tuple(_corrections(before, record)) if code == "corrected" and before else (),
        )

    def _code(self, event: Event, record: Record) -> CauseCode:
        if self.before is None:
            return "on_file"
        if self._is_correction(event):
            return "corrected"
        code = CODES.get(event.kind, "ended")
        return "became_final" if code == "new_record" and self._waited_for_finality(record) else code

    def _waited_for_finality(self, record: Record) -> bool:
        """Whether it was known already when it became final: then that day brings the change."""
        final_on, known_on = final_from(record, self.version.law), record["known_on"]
        return final_on is not None and known_on is not None and known_on < final_on <= self.now.day

    def _on(self, code: CauseCode, event: Event, record: Record) -> date | None:
        """The day on which a record did what it did; ``None`` where its own day says enough."""
        if code in ("on_file", "new_record"):
            return None
        if code == "became_final":
            return final_from(record, self.version.law)
        if code == "lapsed":
            return self._ended_on(event, record)
        if code in ("faded", "distance"):
            return self._faded_on(event, record)
        ended = {"restored": record["restored_on"], "withdrawn": record["withdrawn_on"]}
        known: date | None = ended.get(event.kind) or record["known_on"]
        return known

    def _ended_on(self, event: Event, record: Record) -> date:
        """First day on which it no longer counts for an indicator that it moved."""
        last_days = []
        for name in event.indicators:
            last_day = counts_until(record, self.version.policy.indicator(name), self.version)
            if last_day is not None and last_day < self.now.day:
                last_days.append(last_day + DAY)
        return max(last_days, default=self.now.day)

    def _faded_on(self, event: Event, record: Record) -> date:
        """The last day by which it came to weigh less, or lay back far enough for the next bin."""
        indicators = [self.version.policy.indicator(name) for name in event.indicators]
        days = [day for day in set(turning_days(record, self.version)) if day <= self.now.day]
        for day in sorted(days, reverse=True):
            if any(record_turn(record, indicator, self.version, day) == "fades" for indicator in indicators):
                return day
        return self.now.day


def policy_cause(version: ResolvedPolicy, before: Mapping[str, int], now: Mapping[str, int]) -> ProposalCause:
    """That another version of the rules holds: what it moves, the records being as they were."""
    label = both("pc_policy", version=version.policy.version)
    return ProposalCause("policy", (), sum(before.values()), sum(now.values()), (label,))


def _together(events: Sequence[Event]) -> list[list[Event]]:
    """Events that move the same indicators, in groups: no indicator is in two of them."""
    groups: list[list[Event]] = []
    for event in events:
        touching = [group for group in groups if _indicators([group]).intersection(event.indicators)]
        groups = [group for group in groups if group not in touching]
        groups.append([*chain.from_iterable(touching), event])
    return groups


def _indicators(groups: Iterable[Sequence[Event]]) -> set[str]:
    names: set[str] = set()
    for event in chain.from_iterable(groups):
        names.update(event.indicators)
    return names


def _label(rule: RuleChange, policy: Policy) -> dict[str, str]:
    rules = policy.vetoes if rule.kind == "veto" else policy.caps
    return next(known.label.model_dump() for known in rules if known.id == rule.rule_id)


def _content(version: Record) -> tuple[object, ...]:
    """What a version says of the fact."""
    return tuple(version[column] for column in RECORD_COLUMNS if column not in NOT_COMPARED)


def _corrections(before: Record, now: Record) -> Iterator[RecordCorrection]:
    for column in SHOWN:
        if before[column] != now[column]:
            yield RecordCorrection(column, _text(before[column]), _text(now[column]))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
