"""The long part of a view: the sum of points, and each reason and rule with its records and articles."""

from __future__ import annotations

from datetime import date
from typing import Any

from scoring.entities import Evidence, Explanation, Reason, Rule
from scoring.explain.outlook import sentences
from scoring.explain.words import reason_lines
from scoring.explain.words.contacts import contact_of
from scoring.explain.words.effect import decided
from scoring.explain.words.exclusion import article_of, not_held
from scoring.explain.words.figures import decimal, labels, money, signed, value
from scoring.explain.words.grades import band_name
from scoring.explain.words.grounds import points_notice
from scoring.explain.words.remedies import remedies
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from web.parts.grades import band_grade
from web.parts.outlook import citation, early, granted_ahead

SCALE_LIMIT = "scale_limit"


def points(explanation: Explanation, version: ResolvedPolicy) -> dict[str, Any]:
    """The sum: base, every contribution in order of weight, clipping last, and the total, exactly."""
    policy, unit = version.policy, version.policy.scale.per_point
    steps = [
        {"id": reason.indicator_id, "label": dict(reason.label), "points": signed(reason.points, unit)}
        for reason in explanation.reasons
    ]
    for contribution in explanation.contributions:
        if contribution.indicator_id == SCALE_LIMIT:
            clipped = signed(contribution.points, unit)
            steps.append({"id": SCALE_LIMIT, "label": both("scale_limit"), "points": clipped})
    return {
        "total": decimal(explanation.score.points or 0, unit),
        "base": decimal(explanation.base, unit),
        "low": decimal(policy.scale.low, unit),
        "high": decimal(policy.scale.high, unit),
        "steps": steps,
        "note": points_notice(version),
    }


def by_field(explanation: Explanation, version: ResolvedPolicy) -> list[dict[str, Any]] | None:
    """What the enterprise has in each field in which it is active; ``None`` where the rules have no fields."""
    if not version.policy.fields:
        return None
    return [
        {
            "id": given.field,
            "label": dict(given.label),
            "points": decimal(given.points, version.policy.scale.per_point),
            "grade": band_grade(given.band),
            "check": dict(given.check),
        }
        for given in explanation.fields
    ]


def reasons(
    explanation: Explanation, version: ResolvedPolicy, granted: Audience, today: date
) -> list[dict[str, Any]]:
    """Each indicator that moved the points, in order of weight; with its records where they are granted."""
    return [_reason(reason, explanation, version, granted, today) for reason in explanation.reasons]


def rules(
    explanation: Explanation, version: ResolvedPolicy, granted: Audience, today: date
) -> list[dict[str, Any]]:
    """Each gate, cap and veto that held, each as its own reason, and whether it decided the band."""
    return [_rule(rule, explanation, version, granted, today) for rule in explanation.rules]


def not_counted(explanation: Explanation, version: ResolvedPolicy, today: date) -> list[dict[str, Any]]:
    """Records that did not count, each with its rule and article: for the enterprise itself and for officers."""
    return [
        _not_counted(evidence, code, explanation, version, today) for evidence, code in explanation.excluded
    ]


def _not_counted(
    evidence: Evidence, code: str, explanation: Explanation, version: ResolvedPolicy, today: date
) -> dict[str, Any]:
    article = article_of(evidence, code, version, explanation.score.as_of)
    return {
        **_record(evidence, explanation, version, today),
        "rule": code,
        "why": not_held(code, version),
        "legal": [citation(article, version)] if article else [],
    }


def _reason(
    reason: Reason, explanation: Explanation, version: ResolvedPolicy, granted: Audience, today: date
) -> dict[str, Any]:
    policy = version.policy
    indicator = policy.indicator(reason.indicator_id)
    label = next(group.label for group in policy.groups if group.id == indicator.group)
    return {
        "id": reason.indicator_id,
        "label": dict(reason.label),
        "group": label.model_dump(),
        "direction": reason.direction,
        "points": signed(reason.points, policy.scale.per_point),
        "value": reason_lines.value_words(
            reason, policy, value(indicator, reason.value), explanation.score.as_of
        ),
        "window": reason_lines.window(indicator.window_days),
        "window_days": indicator.window_days,
        "records": _cited(reason, explanation, version, granted, today),
        "legal": [citation(legal, version) for legal in reason.legal],
        "remedy": dict(reason.remedy) if reason.remedy else None,
    }


def _rule(
    rule: Rule, explanation: Explanation, version: ResolvedPolicy, granted: Audience, today: date
) -> dict[str, Any]:
    decides = decided(rule, explanation)
    return {
        "id": rule.id,
        "kind": rule.kind,
        "kind_label": both(f"rule_{rule.kind}"),
        "label": dict(rule.label),
        "band": band_name(rule.band, explanation) if rule.band else None,
        "decided": decides,
        "note": None if decides else both("rule_idle"),
        "records": _cited(rule, explanation, version, granted, today),
        "legal": [citation(legal, version) for legal in rule.legal],
    }


def _cited(
    part: Reason | Rule, explanation: Explanation, version: ResolvedPolicy, granted: Audience, today: date
) -> list[dict[str, Any]] | None:
    """Records behind a reason or rule: what would be without each, and how it can end early.

    A page tells the latter once a record.
    """
    if not granted.records:
        return None
    ahead, firsts = granted_ahead(granted), sentences.first_cited(explanation)
    return [
        {
            **_record(evidence, explanation, version, today),
            "without": sentences.without(evidence, explanation, version.policy) if ahead else None,
            "early_end": early(evidence.early_end, explanation, version),
            "told_elsewhere": firsts[evidence.record_id][1] is not part,
        }
        for evidence in part.evidence
    ]


def _record(
    evidence: Evidence, explanation: Explanation, version: ResolvedPolicy, today: date
) -> dict[str, Any]:
    """One record as the enterprise may read it, with whom to ask and what the law offers.

    No free text of officers, no internal source.
    """
    day, authority = evidence.decided_on or evidence.occurred_on, evidence.authority
    relations = version.law.relations
    return {
        "id": evidence.record_id,
        "kind": labels("kinds", evidence.kind),
        "result": labels("results", evidence.result),
        "severity": labels("severities", evidence.severity),
        "date": day.isoformat() if day else None,
        "authority": evidence.authority,
        "document_no": evidence.document_no,
        "amount": money(evidence.amount_fen),
        "weight_percent": evidence.weight,
        "counts_until": evidence.counts_until.isoformat() if evidence.counts_until else None,
        "final_presumed": evidence.final_presumed,
        "served_on": evidence.served_on.isoformat() if evidence.served_on else None,
        "contact": contact_of(authority, fictitious=explanation.fictitious) if authority else None,
        "remedies": remedies(evidence, today),
        "recheckable": relations is not None
        and relations.rechecks.is_finding(evidence.kind, evidence.result),
    }
