"""``sise model``: train, evaluate, compare, drift, feasible, propose, check, list, card; most need the ``train`` extra, ``rank`` not."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

import scoring
from scoring.analysis.impact.simulate import simulated
from scoring.assess.folder import BatchOptions
from scoring.cli import arguments
from scoring.cli.options import (
    STORE,
    AsOf,
    FromStore,
    Language,
    Policy,
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
from scoring.cli.ranking import Ref, model_rank
from scoring.cli.show import reports
from scoring.disk import SCRATCH, atomic_folder, refuse_foreign
from scoring.engine.compile import sql
from scoring.entities import Lang, codes
from scoring.errors import EnvironmentRefusedError, UsageError
from scoring.policy.load import load_policy
from scoring.policy.model_policy import score_policy
from scoring.policy.tables import read_model, shipped_models
from scoring.rules.wording import say

model_app = typer.Typer(
    no_args_is_help=True, help="风险模型 · Risk models: train, evaluate, rank, compare, drift, check"
)

From = Annotated[str, typer.Option("--from", help="首日 · first day, YYYY-MM-DD")]
To = Annotated[str, typer.Option("--to", help="末日 · last day, YYYY-MM-DD")]
OUTCOME = Path(scoring.__file__).parents[1] / "models" / "district-demo.toml"
model_app.command("rank")(model_rank)


@model_app.command("train")
def model_train(
    definition: Annotated[Path, typer.Argument(metavar="DEF.toml", help="模型定义 · model definition")],
    source: Sources = None,
    db: FromStore = False,
    database: Store = STORE,
    out_dir: Annotated[
        Path, typer.Option("--out", help="输出目录 · folder of the table and its card")
    ] = Path("models"),
    inspectors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            help="何人检查，只用于检验 · who visited, for checks only",
        ),
    ] = None,
    estimator: Annotated[
        bool, typer.Option("--estimator", help="另存估计器，不参与评价 · keep the estimator too, as .skops")
    ] = False,
    lang: Language = None,
) -> None:
    """训练模型 · Train a model: a points table (.json) and its card (.md); nothing is written unless it beats the floors."""
    _trainable()
    from scoring.analysis.training.definition import read_definition
    from scoring.analysis.training.pipeline import train_model

    if inspectors and db:
        raise UsageError(
            zh="库中读出的是化名，对不上检查人员表；请用 --source，例如 --source canonical:data/sample",
            en="what is read from the store has pseudonyms, which a list of who visited cannot match; use --source, "
            "e.g. --source canonical:data/sample",
        )
    declared, language = read_definition(definition), language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as data:
        table = train_model(declared, data, out_dir, progress, inspectors, estimator)
    out.print(_folds(table.metrics, language))
    path = out_dir / f"{table.id}.json"
    talk.print(say(language, "mo_written", path=path, sha=table.sha256), soft_wrap=True)


@model_app.command("evaluate")
def model_evaluate(
    ref: Ref,
    first: From = "",
    last: To = "",
    source: Sources = None,
    db: FromStore = False,
    database: Store = STORE,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """检验模型 · Evaluate a table on the visits of a span, scored by the engine."""
    _trainable()
    from scoring.analysis.training.apply import evaluate_model

    language = language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as data:
        found = evaluate_model(ref, data, *_span(first, last), progress)
    if form == "json":
        out.out(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        out.print(_figures(found, language))


@model_app.command("compare")
def model_compare(
    one: Annotated[str, typer.Argument(metavar="A")],
    other: Annotated[str, typer.Argument(metavar="B")],
    first: From = "",
    last: To = "",
    source: Sources = None,
    db: FromStore = False,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """比较两个模型 · Compare two tables on the same visits, with the interval of their difference."""
    _trainable()
    from scoring.analysis.training.apply import compare_models

    language = language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as data:
        found = compare_models(one, other, data, *_span(first, last), progress)
    table = Table("", say(language, "mo_auc"))
    for ref, value in zip((one, other), found["auc"], strict=True):
        table.add_row(ref, f"{value:.4f}")
    low, high = found["interval"]
    table.add_row(say(language, "mo_difference"), f"{found['difference']:+.4f} [{low:+.4f}, {high:+.4f}]")
    out.print(table)


@model_app.command("drift")
def model_drift(
    ref: Ref,
    source: Sources = None,
    db: FromStore = False,
    database: Store = STORE,
    since: Annotated[
        str, typer.Option("--since", help="首日，缺省为训练时段之后 · first day; after training when omitted")
    ] = "",
    form: Form = "text",
    lang: Language = None,
) -> None:
    """漂移 · Compare later months with those learned from: PSI, calibration, rate, and a plain verdict."""
    _trainable()
    from scoring.analysis.training.drift import moved_most
    from scoring.analysis.training.pipeline import measure_drift

    table, language = read_model(ref), language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as data:
        first = arguments.day(since, table.trained.last + timedelta(days=1))
        found = measure_drift(table, data, first, progress)
    if form == "json":
        out.out(json.dumps(found, ensure_ascii=False, indent=2))
        return
    out.print(say(language, f"mo_verdict_{found['verdict']}", since=found["since"] or "—"))
    shown = Table(
        *(
            say(language, f"mo_{name}")
            for name in ("month", "visits", "rate", "psi", "moved", "gap", "verdict")
        )
    )
    for row in found["months"]:
        cells = (
            row["month"],
            str(row["visits"]),
            f"{row['rate']:.1%}",
            f"{row['psi']:.2f}",
            moved_most(table, row, language),
        )
        shown.add_row(*cells, f"{row['gap']:+.3f}", say(language, f"mo_is_{row['verdict']}"))
    out.print(shown)


@model_app.command("feasible")
def model_feasible(
    definition: Annotated[Path, typer.Argument(metavar="DEF.toml", help="模型定义 · model definition")],
    source: Sources = None,
    db: FromStore = False,
    database: Store = STORE,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """是否够用 · Whether there is enough to train on: positives per fold, width of the interval, verdict."""
    _trainable()
    from scoring.analysis.training.card import choice
    from scoring.analysis.training.definition import read_definition
    from scoring.analysis.training.feasible import feasible
    from scoring.analysis.training.train import source_of

    declared, language = read_definition(definition), language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as data:
        found = feasible(declared, source_of(declared, data.engine, data.tables, data.covers, progress))
    if form == "json":
        out.out(json.dumps(found, ensure_ascii=False, indent=2))
        return
    shown = Table(
        *(
            say(language, f"mo_{name}")
            for name in ("origin_day", "before", "visits", "positives", "half_width")
        )
    )
    for row in found["folds"]:
        width = "—" if row["half_width"] is None else f"± {row['half_width']}"
        shown.add_row(row["origin"], str(row["before"]), str(row["tested"]), str(row["positives"]), width)
    out.print(shown)
    out.print(say(language, f"mo_feasible_{found['verdict']}"), soft_wrap=True)
    if found["widest"] is not None:
        out.print(say(language, "mo_widest", width=found["widest"]))
    out.print(
        say(language, "mo_unseen", censored=found["censored"], never=found["never_visited"]), soft_wrap=True
    )
    out.print(choice(found["visits_by_choice"], language), soft_wrap=True)


@model_app.command("propose")
def model_propose(
    policy: Policy = "quzhou-demo",
    source: Sources = None,
    db: FromStore = False,
    database: Store = STORE,
    out_dir: Annotated[
        Path, typer.Option("--out", help="输出目录 · folder of the draft and its simulation")
    ] = Path("proposal"),
    outcome: Annotated[
        Path, typer.Option(help="声明结果的模型定义 · definition that declares the outcome")
    ] = OUTCOME,
    as_of: AsOf = "",
    valid_from: Annotated[
        str, typer.Option(help="草案首日 · the draft's first day, YYYY-MM-DD; the next one when omitted")
    ] = "",
    lang: Language = None,
) -> None:
    """重拟分值 · Refit the points of a policy's indicators to outcomes, as a draft version with its simulation; releases nothing."""
    _trainable()
    from scoring.analysis.training.card import choice
    from scoring.analysis.training.definition import read_definition
    from scoring.analysis.training.draft import PROPOSAL, require_released, write_draft
    from scoring.analysis.training.refit import refit

    version, declared, language, day = (
        load_policy(policy, None),
        read_definition(outcome),
        language_of(lang),
        day_of(as_of),
    )
    start = arguments.day(valid_from, max(day, version.policy.valid_from) + timedelta(days=1))
    require_released(version, start)
    refuse_foreign(out_dir, PROPOSAL)
    with (
        progress_bars(language) as progress,
        open_data(source, db, database, progress) as data,
        atomic_folder(out_dir) as folder,
    ):
        found = refit(version, declared, data, progress)
        draft = write_draft(found, version, declared, start, folder)
        simulation, scratch = folder / "simulation", folder / SCRATCH
        simulation.mkdir()
        scratch.mkdir()
        moves = simulated(
            data.intake, version, draft, day, simulation, scratch, BatchOptions(progress=progress), language
        )
    shown = Table(
        *(say(language, f"mo_{name}") for name in ("indicator", "present", "refitted", "visits", "positives"))
    )
    for row in found.refits:
        old = ", ".join(str(b.points) for b in row.indicator.bins)
        counts = (", ".join(map(str, numbers)) for numbers in (row.points, row.cases, row.positives))
        shown.add_row(row.indicator.label.model_dump()[language], old, *counts)
    out.print(shown)
    out.print(reports.migration(moves, version, draft, language))
    if found.auc:
        out.print(say(language, "mo_propose_auc", **found.auc), soft_wrap=True)
    out.print(choice(found.visits_by_choice, language), soft_wrap=True)
    talk.print(
        say(language, "mo_proposed", path=out_dir / f"{start}.toml", positives=found.positives),
        soft_wrap=True,
    )


