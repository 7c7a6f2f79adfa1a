"""Why a record did not count, in words: the snapshot's own rules, what never scores, and the law of use."""

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
    never = {rule.id: rule.label.model_dump() for rule in resolved.law.finality.never}
    law = {rule.id: _over(found, rule) for found, rule in use_rules(resolved.law.instruments)}
    return {**never, **law}[code]


def _over(found: Instrument, rule: UsePeriod) -> dict[str, str]:
    legal = found.legal
    return both(
        "x_use_over",
        document=legal.document,
        title=legal.title.model_dump(),
        article=rule.article,
        months=rule.months,
    )
