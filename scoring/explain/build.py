"""Builds the explanation of one enterprise: every point with its records and its articles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from scoring.assess.assessor import Assessed, Record
from scoring.engine.decision import BEFORE_GATES
from scoring.engine.matters import SAME_MATTER
from scoring.engine.results import HYSTERESIS, SCALE_LIMIT
from scoring.engine.snapshot import SAME_ACT
from scoring.entities import (
    FICTITIOUS_SOURCE,
    FIRST_NOTICE,
    Citation,
    Contribution,
    Evidence,
    Explanation,
    FieldGrade,
    FieldResult,
    Reason,
    Rule,
    code_label,
)
from scoring.explain.outlook.lifetime import counts_until, worthwhile_end
from scoring.explain.outlook.look_ahead import Ahead
from scoring.explain.words.grades import grade_name, legend
from scoring.explain.words.joined import joined_words
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.measures import coded_column, levels
from scoring.policy.language.schema import Gate, Indicator, Legal, Limit, Policy, Text
from scoring.policy.read.instruments import address_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both

EVERYBODY_BP = WHOLE_BP = 10_000

EVIDENCE = (
    "record_id",
    "kind",
    "result",
    "severity",
    "occurred_on",
    "decided_on",
    "authority",
    "document_no",
    "amount_fen",
    "source",
    "officer_note",
    "field",
    "served_on",
    "procedure",
    "contest",
    "inherited_from",
)
"""Columns of a record that evidence shows as they are."""


def explain(assessed: Assessed, version: ResolvedPolicy, ahead: Ahead | None = None) -> Explanation:
    """Why this enterprise has its colour.

    Args:
        assessed: The enterprise assessed, with its records (``Assessor.full``).
        version: The policy that assessed it.
        ahead: What is to come and what would help (``outlook.look_ahead``); left out where nobody
            asks.
    """
    policy, score = version.policy, assessed.score
    if ahead is not None:
        assessed = replace(assessed, records=_with_what_is_ahead(assessed, ahead))
    bands = legend(policy)
    contributions = _by_weight(assessed.contributions, policy)
    reasons = tuple(_reason(contribution, assessed, version) for contribution in contributions)
    excluded = assessed.snapshot.excluded
    return Explanation(
        score=score,
        enterprise=assessed.enterprise,
        base=policy.scale.base,
        contributions=assessed.contributions,
        reasons=reasons,
        rules=tuple(_rules(assessed, version)),
        band=next((band for band in bands if band.id == score.band), None),
        bands=bands,
        excluded=tuple((_evidence(record, None, version), code) for record, code in excluded),
        advice=tuple(_advice(assessed, reasons, policy)),
        next_check=_next_check(score.band, policy),
        policy_title=_text(policy.title),
        demonstration=version.demonstration,
        outlook=ahead.outlook if ahead else None,
        pending=_pending(assessed, policy),
        fictitious=_is_fictitious(assessed),
        fields=tuple(field_grade(given, policy) for given in assessed.fields),
        joined=tuple(joined_words(assessed.records, version.law.relations, score.as_of)),
    )


def field_grade(given: FieldResult, policy: Policy) -> FieldGrade:
    """What an enterprise has in a field, in words."""
    band = next(band for band in legend(policy) if band.id == given.band)
    label = {str(lang): code_label("fields", given.field, lang) for lang in LANGUAGES}
    return FieldGrade(given.field, label, given.points, band, _next_check(given.band, policy))


def _is_fictitious(assessed: Assessed) -> bool:
    """Whether the enterprise or one of its records comes from the source of made-up facts."""
    rows = (assessed.enterprise, *assessed.records)
    return any(row.get("source") == FICTITIOUS_SOURCE for row in rows)


def _with_what_is_ahead(assessed: Assessed, ahead: Ahead) -> tuple[Record, ...]:
    """The records with the result without each, and the day from which early ends are sought."""
    day = assessed.score.as_of
    return tuple(
        {**record, "without": ahead.without.get(str(record["record_id"])), "as_of": day}
        for record in assessed.records
    )


def _pending(assessed: Assessed, policy: Policy) -> dict[str, str] | None:
    """That a worse grade is proposed only.

    Notice runs, a statement may be filed, and a person reviews what the policy names.
    """
    change = assessed.change
    if change is None or change["state"] != "proposed":
        return None
    bands = {band.id: band for band in legend(policy)}
    now, prior = grade_name(bands[str(change["band"])]), bands.get(str(change["prior_band"]))
    if prior is None:
        return both("pending_first", now=now, days=policy.worsening_notice_workdays)
    if change["change"] == "better":
        return both("proposal_rise", before=grade_name(prior), now=now)
    return both(
        "pending_review" if change["needs_review"] else "pending",
        prior=grade_name(prior),
        now=now,
        days=policy.worsening_notice_workdays,
    )


def _by_weight(contributions: Iterable[Contribution], policy: Policy) -> list[Contribution]:
    """Contributions of indicators, heaviest first, of one weight in the policy's order."""
    policy_order = {indicator.id: position for position, indicator in enumerate(policy.indicators)}
    kept = [given for given in contributions if given.indicator_id != SCALE_LIMIT]
    return sorted(kept, key=lambda given: (-abs(given.points), policy_order[given.indicator_id]))


