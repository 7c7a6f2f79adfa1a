"""The long part of a view: the sum of points, each reason and rule with its records, articles and remedy."""

from __future__ import annotations

from typing import Any

from scoring.entities import Citation, Evidence, Explanation, Reason, Rule
from scoring.explain.effect import band_name, decided
from scoring.explain.figures import decimal, labels, money, signed, value
from scoring.explain.wording import both as explained
from scoring.policy.load import PolicyVersion
from scoring.policy.schema import Policy
from web.language import both

SCALE_LIMIT = "scale_limit"
TAG_TEXTS = {"recalled": "tag_recalled", "not_confirmed": "tag_not_confirmed", "not_law": "tag_not_law"}
"""How sure a citation is; one that was found needs no mark."""


def points(explanation: Explanation, version: PolicyVersion) -> dict[str, Any]:
    """The sum: base, every contribution in order of weight, clipping last, and the total, exactly."""
    policy, unit = version.policy, version.policy.scale.per_point
    steps = [{"id": r.indicator_id, "label": dict(r.label), "points": signed(r.points, unit)} for r in explanation.reasons]
    limits = [c for c in explanation.contributions if c.indicator_id == SCALE_LIMIT]
    steps += [{"id": SCALE_LIMIT, "label": both("scale_limit"), "points": signed(c.points, unit)} for c in limits]
    return {
        "total": decimal(explanation.score.points or 0, unit),
        "base": decimal(explanation.base, unit),
        "low": decimal(policy.scale.low, unit),
        "high": decimal(policy.scale.high, unit),
        "steps": steps,
    }


def reasons(explanation: Explanation, version: PolicyVersion, *, records: bool) -> list[dict[str, Any]]:
    """Each indicator that moved the points, in order of weight; ``records`` says whether its records are shown."""
    return [_reason(reason, version.policy, records) for reason in explanation.reasons]


def rules(explanation: Explanation, version: PolicyVersion, *, records: bool) -> list[dict[str, Any]]:
    """Each gate, cap and veto that held, each as its own reason, and whether it decided the band."""
    return [_rule(rule, explanation, version, records) for rule in explanation.rules]


def _reason(reason: Reason, policy: Policy, records: bool) -> dict[str, Any]:
    indicator = policy.indicator(reason.indicator_id)
    group = next(g.label.model_dump() for g in policy.groups if g.id == indicator.group)
    return {
        "id": reason.indicator_id,
        "label": dict(reason.label),
        "group": group,
        "direction": reason.direction,
        "points": signed(reason.points, policy.scale.per_point),
        "value": value(indicator, reason.value),
        "window_days": indicator.window_days,
        "records": [_record(e) for e in reason.evidence] if records else None,
        "legal": [_citation(c, policy) for c in reason.legal],
        "remedy": dict(reason.remedy) if reason.remedy else None,
    }


def _rule(rule: Rule, explanation: Explanation, version: PolicyVersion, records: bool) -> dict[str, Any]:
    held = decided(rule, explanation)
    return {
        "id": rule.id,
        "kind": rule.kind,
        "kind_label": both({"gate": "rule_gate", "cap": "rule_cap", "veto": "rule_veto", "hysteresis": "rule_hysteresis"}[rule.kind]),
        "label": dict(rule.label),
        "band": band_name(rule.band, explanation) if rule.band else None,
        "decided": held,
        "note": None if held else explained("rule_idle"),
        "records": [_record(e) for e in rule.evidence] if records else None,
        "legal": [_citation(c, version.policy) for c in rule.legal],
    }


def _record(evidence: Evidence) -> dict[str, Any]:
    """One record as the enterprise may read it: no free text of officers, no internal source."""
    day = evidence.decided_on or evidence.occurred_on
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
    }


def _citation(citation: Citation, policy: Policy) -> dict[str, Any]:
    title = next(entry.title.model_dump() for entry in policy.legal if entry.id == citation.id)
    mark = TAG_TEXTS.get(citation.tag)
    return {
        "document": citation.document,
        "article": citation.article,
        "title": title,
        "issued_on": citation.issued_on.isoformat(),
        "url": citation.url if citation.url and citation.url.startswith("https://") else None,
        "tag": citation.tag,
        "tag_label": both(mark) if mark else None,
    }
