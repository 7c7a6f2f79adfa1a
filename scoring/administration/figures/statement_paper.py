"""The page and the CSV file of a statement: words as they are frozen with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from scoring.administration.casework.papers import Paper, PaperTable
from scoring.administration.figures.calendar_months import month_of
from scoring.administration.figures.filters import office_label
from scoring.administration.figures.month_figures import (
    COLUMNS,
    WHOLE,
    ChangedNumber,
    MonthFigures,
    Row,
    StatementScope,
)
from scoring.disk import spreadsheet_cell
from scoring.entities import Lang
from scoring.entities.areas import area_name
from scoring.explain.words.contacts import publisher
from scoring.explain.words.disclosures import notices
from scoring.explain.words.figures import MONTHS, percent, prose_day
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both, say

MOST_OFFICES = 26
"""Authorities that a page has room for; the others stand together in one row, and each in the CSV
file.
"""
OTHERS = "others"


@dataclass(frozen=True)
class StatementText:
    """What a statement is made of.

    Attributes:
        number: Its number.
        scope: Of which month, where and of whom.
        figures: Its numbers.
        version: The policy whose caps hold.
        made_on: The day.
        revises: The statement before it; ``None``: it is the first one.
        changes: What is otherwise than in that one.
        fictitious: Whether some of the facts behind it are made up.
    """

    number: int
    scope: StatementScope
    figures: MonthFigures
    version: ResolvedPolicy
    made_on: date
    revises: int | None
    changes: Sequence[ChangedNumber]
    fictitious: bool

    def before(self, office: str, column: str) -> int | None:
        """What a number was in the statement before; ``None``: the same."""
        for change in self.changes:
            if (change.office, change.column) == (office, column):
                return change.before
        return None


def statement_paper(text: StatementText, lang: Lang) -> Paper:
    """The page in one language."""
    scope, whole = text.scope, text.figures.rows[WHOLE]
    where = {
        "area": area_name(scope.area),
        "month": month_words(scope.month),
        "departments": departments_words(scope.departments),
    }
    lead = [say(lang, "ms_lead", **where)]
    if text.revises is not None:
        lead.append(say(lang, "ms_lead_revision", number=text.revises, n=len(text.changes)))
    sender = publisher(fictitious=text.fictitious)["name"][lang]
    policy = text.version.policy
    rules = say(lang, "ms_rules", policy=policy.title.model_dump(), version=policy.version)
    return Paper(
        lang=lang,
        title=say(lang, "ms_title"),
        number=say(lang, "ms_paper_number", number=text.number),
        sender=sender,
        lead=lead,
        tables=[_table(text, lang)],
        notes=[
            say(lang, "ms_joint_share", share=percent(whole["joint"], whole["visits"])),
            say(lang, "ms_columns"),
            rules,
        ],
        closing=[sender, say(lang, "ms_made", day=prose_day(text.made_on))],
        notices=[notice[lang] for notice in notices(text.version, fictitious=text.fictitious)],
    )


def statement_csv(text: StatementText, lang: Lang) -> str:
    """The same numbers as CSV for Excel, all authorities, without a cell that runs as a formula.

    Every row says of which statement it is, for rows are copied out of files.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    heads = ("ms_number", "ms_month", "fi_area", "ms_kind", "ms_row")
    columns = [say(lang, f"ms_short_{column}") for column in COLUMNS]
    writer.writerow([*(say(lang, head) for head in heads), *columns, say(lang, "ms_changed")])
    scope, area = text.scope, area_name(text.scope.area)[lang]
    for office, row in _with_vanished(text).items():
        named = (
            scope.month,
            f"{area} {scope.area}",
            kind_words(text.revises, len(text.changes))[lang],
        )
        numbers = [row.get(column, 0) for column in COLUMNS]
        cells = [*named, _office_words(office)[lang]]
        changed = spreadsheet_cell(_changed_words(text, office, lang))
        writer.writerow([text.number, *map(spreadsheet_cell, cells), *numbers, changed])
    return stream.getvalue()


