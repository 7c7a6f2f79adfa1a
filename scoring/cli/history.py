"""``sise history``: points and colour of one enterprise over time, and what moved them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.results.enterprise import HISTORY_DAYS
from scoring.administration.results.reader import open_results
from scoring.administration.results.viewer import Look, viewer_of
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    AudienceOption,
    EnterpriseId,
    Form,
    Language,
    OfAuthority,
    Store,
    language_of,
    out,
    progress_bars,
    tell,
    today,
)
from scoring.cli.show import reports
from scoring.explain.history.chart import history_svg
from scoring.explain.history.events import describe_changes
from scoring.explain.words.marks import HUES


def history(
    enterprise_id: EnterpriseId,
    start: Annotated[
        str, typer.Option("--from", help="起始日期，缺省三年前 · first day, by default three years back")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", help="截止日期，缺省评价日期 · last day, by default the day of the results")
    ] = "",
    database: Store = STORE,
    svg: Annotated[
        Path | None, typer.Option("--svg", dir_okay=False, help="另存图 · also draw an SVG")
    ] = None,
    audience: AudienceOption = "enterprise",
    authority: OfAuthority = None,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """分数与颜色的变化 · Points and colour over time, and the events that moved them.

    每天按当天所知计算，当时的现行等级不参与 · Each day by what was known of it; the band in effect then plays no part.
    """
    if svg:
        arguments.refuse_unusable(svg)
    results, language = open_results(database), language_of(lang)
    first, last = arguments.span(start, end, results.as_of, HISTORY_DAYS)
    with progress_bars(language) as progress:
        officer = audience == "officer"
        look = Look(viewer_of(authority, officer=officer), today())
        past = results.history(enterprise_id, first, last, progress, look)
    name = results.score(enterprise_id).name or enterprise_id
    if svg:
        svg.write_text(history_svg(past, name, language, HUES), encoding="utf-8")
        tell(language, "h_written", path=svg)
    if form == "json":
        out.json({"enterprise_id": enterprise_id, "name": name, "changes": describe_changes(past)})
    else:
        out.show(reports.timeline(past, name, language, fictitious=results.fictitious))
