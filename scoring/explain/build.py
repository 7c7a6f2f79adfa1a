"""Builds the explanation of one enterprise from its assessment: every point with its records and its articles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from scoring.assess.assessor import Assessed, Record
from scoring.engine.decision import OUTSIDE_SCHEME
from scoring.engine.results import HYSTERESIS, SCALE_LIMIT
from scoring.engine.snapshot import SAME_ACT
from scoring.entities import BandInfo, Citation, Contribution, Evidence, Explanation, Reason, Rule, codes
from scoring.explain.outlook.lifetime import counts_until, early_end
from scoring.explain.outlook.look_ahead import Ahead
from scoring.explain.words.effect import grade_name
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Gate, Indicator, Legal, Limit, Policy, Text
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

EVERYBODY_BP = 10_000


def explain(assessed: Assessed, version: ResolvedPolicy, ahead: Ahead | None = None) -> Explanation:
    """Why this enterprise has its colour.

    Args:
        assessed: The enterprise assessed, with its records (``Assessor.full``).
        version: The policy that assessed it.
        ahead: What is to come and what would help (``outlook.look_ahead``); left out where nobody asks.
    """
    policy, score = version.policy, assessed.score
    if ahead is not None:
        known = [
            {**r, "without": ahead.without.get(str(r["record_id"])), "as_of": score.as_of}
            for r in assessed.records
        ]
        assessed = replace(assessed, records=tuple(known))
    bands = legend(policy)
    band = next((b for b in bands if b.id == score.band), None)
    reasons = tuple(_reason(c, assessed, version) for c in _by_weight(assessed.contributions, policy))
    return Explanation(
        score=score,
        enterprise=assessed.enterprise,
        base=policy.scale.base,
        contributions=assessed.contributions,
        reasons=reasons,
        rules=tuple(_rules(assessed, version)),
        band=band,
        bands=bands,
        excluded=tuple(
            (_evidence(record, None, version), rule) for record, rule in assessed.snapshot.excluded
        ),
        advice=tuple(_advice(assessed, reasons, policy)),
        next_check=_next_check(score.band, policy),
        policy_title=_text(policy.title),
        demonstration=version.demonstration,
        outlook=ahead.outlook if ahead else None,
        pending=_pending(assessed, bands, policy),
    )


def _pending(assessed: Assessed, bands: Sequence[BandInfo], policy: Policy) -> dict[str, str] | None:
    """A worse grade is proposed first: notice runs, a statement may be filed, and a person reviews what the policy names."""
    if assessed.change is None or assessed.change["state"] != "proposed":
        return None
    prior, now = (next(b for b in bands if b.id == assessed.change[name]) for name in ("prior_band", "band"))
    days = policy.worsening_notice_workdays
    return both(
        "pending_review" if assessed.change["needs_review"] else "pending",
        prior=grade_name(prior),
        now=grade_name(now),
        days=days,
    )


def legend(policy: Policy) -> tuple[BandInfo, ...]:
    """All bands, best first, each with its rank."""
    of = len(policy.bands)
    return tuple(
        BandInfo(b.id, n, of, b.colour, _text(b.label), b.from_) for n, b in enumerate(policy.bands, start=1)
    )


def _by_weight(contributions: Iterable[Contribution], policy: Policy) -> list[Contribution]:
    order = {i.id: n for n, i in enumerate(policy.indicators)}
    kept = [c for c in contributions if c.indicator_id != SCALE_LIMIT]
    return sorted(kept, key=lambda c: (-abs(c.points), order[c.indicator_id]))


def _reason(c: Contribution, assessed: Assessed, version: ResolvedPolicy) -> Reason:
    policy = version.policy
    indicator = policy.indicator(c.indicator_id)
    records = [r for r in assessed.records if indicator.id in r["weights"] and not r["excluded"]]
    return Reason(
        indicator_id=indicator.id,
        label=_text(indicator.label),
        points=c.points,
        value=c.value,
        unknown=c.unknown,
        direction=indicator.direction,
        evidence=tuple(_evidence(r, indicator, version) for r in decisive(records, indicator)),
        legal=citations(policy, indicator.legal),
        remedy=_text(indicator.remedy) if indicator.remedy else None,
    )


def decisive(records: list[Record], indicator: Indicator) -> list[Record]:
    """Of the records an indicator selects, those that make its value, newest first."""
    newest = sorted(records, key=lambda record: (record["age"], record["record_id"]))
    which = AGGREGATES[indicator.aggregate].decisive
    if which == "every":
        return newest
    if which == "newest":
        return newest[:1]
    measured = [record for record in newest if _measure(record, indicator) is not None]
    if which == "greatest_of_newest":  # of one day the greatest, as the engine has it
        measured = [record for record in measured if record["age"] == measured[0]["age"]]
    greatest = max((_measure(record, indicator) or 0 for record in measured), default=None)
    return [record for record in measured if _measure(record, indicator) == greatest]


def _measure(record: Record, indicator: Indicator) -> int | None:
    if indicator.of == "severity":
        level = codes()["severities"].get(record["severity"], {}).get("level")
        return None if level is None else int(str(level))
    value: int | None = record["value_x100"]
    return value


def _evidence(record: Record, indicator: Indicator | None, resolved: ResolvedPolicy) -> Evidence:
    return Evidence(
        **{
            name: record[name]
            for name in ("record_id", "kind", "result", "severity", "occurred_on", "decided_on")
        },
        **{
            name: record[name]
            for name in ("authority", "document_no", "amount_fen", "source", "officer_note")
        },
        weight=record["weights"].get(indicator.id, 0) if indicator else 0,
        counts_until=counts_until(record, indicator, resolved) if indicator else None,
        final_presumed=record["kind"] in resolved.law.finality.kinds and record["final_on"] is None,
        without=record.get("without"),
        early_end=early_end(record, resolved, record["as_of"]) if indicator and "as_of" in record else None,
    )


def _rules(assessed: Assessed, version: ResolvedPolicy) -> Iterable[Rule]:
    policy, score = version.policy, assessed.score
    if score.status_reason == OUTSIDE_SCHEME:
        yield Rule(OUTSIDE_SCHEME, "gate", both("outside_scheme"), None, ())
    for gate in policy.gates:
        if gate.id == score.status_reason:
            yield Rule(
                gate.id,
                "gate",
                _text(gate.label),
                None,
                citations(policy, gate.legal),
                _rule_evidence(gate, assessed, version),
            )
    for kind, rules, held in (("veto", policy.vetoes, score.vetoes), ("cap", policy.caps, score.caps)):
        for rule in rules:
            if rule.id in held:
                yield _limit(kind, rule, assessed, version)
    if HYSTERESIS in score.caps:
        yield Rule(HYSTERESIS, "hysteresis", both("hysteresis", margin=policy.upgrade_margin), score.band, ())


def _limit(kind: str, rule: Limit, assessed: Assessed, version: ResolvedPolicy) -> Rule:
    policy, evidence = version.policy, _rule_evidence(rule, assessed, version)
    name: Literal["cap", "veto"] = "veto" if kind == "veto" else "cap"
    return Rule(
        rule.id, name, _text(rule.label), rule.band, citations(policy, rule.legal), evidence, rule.worse_by
    )


def _rule_evidence(rule: Gate, assessed: Assessed, version: ResolvedPolicy) -> tuple[Evidence, ...]:
    """Records behind a rule's conditions; rules see every record of an act."""
    found: dict[str, Evidence] = {}
    for condition in (*rule.all, *rule.any):
        if condition.indicator:
            indicator = version.policy.indicator(condition.indicator)
            for record in assessed.records:
                if indicator.id in record["weights"] and record["excluded"] in (None, SAME_ACT):
                    found.setdefault(str(record["record_id"]), _evidence(record, indicator, version))
    return tuple(found.values())