def month_words(month: str) -> dict[str, str]:
    """A month inside a sentence: ``2026 年 9 月``, ``September 2026``."""
    number = int(month[5:])
    words = both("ms_month_words", year=int(month[:4]), month=number)
    return {**words, "en": f"{MONTHS[number - 1]} {month[:4]}"}


def departments_words(departments: Sequence[str] | None) -> Mapping[str, str]:
    """The authorities of a statement."""
    if departments is None:
        return both("ms_all_departments")
    return both("ms_listed", items=[office_label(code) for code in departments])


def kind_words(revises: int | None, changes: int) -> dict[str, str]:
    """Whether a statement is the first of its month or revises another one."""
    return both("ms_first") if revises is None else both("ms_revises", number=revises, n=changes)


def _office_words(office: str) -> Mapping[str, str]:
    return both("ms_whole") if office == WHOLE else office_label(office)


def _with_vanished(text: StatementText) -> dict[str, Row]:
    """The rows, with those that the statement before had and that are empty now; the whole stays
    last.
    """
    rows = dict(text.figures.rows)
    whole = rows.pop(WHOLE)
    for change in text.changes:
        if change.office != WHOLE:
            rows.setdefault(change.office, {})
    in_order = sorted(rows, key=lambda office: (not office, office))
    return {**{office: rows[office] for office in in_order}, WHOLE: whole}


def _table(text: StatementText, lang: Lang) -> PaperTable:
    rows = _with_vanished(text)
    offices = [office for office in rows if office != WHOLE]
    shown, rest = offices[:MOST_OFFICES], offices[MOST_OFFICES:]
    cells = [_cells(text, office, rows[office], lang) for office in shown]
    marked = [_marks(text, office) for office in shown]
    if rest:
        together = [_together(text, rest, column, lang) for column in COLUMNS]
        cells.append([say(lang, "ms_others", n=len(rest)), *together])
        changed_there = {change.column for change in text.changes if change.office in rest}
        marked.append([False, *(column in changed_there for column in COLUMNS)])
    cells.append(_cells(text, WHOLE, rows[WHOLE], lang))
    marked.append(_marks(text, WHOLE))
    head = [say(lang, "ms_row"), *(say(lang, f"ms_short_{column}") for column in COLUMNS)]
    return PaperTable(head, cells, marked)


def _together(text: StatementText, offices: Sequence[str], column: str, lang: Lang) -> str:
    """A number of several authorities, with the one of before where one of theirs is another."""
    rows = text.figures.rows
    now = sum(rows[office].get(column, 0) for office in offices if office in rows)
    changes = [one for one in text.changes if one.office in offices and one.column == column]
    if not changes:
        return f"{now:,}"
    before = now + sum(change.before - change.now for change in changes)
    return say(lang, "ms_was", now=f"{now:,}", before=f"{before:,}")


def _cells(text: StatementText, office: str, row: Row, lang: Lang) -> list[str]:
    return [
        _office_words(office)[lang],
        *(_cell(text, office, column, row, lang) for column in COLUMNS),
    ]


def _cell(text: StatementText, office: str, column: str, row: Row, lang: Lang) -> str:
    """A number, with the one of before where it is another."""
    now, before = f"{row.get(column, 0):,}", text.before(office, column)
    return now if before is None else say(lang, "ms_was", now=now, before=f"{before:,}")


def _marks(text: StatementText, office: str) -> list[bool]:
    return [False, *(text.before(office, column) is not None for column in COLUMNS)]


def _changed_words(text: StatementText, office: str, lang: Lang) -> str:
    """What changed in a row of the file."""
    changes = [change for change in text.changes if change.office == office]
    return "; ".join(
        f"{say(lang, f'ms_short_{change.column}')} {change.before} → {change.now}" for change in changes
    )


def closed_month(month: str, today: date) -> bool:
    """Whether a month is over on a day."""
    return month < month_of(today)
