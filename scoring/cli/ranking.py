"""``sise model rank``: whom to visit first as of a day, and why. It needs no ``train`` extra."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scoring.administration.supervision.list_file import write_ranking
from scoring.administration.supervision.ranking import ranking, usable
from scoring.administration.supervision.visit_list import Ranked, Ranking
from scoring.cli import arguments
from scoring.cli.options import (
    STORE,
    AsOf,
    FromStore,
    Language,
    Sources,
    Store,
    day_of,
    language_of,
    open_data,
    out,
    progress_bars,
    talk,
)
from scoring.cli.policy import Form
from scoring.entities import Lang
from scoring.explain.words.figures import decimal
from scoring.rules.wording import say

Ref = Annotated[str, typer.Argument(metavar="MODEL", help="模型编号或 .json · model id or a .json")]
Named = Annotated[
    bool, typer.Option("--named", help="用真实编号和名称，与 --db 同用 · real ids and names, with --db")
]


def model_rank(
    ref: Ref,
    source: Sources = None,
    db: FromStore = False,
    database: Store = STORE,
    named: Named = False,
    as_of: AsOf = "",
    top: Annotated[int, typer.Option("--top", min=1, help="显示前几户 · rows shown")] = 20,
    file: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, help="另存全部名单 CSV · also write the whole list as CSV"),
    ] = None,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """先查谁、为什么 · Rank enterprises by predicted risk as of a day, each with what raises it; a list, no decision."""
    language, day = language_of(lang), day_of(as_of)
    arguments.named_of_store(named, db)
    by_name = named or not db
    usable(ref)  # what would be refused is refused now, not after minutes of reading
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
    with (
        progress_bars(language) as progress,
        open_data(source, db, database, progress, named=named) as data,
    ):
        found = ranking(ref, data, day, progress)
        if file:
            write_ranking(found, file, language, named=by_name, progress=progress)
    for caution in found.cautions():
        talk.print(caution[language], style="bold", soft_wrap=True)
    if file:
        talk.print(say(language, "mr_written", n=decimal(len(found.ids)), path=file), soft_wrap=True)
    if form == "json":
        out.out(json.dumps(found.as_dict(top, named=by_name), ensure_ascii=False, indent=2))
    else:
        out.print(shown_list(found, top, by_name, language))


def shown_list(found: Ranking, top: int, named: bool, lang: Lang) -> Group:
    """The first rows, and how to read them."""
    table, n = found.table, decimal(len(found.ids))
    listed = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in ("rank", "points", "probability"):
        listed.add_column(say(lang, f"mr_{name}"), justify="right", no_wrap=True)
    listed.add_column(say(lang, "mr_who"), overflow="fold", max_width=26)
    listed.add_column(say(lang, "mr_why"), overflow="fold")
    for row in found.rows(top):
        listed.add_row(
            str(row.rank),
            decimal(row.points),
            f"{row.probability:.1%}",
            _who(row, named),
            _why(row, found, lang),
        )
    words = table.model_dump(include={"title", "limits"})
    title = say(
        lang,
        "mr_title",
        title=words["title"][lang],
        day=found.as_of,
        top=decimal(min(top, len(found.ids))),
        n=n,
    )
    gain = found.expected()
    notes = [
        say(lang, "mr_predicts", what=table.label.text.model_dump()[lang]),
        *([gain[lang]] if gain else []),
        say(lang, "mr_usual"),
        say(lang, "mr_order", gone=decimal(found.gone)),
        say(lang, "mr_limits", limits=words["limits"][lang]),
        say(lang, "mr_no_decision"),
    ]
    return Group(Text(title, "bold"), "", listed, "", *(Text(f"· {note}", "dim") for note in notes))


def _who(row: Ranked, named: bool) -> Text:
    return (
        Text(f"{row.name}\n", "bold").append(row.enterprise_id, "dim")
        if named and row.name
        else Text(row.enterprise_id)
    )


def _why(row: Ranked, found: Ranking, lang: Lang) -> RenderableType:
    """A line a reason, points under points."""
    if not row.reasons:
        return Text(say(lang, "mr_nothing"), "dim")
    lines = Table.grid(padding=(0, 1))
    lines.add_column(justify="right", no_wrap=True, min_width=5)
    lines.add_column(overflow="fold")
    for reason in row.reasons:
        more, words = found.parts(reason, lang)
        lines.add_row(Text(more, "bold"), Text(words))
    return lines
