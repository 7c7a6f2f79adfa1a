"""What a gate, cap or veto did to the grade."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.entities import Explanation, Rule
from scoring.explain.words.grades import band_name, band_of, grade_name
from scoring.policy.language.schema import Policy
from scoring.rules.wording import both


def decided(rule: Rule, explanation: Explanation) -> bool:
    """Whether a rule, and not the points, gave the result.

    A cap above what the points gave changed nothing.
    """
    band, points = explanation.band, explanation.score.points
    if rule.kind in ("gate", "hysteresis") or band is None or points is None:
        return True
    reached = [step for step in explanation.bands if step.from_points <= points]
    by_points = max(reached, key=lambda step: step.from_points, default=band)
    if rule.worse_by is not None:
        return band.rank == min(by_points.rank + rule.worse_by, band.of)
    return rule.band == band.id and by_points.rank < band.rank


def effect(rule: Rule, explanation: Explanation) -> dict[str, str]:
    """What a rule does, in a few words: ``至多绿码（第2级）``, ``依法直接判定为红码（第4级）``, ``不予评价``."""
    if rule.worse_by is not None:
        return both("r_worse_by", n=rule.worse_by)
    return both(f"r_{rule.kind}", band=band_name(rule.band, explanation))


def cap_words(cap_id: str, label: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """That a cap begins to hold, and the best grade that it leaves; a cap of another version has its label alone."""
    cap = next((cap for cap in policy.caps if cap.id == cap_id), None)
    if cap is not None and cap.worse_by is not None:
        return both("cap_begins_worse_by", label=label, n=cap.worse_by)
    band = band_of(cap.band, policy) if cap else None
    return both("cap_begins", label=label, band=grade_name(band)) if band else both("h_begins", label=label)
