"""``sise model rank``: whom to visit first as of a day, and why. It needs no ``train`` extra."""

from __future__ import annotations

from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.results.reader import open_results
from scoring.administration.supervision.field_sampling import field_sample
from scoring.administration.supervision.list_file import write_ranking
from scoring.administration.supervision.ranking import ranking, usable
from scoring.administration.supervision.reason_records import records_behind
from scoring.cli import arguments
from scoring.cli.options import (
    AsOf,
    DatabaseOfDb,
    Form,
    FromStore,
    Language,
    Sources,
    day_of,
    language_of,
    open_data,
    out,
    progress_bars,
    talk,
    tell,
)
from scoring.cli.show.ranking import ranking_list
from scoring.errors import UsageError
from scoring.explain.words.figures import decimal

Ref = Annotated[str, typer.Argument(metavar="MODEL", help="模型编号或 .json · model id or a .json")]
Named = Annotated[
    bool, typer.Option("--named", help="用真实编号和名称，与 --db 同用 · real ids and names, with --db")
]

InField = Annotated[
    str | None,
    typer.Option(
        "--field",
        help="只排在该监管领域有活动的企业，按其在该领域等级的比例标出抽查对象，与 --db --named 同用 · only who is active in this field, marked by the share of the grade there; with --db --named",
    ),
]


def model_rank(
    ref: Ref,
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
    named: Named = False,
    field: InField = None,
    as_of: AsOf = "",
    top: Annotated[int, typer.Option("--top", min=1, help="显示前几户 · rows shown")] = 20,
    file: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, help="另存全部名单 CSV · also write the whole list as CSV"),
    ] = None,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """先查谁、为什么 · Rank enterprises by predicted risk as of a day, with what raises each; no decision."""
    language, assessment_day = language_of(lang), day_of(as_of)
    by_name = named or not db
    # What would be refused is refused now, not after minutes of reading.
    arguments.refuse_named_files(named, db)
    if field and not named:
        raise UsageError("field_needs_names", field=field)
    sample = field_sample(open_results(arguments.store_address(database, environ)), field) if field else None
    usable(ref, assessment_day)
    if file:
        arguments.refuse_unusable(file)
    with (
        progress_bars(language) as progress,
        open_data(source, db, database, progress, named=named) as dataset,
    ):
        ranked = ranking(ref, dataset, assessment_day, progress)
        ranked = ranked.within(sample) if sample else ranked
        behind = records_behind(ranked.table, dataset, ranked.ids[:top], assessment_day)
        ranked = replace(ranked, behind=behind)
        if file:
            write_ranking(ranked, file, language, named=by_name, progress=progress)
    for caution in ranked.cautions():
        talk.sentence(caution[language], "bold")
    if file:
        tell(language, "mr_written", n=decimal(len(ranked.ids)), path=file)
    if form == "json":
        out.json(ranked.as_dict(top, named=by_name))
    else:
        out.show(ranking_list(ranked, top, by_name, language))
