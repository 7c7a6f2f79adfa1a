"""What a page says of a proposed result, to whom: least by default."""

from __future__ import annotations

from datetime import date
from typing import Any

from scoring.entities import Explanation, PendingProposal
from scoring.explain.words.contacts import MOST_NAMED, contact_of, publisher
from scoring.explain.words.proposal_words import described
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from web.parts import reasons, summary
from web.parts.grades import band_grade


def seen(proposal: PendingProposal | None, granted: Audience) -> PendingProposal | None:
    """The proposal as an audience may see it: nothing of it without colour and reasons."""
    if proposal is None or not (granted.colour and granted.reasons):
        return None
    return proposal if granted.points else proposal.without_points()


def marked(explanation: Explanation, granted: Audience) -> dict[str, str] | None:
    """That something is pending; who may not see reasons learns no more than that the grade is under review.

    Of a first result they learn nothing: it waits only where it is a bad one.
    """
    if explanation.pending is None or not granted.colour:
        return None
    if granted.reasons:
        return dict(explanation.pending)
    return both("proposal_marked") if explanation.band is not None else None


def first_screen(
    explanation: Explanation,
    proposal: PendingProposal | None,
    version: ResolvedPolicy,
    proposed: ResolvedPolicy,
    reader: summary.Reader,
) -> dict[str, Any]:
    """The lines of the first screen, of the proposed result where there is one."""
    if proposal is None:
        return summary.lines(explanation, version, reader)
    return summary.pending_lines(explanation, proposal, version, proposed, reader)


def proposal_view(
    proposal: PendingProposal,
    proposed: Explanation,
    in_effect: dict[str, Any] | None,
    version: ResolvedPolicy,
    granted: Audience,
    today: date,
) -> dict[str, Any]:
    """A proposal with the grades from and to, and how the proposed result comes about.

    Args:
        proposal: The proposal as the audience may see it.
        proposed: The proposed result explained.
        in_effect: The sum of points in effect (``reasons.points``), where there is one.
        version: The policy of the proposed result.
        granted: What the audience may see.
        today: The day on which it is read.
    """
    return {
        **described(proposal),
        "grades": {
            "before": band_grade(proposal.before) if proposal.before else None,
            "now": band_grade(proposal.proposed),
        },
        "contacts": _contacts(proposal, fictitious=proposed.fictitious),
        "sum": _sum(in_effect, reasons.points(proposed, version)) if granted.points else None,
        "rules": reasons.rules(proposed, version, granted, today),
        "reasons": reasons.reasons(proposed, version, granted, today),
    }


def _contacts(proposal: PendingProposal, *, fictitious: bool) -> list[dict[str, Any]]:
    """How those are reached to whom an answer goes; of nobody named the publisher."""
    if proposal.better:
        return []
    named = proposal.hearing.authorities[:MOST_NAMED]
    return [contact_of(name, fictitious=fictitious) for name in named] or [publisher(fictitious=fictitious)]


def _sum(in_effect: dict[str, Any] | None, proposed: dict[str, Any]) -> dict[str, Any]:
    """The proposed sum, each line beside what it is in effect; lines that end are there too."""
    linked = {step["id"] for step in proposed["steps"]} - {reasons.SCALE_LIMIT}
    before, now = _by_id(in_effect["steps"] if in_effect else []), _by_id(proposed["steps"])
    steps = [{"id": "base", "label": both("base"), "before": _base(in_effect), "now": proposed["base"]}]
    for step_id, step in {**now, **before}.items():
        was, will_be = (side[step_id]["points"] if step_id in side else "0" for side in (before, now))
        steps.append({"id": step_id, "label": step["label"], "before": was, "now": will_be})
    return {**proposed, "steps": [{**step, "linked": step["id"] in linked} for step in steps]}


def _by_id(steps: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in steps}


def _base(in_effect: dict[str, Any] | None) -> str | None:
    return in_effect["base"] if in_effect else None
