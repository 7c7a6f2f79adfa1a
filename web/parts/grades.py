"""A grade as pages show it: mark, word, label and rank, or not rated and why."""

from __future__ import annotations

from typing import Any

from scoring.entities import BandInfo
from scoring.explain.words.grades import gate_label
from scoring.explain.words.marks import MARKS, mark_of
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy


def grade(
    band: BandInfo | None, status_reason: str | None, version: ResolvedPolicy, granted: Audience
) -> dict[str, Any]:
    """The grade of a band, or of who is not rated; the reason why not only where reasons are granted."""
    if band is not None:
        return band_grade(band)
    why = gate_label(status_reason or "", version.policy) if granted.reasons else None
    mark = MARKS["not_rated"]
    return {"mark": mark.id, "colour": None, "word": dict(mark.word), "label": why, "rank": None, "of": None}


def band_grade(band: BandInfo) -> dict[str, Any]:
    """The grade of a band."""
    mark = mark_of(band.colour, rated=True)
    word = mark.word if mark.word["zh"] else band.label
    return {
        "mark": mark.id,
        "colour": band.colour,
        "word": dict(word),
        "label": dict(band.label),
        "rank": band.rank,
        "of": band.of,
    }
