"""What a gate, cap or veto did to the grade."""

from __future__ import annotations

from scoring.entities import Explanation, Rule
from scoring.explain.words.grades import band_name
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
