"""The first screen: at most eight short lines that say why, what it means, what to do and until when."""

from __future__ import annotations

from datetime import date
from typing import Any

from scoring.entities import Explanation, PendingProposal, Reason, Rule
from scoring.explain.outlook import sentences
from scoring.explain.words.effect import decided
from scoring.explain.words.figures import signed
from scoring.explain.words.grades import band_name
from scoring.explain.words.proposal_words import answering, causes, takes_effect
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

MOST_WHY = 3
"""Three lines of why leave room on a phone's first screen for what it means, what to do and until when."""


def lines(explanation: Explanation, version: ResolvedPolicy, *, ahead: bool = False) -> dict[str, Any]:
    """The lines by question: ``why`` (at most three), ``means`` and ``until`` (at most two each), ``do`` (one).

    Args:
        explanation: The explained result.
        version: The policy that gave it.
        ahead: Whether what is to come may be told; without it the records behind the grade tell until when.
    """
    rules, reasons = _grounds(explanation, MOST_WHY)
    return {
        "why": _why(rules, reasons, explanation, version),
        "means": _means(explanation, version),
        "do": _do(explanation) if ahead else [dict(text) for text in explanation.advice[:1]],
        "until": (sentences.until(explanation) if ahead else []) or [_until(rules, reasons, explanation)],
    }


def pending_lines(
    explanation: Explanation,
    proposal: PendingProposal,
    version: ResolvedPolicy,
    proposed: ResolvedPolicy,
    *,
    ahead: bool = False,
) -> dict[str, Any]:
    """The same while another result is proposed: it means what is in effect; why, what to do and until when are of the other.

    Args:
        explanation: The result in effect.
        proposal: What is proposed.
        version: The policy of the result in effect.
        proposed: The policy of the proposed result.
        ahead: As in ``lines``.
    """
    of_proposed = lines(explanation.proposed or explanation, proposed, ahead=ahead)
    # What has ended is no reason of the new result: then that it ended says why.
    why = causes(proposal) if of_proposed["why"] == [both("why_nothing")] else []
    answer = answering(proposal)
    return {
        "why": (why or of_proposed["why"])[: MOST_WHY - 1],
        "means": _means(explanation, version),
        "do": [*([answer] if answer else []), *of_proposed["do"]],
        "until": [takes_effect(proposal), *of_proposed["until"][:1]],
    }


def _grounds(explanation: Explanation, most: int) -> tuple[list[Rule], list[Reason]]:
    """The rules that decided and the foremost reasons, so many together."""
    rules = [rule for rule in explanation.rules if decided(rule, explanation)][:most]
    if explanation.band is None:
        return rules, []
    return rules, _foremost(explanation, bool(rules))[: most - len(rules)]


def _why(
    rules: list[Rule], reasons: list[Reason], explanation: Explanation, version: ResolvedPolicy
) -> list[dict[str, str]]:
    unit = version.policy.scale.per_point
    why = [_rule_line(rule, explanation) for rule in rules]
    why += [both("why_points", label=reason.label, points=signed(reason.points, unit)) for reason in reasons]
    return why or [both("why_nothing")]


def _do(explanation: Explanation) -> list[dict[str, str]]:
    """The first step of the path to a better grade, unless it is to wait; else the most useful advice."""
    path = explanation.outlook.path if explanation.outlook else None
    steps = [step.label for step in path.steps if step.kind != "wait"] if path else []
    return [dict(text) for text in (*steps, *explanation.advice)[:1]]


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
    if explanation.band is None:
        return [both("means_not_rated"), dict(explanation.next_check)]
    meaning = next((band.meaning for band in version.policy.bands if band.id == explanation.band.id), None)
    return ([meaning.model_dump()] if meaning else []) + [dict(explanation.next_check)]


def _until(rules: list[Rule], reasons: list[Reason], explanation: Explanation) -> dict[str, str]:
    """How long a deciding rule can last at most.

    Without one it is the first day on which a record named above stops counting.
    """
    evidence = rules[0].evidence if rules else ()
    last_days = [record.counts_until for record in evidence]
    if explanation.band is not None and last_days and None not in last_days:
        return both("until_rule", day=max(day for day in last_days if day))
    first_end = min(_ends(reasons), default=None)
    return both("until_day", day=first_end) if first_end else both("until_open", day=explanation.score.as_of)


def _ends(reasons: list[Reason]) -> list[date]:
    """Last days of the records that take points away."""
    days = []
    for reason in reasons:
        if reason.points < 0:
            days += [evidence.counts_until for evidence in reason.evidence if evidence.counts_until]
    return days
