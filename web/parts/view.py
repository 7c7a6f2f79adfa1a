"""What a page shows of an enterprise, as plain data: template and JSON twin are made of the same dictionary.

Default deny: a part is there only when the policy grants it to the audience. Records that did not count are for the
enterprise itself and for officers, how records stand to each other for inspectors too; officers' notes never enter a view.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal

from scoring.administration.credential import Face, face_of
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.small_cells import LEAST, hidden_cells
from scoring.entities import BandInfo, Explanation, Score
from scoring.explain.history.events import describe_changes
from scoring.explain.history.timeline import History
from scoring.explain.present import withheld
from scoring.explain.words.contacts import whom_to_ask
from scoring.explain.words.disclosures import notices, order_notice
from scoring.explain.words.figures import decimal, labels, percent, permille, prose_day
from scoring.explain.words.grades import band_of, gate_label, legend, outside_words
from scoring.explain.words.marks import MARKS
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.watch import STALE_DAYS, stale_on
from scoring.rules.wording import both
from scoring.store.people.grants import Grant
from web.parts import outlook, pending, reasons, summary
from web.parts.grades import band_grade, grade

FRESH_DAYS = 7
"""For so many days a result is taken as the present one without a word."""
AudienceName = Literal["public", "enterprise", "inspector", "officer"]


def grants(version: ResolvedPolicy, audience: AudienceName) -> Audience:
    """What the policy lets an audience see: nothing unless it says so."""
    return version.policy.audiences.get(audience, Audience())


def tells_history(granted: Audience) -> bool:
    """Whether an audience may see points and colour over time: it names colour, points and reasons."""
    return granted.colour and granted.points and granted.reasons


def enterprise_view(
    whole: Explanation,
    version: ResolvedPolicy,
    granted: Audience,
    history: History | None = None,
    *,
    own: bool = False,
    related: bool = False,
    proposed: ResolvedPolicy | None = None,
    today: date | None = None,
) -> dict[str, Any]:
    """One enterprise as an audience may see it; every text in both languages, days as ISO text.

    While another result is proposed, why, what to do, until when and the outlook are of that one for who
    may see reasons; others see that the result is under review.

    Args:
        whole: The explained result.
        version: The policy that gave it.
        granted: What this audience may see; parts that are withheld are ``None``.
        history: Points and colour over time, where it was asked for.
        own: Whether the reader is the enterprise itself or an officer. Least by default.
        related: Whether the reader may see how records stand to each other: the enterprise and who inspects it.
        proposed: The policy of the proposed result, where another one than that of the result in effect.
        today: The day on which it is read; that of the result where nobody says.
    """
    explanation, score = withheld(whole, own=own, records=granted.records), whole.score
    today, outside = today or score.as_of, outside_words(whole) if granted.reasons else None
    reader = summary.Reader(outlook.granted_ahead(granted), granted.records, today)
    proposal = pending.seen(explanation.proposal, granted)
    coming = (explanation.proposed or explanation) if proposal else explanation
    coming_by = (proposed or version) if proposal else version
    with_reasons = granted.reasons and not outside
    sees_records = with_reasons and granted.records
    points = reasons.points(explanation, version) if granted.points and score.points is not None else None
    return {
        "enterprise": {"id": score.enterprise_id, "name": score.name},
        "as_of": score.as_of.isoformat(),
        "result": _result(explanation, version, granted),
        "stale": stale(score.as_of, today),
        "outside": outside,
        "pending": pending.marked(explanation, granted),
        "proposal": proposal and pending.proposal_view(proposal, coming, points, coming_by, granted, today),
        "points": points,
        "summary": pending.first_screen(explanation, proposal, version, coming_by, reader)
        if with_reasons
        else None,
        "ask": whom_to_ask(coming, records=granted.records and granted.reasons),
        "facts": _facts(explanation) if granted.reasons else None,
        "rules": reasons.rules(explanation, version, granted, today) if granted.reasons else None,
        "reasons": reasons.reasons(explanation, version, granted, today) if granted.reasons else None,
        "history": None if outside else _changes(history, granted),
        "advice": [dict(text) for text in coming.advice] if with_reasons else None,
        "outlook": None if outside else outlook.outlook(coming, coming_by, granted, today),
        "not_counted": reasons.not_counted(coming, coming_by, today) if own and sees_records else None,
        "joined": _joined(whole, proposal is not None) if related and sees_records else None,
        "legend": [band_view(band, version) for band in explanation.bands],
        "policy": policy_view(version, fictitious=whole.fictitious),
    }


def _changes(history: History | None, granted: Audience) -> Any:
    """Points and colour over time, for who may see them."""
    return describe_changes(history, records=granted.records) if history and tells_history(granted) else None


def _joined(whole: Explanation, is_proposed: bool) -> list[dict[str, str]]:
    """How the records of the result in effect, or of the proposed one, stand to each other."""
    shown = (whole.proposed or whole) if is_proposed else whole
    return [dict(text) for text in shown.joined]


def _result(explanation: Explanation, version: ResolvedPolicy, granted: Audience) -> dict[str, Any] | None:
    if not granted.colour:
        return None
    result = grade(explanation.band, explanation.score.status_reason, version, granted)
    # The one sentence of who is outside the scheme says why; the face need not say it again.
    return result | {"label": None} if outside_words(explanation) else result


def stale(as_of: date, today: date) -> dict[str, Any] | None:
    """That a result is older than a week: its day, and for how many days it was not updated."""
    days = (today - as_of).days
    if days <= FRESH_DAYS:
        return None
    return {"days": days, "text": both("stale", day=prose_day(as_of), n=days)}


def card_face(explanation: Explanation, granted: Audience) -> Face | None:
    """The card as an audience may see it: ``None`` without a grant of the colour, no reason without a grant of reasons."""
    face = face_of(explanation)
    if not granted.colour:
        return None
    return face if granted.reasons or face.rank is not None else replace(face, label=MARKS["not_rated"].word)


def row_view(score: Score, version: ResolvedPolicy, granted: Audience) -> dict[str, Any]:
    """One line of a search result."""
    band = band_of(score.band, version.policy)
    return {
        "id": score.enterprise_id,
        "name": score.name,
        "result": grade(band, score.status_reason, version, granted) if granted.colour else None,
        "points": decimal(score.points, version.policy.scale.per_point)
        if granted.points and score.points is not None
        else None,
    }


def distribution(
    results: CurrentResults, *, public: bool = False, within: Sequence[Grant] | None = None
) -> dict[str, Any]:
    """How many enterprises each band holds, and how many are not rated and why.

    Shares are among the rated, as text and in thousandths. For the public small counts are ``None``, with
    others from which they could be worked out, and nobody learns why others are not rated.

    Args:
        results: The results.
        public: Whether the public reads it.
        within: The grants in whose areas they are; ``None``: everybody.
    """
    counts, reasons = results.counts_within(within)
    rated = sum(counts.values())
    unrated = sum(reasons.values())
    cells: dict[tuple[Hashable, ...], int] = {
        (band.id,): counts.get(band.id, 0) for band in legend(results.version.policy)
    }
    hidden = hidden_cells({**cells, (None,): unrated}) if public else frozenset()
    rows = []
    for band in legend(results.version.policy):
        count = cells[band.id,]
        shares = {"count": count, "share": percent(count, rated), "permille": permille(count, rated)}
        if (band.id,) in hidden:
            shares = {"count": None, "share": None, "permille": 0}
        rows.append({**band_view(band, results.version), **shares})
    why = [
        {"id": reason, "label": gate_label(reason, results.version.policy), "count": count}
        for reason, count in reasons.items()
    ]
    return {
        "rated": None if hidden else rated,
        "bands": rows,
        "not_rated": {"count": None if (None,) in hidden else unrated, "why": [] if public else why},
        "public": public,
        "small": both("spread_small", n=LEAST) if hidden else None,
    }


def band_view(band: BandInfo, version: ResolvedPolicy) -> dict[str, Any]:
    """One band of the legend."""
    meaning = next((known.meaning for known in version.policy.bands if known.id == band.id), None)
    return {
        **band_grade(band),
        "band": band.id,
        "from": decimal(band.from_points, version.policy.scale.per_point),
        "meaning": meaning.model_dump() if meaning else None,
    }


def policy_view(version: ResolvedPolicy, *, fictitious: bool) -> dict[str, Any]:
    """Which rules gave the result, and what every view must say of them and of the data."""
    policy = version.policy
    return {
        "id": policy.id,
        "version": policy.version,
        "sha256": version.rules_sha256,
        "title": policy.title.model_dump(),
        "demonstration": version.demonstration,
        "fictitious": fictitious,
        "notices": list(notices(version, fictitious=fictitious)),
        "order": list(order_notice(version)),
    }


def with_law(shown: dict[str, Any], version: ResolvedPolicy, day: date) -> dict[str, Any]:
    """A view whose policy says how many of its grounds nobody has looked at for too long, if any.

    Args:
        shown: The view.
        version: The policy that it names.
        day: The present day.
    """
    stale = stale_on(version.policy, day)
    law = both("law_stale_page", n=len(stale), days=STALE_DAYS) if stale else None
    return {**shown, "policy": {**shown["policy"], "law": law}}


def _facts(explanation: Explanation) -> dict[str, Any]:
    facts, registered = explanation.enterprise, explanation.enterprise.get("registered_on")
    named = {
        name: labels(table, _text(facts.get(name)))
        for name, table in (("entity_type", "entity_types"), ("status", "statuses"))
    }
    return {**named, "registered_on": str(registered) if registered else None}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
