"""What is to come and what would help, in sentences of both languages: one telling for terminal, pages and their twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.entities import (
    Cause,
    Citation,
    EarlyEnd,
    Evidence,
    Explanation,
    Path,
    Reason,
    Rule,
    Step,
    Turn,
    WhatIf,
)
from scoring.explain.outlook.lifetime import opens
from scoring.explain.words.effect import band_name, gate_label
from scoring.explain.words.figures import decimal, labels, signed
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both

Both = dict[str, str]
MOST_TURNS = 8
MOST_NAMES = 3
JOINTS = {"zh": "、", "en": ", "}


def grade_of(result: WhatIf, e: Explanation) -> Both:
    """The grade of a result as a sentence names it; who has none is not rated."""
    return band_name(result.band, e) if result.band else both("not_rated")


def without(record: Evidence, e: Explanation, policy: Policy) -> Both | None:
    """What the result would be if a record were not there; ``None`` where nobody asked."""
    then, now = record.without, e.score
    if then is None:
        return None
    if then.points is None:
        return (
            both("without_same")
            if now.points is None
            else both("without_unrated", why=gate_label(then.status_reason or "", policy))
        )
    if (then.points, then.band) == (now.points, now.band):
        return both("without_same")
    text_id = "without_still" if then.band == now.band else "without_other"
    return both(text_id, points=_points(now.points, then.points, policy), grade=grade_of(then, e))


def _points(before: int | None, after: int, policy: Policy) -> Both:
    """``690 points (+40)``; without the change where there is none or nothing to compare."""
    unit = policy.scale.per_point
    if before is None or before == after:
        return both("points_alone", n=decimal(after, unit))
    return both("points_changed", n=decimal(after, unit), change=signed(after - before, unit))


def early(end: EarlyEnd, e: Explanation) -> dict[str, Any]:
    """How a record can end before its time: the way and its days as a sentence, its conditions, its article."""
    return {
        "how": end.how,
        "open_on": end.open_on.isoformat(),
        "effect_on": end.effect_on.isoformat(),
        "text": both(f"early_{end.how}", opens=opens(end, e.score.as_of), on=end.effect_on),
        "conditions": dict(end.conditions),
        "legal": end.legal,
    }


def title_of(citation: Citation, resolved: ResolvedPolicy) -> Both:
    """Title of a cited document: from the policy, or from the laws of use and restoration."""
    laws = (*resolved.policy.legal, *(instrument.legal for instrument in resolved.law.instruments))
    found = next((law.title for law in laws if law.id == citation.id), None)
    return found.model_dump() if found else dict.fromkeys(LANGUAGES, citation.title)


def until(e: Explanation) -> list[Both]:
    """Until when the grade lasts if nothing new is recorded, and from when it is better; one line or two."""
    if e.outlook is None:
        return []
    now = WhatIf(e.score.points, e.score.band)
    first = next((turn for turn in e.outlook.turns if turn.after.band != turn.before.band), None)
    better = next((turn for turn in e.outlook.turns if turn.on == e.outlook.better_on), None)
    if first is None:
        return [
            both(
                "grade_stays" if now.band else "unrated_stays", grade=grade_of(now, e), until=e.outlook.until
            )
        ]
    lines = [both("grade_turns", grade=grade_of(now, e), then=grade_of(first.after, e), on=first.on)]
    if better is not None and better is not first:
        lines.append(both("grade_better", grade=grade_of(better.after, e), on=better.on))
    if better is None and e.band is not None and e.band.rank > 1:
        lines.append(both("grade_no_better", until=e.outlook.until))
    return lines


def distance(e: Explanation, policy: Policy) -> Both | None:
    """Points that are missing to the next better grade, and its name; ``None`` where none is missing."""
    if e.outlook is None or e.outlook.distance is None or e.score.points is None:
        return None
    missing = e.outlook.distance
    target = e.score.points + (missing if policy.higher_is_better else -missing)
    band = max((b for b in e.bands if b.from_points <= target), key=lambda b: b.from_points)
    return both("distance", n=decimal(missing, policy.scale.per_point), grade=band_name(band.id, e))


def turns(e: Explanation, policy: Policy) -> list[dict[str, Any]]:
    """Every day on which the result changes, in order: results, change, causes with records, and what prevents a fall."""
    names, told, found = _names(e), set[str](), []
    for turn in e.outlook.turns if e.outlook else ():
        changes = turn.before.band != turn.after.band
        prevention = [dict(text) for text in turn.prevention if changes or text["zh"] not in told]
        told |= {text["zh"] for text in prevention}
        found.append({**_turn(turn, e, policy, names), "prevention": prevention})
    return found


def foremost(
    told: Sequence[dict[str, Any]], most: int = MOST_TURNS
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Turns to show and turns to fold away, both in order: a change of grade is always shown, then the soonest."""
    room = max(0, most - sum(turn["grade_changes"] for turn in told))
    small = [turn["on"] for turn in told if not turn["grade_changes"]][:room]
    shown = [turn for turn in told if turn["grade_changes"] or turn["on"] in small]
    return shown, [turn for turn in told if turn not in shown]


