"""The sheet of an inspection on A4: empty, to be filled in by hand, and as the minutes that are handed over."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from scoring.administration.casework.papers import PaperSection, clipped, compiled
from scoring.administration.inspection.inspection_items import published_items
from scoring.administration.inspection.new_visit import ANSWERS
from scoring.administration.inspection.stored_visits import StoredVisit
from scoring.entities import Lang, code_label
from scoring.entities.authorities import register
from scoring.explain.words.disclosures import labels_of
from scoring.rules import RULES
from scoring.rules.wording import say
from scoring.store.facts.fictitious_facts import holds_fictitious

TEMPLATE = RULES / "papers" / "visit_sheet.typ"
BLANK = ""
"""A value that is written in by hand."""
BLANK_ROWS = (
    *(
        "sheet_enterprise",
        "sheet_code",
        "sheet_day",
        "sheet_occasion",
        "sheet_order",
        "sheet_task",
        "sheet_act",
    ),
    *("sheet_officer", "sheet_officer"),
)
LINES = 3
"""Empty lines for what else was seen."""


@dataclass(frozen=True)
class SheetItem:
    """An item: its text, which answer is ticked, and what is noted beside it."""

    text: str
    key: bool
    marks: Sequence[bool]
    note: str = ""


@dataclass(frozen=True)
class SheetGroup:
    """The items of one authority in one field."""

    head: str
    items: Sequence[SheetItem]


def blank_sheet(
    connection: Connection, offices: Iterable[str], enterprise: Mapping[str, str], day: date, lang: Lang
) -> bytes:
    """The empty sheet as PDF, with the items of some authorities.

    Args:
        connection: The store.
        offices: Codes of the authorities.
        enterprise: ``name`` and ``id`` of the enterprise, which is written already; may be empty.
        day: The day of their powers.
        lang: Language.
    """
    groups = [group for office in offices for group in _empty_groups(office, day, lang)]
    rows = [(say(lang, text_id), BLANK) for text_id in BLANK_ROWS]
    rows[0] = (rows[0][0], enterprise.get("name", BLANK))
    rows[1] = (rows[1][0], enterprise.get("id", BLANK))
    sections = [PaperSection(say(lang, "sheet_seen"), [BLANK] * LINES)]
    return _pdf(connection, lang, rows, groups, sections, title=say(lang, "sheet_title_blank"), number="")


def minutes_sheet(
    connection: Connection,
    visit: StoredVisit,
    name: str | None,
    lang: Lang,
    offices: Collection[str] | None = None,
) -> bytes:
    """The minutes of a visit as PDF, to be handed over.

    Args:
        connection: The store.
        visit: The visit.
        name: The name of the enterprise.
        lang: The language.
        offices: The authorities whose items are printed; ``None``: all that were there.
    """
    minutes = visit.minutes
    parts = [part for part in minutes["departments"] if offices is None or part["office"] in offices]
    rows = [(say(lang, text_id), value) for text_id, value in _rows(visit, name, lang) if value]
    groups = [group for part in parts for group in _groups(part, minutes["items"], lang)]
    sections = list(_sections(visit, parts, lang))
    number = say(lang, "sheet_number", number=visit.number)
    return _pdf(connection, lang, rows, groups, sections, title=say(lang, "sheet_title"), number=number)


def _pdf(
    connection: Connection,
    lang: Lang,
    rows: Sequence[tuple[str, str]],
    groups: Sequence[SheetGroup],
    sections: Sequence[PaperSection],
    *,
    title: str,
    number: str,
) -> bytes:
    notices = labels_of(demonstration=True, fictitious=holds_fictitious(connection))
    content = {
        "lang": lang,
        "title": title,
        "number": number,
        "sender": say(lang, "sheet_sender"),
        "rows": [(label, clipped(value)) for label, value in rows],
        "groups": [asdict(group) for group in groups],
        "answers": [say(lang, f"answer_{answer}") for answer in ANSWERS],
        "item-head": say(lang, "sheet_items"),
        "note-head": say(lang, "sheet_note"),
        "sections": [asdict(section) for section in sections],
        "signs": [
            say(lang, text_id)
            for text_id in ("sheet_sign_officer", "sheet_sign_officer", "sheet_sign_firm", "sheet_sign_day")
        ],
        "notices": [sentence[lang] for sentence in notices],
    }
    return compiled(json.dumps(content, ensure_ascii=False), "pdf", template=TEMPLATE)


def _empty_groups(office: str, day: date, lang: Lang) -> Iterable[SheetGroup]:
    items = published_items().of_office(office, day)
    for field in dict.fromkeys(item.field for item in items):
        listed = [
            SheetItem(item.text.words[lang], item.key, [False] * len(ANSWERS))
            for item in items
            if item.field == field
        ]
        yield SheetGroup(_head(office, field, lang), listed)


def _head(office: str, field: str, lang: Lang) -> str:
    body = register().authorities.get(office)
    return say(
        lang, "sheet_group", office=body.name if body else office, field=code_label("fields", field, lang)
    )


def _groups(part: Mapping[str, Any], items: Mapping[str, Any], lang: Lang) -> Iterable[SheetGroup]:
    answers = part["answers"]
    for field in dict.fromkeys(items[item]["field"] for item in answers):
        of_field = [item for item in answers if items[item]["field"] == field]
        listed = [_answered(items[item]["text"][lang], answers[item], lang) for item in of_field]
        yield SheetGroup(_head(part["office"], field, lang), listed)


def _answered(text: str, answer: Mapping[str, Any], lang: Lang) -> SheetItem:
    marks = [answer["answer"] == known for known in ANSWERS]
    return SheetItem(text=text, key=False, marks=marks, note=_note(answer, lang))


def _note(answer: Mapping[str, Any], lang: Lang) -> str:
    severity = code_label("severities", answer["severity"], lang) if answer["severity"] else ""
    again = say(lang, "sheet_again", day=answer["recheck_on"]) if answer["recheck_on"] else ""
    photos = say(lang, "sheet_photos", n=len(answer["photos"])) if answer["photos"] else ""
    return clipped(" · ".join(filter(None, (severity, answer["note"], again, photos))))


def _rows(visit: StoredVisit, name: str | None, lang: Lang) -> Iterable[tuple[str, str]]:
    minutes = visit.minutes
    yield "sheet_enterprise", name or visit.enterprise_id
    yield "sheet_code", visit.enterprise_id
    yield "sheet_day", visit.visited_on.isoformat()
    yield "sheet_occasion", code_label("occasions", minutes["occasion"], lang)
    yield "sheet_order", visit.order_no
    yield "sheet_emergency", str(minutes["emergency"])
    yield "sheet_task", str(minutes["task_no"])
    yield "sheet_act", str(minutes["act_no"])
    for officer in minutes["officers"]:
        yield "sheet_officer", say(lang, "sheet_officer_line", **officer)
    yield (
        "sheet_entered",
        minutes["entered_on"] if minutes["entered_on"] != visit.visited_on.isoformat() else "",
    )
    yield "sheet_received", str(minutes["received_by"])
    yield "sheet_receipt", say(lang, f"receipt_{minutes['receipt']}") if minutes["receipt"] else ""


def _sections(visit: StoredVisit, parts: Sequence[Mapping[str, Any]], lang: Lang) -> Iterable[PaperSection]:
    minutes = visit.minutes
    if minutes["presence"] != "open":
        words = say(lang, f"visit_is_{minutes['presence']}", day=visit.visited_on)
        yield PaperSection(say(lang, "sheet_found"), [words])
    again = [
        say(
            lang,
            "sheet_recheck_line",
            record=record,
            what=say(lang, f"recheck_{_done(recheck)}"),
            note=recheck["note"],
        )
        for part in parts
        for record, recheck in part["rechecks"].items()
    ]
    if again:
        yield PaperSection(say(lang, "sheet_rechecks"), again)
    said = [str(minutes[name]) for name in ("refusal", "late_reason", "remarks") if minutes[name]]
    if said:
        yield PaperSection(say(lang, "sheet_seen"), [clipped(text, 600) for text in said])


def _done(recheck: Mapping[str, Any]) -> str:
    return "corrected" if recheck["corrected"] else "open"
