"""What is to come and what would help, in sentences of both languages.

Terminal, pages and their twins take their words from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from scoring.entities import (
    Cause,
    Citation,
    EarlyEnd,
    Evidence,
    Explanation,
    Reason,
    Rule,
    Turn,
    WhatIf,
)
from scoring.explain.outlook.lifetime import opens
from scoring.explain.words.effect import cap_words
from scoring.explain.words.figures import decimal, labels, prose_day, signed
from scoring.explain.words.grades import band_name, gate_label
from scoring.explain.words.reason_lines import is_telling
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both

Both = dict[str, str]
MOST_TURNS = 8
MOST_NAMES = 3
JOINTS = {"zh": "、", "en": ", "}


class Folded(NamedTuple):
    """Turns to show and turns to fold away, both in order."""

    shown: list[dict[str, Any]]
    folded: list[dict[str, Any]]


class CitedRecord(NamedTuple):
    """A record with the reason or rule under which it is told in full."""

    record: Evidence
    part: Reason | Rule


def grade_of(result: WhatIf, explanation: Explanation) -> Both:
    """The grade of a result as a sentence names it; who has none is not rated."""
    return band_name(result.band, explanation) if result.band else both("not_rated")


def without(record: Evidence, explanation: Explanation, policy: Policy) -> Both | None:
    """What the result would be if a record were not there; ``None`` where nobody asked."""
    result_then, score = record.without, explanation.score
    if result_then is None:
        return None
    if (result_then.points, result_then.band) == (score.points, score.band):
        return both("without_same")
    if result_then.points is None:
        return both("without_unrated", why=gate_label(result_then.status_reason or "", policy))
    text_id = "without_still" if result_then.band == score.band else "without_other"
    points = points_words(score.points, result_then.points, policy)
    return both(text_id, points=points, grade=grade_of(result_then, explanation))


def points_words(before: int | None, after: int, policy: Policy) -> Both:
    """``690 points (+40)``; without the change where there is none or nothing to compare."""
    per_point = policy.scale.per_point
    if before is None or before == after:
        return both("points_alone", n=decimal(after, per_point))
    return both("points_changed", n=decimal(after, per_point), change=signed(after - before, per_point))


def early(end: EarlyEnd, explanation: Explanation) -> dict[str, Any]:
    """How a record can end before its time: the way and its days, its conditions, its article."""
    if end.after_cure:
        text = both(f"early_{end.how}_cured")
    else:
        opening = opens(end, explanation.score.as_of)
        text = both("early_restore", opens=opening, on=prose_day(end.effect_on))
    return {
        "how": end.how,
        "open_on": None if end.after_cure else end.open_on.isoformat(),
        "effect_on": end.effect_on.isoformat(),
        "after_cure": end.after_cure,
        "text": text,
        "answer": answered_within(end),
        "conditions": dict(end.conditions),
        "legal": end.legal,
    }


def answered_within(end: EarlyEnd) -> Both:
    """How many working days the authority has for its answer."""
    if end.more_workdays:
        return both("answered_within_or", n=end.workdays, more=end.more_workdays)
    return both("answered_within", n=end.workdays)


def title_of(citation: Citation, resolved: ResolvedPolicy) -> Both:
    """Title of a cited document: from the policy, or from the laws of use and restoration."""
    instruments = resolved.law.instruments
    by_law = (*resolved.law.finality.legal, *(instrument.legal for instrument in instruments))
    for legal in (*resolved.policy.legal, *by_law):
        if legal.id == citation.id:
            return legal.title.model_dump()
    return dict.fromkeys(LANGUAGES, citation.title)


def until(explanation: Explanation, today: date | None = None) -> list[Both]:
    """Until when the grade lasts if nothing new is recorded, and from when it is better.

    One line or two; a day that is past today is told as past.
    """
    outlook, score = explanation.outlook, explanation.score
    if outlook is None:
        return []
    grade = grade_of(WhatIf(score.points, score.band), explanation)
    falls_or_rises = [turn for turn in outlook.turns if turn.after.band != turn.before.band]
    if not falls_or_rises:
        text_id = "grade_stays" if score.band else "unrated_stays"
        return [both(text_id, grade=grade, until=prose_day(outlook.until))]
    first_change = falls_or_rises[0]
    then = grade_of(first_change.after, explanation)
    sentences = [both("grade_turns", then=then, on=prose_day(first_change.on, today))]
    # A grade may fall first and rise later: then both days are told.
    better_turn = next((turn for turn in outlook.turns if turn.on == outlook.better_on), None)
    if better_turn is not None and better_turn is not first_change:
        better_grade = grade_of(better_turn.after, explanation)
        better_on = prose_day(better_turn.on, today)
        sentences.append(both("grade_better", grade=better_grade, on=better_on))
    # Who stands well is not told that waiting brings nothing better.
    band = explanation.band
    if better_turn is None and band is not None and 2 * band.rank > band.of:
        sentences.append(both("grade_no_better", until=prose_day(outlook.until)))
    return sentences


def distance(explanation: Explanation, policy: Policy) -> Both | None:
    """Points that are missing to the next better grade, and its name.

    ``None`` where none is missing.
    """
    outlook, points_now = explanation.outlook, explanation.score.points
    if outlook is None or outlook.distance is None or points_now is None:
        return None
    missing = outlook.distance
    target = points_now + (missing if policy.higher_is_better else -missing)
    reached = [band for band in explanation.bands if band.from_points <= target]
    band = max(reached, key=lambda band: band.from_points)
    missing_points = decimal(missing, policy.scale.per_point)
    return both("distance", n=missing_points, grade=band_name(band.id, explanation))


def turns(explanation: Explanation, policy: Policy) -> list[dict[str, Any]]:
    """Every day on which the result changes, in order.

    Each with the results, the change, its causes with records, and what prevents a fall.
    """
    names = _names(explanation)
    described: list[dict[str, Any]] = []
    advised: set[str] = set()
    for turn in explanation.outlook.turns if explanation.outlook else ():
        changes = turn.before.band != turn.after.band
        # Advice is repeated where the grade changes, and is given once otherwise.
        advice = [remedy for remedy in turn.prevention if changes or remedy["zh"] not in advised]
        prevention = [dict(remedy) for remedy in advice]
        advised.update(remedy["zh"] for remedy in prevention)
        described.append({**_turn(turn, explanation, policy, names), "prevention": prevention})
    return described


def foremost(described: Sequence[dict[str, Any]], most: int = MOST_TURNS) -> Folded:
    """Turns to show and turns to fold away: a change of grade is always shown, then the soonest."""
    turns_within_grade = [turn["on"] for turn in described if not turn["grade_changes"]]
    room = max(0, most - (len(described) - len(turns_within_grade)))
    soonest = turns_within_grade[:room]
    shown = [turn for turn in described if turn["grade_changes"] or turn["on"] in soonest]
    return Folded(shown, [turn for turn in described if turn not in shown])


def _turn(turn: Turn, explanation: Explanation, policy: Policy, names: Mapping[str, Both]) -> dict[str, Any]:
    return {
        "on": turn.on.isoformat(),
        "grade_changes": turn.before.band != turn.after.band,
        "before": _result(turn.before, explanation),
        "after": _result(turn.after, explanation),
        "points": _from_to(turn, policy),
        "causes": _causes(turn.causes, policy, names),
    }


def _result(result: WhatIf, explanation: Explanation) -> dict[str, Any]:
    return {
        "band": result.band,
        "status_reason": result.status_reason,
        "grade": grade_of(result, explanation),
    }


def _from_to(turn: Turn, policy: Policy) -> Both | None:
    before, after, per_point = turn.before.points, turn.after.points, policy.scale.per_point
    if after is None:
        return None
    if before is None or before == after:
        return both("points_alone", n=decimal(after, per_point))
    points = {"before": decimal(before, per_point), "after": decimal(after, per_point)}
    return both("points_turn", **points, change=signed(after - before, per_point))


def _causes(causes: Sequence[Cause], policy: Policy, names: Mapping[str, Both]) -> list[dict[str, Any]]:
    """Causes as sentences, indicators that move with the same records in a single one.

    ``records`` are those that end, begin or fade on the day.
    """
    groups: dict[tuple[str, ...], list[Cause]] = {}
    for cause in causes:
        group_key: tuple[str, ...] = (cause.kind, cause.id)
        if cause.kind == "indicator":
            group_key = ("moved", cause.how, *cause.records)
        groups.setdefault(group_key, []).append(cause)
    return [_together(causes_together, policy, names) for causes_together in groups.values()]


def _together(group: Sequence[Cause], policy: Policy, names: Mapping[str, Both]) -> dict[str, Any]:
    how, records = group[0].how, group[0].records
    text = _joined([_cause(cause, policy) for cause in group])
    if records:
        record_names = [names.get(record) or dict.fromkeys(LANGUAGES, record) for record in records]
        unnamed = len(record_names) - MOST_NAMES
        names_shown = record_names[:MOST_NAMES]
        if unnamed > 0:
            names_shown.append(both("and_more", n=unnamed))
        text = both(f"cause_{how}_with", text=text, names=_joined(names_shown))
    return {"ids": [cause.id for cause in group], "text": text, "records": list(records)}


def _cause(cause: Cause, policy: Policy) -> Both:
    if cause.kind == "indicator":
        points = signed(cause.points, policy.scale.per_point)
        return both("cause_points", label=cause.label, points=points)
    if cause.kind == "cap" and cause.begins:
        return cap_words(cause.id, cause.label, policy)
    return both("cause_begins" if cause.begins else "cause_ends", label=cause.label)


def _joined(texts: Sequence[Mapping[str, str]]) -> Both:
    joined: Both = {}
    for language in LANGUAGES:
        joined[language] = JOINTS[language].join(text[language] for text in texts)
    return joined


def name(record: Evidence) -> Both:
    """A record in a few words: its kind with its number, else its day, else its id."""
    kind = labels("kinds", record.kind) or {}
    telling = record.document_no if is_telling(record.document_no) else None
    number = telling or record.decided_on or record.occurred_on or record.record_id
    return {language: f"{kind[language]} {number}" for language in LANGUAGES}


def first_cited(explanation: Explanation) -> dict[str, CitedRecord]:
    """Each record behind a reason or rule once, with where it is told in full.

    That is under the reason that weighs most, else under the rule.
    """
    cited: dict[str, CitedRecord] = {}
    reasons_and_rules: tuple[Reason | Rule, ...] = (*explanation.reasons, *explanation.rules)
    for cited_part in reasons_and_rules:
        for record in cited_part.evidence:
            cited.setdefault(record.record_id, CitedRecord(record, cited_part))
    return cited


def _names(explanation: Explanation) -> dict[str, Both]:
    names = {record.record_id: name(record) for record, _ in explanation.excluded}
    for record_id, cited in first_cited(explanation).items():
        names[record_id] = name(cited.record)
    return names
