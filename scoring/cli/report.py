"""``sise report`` and ``sise history``: what a result folder says about groups, and about one enterprise over time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from scoring.administration.results.stored_results import HISTORY_DAYS, StoredResults
from scoring.analysis.impact.fairness import fairness, write_fairness
from scoring.cli import arguments
from scoring.cli.options import STORE, Language, Store, language_of, out, progress_bars, talk
from scoring.cli.show import reports
from scoring.explain.history.chart import history_svg
from scoring.explain.history.events import told
from scoring.explain.words.marks import HUES
from scoring.rules.wording import say

report_app = typer.Typer(no_args_is_help=True, help="报告 · Reports on the results in the store")


@report_app.callback()
def groups() -> None:
    """报告 · Reports on the results in the store: fairness."""


@report_app.command("fairness")
def report_fairness(
    form: Annotated[Literal["json", "text"], typer.Option("--format", help="json | text")] = "text",
    database: Store = STORE,
    file: Annotated[Path | None, typer.Option("--out", help="另存 CSV · also write a CSV")] = None,
    lang: Language = None,
) -> None:
    """公平性 · Shares of bands by group, and how much of a gap comes from the number of inspections."""
    results, language = StoredResults(database), language_of(lang)
    found = fairness(results)
    if file:
        write_fairness(found, file)
        talk.print(say(language, "m_written", out=file.parent, files=file.name), soft_wrap=True)
    if form == "json":
        out.out(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        out.print(reports.fairness(found, results.version, language))


def history(
    enterprise_id: Annotated[
        str, typer.Argument(metavar="ID", help="统一社会信用代码 · 18-character code, or scheme:local-id")
    ],
    start: Annotated[
        str, typer.Option("--from", help="起始日期，缺省三年前 · first day, by default three years back")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", help="截止日期，缺省评价日期 · last day, by default the day of the results")
    ] = "",
    database: Store = STORE,
    svg: Annotated[Path | None, typer.Option("--svg", help="另存图 · also draw an SVG")] = None,
    form: Annotated[Literal["json", "text"], typer.Option("--format", help="json | text")] = "text",
    lang: Language = None,
) -> None:
    """分数与颜色的变化 · Points and colour over time, and the events that moved them."""
    results, language = StoredResults(database), language_of(lang)
    first, last = arguments.span(start, end, results.as_of, HISTORY_DAYS)
    with progress_bars(language) as progress:
        found = results.history(enterprise_id, first, last, progress)
    name = results.score(enterprise_id).name or enterprise_id
    if svg:
        svg.write_text(history_svg(found, name, language, HUES), encoding="utf-8")
        talk.print(say(language, "h_written", path=svg), soft_wrap=True)
    if form == "json":
        out.out(
            json.dumps(
                {"enterprise_id": enterprise_id, "name": name, "changes": told(found)},
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        out.print(reports.timeline(found, name, language))
