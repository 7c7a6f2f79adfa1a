"""What a single fact or a step of a review has done, in sentences for the person who entered it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.cli.show.store import band_word
from scoring.entities import Lang, code_label
from scoring.explain.words.figures import decimal
from scoring.policy.language.schema import Policy
from scoring.rules.wording import say
from scoring.store.standing.new_results import ChangedResult
from scoring.store.standing.standings import StoredStanding, band_numbers
from scoring.store.standing.taking_effect import PROPOSED


def recorded(kind: str, record_id: str, record_kind: str, lang: Lang) -> str:
    """That a record was ``added``, ``corrected``, ``withdrawn`` or ``restored``."""
    return say(lang, f"did_{kind}", record=record_id, kind=code_label("kinds", record_kind, lang))


def changed(change: ChangedResult, policy: Policy, lang: Lang) -> str:
    """The colour of one enterprise now: in effect, or proposed and until when it can be heard."""
    result, decision = change.result, change.decision
    words = {
        "who": who(result.enterprise_id, result.name, lang),
        "before": band_word(change.prior, policy, lang),
        "now": band_word(result.band, policy, lang),
    }
    if decision.state == PROPOSED:
        return _proposed(change, words, policy, lang)
    if change.before is None:
        return say(lang, "now_first", **words)
    if change.prior != result.band:
        return say(lang, "now_turned", **words)
    if result.points is None:
        return say(lang, "now_same", **words)
    return say(lang, "now_stays", points=decimal(result.points, policy.scale.per_point), **words)


def _proposed(change: ChangedResult, words: Mapping[str, str], policy: Policy, lang: Lang) -> str:
    """What waits: a fall until it is heard, or an improvement until another account confirms it."""
    decision, bands = change.decision, band_numbers(policy)
    if change.prior is not None and bands[change.result.band] < bands[change.prior]:
        return say(lang, "now_better_proposed", **words)
    text_id = "now_proposed_reviewed" if decision.reviewers else "now_proposed"
    until = can_be_answered(decision.notice_until, policy, lang)
    return say(lang, text_id, until=until, n=decision.reviewers, **words)


def can_be_answered(notice_until: object, policy: Policy, lang: Lang) -> str:
    """Until when a proposal can be answered; before its service, for how long after it."""
    if notice_until:
        return say(lang, "served_until", day=notice_until)
    return say(lang, "to_be_served", workdays=policy.worsening_notice_workdays)


def unchanged(enterprise_id: str, standing: StoredStanding, policy: Policy, lang: Lang) -> str:
    """That the result of an enterprise is what it was."""
    grade = band_word(standing.band, policy, lang)
    return say(lang, "now_same", who=who(enterprise_id, standing.name, lang), now=grade)


def step_taken(
    kind: str, number: int, proposal: Mapping[str, Any] | None, policy: Policy, lang: Lang
) -> Iterator[str]:
    """What was put on file about a proposal, and how the proposal stands now."""
    yield say(lang, f"step_{kind}_taken", n=number)
    if proposal is not None:
        yield say(
            lang,
            "proposal_stands",
            who=who(proposal["enterprise_id"], proposal["name"], lang),
            before=band_word(proposal["before"], policy, lang),
            now=band_word(proposal["band"], policy, lang),
            until=can_be_answered(proposal["notice_until"], policy, lang),
            confirmed=len(proposal["confirmed_by"]),
            reviewers=proposal["reviewers"],
        )


def who(enterprise_id: str, name: str | None, lang: Lang) -> str:
    """An enterprise by name and code; by its code alone where it has no name."""
    return say(lang, "coded", label=name, code=enterprise_id) if name else enterprise_id
