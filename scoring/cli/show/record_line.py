"""One record in a line of the terminal."""

from __future__ import annotations

from datetime import date

from scoring.entities import Evidence, Lang, code_label
from scoring.explain.words.figures import money
from scoring.rules.wording import say


def evidence_line(record: Evidence, lang: Lang) -> str:
    """One record in a line: kind, what it said, number, authority, day, until when it counts, from whom it followed."""
    kind_label = code_label("kinds", record.kind, lang)
    coded = (("results", record.result), ("severities", record.severity))
    details = [code_label(code_list, coded_value, lang) for code_list, coded_value in coded if coded_value]
    if details:
        kind_label = say(lang, "h_detailed", kind=kind_label, details=say(lang, "comma").join(details))
    amount, until = money(record.amount_fen), record.counts_until
    # The day of the decision: that is the one in the document.
    facts = (
        kind_label,
        record.document_no,
        record.authority,
        _day(record.decided_on or record.occurred_on),
        amount[lang] if amount else "",
        say(lang, "counts_until", day=until) if until else "",
        say(lang, "inherited", predecessor=record.inherited_from) if record.inherited_from else "",
    )
    return " · ".join(fact for fact in facts if fact)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
