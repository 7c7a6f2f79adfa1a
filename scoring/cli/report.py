"""``sise report``: what a result folder says about groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from scoring.cli import tables
from scoring.cli.edge import Language, Results, language_of, out, talk
from scoring.explain.wording import say
from scoring.folder import ResultFolder
from scoring.impact.fairness import fairness, write_fairness

report_app = typer.Typer(no_args_is_help=True, help="报告 · Reports on a result folder")


@report_app.callback()
def reports() -> None:
    """报告 · Reports on a result folder: fairness."""


@report_app.command("fairness")
def report_fairness(
    results: Results,
    form: Annotated[Literal["json", "text"], typer.Option("--format", help="json | text")] = "text",
    file: Annotated[Path | None, typer.Option("--out", help="另存 CSV · also write a CSV")] = None,
    lang: Language = None,
) -> None:
    """公平性 · Shares of bands by group, and how much of a gap comes from the number of inspections."""
    folder, language = ResultFolder(results), language_of(lang)
    found = fairness(folder)
    if file:
        write_fairness(found, file)
        talk.print(say(language, "m_written", out=file.parent, files=file.name), soft_wrap=True)
    if form == "json":
        out.out(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        out.print(tables.fairness(found, folder.version, language))
