"""A history in words: each change with what moved it, as plain data in both languages for terminal, page and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoring.entities import Lang, Score, code_label
from scoring.explain.build import legend
from scoring.explain.history.timeline import Change, Event, History
from scoring.explain.words.figures import decimal, signed
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both, say

SCALE_LIMIT = "scale_limit"
MOST_EVENTS = 5


def told(history: History, *, records: bool = True) -> list[dict[str, Any]]:
    """The changes, newest first, each with its number in time; ``records`` says whether a record is named or only meant.

    Records that were restored, withdrawn or annulled since are never named: they are no longer shown.
    """
    found = [_change(change, n, records, history.ended) for n, change in enumerate(history.changes, start=1)]
    return found[::-1]


def _change(change: Change, number: int, records: bool, ended: frozenset[str]) -> dict[str, Any]:
    policy, earlier = change.version.policy, change.earlier.policy
    return {
        "number": number,
        "day": change.day.isoformat(),
        "before": grade(change.before, change.earlier),
        "after": grade(change.after, change.version),
        "points": _points(change, policy),
        "events": [_event(event, change, records, ended) for event in change.events[:MOST_EVENTS]],
        "more_events": max(0, len(change.events) - MOST_EVENTS),
        "rules": [
            both("h_begins", label=_rule(kind, rule_id, policy))
            if began
            else both("h_ends", label=_rule(kind, rule_id, earlier))
            for kind, rule_id, began in change.rules
        ],
        "moved": [
            {"label": _label(i, policy, earlier), "points": signed(n, policy.scale.per_point)}
            for i, n in change.points
        ],
    }


def grade(score: Score, version: ResolvedPolicy) -> dict[str, Any]:
    """A result in a few words: colour, rank, word in both languages, and points as they are printed."""
    band = next((b for b in legend(version.policy) if b.id == score.band), None)
    word: Mapping[str, str] = both("not_rated")
    if band is not None:
        word = (
            both("band_name", word=both(f"colour_{band.colour}"), rank=band.rank)
            if band.colour
            else band.label
        )
    points = decimal(score.points, version.policy.scale.per_point) if score.points is not None else None
    colour, rank = (band.colour, band.rank) if band else (None, None)
    return {"band": score.band, "colour": colour, "rank": rank, "word": dict(word), "points": points}


def _points(change: Change, policy: Policy) -> str | None:
    if change.before.points is None or change.after.points is None:
        return None
    return signed(change.after.points - change.before.points, policy.scale.per_point)


def _event(event: Event, change: Change, records: bool, ended: frozenset[str]) -> dict[str, Any]:
    record = event.record
    if record is None:
        versions = {"old": change.before.policy_version, "new": change.after.policy_version}
        return {"kind": event.kind, "did": both(f"h_{event.kind}", **versions), "record": None}
    if not records or record["record_id"] in ended:
        return {
            "kind": event.kind,
            "did": both(f"h_{event.kind}"),
            "record": {"what": both("h_past_record" if records else "h_a_record")},
        }
    return {"kind": event.kind, "did": both(f"h_{event.kind}"), "record": _record(record)}


def _record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Kind, what it said, number and day: what a person finds it by."""
    dated = record["decided_on"] or record["occurred_on"]
    return {
        "what": {lang: _what(record, lang) for lang in LANGUAGES},
        "id": record["record_id"],
        "document_no": record["document_no"],
        "date": dated.isoformat() if dated else None,
    }


def _what(record: Mapping[str, Any], lang: Lang) -> str:
    tables = (("results", "result"), ("severities", "severity"))
    kind, said = (
        code_label("kinds", record["kind"], lang),
        [code_label(t, record[name], lang) for t, name in tables if record[name]],
    )
    return say(lang, "h_detailed", kind=kind, details=say(lang, "d_and").join(said)) if said else kind


def sentence(event: Mapping[str, Any], lang: Lang) -> str:
    """One event as a line: the record and what became of it, or what else moved the result."""
    record = event["record"]
    if record is None:
        return str(event["did"][lang])
    named = [record["what"][lang], record.get("document_no") or record.get("id"), record.get("date")]
    return say(lang, "h_line", record=" · ".join(part for part in named if part), did=event["did"][lang])


def _rule(kind: str, rule_id: str, policy: Policy) -> dict[str, str]:
    """What kind of rule it is and what it is called."""
    area, rules = {
        "gate": ("gates", policy.gates),
        "cap": ("caps", policy.caps),
        "veto": ("vetoes", policy.vetoes),
    }[kind]
    label = next((rule.label.model_dump() for rule in rules if rule.id == rule_id), None) or both(rule_id)
    return both("m_labelled", kind=both(f"d_area_{area}"), label=label)


def _label(indicator_id: str, policy: Policy, earlier: Policy) -> dict[str, str]:
    if indicator_id == SCALE_LIMIT:
        return both("scale_limit")
    return next(
        i.label.model_dump() for i in (*policy.indicators, *earlier.indicators) if i.id == indicator_id
    )
