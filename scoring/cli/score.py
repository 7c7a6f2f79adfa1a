"""``sise score`` and ``sise explain``."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from scoring.administration.results.stored_results import StoredResults
from scoring.assess.folder import BatchOptions, score_sources
from scoring.assess.scorer import Assessor
from scoring.cli import arguments, show
from scoring.cli.db import score_db
from scoring.cli.options import (
    STORE,
    Actor,
    AsOf,
    FromStore,
    Language,
    Policy,
    PolicyOrNone,
    Sources,
    Store,
    day_of,
    language_of,
    out,
    progress_bars,
    talk,
)
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Explanation, Lang
from scoring.explain.build import explain as build_explanation
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.explain.present import as_dict
from scoring.policy.load import ResolvedPolicy, load_policy
from scoring.records.intake import read_sources
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import say


def score(
    actor: Actor,
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
    db: FromStore = False,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """批量评分 · Score sources into a result folder, or with --db what is stored, into the store."""
    if db:
        arguments.store_alone(source)
        score_db(database, load_policy(policy, day_of(as_of)), day_of(as_of), actor, language_of(lang))
        return
    version = load_policy(policy, day_of(as_of))
    address = arguments.reachable(engine, remote)
    with progress_bars(language_of(lang)) as progress:
        options = BatchOptions(engine=engine, remote=address, threads=threads, prior=prior, progress=progress)
        run = score_sources(arguments.specs(source), version, day_of(as_of), out_dir, options)
    summary(run, version, out_dir, language_of(lang))
    if strict and any(counts["rejected"] for counts in run["sources"].values()):
        raise typer.Exit(5)


def explain(
    enterprise_id: Annotated[
        str, typer.Argument(metavar="ID", help="统一社会信用代码 · 18-character code, or scheme:local-id")
    ],
    source: Sources = None,
    database: Store = STORE,
    policy: PolicyOrNone = None,
    as_of: AsOf = "",
    form: Annotated[Literal["json", "text"], typer.Option("--format", help="json | text")] = "text",
    audience: Annotated[
        Literal["enterprise", "officer"], typer.Option(help="officer: 含不计的记录 · with the uncounted")
    ] = "enterprise",
    lang: Language = None,
) -> None:
    """解释一户的颜色 · Explain one enterprise of the store, or with --source of files: every point with its records and articles."""
    if not source:
        arguments.of_store(policy, as_of)
        stored = StoredResults(database)
        explained, version = stored.explain(enterprise_id), stored.version
    else:
        version = load_policy(policy or "quzhou-demo", day_of(as_of))
        explained = _explain_sources(
            enterprise_id, arguments.specs(source), version, day_of(as_of), language_of(lang)
        )
    officer = audience == "officer"
    if form == "json":
        out.out(json.dumps(as_dict(explained, version.policy, officer=officer), ensure_ascii=False, indent=2))
    else:
        out.print(show.explanation(explained, version, language_of(lang), officer=officer))


def _explain_sources(
    enterprise_id: str, specs: list[SourceSpec], version: ResolvedPolicy, as_of: date, lang: Lang
) -> Explanation:
    with tempfile.TemporaryDirectory(prefix="sise-") as folder, DuckEngine() as engine:
        with progress_bars(lang) as progress:
            intake = read_sources(specs, Path(folder), progress=progress)
        tables = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        assessor = Assessor(engine, version, intake.covers, tables)
        assessed = assessor.full(enterprise_id, as_of)
        return build_explanation(assessed, version, look_ahead(assessor, assessed))


def summary(run: Mapping[str, Any], version: ResolvedPolicy, folder: Path, lang: Lang) -> None:
    """Prints what a run did: colours, sources, rejections."""
    out.print(show.colour_table(run, version, lang))
    out.print(show.source_table(run, lang))
    out.print(show.facts_table(run, version, lang))
    talk.print(say(lang, "done_out", out=folder), soft_wrap=True)
    rejected = sum(counts["rejected"] for counts in run["sources"].values())
    if rejected:
        talk.print(say(lang, "rejected", n=f"{rejected:,}", file=folder / "rejects.csv"), soft_wrap=True)
