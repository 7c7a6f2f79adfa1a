"""Every record of an enterprise as it stood on a day, and what records did between two days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scoring.assess.assessor import Record
from scoring.engine.matters import SAME_MATTER
from scoring.engine.snapshot import NOT_KNOWN, SAME_ACT
from scoring.policy.language.schema import Indicator, Policy

SUPERSEDED = "superseded"
ENDINGS = frozenset({"restored", "withdrawn", "expired", "annulled", "contested", SUPERSEDED})
"""Exclusion codes that are words for an end of their own; others are called *no longer counts*."""
BEGINNINGS: Mapping[str, str] = {NOT_KNOWN: "known", "not_final": "final", "contested": "settled"}
"""What begins when the rule of that exclusion code no longer drops a record."""

RecordsOfDay = Mapping[str, Record]
"""By record id the version that stood on a day, with ``excluded``, ``age`` and ``weights``."""


@dataclass(frozen=True)
class Event:
    """What moved a result on a day.

    Attributes:
        kind: ``known``, ``final``, ``settled``, ``counts`` (a record begins to count); ``lapsed``,
            ``aged``, ``time`` (time does its work); ``restored``, ``withdrawn``, ``expired``,
            ``annulled``, ``contested``, ``superseded``, ``ended`` (a record stops counting);
            ``corrected``; ``enterprise`` (its entry in the register changed); ``policy`` (another
            version holds).
        record: The record's version, ``None`` where no record moved it.
        indicators: Ids of the indicators that it moved.
    """

    kind: str
    record: Record | None = None
    indicators: tuple[str, ...] = ()


def records_of_day(versions: Iterable[Record], policy: Policy) -> RecordsOfDay:
    """Of the versions of each record the one that counts, else the one that was believed."""
    share_indicators = [indicator for indicator in policy.indicators if indicator.among is not None]
    standing = {str(version["record_id"]): version for version in sorted(versions, key=_standing)}
    records = {}
    for record_id, version in standing.items():
        weights = {**_weights_in_shares(version, share_indicators), **version["weights"]}
        records[record_id] = {**version, "weights": weights}
    return records


def record_events(yesterday: RecordsOfDay, today: RecordsOfDay) -> Iterator[Event]:
    """What records did between two days: begin to count, stop, or come to weigh something else."""
    for record_id in sorted(today):
        before, now = yesterday.get(record_id), today[record_id]
        weighed, weighs = weights_of(before), weights_of(now)
        indicator_ids = sorted({*weighed, *weighs})
        moved = [name for name in indicator_ids if weighed.get(name) != weighs.get(name)]
        if moved:
            yield Event(_kind_of_event(before, now), now, tuple(moved))


def newest_record(today: RecordsOfDay, indicator_id: str) -> Record | None:
    """The newest record that an indicator selects: the passing of time is counted from it."""
    selected = [record for record in today.values() if indicator_id in weights_of(record)]
    return min(selected, key=lambda record: (record["age"], str(record["record_id"])), default=None)


def _standing(version: Record) -> int:
    """How far a version speaks for its record: not believed, believed, counted."""
    if version["excluded"] is None:
        return 2
    return 0 if version["excluded"] in (NOT_KNOWN, SUPERSEDED) else 1


def _weights_in_shares(version: Record, shares: Sequence[Indicator]) -> dict[str, int]:
    """The shares whose denominator a record is in: it moves them like one of the numerator."""
    weights = {}
    for share in shares:
        in_window = version["age"] in range(share.window_days)
        if in_window and share.among and share.among.looks_at(version):
            weights[share.id] = 100
    return weights


def weights_of(version: Record | None) -> Mapping[str, int]:
    """Weights of a record in indicators, none where it does not count."""
    # A record behind a graver one of its act is still seen by caps, and only by them.
    if version is None or version["excluded"] not in (None, SAME_ACT, SAME_MATTER):
        return {}
    weights: Mapping[str, int] = version["weights"]
    return weights


def _kind_of_event(before: Record | None, now: Record) -> str:
    weighed, weighs = weights_of(before), weights_of(now)
    if before is not None and weighed and now["excluded"] is None:
        # It counted and still does: what was known of it is another version.
        is_corrected = before["known_on"] != now["known_on"]
        if is_corrected:
            return "corrected"
    if weighs.keys() - weighed.keys():
        return BEGINNINGS.get(str(before["excluded"]) if before else NOT_KNOWN, "counts")
    if now["excluded"] is not None:
        return str(now["excluded"]) if now["excluded"] in ENDINGS else "ended"
    return "aged" if weighed.keys() == weighs.keys() else "lapsed"