@model_app.command("check")
def model_check(ref: Ref, lang: Language = None) -> None:
    """检查分值表 · Check a table: form, hash, monotone bins without gaps, and that it compiles."""
    table = read_model(ref)
    sql(score_policy(ref, table), "duckdb", frozenset(codes()["kinds"]))
    talk.print(
        say(language_of(lang), "mo_sound", ref=ref, sha=table.sha256, features=len(table.features)),
        soft_wrap=True,
    )


@model_app.command("card")
def model_card(ref: Ref) -> None:
    """打印模型卡 · Print the card of a model, zh and en."""
    _trainable()
    from scoring.analysis.training.card import card

    out.out(card(read_model(ref)), end="")


@model_app.command("list")
def model_list(lang: Language = None) -> None:
    """列出模型 · List the shipped models."""
    language = language_of(lang)
    table = Table(*(say(language, f"mo_{name}") for name in ("id", "use", "auc", "positives", "verdict")))
    for name in shipped_models():
        found = read_model(name)
        verdict = found.metrics.get("drift", {}).get("verdict")
        auc = f"{found.metrics['mean_auc'][found.algorithm]:.3f}"
        table.add_row(
            name,
            found.use,
            auc,
            str(found.metrics["positives"]),
            say(language, f"mo_is_{verdict}") if verdict else "—",
        )
    out.print(table)