def _reason(contribution: Contribution, assessed: Assessed, version: ResolvedPolicy) -> Reason:
    policy = version.policy
    indicator = policy.indicator(contribution.indicator_id)
    weighing = [record for record in assessed.records if indicator.id in record["weights"]]
    shown_records = decisive([record for record in weighing if not record["excluded"]], indicator)
    return Reason(
        indicator_id=indicator.id,
        label=_text(indicator.label),
        points=contribution.points,
        value=contribution.value,
        unknown=contribution.unknown,
        direction=indicator.direction,
        evidence=tuple(_evidence(record, indicator, version) for record in shown_records),
        legal=citations(policy, indicator.legal),
        remedy=_text(indicator.remedy) if indicator.remedy else None,
        **_share(weighing, indicator, contribution.value),
    )


def _share(weighing: list[Record], indicator: Indicator, basis_points: int | None) -> dict[str, int]:
    """Of a share, how many of how many records made it; nothing where that does not follow from the share."""
    if indicator.among is None or not basis_points:
        return {}
    part = sum(not record["excluded"] for record in weighing)
    whole = part * WHOLE_BP // basis_points
    return {"part": part, "whole": whole} if part and part * WHOLE_BP // whole == basis_points else {}


def decisive(records: list[Record], indicator: Indicator) -> list[Record]:
    """Of the records an indicator selects, those that make its value, newest first."""
    newest = sorted(records, key=lambda record: (record["age"], record["record_id"]))
    aggregate_rule = AGGREGATES[indicator.aggregate].decisive
    if aggregate_rule == "every":
        return newest
    if aggregate_rule == "newest":
        return newest[:1]
    measured = [record for record in newest if _measure(record, indicator) is not None]
    # Of several on the newest day the greatest, as the engine has it.
    if aggregate_rule == "greatest_of_newest":
        measured = _of_day(measured, 0)
    if aggregate_rule == "greatest_of_last_but_one":
        measured = _of_day(measured, 1)
    if aggregate_rule == "least":
        least = min((_measure(record, indicator) or 0 for record in measured), default=None)
        return [record for record in measured if _measure(record, indicator) == least]
    greatest = max((_measure(record, indicator) or 0 for record in measured), default=None)
    return [record for record in measured if _measure(record, indicator) == greatest]


def _of_day(newest_first: list[Record], place: int) -> list[Record]:
    """Those records of the newest day, of the last but one, and so on."""
    ages = list(dict.fromkeys(record["age"] for record in newest_first))
    return [record for record in newest_first if ages[place : place + 1] == [record["age"]]]


def _measure(record: Record, indicator: Indicator) -> int | None:
    column = coded_column(indicator.of)
    if column is not None:
        return levels(indicator.of).get(record[column])
    value: int | None = record["value_x100"]
    return value


def _evidence(record: Record, indicator: Indicator | None, resolved: ResolvedPolicy) -> Evidence:
    """A record as it may be shown; with an indicator also what it weighs there and until when."""
    shown_columns = {column: record[column] for column in EVIDENCE}
    ending = None
    if indicator is not None and "as_of" in record:
        ending = worthwhile_end(record, resolved, record["as_of"])
    return Evidence(
        **shown_columns,
        weight=record["weights"].get(indicator.id, 0) if indicator else 0,
        counts_until=counts_until(record, indicator, resolved) if indicator else None,
        final_presumed=record["kind"] in resolved.law.finality.kinds and record["final_on"] is None,
        without=record.get("without"),
        early_end=ending,
    )


