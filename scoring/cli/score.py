"""``sise score``: files are scored into a folder. The store is scored by ``sise db score``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from scoring.assess.folder import BatchOptions, score_sources
from scoring.assess.not_looked_at import NOT_LOOKED_AT
from scoring.cli import arguments, show
from scoring.cli.options import (
    AsOf,
    Language,
    Policy,
    Sources,
    day_of,
    language_of,
    out,
    progress_bars,
    tell,
    tell_cautions,
    tell_not_looked_at,
    today,
)
from scoring.entities import Lang
from scoring.errors import UsageError
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import REMARKS

REJECTED_UNDER_STRICT = 5
"""Exit code where rows were rejected and that is not to pass."""
OLD_OPTIONS = {"--db": UsageError("score_db_renamed")}


def score(
    source: Sources = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    out_dir: Annotated[Path, typer.Option("--out", help="结果目录 · result folder")] = Path("out"),
    prior: Annotated[
        Path | None, typer.Option(help="现行等级 · bands in effect: CSV or Parquet with enterprise_id, band")
    ] = None,
    strict: Annotated[
        bool, typer.Option(help="有拒绝行时退出码为 5 · exit 5 when rows were rejected")
    ] = False,
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help="计算引擎 · engine")] = "duckdb",
    remote: Annotated[
        str | None, typer.Option(help="Spark Connect 地址 · address, e.g. sc://host:15002")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="线程数 · threads")] = 2,
    lang: Language = None,
) -> None:
    """批量评分 · Score files into a result folder; what is stored is scored by `sise db score`."""
    assessment_day, language = day_of(as_of), language_of(lang)
    version = load_policy(policy, assessment_day)
    tell_cautions(version, assessment_day, language)
    specs = arguments.specs(source)
    address = arguments.reachable(engine, remote)
    with progress_bars(language) as progress:
        options = BatchOptions(
            engine=engine,
            remote=address,
            threads=threads,
            today=today(),
            prior=prior,
            progress=progress,
        )
        run = score_sources(specs, version, assessment_day, out_dir, options)
    summary(run, version, out_dir, language)
    if strict and _rejected(run):
        raise typer.Exit(REJECTED_UNDER_STRICT)


def summary(run: Mapping[str, Any], version: ResolvedPolicy, folder: Path, lang: Lang) -> None:
    """Prints what a run did: colours, sources, rejections."""
    out.show(show.colour_table(run, version, lang))
    out.show(show.source_table(run, lang))
    out.show(show.facts_table(run, version, lang))
    if run["not_looked_at"]:
        out.show(show.not_looked_at_table(run["not_looked_at"], lang))
    tell(lang, "done_out", out=folder)
    if rejected := _rejected(run):
        tell(lang, "rejected", n=f"{rejected:,}", file=folder / "rejects.csv")
    if (folder / REMARKS).exists():
        tell(lang, "remarks", file=folder / REMARKS)
    if run["not_looked_at"]:
        tell_not_looked_at(run["not_looked_at"], folder / NOT_LOOKED_AT, lang)


def _rejected(run: Mapping[str, Any]) -> int:
    return sum(counts["rejected"] for counts in run["sources"].values())
