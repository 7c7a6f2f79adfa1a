"""The first screen: short lines that say why, what it means, what to do and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.entities import Explanation, PendingProposal, Reason, Rule
from scoring.explain.outlook import plan_words, sentences
from scoring.explain.words import reason_lines
from scoring.explain.words.effect import decided
from scoring.explain.words.figures import prose_day
from scoring.explain.words.grades import band_name
from scoring.explain.words.proposal_words import answering, causes, takes_effect
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

MOST_WHY = 3
"""Three lines of why leave room on a phone's first screen for what it means, what to do and until when."""


@dataclass(frozen=True)
class Reader:
    """Who reads a first screen: what may be told, and on which day.

    Attributes:
        ahead: Whether what is to come may be told; without it the records behind the grade tell until when.
        records: Whether records may be named.
        today: The day on which it is read; a day before it is told as past.
    """

    ahead: bool = False
    records: bool = True
    today: date | None = None


EVERYBODY = Reader()
"""Who may see records and nothing that is to come."""


def lines(explanation: Explanation, version: ResolvedPolicy, reader: Reader = EVERYBODY) -> dict[str, Any]:
    """The lines by question: ``why`` (at most three), ``means`` (one), ``do`` (all steps) and ``until`` (at most two).

    Args:
        explanation: The explained result.
        version: The policy that gave it.
        reader: Who reads it.
    """
    rules, reasons = _grounds(explanation)
    until = sentences.until(explanation, reader.today) if reader.ahead else []
    return {
        "why": _why(rules, reasons, explanation, version, records=reader.records)[:MOST_WHY],
        "means": _means(explanation, version),
        "do": _do(explanation, version, reader),
        "until": until or [_until(rules, reasons, explanation)],
    }


def pending_lines(
    explanation: Explanation,
    proposal: PendingProposal,
    version: ResolvedPolicy,
    proposed: ResolvedPolicy,
    reader: Reader = EVERYBODY,
) -> dict[str, Any]:
    """The same while another result is proposed: it means what is in effect; why, what to do and until when are of the other.

    Args:
        explanation: The result in effect.
        proposal: What is proposed.
        version: The policy of the result in effect.
        proposed: The policy of the proposed result.
        reader: Who reads it.
    """
    of_proposed = lines(explanation.proposed or explanation, proposed, reader)
    # What has ended is no reason of the new result: then that it ended says why.
    why = causes(proposal) if of_proposed["why"] == [both("why_nothing")] else []
    answer = answering(proposal)
    return {
        "why": (why or of_proposed["why"])[: MOST_WHY - 1],
        "means": _means(explanation, version),
        "do": [*([answer] if answer else []), *of_proposed["do"]],
        "until": [takes_effect(proposal), *of_proposed["until"][:1]],
    }


def _grounds(explanation: Explanation) -> tuple[list[Rule], list[Reason]]:
    """The rules that decided, and the foremost reasons."""
    rules = [rule for rule in explanation.rules if decided(rule, explanation)][:MOST_WHY]
    if explanation.band is None:
        return rules, []
    return rules, _foremost(explanation, bool(rules))


def _why(
    rules: list[Rule],
    reasons: list[Reason],
    explanation: Explanation,
    version: ResolvedPolicy,
    *,
    records: bool,
) -> list[dict[str, str]]:
    why = [_rule_line(rule, explanation) for rule in rules]
    why += reason_lines.lines(reasons, version.policy, records=records)
    return why or [both("why_nothing")]


def _do(explanation: Explanation, version: ResolvedPolicy, reader: Reader) -> list[dict[str, str]]:
    """All steps to a better grade with what they lead to, or that there are none; in the best one the advice."""
    advice = [dict(text) for text in explanation.advice[:1]]
    if not reader.ahead or explanation.outlook is None or explanation.outlook.path is None:
        return advice
    steps = plan_words.numbered(explanation, version.policy, reader.today)
    return steps or [plan_words.nothing_helps(explanation, reader.today)]


def _foremost(explanation: Explanation, ruled: bool) -> list[Reason]:
    """Reasons as they explain the band: in the best band what raises comes first, below it what lowers.

    In the worse half of the bands what raises explains nothing and is left out, unless there is nothing else to tell.
    """
    band = explanation.band
    if band is not None and band.rank == 1:
        return sorted(explanation.reasons, key=lambda reason: reason.points < 0)
    against = [reason for reason in explanation.reasons if reason.points < 0]
    if band is not None and 2 * band.rank > band.of and (against or ruled):
        return against
    return sorted(explanation.reasons, key=lambda reason: reason.points > 0)


def _rule_line(rule: Rule, explanation: Explanation) -> dict[str, str]:
    if rule.kind in ("gate", "hysteresis"):
        return dict(rule.label)
    text_id = "why_veto" if rule.kind == "veto" else "why_cap"
    return both(text_id, label=rule.label, band=band_name(rule.band, explanation))


def _means(explanation: Explanation, version: ResolvedPolicy) -> list[dict[str, str]]:
    """How often it is inspected; where the scheme says nothing of that, what the band means."""
    band_id = explanation.band.id if explanation.band else None
    if band_id is None:
        return [both("means_not_rated")]
    meaning = next((band.meaning for band in version.policy.bands if band.id == band_id), None)
    inspected = version.policy.supervision.get(band_id)
    return [dict(explanation.next_check) if inspected or meaning is None else meaning.model_dump()]


def _until(rules: list[Rule], reasons: list[Reason], explanation: Explanation) -> dict[str, str]:
    """How long a deciding rule can last at most.

    Without one it is the first day on which a record named above stops counting.
    """
    evidence = rules[0].evidence if rules else ()
    last_days = [record.counts_until for record in evidence]
    if explanation.band is not None and last_days and None not in last_days:
        return both("until_rule", day=prose_day(max(day for day in last_days if day)))
    if first_end := min(_ends(reasons[:MOST_WHY]), default=None):
        return both("until_day", day=prose_day(first_end))
    return both("until_open", day=prose_day(explanation.score.as_of))


def _ends(reasons: list[Reason]) -> list[date]:
    """Last days of the records that take points away."""
    days = []
    for reason in reasons:
        if reason.points < 0:
            days += [evidence.counts_until for evidence in reason.evidence if evidence.counts_until]
    return days
