"""Grades in words: the one place that says how a band is called, and why somebody has none."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.entities import BandInfo, Explanation, code_label
from scoring.policy.language.schema import Policy
from scoring.rules.wording import LANGUAGES, both


def legend(policy: Policy) -> tuple[BandInfo, ...]:
    """All bands, best first, each with its rank."""
    bands = []
    for rank, band in enumerate(policy.bands, start=1):
        label = band.label.model_dump()
        bands.append(BandInfo(band.id, rank, len(policy.bands), band.colour, label, band.from_))
    return tuple(bands)


def band_of(band_id: str | None, policy: Policy) -> BandInfo | None:
    """The band of this id; ``None`` for who is not rated."""
    return next((band for band in legend(policy) if band.id == band_id), None)


def colour_word(colour: str) -> dict[str, str]:
    """The word of a colour: ``绿码``."""
    return both(f"colour_{colour}")


def short_name(colour: str | None, label: Mapping[str, str]) -> dict[str, str]:
    """A band where there is little room: the colour's word, or the label where the scheme has none."""
    return colour_word(colour) if colour else dict(label)


def labelled_name(colour: str | None, label: Mapping[str, str]) -> dict[str, str]:
    """A band without its rank: ``绿码 信用良好``; the label alone where the scheme has no colours."""
    return both("m_band", word=colour_word(colour), label=label) if colour else dict(label)


def grade_name(band: BandInfo) -> dict[str, str]:
    """A band inside a sentence: ``绿码（第2级）``; the label alone where the scheme has no colours."""
    if band.colour is None:
        return dict(band.label)
    return both("band_name", word=colour_word(band.colour), rank=band.rank)


def full_name(band: BandInfo) -> dict[str, str]:
    """A band by itself: ``绿码 第2级 / 共4级 信用良好``; never the colour alone (WCAG 1.4.1)."""
    rank_and_label = {"rank": band.rank, "of": band.of, "label": band.label}
    if band.colour is None:
        return both("grade_plain", **rank_and_label)
    return both("grade_coloured", word=colour_word(band.colour), **rank_and_label)


def outside_words(explanation: Explanation) -> dict[str, str] | None:
    """Of who is outside the scheme the one sentence that there is to say; ``None`` for everybody else."""
    if explanation.score.status_reason != "outside_scheme":
        return None
    kind = str(explanation.enterprise.get("entity_type") or "other")
    return both("outside_only", type={lang: code_label("entity_types", kind, lang) for lang in LANGUAGES})


def band_name(band_id: str | None, explanation: Explanation) -> dict[str, str]:
    """``grade_name`` of a band of the explained policy; who has none has no grade."""
    band = next((band for band in explanation.bands if band.id == band_id), None)
    return both("no_band") if band is None else grade_name(band)


def gate_label(gate_id: str, policy: Policy) -> dict[str, str]:
    """Why somebody is not rated: the label of the gate, or what kept it from being asked."""
    for gate in policy.gates:
        if gate.id == gate_id:
            return gate.label.model_dump()
    # The gates before all others, and the wait for a first result, are no gates of a policy: their ids are
    # those of their words.
    return both(gate_id)
