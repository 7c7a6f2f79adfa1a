"""Why a record did not count: rules of the snapshot, what never scores, and the law of use."""

from __future__ import annotations

from scoring.policy.law.retention import Instrument, UsePeriod, use_rules
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both, wording


def why_excluded(code: str, resolved: ResolvedPolicy) -> dict[str, str]:
    """The rule that dropped a record, in both languages.

    Args:
        code: Exclusion code of the snapshot.
        resolved: The policy whose law the snapshot followed.
    """
    if f"x_{code}" in wording("zh"):
        return both(f"x_{code}")
    never_scores = {rule.id: rule.label.model_dump() for rule in resolved.law.finality.never}
    periods = use_rules(resolved.law.instruments)
    law_of_use = {rule.id: _use_over(instrument, rule) for instrument, rule in periods}
    return {**never_scores, **law_of_use}[code]


def _use_over(instrument: Instrument, rule: UsePeriod) -> dict[str, str]:
    legal = instrument.legal
    return both(
        "x_use_over",
        document=legal.document,
        title=legal.title.model_dump(),
        article=rule.article or both("bracketed", text=both("article_to_check")),
        months=rule.months,
    )