def _folds(metrics: dict[str, Any], lang: Lang) -> Table:
    names = [metrics["chosen"], *(name for name in metrics["mean_auc"] if name != metrics["chosen"])]
    table = Table(say(lang, "mo_origin_day"), *names)
    for fold in metrics["folds"]:
        table.add_row(fold["origin"], *(f"{fold['auc'][name]:.3f}" for name in names))
    table.add_row(say(lang, "mo_mean"), *(f"{metrics['mean_auc'][name]:.3f}" for name in names))
    return table


def _figures(found: dict[str, Any], lang: Lang) -> Table:
    table = Table(*(say(lang, f"mo_{name}") for name in ("figure", "value", "interval")))
    for key, name in (
        ("visits", "visits"),
        ("findings", "findings"),
        ("auc", "auc"),
        ("days_earlier", "days_earlier"),
        ("first_half", "first_half"),
        ("calibration_error", "ece"),
    ):
        interval = found.get(f"{key}_interval")
        table.add_row(
            say(lang, f"mo_{name}"), str(found[key]), f"[{interval[0]}, {interval[1]}]" if interval else ""
        )
    for share, part in found["gain"].items():
        low, high = found["gain_interval"][share]
        table.add_row(say(lang, "mo_gain_first", share=share), f"{part:.1%}", f"[{low:.1%}, {high:.1%}]")
    return table


def _span(first: str, last: str) -> tuple[date, date]:
    """The span that was typed; what is left out is open."""
    return arguments.day(first, date(1900, 1, 1)), arguments.day(last, date(2199, 12, 31))


def _trainable() -> None:
    if find_spec("sklearn") is None or find_spec("interpret") is None:
        command = ".venv/bin/pip install --require-hashes -r requirements/dev.txt"
        raise EnvironmentRefusedError(
            zh=f"没有安装训练所需的包；请运行 {command}",
            en=f"the packages for training are not installed; run {command}",
        )
