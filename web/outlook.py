"""What is to come and what would help, as pages show it: for those who may see colour, points and reasons."""

from __future__ import annotations

from typing import Any

from scoring.entities import Citation, EarlyEnd, Explanation
from scoring.explain.outlook import sentences
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from web.grades import band_grade, grade

TAG_TEXTS = {
    "recalled": "page_tag_recalled",
    "not_confirmed": "page_tag_not_confirmed",
    "not_law": "tag_not_law",
}
"""How sure a citation is; one that was found needs no mark."""


def granted_ahead(granted: Audience) -> bool:
    """Whether an audience may see what would be: that tells colours, points and their reasons."""
    return granted.colour and granted.points and granted.reasons


def outlook(e: Explanation, version: ResolvedPolicy, granted: Audience) -> dict[str, Any] | None:
    """The days on which the result changes, the path to a better grade and the points that are missing."""
    if e.outlook is None or not granted_ahead(granted):
        return None
    shown, folded = sentences.foremost(
        [_turn(turn, e, version, granted) for turn in sentences.turns(e, version.policy)]
    )
    return {
        "until": e.outlook.until.isoformat(),
        "better_on": e.outlook.better_on.isoformat() if e.outlook.better_on else None,
        "lines": sentences.until(e),
        "distance": sentences.distance(e, version.policy),
        "turns": shown,
        "more_turns": folded,
        "path": _path(e, version),
    }


def _turn(turn: dict[str, Any], e: Explanation, version: ResolvedPolicy, granted: Audience) -> dict[str, Any]:
    bands = {band.id: band for band in e.bands}
    sides = {
        side: grade(bands.get(turn[side]["band"]), turn[side]["status_reason"], version, granted)
        for side in ("before", "after")
    }
    return {**turn, **sides}


def _path(e: Explanation, version: ResolvedPolicy) -> dict[str, Any] | None:
    found, told = e.outlook.path if e.outlook else None, sentences.path(e, version.policy)
    if found is None or told is None:
        return None
    reached = next((band for band in e.bands if found.result and band.id == found.result.band), None)
    steps = [
        {**step, "early_end": early(at.early_end, e, version)}
        for step, at in zip(told["steps"], found.steps, strict=True)
    ]
    return {**told, "steps": steps, "grade": band_grade(reached) if reached else None}


def early(end: EarlyEnd | None, e: Explanation, version: ResolvedPolicy) -> dict[str, Any] | None:
    """How a record can end before its time."""
    if end is None:
        return None
    return {**sentences.early(end, e), "legal": [citation(end.legal, version)]}


def citation(cited: Citation, version: ResolvedPolicy) -> dict[str, Any]:
    """An article, with how sure the citation is."""
    mark = TAG_TEXTS.get(cited.tag)
    return {
        "document": cited.document,
        "article": cited.article,
        "title": sentences.title_of(cited, version),
        "issued_on": cited.issued_on.isoformat(),
        "url": cited.url if cited.url and cited.url.startswith("https://") else None,
        "tag": cited.tag,
        "tag_label": both(mark) if mark else None,
    }
