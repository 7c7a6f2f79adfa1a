"""Why a record did not count, in words: the snapshot's own rules, what never scores, and the law of use."""

from __future__ import annotations

from scoring.policy.language.schema import Policy
from scoring.policy.law.finality import load_finality
from scoring.policy.law.retention import Instrument, Use, use_rules
from scoring.rules.wording import both, wording


def why_excluded(code: str, policy: Policy) -> dict[str, str]:
    """The rule that dropped a record, in both languages.

    Args:
        code: Exclusion code of the snapshot.
        policy: The policy whose profile the snapshot followed.
    """
    if f"x_{code}" in wording("zh"):
        return both(f"x_{code}")
    finality = load_finality(policy.finality)
    never = {rule.id: rule.label.model_dump() for rule in finality.never}
    law = {rule.id: _over(found, rule) for found, rule in use_rules(finality.retention)}
    return {**never, **law}[code]


def _over(found: Instrument, rule: Use) -> dict[str, str]:
    legal = found.legal
    return both(
        "x_use_over",
        document=legal.document,
        title=legal.title.model_dump(),
        article=rule.article,
        months=rule.months,
    )
