"""Why a record did not count: rules of the snapshot, what never scores, and the law of use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from scoring.entities import Citation, Evidence
from scoring.policy.language.schema import Legal
from scoring.policy.law.retention import Instrument, UsePeriod, use_rules
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both, wording

BY_FINALITY = ("summary", "not_final", "contested", "annulled")
"""What the law of finality leaves out."""
BY_USE = ("restored", "expired", "masked", "contained", "matter_ended", "minor_unpublished")
"""What the law of use and restoration of its kind of record leaves out."""


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


def not_held(code: str, resolved: ResolvedPolicy) -> dict[str, str]:
    """The same as a sentence to the enterprise: what was seen and not held against it."""
    if f"held_{code}" in wording("zh"):
        return both(f"held_{code}")
    return both("held_by_rule", rule=why_excluded(code, resolved))


def article_of(record: Evidence, code: str, resolved: ResolvedPolicy, day: date) -> Citation | None:
    """The article that keeps a record out; ``None`` where it is the scheme's own rule.

    Args:
        record: The record.
        code: Exclusion code of the snapshot.
        resolved: The policy whose law the snapshot followed.
        day: Day of the snapshot.
    """
    finality, instruments = resolved.law.finality, resolved.law.instruments
    if code in BY_FINALITY:
        return _cited(finality.legal[0]) if finality.legal else None
    for instrument, rule in use_rules(instruments):
        if rule.id == code:
            return replace(_cited(instrument.legal), article=rule.article, tag=rule.tag)
    if code in BY_USE:
        return _law_of_use(record, instruments, day)
    return None


def _law_of_use(record: Evidence, instruments: tuple[Instrument, ...], day: date) -> Citation | None:
    """The instrument in force on a day whose rules are about a kind of record; of several the newest."""
    fitting = []
    for instrument in instruments:
        rules = (*instrument.use, *instrument.exit)
        if any(record.kind in rule.kinds and instrument.in_force(rule, day) for rule in rules):
            fitting.append(instrument)
    newest = max(fitting, key=lambda instrument: instrument.begins, default=None)
    return _cited(newest.legal) if newest else None


def _cited(legal: Legal) -> Citation:
    return Citation(
        id=legal.id,
        document=legal.document,
        article=legal.article,
        title=legal.title.zh,
        issued_on=legal.issued_on,
        url=legal.url,
        tag=legal.tag,
    )


def _use_over(instrument: Instrument, rule: UsePeriod) -> dict[str, str]:
    legal = instrument.legal
    return both(
        "x_use_over",
        document=legal.document,
        title=legal.title.model_dump(),
        article=rule.article or both("bracketed", text=both("article_to_check")),
        months=rule.months,
    )