def _rules(assessed: Assessed, version: ResolvedPolicy) -> Iterator[Rule]:
    """Gates, caps and vetoes that took effect, in the policy's order."""
    policy, score = version.policy, assessed.score
    if score.status_reason in (FIRST_NOTICE, *BEFORE_GATES):
        yield Rule(score.status_reason, "gate", both(score.status_reason), None, ())
    for gate in policy.gates:
        if gate.id == score.status_reason:
            legal, evidence = citations(policy, gate.legal), _rule_evidence(gate, assessed, version)
            yield Rule(gate.id, "gate", _text(gate.label), None, legal, evidence)
    for veto in policy.vetoes:
        if veto.id in score.vetoes:
            yield _limit("veto", veto, assessed, version)
    for cap in policy.caps:
        if cap.id in score.caps:
            yield _limit("cap", cap, assessed, version)
    if HYSTERESIS in score.caps:
        label = both("hysteresis", margin=policy.upgrade_margin)
        yield Rule(HYSTERESIS, "hysteresis", label, score.band, ())


def _limit(kind: Literal["cap", "veto"], rule: Limit, assessed: Assessed, version: ResolvedPolicy) -> Rule:
    return Rule(
        id=rule.id,
        kind=kind,
        label=_text(rule.label),
        band=rule.band,
        legal=citations(version.policy, rule.legal),
        evidence=_rule_evidence(rule, assessed, version),
        worse_by=rule.worse_by,
    )


def _rule_evidence(rule: Gate, assessed: Assessed, version: ResolvedPolicy) -> tuple[Evidence, ...]:
    """Records behind a rule's conditions."""
    # Rules see every record of an act, also those that a graver one displaces for points.
    visible = [record for record in assessed.records if record["excluded"] in (None, SAME_ACT, SAME_MATTER)]
    evidence: dict[str, Evidence] = {}
    for condition in (*rule.all, *rule.any):
        if condition.indicator is None:
            continue
        indicator = version.policy.indicator(condition.indicator)
        for record in visible:
            record_id = str(record["record_id"])
            if indicator.id in record["weights"] and record_id not in evidence:
                evidence[record_id] = _evidence(record, indicator, version)
    return tuple(evidence.values())


def _advice(assessed: Assessed, reasons: Iterable[Reason], policy: Policy) -> list[Mapping[str, str]]:
    """Remedies of the rules that hold, then of adverse reasons, each once; else to go on so."""
    score = assessed.score
    limits_in_effect = (*score.vetoes, *score.caps)
    rules_in_effect: list[Gate] = [gate for gate in policy.gates if gate.id == score.status_reason]
    rules_in_effect += [rule for rule in (*policy.vetoes, *policy.caps) if rule.id in limits_in_effect]
    advice: list[Mapping[str, str]] = []
    advice += [_text(rule.remedy) for rule in rules_in_effect if rule.remedy]
    for reason in reasons:
        if reason.remedy and reason.direction == "adverse":
            advice.append(reason.remedy)
    by_wording = {remedy["zh"]: remedy for remedy in advice}
    if not by_wording and score.status == "rated":
        return [both("keep")]
    return list(by_wording.values())


def _next_check(band: str | None, policy: Policy) -> Mapping[str, str]:
    supervision = policy.supervision.get(band) if band else None
    if supervision is None:
        return both("no_sampling")
    if supervision.sampling_bp == EVERYBODY_BP:
        return both("sampling_all")
    sampling_share = f"{supervision.sampling_bp / 100:g}"
    if supervision.annual_cap is None:
        return both("sampling", share=sampling_share)
    return both("sampling_capped", share=sampling_share, cap=supervision.annual_cap)


def citations(policy: Policy, ids: tuple[str, ...]) -> tuple[Citation, ...]:
    """The legal entries of these ids as citations."""
    return tuple(_citation(entry) for entry in policy.cited(ids))


def _citation(entry: Legal) -> Citation:
    return Citation(
        id=entry.id,
        document=entry.document,
        article=entry.article,
        title=entry.title.zh,
        issued_on=entry.issued_on,
        url=entry.url or address_of(entry),
        tag=entry.tag,
        role=entry.role,
    )


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
