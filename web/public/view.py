"""What the public's page shows of an enterprise: its colour with the published grounds, or that it is not public.

Two enterprises whose results are not public have the same page but for name and code: nothing on it
follows from band, points, records, days of a change or the version that gave the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from scoring.administration.credential import Face, public_face, public_word
from scoring.administration.results.current import CurrentResults
from scoring.entities import Score, code_label
from scoring.errors import UnknownEnterpriseError
from scoring.explain.public_result import NOT_PUBLIC, PublicResult, PublishedRecord
from scoring.explain.words.contacts import publisher
from scoring.explain.words.figures import prose_day
from scoring.explain.words.grades import band_of, legend
from scoring.explain.words.marks import MARKS
from scoring.policy.language.schema import Publication
from scoring.rules.wording import LANGUAGES, both
from scoring.store.standing.code_holders import CodeHolder
from web.parts import view
from web.parts.grades import band_grade

EMPTY = (
    "outside",
    "pending",
    "proposal",
    "points",
    "fields",
    "summary",
    "facts",
    "rules",
    "reasons",
    "history",
    "advice",
    "outlook",
    "not_counted",
    "joined",
)
"""Parts of an enterprise's page that the public never sees."""

WITHHELD = {"not_public": "public_why_not_public", "adjusting": "public_why_adjusting"}
"""Why no result is shown, by state."""
VISIT = "inspection"
CONSUMERS, CITY = "12315", "12345"
"""Telephone numbers of the whole country: complaints to the market regulator, and any city's hotline."""


def public_page(read: CurrentResults, holder: CodeHolder, today: date) -> dict[str, Any]:
    """The public's page of an enterprise.

    Args:
        read: The results of the store: their day and rules, not those of one result, which would tell when it
            last changed.
        holder: The enterprise.
        today: The day on which it is read.

    Raises:
        UnknownEnterpriseError: The store has no result of it.
    """
    score = read.score(holder.enterprise_id)
    shown = shown_to_public(read, holder.enterprise_id, today)
    granted = view.grants(read.version, "public")
    is_waiting = granted.colour and not granted.grounds and read.proposed(holder.enterprise_id) is not None
    framed = {
        "enterprise": {"id": score.enterprise_id, "name": shown_name(score, holder)},
        "is_person": holder.is_person,
        "as_of": read.as_of.isoformat(),
        "age": _age(read.as_of, today),
        "result": public_grade(shown),
        **dict.fromkeys(EMPTY),
        "pending": both("proposal_marked") if is_waiting and shown.band else None,
        "public": _grounds(shown, read, with_records=bool(granted.grounds)),
        "report": both("public_report", a=CONSUMERS, b=CITY),
        "is_not": both("public_is_not"),
        "ask": [publisher(fictitious=read.fictitious)],
        "stale": view.stale(read.as_of, today),
        "legend": [view.band_view(band, read.version) for band in legend(read.version.policy)],
        "policy": view.policy_view(read.version, fictitious=read.fictitious),
    }
    return view.with_law(framed, read.version, today)


def shown_to_public(read: CurrentResults, enterprise_id: str, on: date) -> PublicResult:
    """What the public sees of a result on a day; where it is granted no colour, nothing is computed."""
    granted = view.grants(read.version, "public")
    if granted.grounds:
        return read.public(enterprise_id, on)
    if not granted.colour:
        return NOT_PUBLIC
    score = read.score(enterprise_id)
    band = band_of(score.band, read.version_of(score).policy)
    return PublicResult("not_rated") if band is None else PublicResult("shown", band)


def shown_name(score: Score, holder: CodeHolder) -> str | None:
    """The name of an enterprise; that of a sole trader is a person's."""
    return None if holder.is_person else score.name


def require_page(holder: CodeHolder, *, with_persons: bool) -> None:
    """Lets pages of sole traders be seen only where the deployment has them.

    Raises:
        UnknownEnterpriseError: It has none, as if there were no such enterprise.
    """
    if holder.is_person and not with_persons:
        raise UnknownEnterpriseError("enterprise_unknown", enterprise_id=holder.enterprise_id)


def public_grade(shown: PublicResult) -> dict[str, Any]:
    """The grade that is shown, or what is said instead of one, in the form of ``grades.grade``."""
    if shown.band is not None:
        return band_grade(shown.band)
    word = dict(public_word(shown.state))
    mark = MARKS["not_rated"].id
    return {"mark": mark, "colour": None, "word": word, "label": None, "rank": None, "of": None}


def public_card(results: CurrentResults, score: Score, shown: PublicResult) -> Face:
    """The card of an enterprise as the public sees it."""
    return public_face(score, shown, results.version, as_of=results.as_of, fictitious=results.fictitious)


def _age(as_of: date, today: date) -> dict[str, Any]:
    days, day = (today - as_of).days, prose_day(as_of)
    text = both("public_age", day=day, n=days) if days > 0 else both("public_age_today", day=day)
    return {"days": max(days, 0), "text": text}


def _grounds(shown: PublicResult, results: CurrentResults, *, with_records: bool) -> dict[str, Any]:
    """Why nothing is shown, or on which published records the result rests."""
    lines = []
    if shown.state in WITHHELD:
        lines.append(both(WITHHELD[shown.state]))
    if shown.state == "shown" and with_records:
        lines += [] if shown.decisions else [both("public_none", day=prose_day(results.as_of))]
        lines += [both("public_rests")] if shown.records else []
    return {
        "state": shown.state,
        "lines": lines,
        "records": [record_view(record) for record in shown.records],
        "visit": _visit(shown.records) if shown.state == "shown" and _publishes_visits(results) else None,
        "note": both("public_note"),
    }


def _publishes_visits(results: CurrentResults) -> bool:
    return VISIT in (results.version.policy.publication or Publication()).kinds


def _visit(records: Sequence[PublishedRecord]) -> dict[str, str]:
    """The last visit of which the outcome is published, never a planned one, nor by whom."""
    last = next((record for record in records if record.kind == VISIT and record.dated_on), None)
    if last is None or last.dated_on is None:
        return both("public_no_visit")
    if last.authority is None:
        return both("public_visit_unnamed", day=prose_day(last.dated_on))
    return both("public_visit", day=prose_day(last.dated_on), authority=last.authority)


def record_view(record: PublishedRecord) -> dict[str, Any]:
    """A published record."""
    until = record.publish_until
    return {
        "id": record.record_id,
        "kind": {lang: code_label("kinds", record.kind, lang) for lang in LANGUAGES},
        "date": record.dated_on.isoformat() if record.dated_on else None,
        "authority": record.authority,
        "document_no": record.document_no,
        "publish_until": until.isoformat() if until else None,
    }