def _turn(turn: Turn, e: Explanation, policy: Policy, names: Mapping[str, Both]) -> dict[str, Any]:
    return {
        "on": turn.on.isoformat(),
        "grade_changes": turn.before.band != turn.after.band,
        "before": {
            "band": turn.before.band,
            "status_reason": turn.before.status_reason,
            "grade": grade_of(turn.before, e),
        },
        "after": {
            "band": turn.after.band,
            "status_reason": turn.after.status_reason,
            "grade": grade_of(turn.after, e),
        },
        "points": _from_to(turn, policy),
        "causes": _causes(turn.causes, policy, names),
    }


def _from_to(turn: Turn, policy: Policy) -> Both | None:
    before, after, unit = turn.before.points, turn.after.points, policy.scale.per_point
    if after is None:
        return None
    if before is None or before == after:
        return both("points_alone", n=decimal(after, unit))
    return both(
        "points_turn",
        before=decimal(before, unit),
        after=decimal(after, unit),
        change=signed(after - before, unit),
    )


def _causes(causes: Sequence[Cause], policy: Policy, names: Mapping[str, Both]) -> list[dict[str, Any]]:
    """Causes as sentences, indicators that move with the same records in one; ``records`` are those that end, begin or fade on the day."""
    groups: dict[tuple[str, ...], list[Cause]] = {}
    for cause in causes:
        groups.setdefault(
            ("moved", cause.how, *cause.records) if cause.kind == "indicator" else (cause.kind, cause.id), []
        ).append(cause)
    return [_together(group, policy, names) for group in groups.values()]


def _together(group: Sequence[Cause], policy: Policy, names: Mapping[str, Both]) -> dict[str, Any]:
    ended = [names.get(record) or dict.fromkeys(LANGUAGES, record) for record in group[0].records]
    text = _joined([_cause(cause, policy) for cause in group])
    if ended:
        text = both(
            f"cause_{group[0].how}_with",
            text=text,
            names=_joined([*ended[:MOST_NAMES], *_and_more(len(ended) - MOST_NAMES)]),
        )
    return {"ids": [cause.id for cause in group], "text": text, "records": list(group[0].records)}


def _cause(cause: Cause, policy: Policy) -> Both:
    if cause.kind == "indicator":
        return both("cause_points", label=cause.label, points=signed(cause.points, policy.scale.per_point))
    return both("cause_begins" if cause.begins else "cause_ends", label=cause.label)


def _and_more(n: int) -> list[Both]:
    return [both("and_more", n=n)] if n > 0 else []


def _joined(texts: Sequence[Mapping[str, str]]) -> Both:
    return {lang: JOINTS[lang].join(text[lang] for text in texts) for lang in LANGUAGES}


def path(e: Explanation, policy: Policy) -> dict[str, Any] | None:
    """The path to a better grade: its steps in order and what they lead to, or a sentence that there is none."""
    found = e.outlook.path if e.outlook else None
    if found is None:
        return None
    steps = [_step(step, e) for step in found.steps]
    return {
        "on": found.on.isoformat() if found.on else None,
        "steps": steps,
        "text": _leads(found, e, policy),
    }


def _leads(found: Path, e: Explanation, policy: Policy) -> Both:
    if found.result is None or found.result.points is None:
        text_id = "path_none" if e.band else "path_no_rating"
        return both(text_id, n=found.most_steps, until=found.until)
    told = {
        "on": found.on,
        "grade": grade_of(found.result, e),
        "points": _points(e.score.points, found.result.points, policy),
    }
    return (
        both("path_leads_until", last=found.lasts_until, **told)
        if found.lasts_until
        else both("path_leads", **told)
    )


def _step(step: Step, e: Explanation) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "on": step.on.isoformat(),
        "text": dict(step.label),
        "early_end": early(step.early_end, e) if step.early_end else None,
    }


def name(record: Evidence) -> Both:
    """A record in a few words: its kind with its number, else its day, else its id."""
    kind = labels("kinds", record.kind) or {}
    number = record.document_no or record.decided_on or record.occurred_on or record.record_id
    return {lang: f"{kind[lang]} {number}" for lang in LANGUAGES}


def first_cited(e: Explanation) -> dict[str, tuple[Evidence, Reason | Rule]]:
    """Each record behind a reason or rule once, with where it is told in full: under the reason that weighs most, else the rule."""
    found: dict[str, tuple[Evidence, Reason | Rule]] = {}
    parts: tuple[Reason | Rule, ...] = (*e.reasons, *e.rules)
    for part in parts:
        for record in part.evidence:
            found.setdefault(record.record_id, (record, part))
    return found


def _names(e: Explanation) -> dict[str, Both]:
    left_out = {record.record_id: name(record) for record, _ in e.excluded}
    return {**left_out, **{record_id: name(record) for record_id, (record, _) in first_cited(e).items()}}
