"""``sise report``: what the results in the store say about groups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.results.extract import open_extract
from scoring.administration.results.reader import open_results
from scoring.analysis.impact.fairness import fairness, write_fairness
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import Form, Language, Store, language_of, out, tell
from scoring.cli.show import reports
from scoring.explain.words.disclosures import notices

report_app = typer.Typer(no_args_is_help=True, help="报告 · Reports on the results in the store: fairness")


@report_app.command("fairness")
def report_fairness(
    form: Form = "text",
    database: Store = STORE,
    file: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="另存 CSV · also write a CSV")
    ] = None,
    lang: Language = None,
) -> None:
    """公平性 · Shares of bands by group, and how much of a gap comes from being inspected more."""
    if file:
        arguments.refuse_unusable(file)
    results, language = open_results(database), language_of(lang)
    with open_extract(results) as extract:
        report = fairness(extract)
    if file:
        write_fairness(report, file, notices(results.version, fictitious=results.fictitious))
        tell(language, "m_written", out=file.parent, files=file.name)
    if form == "json":
        out.json(report)
    else:
        out.show(reports.fairness(report, results.version, language))