def _advice(assessed: Assessed, reasons: tuple[Reason, ...], policy: Policy) -> list[Mapping[str, str]]:
    score = assessed.score
    found: list[Mapping[str, str]] = [
        _text(g.remedy) for g in policy.gates if g.id == score.status_reason and g.remedy
    ]
    found += [
        _text(r.remedy)
        for r in (*policy.vetoes, *policy.caps)
        if r.id in (*score.vetoes, *score.caps) and r.remedy
    ]
    found += [r.remedy for r in reasons if r.remedy and r.direction == "adverse"]
    unique = {text["zh"]: text for text in found}
    if not unique and score.status == "rated":
        return [both("keep")]
    return list(unique.values())


def _next_check(band: str | None, policy: Policy) -> Mapping[str, str]:
    plan = policy.supervision.get(band) if band else None
    if plan is None:
        return both("no_sampling")
    if plan.sampling_bp == EVERYBODY_BP:
        return both("sampling_all")
    share = f"{plan.sampling_bp / 100:g}"
    if plan.annual_cap is None:
        return both("sampling", share=share)
    return both("sampling_capped", share=share, cap=plan.annual_cap)


def citations(policy: Policy, ids: tuple[str, ...]) -> tuple[Citation, ...]:
    """The legal entries of these ids as citations."""
    return tuple(_citation(entry) for entry in policy.cited(ids))


def _citation(entry: Legal) -> Citation:
    return Citation(
        entry.id, entry.document, entry.article, entry.title.zh, entry.issued_on, entry.url, entry.tag
    )


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
