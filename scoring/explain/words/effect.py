"""What a gate, cap or veto did to the grade, and how a sentence names a grade."""

from __future__ import annotations

from scoring.entities import BandInfo, Explanation, Rule
from scoring.policy.language.schema import Policy
from scoring.rules.wording import both


def decided(rule: Rule, explanation: Explanation) -> bool:
    """Whether a rule, and not the points, gave the result: a cap above what the points gave changed nothing."""
    if rule.kind in ("gate", "hysteresis") or explanation.band is None or explanation.score.points is None:
        return True
    reached = [b for b in explanation.bands if b.from_points <= explanation.score.points]
    by_points = max(reached, key=lambda b: b.from_points, default=explanation.band)
    if rule.worse_by is not None:
        return explanation.band.rank == min(by_points.rank + rule.worse_by, explanation.band.of)
    return rule.band == explanation.band.id and by_points.rank < explanation.band.rank


def band_name(band_id: str | None, explanation: Explanation) -> dict[str, str]:
    """A band as a sentence names it: ``绿码（第2级）``; the label alone where the scheme has no colours."""
    band = next((b for b in explanation.bands if b.id == band_id), None)
    return both("no_band") if band is None else grade_name(band)


def grade_name(band: BandInfo) -> dict[str, str]:
    """A band in a few words: colour and rank, or the label alone where the scheme has no colours."""
    if band.colour is None:
        return dict(band.label)
    return both("band_name", word=both(f"colour_{band.colour}"), rank=band.rank)


def effect(rule: Rule, explanation: Explanation) -> dict[str, str]:
    """What a rule does, in a few words: ``至多绿码（第2级）``, ``依法直接判定为红码（第4级）``, ``不予评价``."""
    if rule.worse_by is not None:
        return both("r_worse_by", n=rule.worse_by)
    return both(f"r_{rule.kind}", band=band_name(rule.band, explanation))


def gate_label(gate: str, policy: Policy) -> dict[str, str]:
    """Why somebody is not rated: the label of the gate, or of being outside the scheme."""
    found = next((g.label.model_dump() for g in policy.gates if g.id == gate), None)
    return found or both("outside_scheme")
