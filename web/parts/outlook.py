"""What is to come and what would help, for those who may see colour, points and reasons."""

from __future__ import annotations

from datetime import date
from typing import Any

from scoring.entities import Citation, EarlyEnd, Explanation
from scoring.explain.outlook import plan_words, sentences
from scoring.explain.words.grounds import article_words, role_words
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from web.parts.grades import band_grade, grade


def granted_ahead(granted: Audience) -> bool:
    """Whether an audience may see what would be: that tells colours, points and their reasons."""
    return granted.colour and granted.points and granted.reasons


def outlook(
    explanation: Explanation, version: ResolvedPolicy, granted: Audience, today: date
) -> dict[str, Any] | None:
    """The days on which the result changes, the path to a better grade and the points that are missing."""
    if explanation.outlook is None or not granted_ahead(granted):
        return None
    turns = sentences.turns(explanation, version.policy)
    shown, folded = sentences.foremost([_turn(turn, explanation, version, granted, today) for turn in turns])
    return {
        "until": explanation.outlook.until.isoformat(),
        "better_on": explanation.outlook.better_on.isoformat() if explanation.outlook.better_on else None,
        "lines": sentences.until(explanation, today),
        "distance": sentences.distance(explanation, version.policy),
        "turns": shown,
        "more_turns": folded,
        "path": _path(explanation, version, today),
    }


def _turn(
    turn: dict[str, Any],
    explanation: Explanation,
    version: ResolvedPolicy,
    granted: Audience,
    today: date,
) -> dict[str, Any]:
    bands = {band.id: band for band in explanation.bands}
    sides = {
        side: grade(bands.get(turn[side]["band"]), turn[side]["status_reason"], version, granted)
        for side in ("before", "after")
    }
    return {**turn, **sides, "past": turn["on"] < today.isoformat()}


def _path(explanation: Explanation, version: ResolvedPolicy, today: date) -> dict[str, Any] | None:
    path = explanation.outlook.path if explanation.outlook else None
    words = plan_words.path(explanation, version.policy, today)
    if path is None or words is None:
        return None
    reached = next((band for band in explanation.bands if path.result and band.id == path.result.band), None)
    steps = [
        {**step, "early_end": early(planned.early_end, explanation, version)}
        for step, planned in zip(words["steps"], path.steps, strict=True)
    ]
    return {**words, "steps": steps, "grade": band_grade(reached) if reached else None}


def early(end: EarlyEnd | None, explanation: Explanation, version: ResolvedPolicy) -> dict[str, Any] | None:
    """How a record can end before its time."""
    if end is None:
        return None
    return {**sentences.early(end, explanation), "legal": [citation(end.legal, version)]}


def citation(cited: Citation, version: ResolvedPolicy) -> dict[str, Any]:
    """An article with its role; what is no law is marked so."""
    return {
        "document": cited.document,
        "article": cited.article,
        "article_label": article_words(cited.article, cited.tag),
        "role": cited.role,
        "role_label": role_words(cited.role),
        "title": sentences.title_of(cited, version),
        "issued_on": cited.issued_on.isoformat(),
        "url": cited.url if cited.url and cited.url.startswith("https://") else None,
        "tag": cited.tag,
        "tag_label": both("tag_not_law") if cited.tag == "not_law" else None,
    }
