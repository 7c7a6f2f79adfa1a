"""What the public's page shows where the policy grants the published grounds of a result.

Two enterprises whose results are not public have the same page but for name and code: nothing on it
follows from band, points, records, days of a change or the version that gave the result.
"""

from __future__ import annotations

from typing import Any

from scoring.administration.credential import Face, public_face, public_word
from scoring.administration.results.current import CurrentResults
from scoring.entities import Score, code_label
from scoring.explain.public_result import PublicResult, PublishedRecord
from scoring.explain.words.contacts import publisher
from scoring.explain.words.figures import prose_day
from scoring.explain.words.marks import MARKS
from scoring.rules.wording import LANGUAGES, both
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


def public_page(results: CurrentResults, score: Score, shown: PublicResult) -> dict[str, Any]:
    """The parts of the public's page that are its own; those that it never sees are ``None``.

    Args:
        results: The results of the store: their day and rules, not those of one result, which would tell
            when it last changed.
        score: The result; of it name and code alone.
        shown: What of it the public sees.
    """
    return {
        "enterprise": {"id": score.enterprise_id, "name": score.name},
        "as_of": results.as_of.isoformat(),
        "result": public_grade(shown),
        **dict.fromkeys(EMPTY),
        "public": _grounds(shown, results),
        "ask": [publisher(fictitious=results.fictitious)],
    }


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


def _grounds(shown: PublicResult, results: CurrentResults) -> dict[str, Any]:
    """Why nothing is shown, or on which published records the result rests."""
    lines = []
    if shown.state in WITHHELD:
        lines.append(both(WITHHELD[shown.state]))
    if shown.state == "shown":
        lines += [] if shown.decisions else [both("public_none", day=prose_day(results.as_of))]
        lines += [both("public_rests")] if shown.records else []
    return {
        "state": shown.state,
        "lines": lines,
        "records": [_record(record) for record in shown.records],
        "note": both("public_note"),
    }


def _record(record: PublishedRecord) -> dict[str, Any]:
    until = record.publish_until
    return {
        "id": record.record_id,
        "kind": {lang: code_label("kinds", record.kind, lang) for lang in LANGUAGES},
        "date": record.dated_on.isoformat() if record.dated_on else None,
        "authority": record.authority,
        "document_no": record.document_no,
        "publish_until": until.isoformat() if until else None,
    }
