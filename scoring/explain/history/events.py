"""A history in words: each change with what moved it, as plain data in both languages.

Terminal, page and JSON show this data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scoring.assess.assessor import Record
from scoring.engine.results import SCALE_LIMIT
from scoring.entities import Lang, Score, code_label
from scoring.explain.history.day_change import Change, RuleChange
from scoring.explain.history.record_states import Event
from scoring.explain.history.timeline import History
from scoring.explain.words.effect import cap_words
from scoring.explain.words.figures import decimal, signed
from scoring.explain.words.grades import band_of, grade_name
from scoring.policy.language.schema import Gate, Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both, say

MOST_EVENTS = 5


@dataclass(frozen=True)
class RecordNames:
    """Which records may be named.

    Attributes:
        any_record: Whether any may, or records are only meant.
        ended: Ids of records restored, withdrawn or annulled since: they are never named.
    """

    any_record: bool
    ended: frozenset[str]


def describe_changes(history: History, *, records: bool = True) -> list[dict[str, Any]]:
    """The changes, newest first, each with its number in time.

    Args:
        history: The history.
        records: Whether records are named, or only meant.
    """
    record_names = RecordNames(records, history.ended)
    numbered = enumerate(history.changes, start=1)
    return [_change(change, number, record_names) for number, change in numbered][::-1]


def _change(change: Change, number: int, names: RecordNames) -> dict[str, Any]:
    policy = change.version.policy
    moved_indicators = []
    for move in change.points:
        signed_points = signed(move.points, policy.scale.per_point)
        label = _indicator_label(move.indicator, change)
        moved_indicators.append({"label": label, "points": signed_points})
    return {
        "number": number,
        "day": change.day.isoformat(),
        "before": describe_grade(change.before, change.earlier),
        "after": describe_grade(change.after, change.version),
        "points": _points(change, policy),
        "events": [_event(event, change, names) for event in change.events[:MOST_EVENTS]],
        "more_events": max(0, len(change.events) - MOST_EVENTS),
        "rules": [_rule(rule, change) for rule in change.rules],
        "moved": moved_indicators,
    }


def describe_grade(score: Score, version: ResolvedPolicy) -> dict[str, Any]:
    """A result in a few words: colour, rank, word in both languages, and points as printed."""
    band = band_of(score.band, version.policy)
    per_point = version.policy.scale.per_point
    return {
        "band": score.band,
        "colour": band.colour if band else None,
        "rank": band.rank if band else None,
        "word": grade_name(band) if band else both("not_rated"),
        "points": decimal(score.points, per_point) if score.points is not None else None,
    }


def _points(change: Change, policy: Policy) -> str | None:
    if change.before.points is None or change.after.points is None:
        return None
    return signed(change.after.points - change.before.points, policy.scale.per_point)


def _event(event: Event, change: Change, names: RecordNames) -> dict[str, Any]:
    record = event.record
    if record is None:
        versions = {"old": change.before.policy_version, "new": change.after.policy_version}
        return {"kind": event.kind, "did": both(f"h_{event.kind}", **versions), "record": None}
    did = both(f"h_{event.kind}")
    if names.any_record and record["record_id"] not in names.ended:
        return {"kind": event.kind, "did": did, "record": _record(record)}
    what = both("h_past_record" if names.any_record else "h_a_record")
    return {"kind": event.kind, "did": did, "record": {"what": what}}


def _record(record: Record) -> dict[str, Any]:
    """Kind, what it said, number and day: what a person finds it by."""
    dated = record["decided_on"] or record["occurred_on"]
    return {
        "what": {lang: _what(record, lang) for lang in LANGUAGES},
        "id": record["record_id"],
        "document_no": record["document_no"],
        "date": dated.isoformat() if dated else None,
    }


def _what(record: Record, lang: Lang) -> str:
    kind = code_label("kinds", record["kind"], lang)
    tables = {"result": "results", "severity": "severities"}
    details = [code_label(table, record[column], lang) for column, table in tables.items() if record[column]]
    if not details:
        return kind
    return say(lang, "h_detailed", kind=kind, details=say(lang, "d_and").join(details))


def sentence(event: Mapping[str, Any], lang: Lang) -> str:
    """One event as a line: the record and what became of it, or what else moved the result."""
    record, did = event["record"], event["did"][lang]
    if record is None:
        return str(did)
    number = record.get("document_no") or record.get("id")
    parts = [part for part in (record["what"][lang], number, record.get("date")) if part]
    return say(lang, "h_line", record=" · ".join(parts), did=did)


def _rule(rule: RuleChange, change: Change) -> dict[str, str]:
    """That a rule began or ended: what kind of rule it is and what it is called."""
    # A rule that ended may be one that the policy of now does not have any more.
    policy = (change.version if rule.began else change.earlier).policy
    rules_by_kind: dict[str, tuple[Gate, ...]] = {
        "gate": policy.gates,
        "cap": policy.caps,
        "veto": policy.vetoes,
    }
    policy_rules = rules_by_kind[rule.kind]
    labels = (known.label.model_dump() for known in policy_rules if known.id == rule.rule_id)
    # Outside the scheme is a gate of every policy, the margin of an upgrade a cap: their labels are texts of ours.
    label = next(labels, None) or both(rule.rule_id, margin=policy.upgrade_margin)
    if rule.kind == "cap" and rule.began:
        return cap_words(rule.rule_id, label, policy)
    return both("h_begins" if rule.began else "h_ends", label=label)


def _indicator_label(indicator_id: str, change: Change) -> dict[str, str]:
    if indicator_id == SCALE_LIMIT:
        return both("scale_limit")
    indicators = (*change.version.policy.indicators, *change.earlier.policy.indicators)
    return next(indicator.label.model_dump() for indicator in indicators if indicator.id == indicator_id)
