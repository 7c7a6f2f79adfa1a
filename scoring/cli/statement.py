"""``sise statement``: what a month had, frozen when it is made, revised on a further statement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.figures.month_figures import StatementScope
from scoring.administration.figures.statement_paper import month_words
from scoring.administration.figures.statements import (
    MadeStatement,
    changes_of,
    make_statement,
    statement_of,
    statements,
)
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    Form,
    Language,
    Policy,
    Store,
    clock,
    day_of,
    language_of,
    out,
    tell,
)
from scoring.cli.show.statement import as_json, statement_table, statements_table
from scoring.cli.store import policy_for, store_at
from scoring.disk import atomic_file
from scoring.entities.areas import area_name

statement_app = typer.Typer(
    no_args_is_help=True, help="月报 · Statements of a month: inspections, restorations, objections"
)

Month = Annotated[str, typer.Argument(metavar="MONTH", help="已结束的月份 · a month that is over, YYYY-MM")]
Area = Annotated[
    str,
    typer.Argument(metavar="AREA", help="区划、乡镇或者功能区 · division, township or functional zone"),
]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="月报编号 · number of the statement")]
Departments = Annotated[
    list[str] | None,
    typer.Option(
        "--department",
        help="机关代码，可重复；不写为全部 · authority's code, may be repeated; default: all",
    ),
]


@statement_app.command("make")
def statement_make(
    month: Month,
    area: Area,
    actor: Actor,
    department: Departments = None,
    policy: Policy = "quzhou-demo",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """做月报 · Make the statement of a month; where its numbers changed since, the revision of the
    one before.
    """
    departments = tuple(sorted(set(department))) if department else None
    with store_at(database) as store:
        version = policy_for(store, policy, day_of(""))
        made = make_statement(store, version, StatementScope(month, area, departments), actor, clock)
    language = language_of(lang)
    number, revises = made.statement.number, made.statement.revises
    if not made.is_new or revises is None:
        text_id = "ms_done" if made.is_new else "ms_frozen"
        tell(language, text_id, month=month_words(month), area=area_name(area), number=number)
    else:
        tell(language, "ms_done_revision", number=number, revises=revises, n=made.changes)


@statement_app.command("show")
def statement_show(
    number: Number,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", dir_okay=False, help="写成一页 PDF · write its page")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", dir_okay=False, help="写成 CSV · write its file for Excel"),
    ] = None,
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """看月报 · Show a statement as it was frozen; --pdf and --csv write the same bytes each time."""
    language = language_of(lang)
    for named in filter(None, (pdf, csv)):
        arguments.refuse_unusable(named)
    with store_at(database) as store, store.read() as connection:
        statement = statement_of(connection, number)
        changes = changes_of(connection, statement)
    for file, content in ((pdf, statement.pdf), (csv, statement.csv)):
        if file is not None:
            with atomic_file(file) as unfinished:
                unfinished.write_bytes(content(language))
            tell(language, "ms_written", file=file)
    if form == "json":
        out.json(as_json(statement, changes))
    elif pdf is None and csv is None:
        out.show(statement_table(statement, changes, language))


@statement_app.command("list")
def statement_list(form: Form = "text", database: Store = STORE, lang: Language = None) -> None:
    """月报清单 · All statements, the last one first."""
    with store_at(database) as store, store.read() as connection:
        known = [MadeStatement(one, False, changes_of(connection, one)) for one in statements(connection)]
    if form == "json":
        out.json([as_json(one.statement, one.changes) for one in known])
    elif known:
        out.show(statements_table(known, language_of(lang)))
    else:
        tell(language_of(lang), "ms_none")
