"""``sise model``: points tables are trained, evaluated, compared, watched, checked and listed.

All but ``rank``, ``check`` and ``list`` need the packages of the ``train`` extra.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

import scoring
from scoring.analysis.impact.simulate import simulated
from scoring.assess.folder import BatchOptions
from scoring.cli import arguments
from scoring.cli.first_model import model_new
from scoring.cli.options import (
    AsOf,
    DatabaseOfDb,
    Form,
    FromStore,
    Language,
    Policy,
    Sources,
    day_of,
    language_of,
    open_data,
    out,
    progress_bars,
    tell,
    today,
)
from scoring.cli.ranking import Ref, model_rank
from scoring.cli.show import impact, models
from scoring.disk import SCRATCH, atomic_folder, refuse_foreign
from scoring.engine.compile import sql
from scoring.entities import codes
from scoring.errors import EnvironmentRefusedError, UsageError
from scoring.policy.language.selection import UNKNOWN
from scoring.policy.load import load_policy
from scoring.policy.model_policy import score_policy
from scoring.policy.tables import read_model, shipped_models
from scoring.policy.verdicts import standing, verdict_path, write_verdict
from scoring.rules.wording import say
from scoring.workdays import FIRST_DAY, LAST_DAY

# Commands that train import what they need when they are called: it is an extra, and slow to load.

model_app = typer.Typer(
    no_args_is_help=True, help="风险模型 · Risk models: train, evaluate, rank, compare, drift, check"
)

Definition = Annotated[Path, typer.Argument(metavar="DEF.toml", help="模型定义 · model definition")]
From = Annotated[str, typer.Option("--from", help="首日 · first day, YYYY-MM-DD")]
To = Annotated[str, typer.Option("--to", help="末日 · last day, YYYY-MM-DD")]
Occasion = Annotated[
    list[str] | None,
    typer.Option(
        help="只用这一缘由的检查，可重复，例如 random · visits of this occasion alone, e.g. random; repeatable"
    ),
]
OUTCOME = Path(scoring.__file__).parents[1] / "models" / "district-demo.toml"
"""The definition of the shipped model of the synthetic district."""
model_app.command("rank")(model_rank)
model_app.command("new")(model_new)


@model_app.command("train")
def model_train(
    definition: Definition,
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
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
    """训练模型 · Train a model: a points table (.json) and its card (.md), as a draft if the gate keeps it back."""
    _require_training()
    from scoring.analysis.training.card_assumptions import gate_lines
    from scoring.analysis.training.definition import read_definition
    from scoring.analysis.training.looks import lock_beside
    from scoring.analysis.training.pipeline import train_model

    if inspectors and db:
        raise UsageError("inspectors_with_db")
    declared, language = read_definition(definition), language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as dataset:
        lock = lock_beside(definition)
        trained = train_model(declared, dataset, out_dir, progress, inspectors, estimator, lock)
    out.show(models.folds(trained.table.metrics, language))
    for line in filter(None, gate_lines(trained.table.metrics, language)):
        out.sentence(line)
    tell(language, "mo_written", path=trained.path, sha=trained.table.sha256)


@model_app.command("evaluate")
def model_evaluate(
    ref: Ref,
    first: From = "",
    last: To = "",
    occasion: Occasion = None,
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """检验模型 · Evaluate a table on the visits of a span, scored by the engine."""
    _require_training()
    from scoring.analysis.training.apply import evaluate_model

    language = language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as dataset:
        evaluation = evaluate_model(ref, dataset, *_span(first, last), progress, _occasions(occasion))
    if form == "json":
        out.json(evaluation)
    else:
        out.show(models.figures(evaluation, language))


@model_app.command("compare")
def model_compare(
    ref: Annotated[str, typer.Argument(metavar="A", help="模型编号或 .json · model id or a .json")],
    other: Annotated[str, typer.Argument(metavar="B", help="模型编号或 .json · model id or a .json")],
    first: From = "",
    last: To = "",
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
    lang: Language = None,
) -> None:
    """比较两个模型 · Compare two tables on the same visits, with the interval of their difference."""
    _require_training()
    from scoring.analysis.training.apply import compare_models

    language = language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as dataset:
        comparison = compare_models(ref, other, dataset, *_span(first, last), progress)
    out.show(models.comparison((ref, other), comparison, language))


@model_app.command("drift")
def model_drift(
    ref: Ref,
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
    since: Annotated[
        str, typer.Option("--since", help="首日，缺省为训练时段之后 · first day; after training when omitted")
    ] = "",
    as_of: AsOf = "",
    keep: Annotated[
        bool, typer.Option("--print-only", help="只显示，不更新结论 · print, and leave the verdict as it is")
    ] = False,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """漂移 · Judge the months after training and renew the verdict beside the table: order, calibration, PSI."""
    _require_training()
    from scoring.analysis.training.drift import moved_most
    from scoring.analysis.training.pipeline import measure_drift

    points_table, language = read_model(ref), language_of(lang)
    start = arguments.day(since, points_table.trained.last + timedelta(days=1))
    with progress_bars(language) as progress, open_data(source, db, database, progress) as dataset:
        report = measure_drift(points_table, dataset, start, day_of(as_of), progress)
    if not keep:
        write_verdict(verdict_path(ref), points_table, report)
        tell(language, "mo_drift_written", path=verdict_path(ref))
    if form == "json":
        out.json(report)
        return
    out.sentence(say(language, f"mo_verdict_{report['verdict']}", since=report["since"]))
    moved = [moved_most(points_table, month, language) for month in report["months"]]
    out.show(models.drift(report["months"], moved, language))


@model_app.command("feasible")
def model_feasible(
    definition: Definition,
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """是否够用 · Whether there is enough to train on: positives per fold, width of interval, verdict."""
    _require_training()
    from scoring.analysis.training.card import choice
    from scoring.analysis.training.definition import read_definition
    from scoring.analysis.training.feasible import feasible
    from scoring.analysis.training.train import source_of

    declared, language = read_definition(definition), language_of(lang)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as dataset:
        cases = source_of(declared, dataset.engine, dataset.tables, dataset.covers, progress)
        counts = feasible(declared, cases)
    if form == "json":
        out.json(counts)
        return
    out.show(models.feasibility(counts["folds"], language))
    out.sentence(say(language, f"mo_feasible_{counts['verdict']}"))
    if counts["widest"] is not None:
        out.sentence(say(language, "mo_widest", width=counts["widest"]))
    unseen = {"censored": counts["censored"], "never": counts["never_visited"]}
    out.sentence(say(language, "mo_unseen", **unseen))
    out.sentence(choice(counts["visits_by_choice"], language))


@model_app.command("propose")
def model_propose(
    policy: Policy = "quzhou-demo",
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
    out_dir: Annotated[
        Path, typer.Option("--out", help="输出目录 · folder of the draft and its simulation")
    ] = Path("proposal"),
    outcome: Annotated[
        Path,
        typer.Option(
            show_default="models/district-demo.toml",
            help="声明结果的模型定义 · definition that declares the outcome",
        ),
    ] = OUTCOME,
    as_of: AsOf = "",
    valid_from: Annotated[
        str, typer.Option(help="草案首日 · the draft's first day, YYYY-MM-DD; the next one when omitted")
    ] = "",
    lang: Language = None,
) -> None:
    """重拟分值 · Refit the points of a policy to outcomes: a draft with its simulation, not released."""
    _require_training()
    from scoring.analysis.training.card import choice
    from scoring.analysis.training.definition import read_definition
    from scoring.analysis.training.draft import PROPOSAL, require_released, write_draft
    from scoring.analysis.training.refit import refit

    version, declared = load_policy(policy, None), read_definition(outcome)
    language, day = language_of(lang), day_of(as_of)
    start = arguments.day(valid_from, max(day, version.policy.valid_from) + timedelta(days=1))
    require_released(version, start)
    refuse_foreign(out_dir, PROPOSAL)
    with (
        progress_bars(language) as progress,
        open_data(source, db, database, progress) as dataset,
        atomic_folder(out_dir) as folder,
    ):
        fitted = refit(version, declared, dataset, progress)
        draft = write_draft(fitted, version, declared, start, folder)
        simulation, scratch = folder / "simulation", folder / SCRATCH
        simulation.mkdir()
        scratch.mkdir()
        options = BatchOptions(today=today(), progress=progress)
        moves = simulated(dataset.intake, version, draft, day, simulation, scratch, options, language)
    out.show(models.refits(fitted.refits, language))
    out.show(impact.migration(moves, version, draft, language))
    if fitted.auc:
        out.sentence(say(language, "mo_propose_auc", **fitted.auc))
    out.sentence(choice(fitted.visits_by_choice, language))
    tell(language, "mo_proposed", path=out_dir / f"{start}.toml", positives=fitted.positives)


@model_app.command("check")
def model_check(ref: Ref, lang: Language = None) -> None:
    """检查分值表 · Check a table: form, hash, monotone bins without gaps, and that it compiles."""
    points_table = read_model(ref)
    sql(score_policy(ref, points_table), "duckdb", frozenset(codes()["kinds"]))
    tell(language_of(lang), "mo_sound", ref=ref, sha=points_table.sha256, features=len(points_table.features))


@model_app.command("card")
def model_card(ref: Ref) -> None:
    """打印模型卡 · Print the card of a model, zh and en."""
    _require_training()
    from scoring.analysis.training.card import card

    out.out(card(read_model(ref)), end="")


@model_app.command("list")
def model_list(as_of: AsOf = "", lang: Language = None) -> None:
    """列出模型 · List the shipped models, each with the verdict on its drift that holds on a day."""
    day = day_of(as_of)
    tables = [(name, read_model(name)) for name in shipped_models()]
    known = [standing(table, verdict_path(name), day) for name, table in tables]
    out.show(models.model_list(tables, known, language_of(lang)))


def _span(first: str, last: str) -> tuple[date, date]:
    """The span that was typed; what is left out is open."""
    return arguments.day(first, FIRST_DAY), arguments.day(last, LAST_DAY)


def _occasions(typed: list[str] | None) -> tuple[str, ...] | None:
    """The occasions that were typed; ``None``: any.

    Raises:
        UsageError: One of them is none.
    """
    known = [*codes()["occasions"], UNKNOWN]
    for occasion in typed or ():
        if occasion not in known:
            raise UsageError("occasion_unknown", occasion=occasion, known=", ".join(known))
    return tuple(typed) if typed else None


def _require_training() -> None:
    refusal = EnvironmentRefusedError("training_packages_missing", command=arguments.INSTALL)
    arguments.require_packages(refusal, "sklearn", "interpret")
