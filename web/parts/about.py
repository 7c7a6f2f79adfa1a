"""The rule book as people read it: scale, bands, rules, indicators and the articles behind them."""

from __future__ import annotations

from typing import Any

from scoring.administration.results.current import CurrentResults
from scoring.explain.words.figures import decimal, signed
from scoring.explain.words.grades import legend
from scoring.explain.words.grounds import article_words, points_notice, role_words
from scoring.policy.language.schema import Audience, Gate, Indicator, Legal, Policy
from scoring.rules.wording import both
from web.parts import view


def about_view(results: CurrentResults, granted: Audience) -> dict[str, Any]:
    """The policy of a store's results; indicators and rules only for audiences that may see reasons."""
    policy = results.version.policy
    full = granted.reasons
    return {
        "policy": view.policy_view(results.version, fictitious=results.fictitious),
        "points_note": points_notice(results.version),
        "note": policy.note.model_dump() if policy.note else None,
        "as_of": results.as_of.isoformat(),
        "enterprises": results.counts["enterprises"],
        "scale": {
            name: decimal(getattr(policy.scale, name), policy.scale.per_point)
            for name in ("base", "low", "high")
        },
        "legend": [view.band_view(band, results.version) for band in legend(policy)],
        "rules": _rules(policy) if full else None,
        "groups": [_group(policy, group) for group in policy.groups] if full else None,
        "legal": [_legal(entry, number) for number, entry in enumerate(policy.legal, start=1)]
        if full
        else None,
    }


def _rules(policy: Policy) -> list[dict[str, Any]]:
    rules = [_rule(policy, "rule_gate", gate) for gate in policy.gates]
    rules += [_rule(policy, "rule_cap", cap) for cap in policy.caps]
    return rules + [_rule(policy, "rule_veto", veto) for veto in policy.vetoes]


def _rule(policy: Policy, text_id: str, rule: Gate) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind_label": both(text_id),
        "label": rule.label.model_dump(),
        "legal": _numbers(policy, rule.legal),
    }


def _group(policy: Policy, group: Any) -> dict[str, Any]:
    inside = [indicator for indicator in policy.indicators if indicator.group == group.id]
    return {
        "id": group.id,
        "label": group.label.model_dump(),
        "indicators": [_indicator(policy, indicator) for indicator in inside],
    }


def _indicator(policy: Policy, indicator: Indicator) -> dict[str, Any]:
    given = [*indicator.points_by_value, indicator.unknown]
    return {
        "id": indicator.id,
        "label": indicator.label.model_dump(),
        "worst": signed(min(given), policy.scale.per_point),
        "best": signed(max(given), policy.scale.per_point),
        "window_days": indicator.window_days,
        "legal": _numbers(policy, indicator.legal),
    }


def _numbers(policy: Policy, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    """Articles by id and by their number in the list below, as a reader looks them up."""
    order = [entry.id for entry in policy.legal]
    return [{"id": legal_id, "number": order.index(legal_id) + 1} for legal_id in ids]


def _legal(entry: Legal, number: int) -> dict[str, Any]:
    return {
        "id": entry.id,
        "number": number,
        "document": entry.document,
        "article": entry.article,
        "article_label": article_words(entry.article, entry.tag),
        "role": entry.role,
        "role_label": role_words(entry.role),
        "title": entry.title.model_dump(),
        "issued_on": entry.issued_on.isoformat(),
        "tag": entry.tag,
        "tag_label": both("tag_not_law") if entry.tag == "not_law" else None,
    }
