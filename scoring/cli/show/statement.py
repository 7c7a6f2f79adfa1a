"""Tables of statements for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType

from scoring.administration.figures.filters import office_label
from scoring.administration.figures.month_figures import COLUMNS, WHOLE
from scoring.administration.figures.statement_paper import (
    departments_words,
    kind_words,
    month_words,
)
from scoring.administration.figures.statements import FrozenStatement, MadeStatement
from scoring.cli.show.terminal import Sheet
from scoring.entities import Lang
from scoring.entities.areas import area_name
from scoring.rules.wording import say


def statements_table(known: Sequence[MadeStatement], lang: Lang) -> RenderableType:
    """Statements, the last one first: number, month, area, authorities, and what each revises."""
    table = Sheet(title=say(lang, "ms_head"))
    for text_id in ("ms_number", "ms_month", "fi_area", "ms_departments", "ms_kind", "ms_made_on"):
        table.add_column(say(lang, text_id))
    for one in known:
        scope = one.statement.scope
        table.add_row(
            str(one.statement.number),
            month_words(scope.month)[lang],
            area_name(scope.area)[lang],
            departments_words(scope.departments)[lang],
            kind_words(one.statement.revises, one.changes)[lang],
            one.statement.made_on.isoformat(),
        )
    return table


def statement_table(statement: FrozenStatement, changes: int, lang: Lang) -> RenderableType:
    """The numbers of a statement by authority."""
    scope = statement.scope
    head = (
        say(lang, "ms_paper_number", number=statement.number),
        month_words(scope.month)[lang],
        area_name(scope.area)[lang],
        kind_words(statement.revises, changes)[lang],
    )
    table = Sheet(title=" · ".join(head))
    table.add_column(say(lang, "ms_row"))
    for column in COLUMNS:
        table.add_column(say(lang, f"ms_short_{column}"), justify="right")
    for office, row in statement.figures.rows.items():
        name = say(lang, "ms_whole") if office == WHOLE else office_label(office)[lang]
        table.add_row(name, *(f"{row[column]:,}" for column in COLUMNS))
    return table


def as_json(statement: FrozenStatement, changes: int) -> dict[str, Any]:
    """A statement for programmes."""
    scope = statement.scope
    return {
        "number": statement.number,
        "month": scope.month,
        "area": scope.area,
        "departments": None if scope.departments is None else list(scope.departments),
        "made_on": statement.made_on.isoformat(),
        "revises": statement.revises,
        "changes": changes,
        **statement.figures.as_json(),
    }
