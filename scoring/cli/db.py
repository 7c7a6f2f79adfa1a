"""``sise db``: the system of record, made, filled, scored, searched, checked and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from scoring.administration.results.colours import districts, points_number, write_colours
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import MOST_COUNTED, EnterpriseSearch
from scoring.cli import arguments, show
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    AsOf,
    Form,
    Ground,
    Language,
    Policy,
    Sources,
    Store,
    clock,
    day_of,
    language_of,
    out,
    progress_bars,
    tell,
)
from scoring.cli.renamed import refusing
from scoring.cli.score import REJECTED_UNDER_STRICT
from scoring.cli.store import import_sources, policy_for, score_db, standings_of, store_at
from scoring.entities import Lang, Score
from scoring.errors import StoreError, UsageError
from scoring.rules.wording import say
from scoring.store.audit.schema_objects import schema_findings
from scoring.store.audit.sound import check
from scoring.store.keep.due import Due, due
from scoring.store.keep.restoring import LostEntry, prepared
from scoring.store.keep.transfer import backup, export
from scoring.store.standing.adopting import adopt
from scoring.store.standing.counts import recount
from scoring.store.tables import migrate
from scoring.store.tables.database import Database

db_app = typer.Typer(no_args_is_help=True, help="数据库 · The system of record")

NOT_SOUND = 4
"""Exit code where the store is not sound in itself."""
DUE_OLD_OPTIONS = {"--by": UsageError("due_by_renamed")}
File = Annotated[Path, typer.Argument(metavar="FILE")]


@db_app.command("init")
def db_init(database: Store = STORE, lang: Language = None) -> None:
    """建库 · Make the store: a SQLite file, or the tables of a PostgreSQL database."""
    with store_at(database, current=False) as store:
        migrate.create(store)
        tell(language_of(lang), "db_ready", place=store.place)


@db_app.command("upgrade")
def db_upgrade(database: Store = STORE, lang: Language = None) -> None:
    """升级库结构 · Raise the schema to this programme's; back up first."""
    with store_at(database, current=False) as store:
        _refuse_altered(store)
        migrate.change(store, migrate.newest())
        tell(language_of(lang), "db_ready", place=store.place)


def _refuse_altered(store: Database) -> None:
    """Refuses to raise a schema that is not the one it is said to be.

    Raises:
        StoreError: It is not, or there is none.
    """
    revision = migrate.revision(store)
    if revision is None:
        migrate.require_current(store)
    elif revision in migrate.revisions():
        with store.read() as connection:
            findings = schema_findings(connection, revision)
        if findings:
            named = {"kind": findings[0].more, "name": findings[0].key}
            raise StoreError("store_schema_altered", present=revision, count=len(findings), **named)


@db_app.command("import")
def db_import(
    actor: Actor,
    source: Sources = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="拒绝行，缺省在库文件旁（库.rejects-来源.csv）；PostgreSQL 须给出 · rejected rows, by default beside the store's file "
            "(STORE.rejects-SOURCE.csv); needed with PostgreSQL",
        ),
    ] = None,
    accept_corrections: Annotated[
        bool,
        typer.Option(
            help="归集日期为推定、内容与库中不同的行作为更正收录，以文件为依据 · rows with an assumed known_on that differ from the "
            "store are corrections, with the file as ground"
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option(help="有拒绝行时退出码为 5 · exit 5 when rows were rejected")
    ] = False,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """导入来源 · Import sources: each whole or not at all; what is there already changes nothing."""
    rejected = import_sources(
        arguments.specs(source),
        database,
        actor,
        rejects,
        language_of(lang),
        accept_corrections=accept_corrections,
    )
    if strict and rejected:
        raise typer.Exit(REJECTED_UNDER_STRICT)


@db_app.command("score")
def db_score(
    actor: Actor,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    delete: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="依法应删除的记录版本数，超过 1% 时须写明 · number of versions of records that the law has deleted, needed above 1 %",
        ),
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="全部重新计算，不论上次评价之后有无变化 · score all, whatever the last batch left as it is",
        ),
    ] = False,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """评价全库 · Score what is in the store, into the store; delete what the law has deleted by today."""
    score_db(database, policy, day_of(as_of), actor, language_of(lang), delete, full=full)


@db_app.command("adopt")
def db_adopt(
    ground: Ground,
    actor: Actor,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """承接存量 · Take over an official stock: first results take effect at once, when two accounts say so."""
    with store_at(database) as store:
        version = policy_for(store, policy, day_of(as_of))
        adopted = adopt(store, version, ground, actor, clock)
    if adopted is None:
        tell(language_of(lang), "adoption_asked")
    else:
        tell(language_of(lang), "adopted", n=f"{adopted:,}")


@db_app.command("find")
def db_find(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="名称或代码的任意部分，可多个词 · any parts of name or code")
    ],
    top: Annotated[int, typer.Option("--top", min=1, help="显示前几户 · rows shown")] = 50,
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """查找企业 · Find enterprises by name or code: all words that are typed must be in it."""
    results = open_results(database)
    total, scores = results.find(EnterpriseSearch(text), limit=top)
    codes = districts(results, [score.enterprise_id for score in scores])
    if form == "json":
        unit = results.version.policy.scale.per_point
        out.json(
            {
                "count": min(total, MOST_COUNTED),
                "more": total > MOST_COUNTED,
                "enterprises": [_found(score, codes, unit) for score in scores],
            }
        )
    else:
        out.show(show.found_table(total, scores, codes, results.version.policy, language_of(lang)))


def _found(score: Score, codes: dict[str, str | None], per_point: int) -> dict[str, Any]:
    """One enterprise as JSON."""
    return {
        "enterprise_id": score.enterprise_id,
        "name": score.name,
        "district_code": codes.get(score.enterprise_id),
        "colour": score.colour,
        "band": score.band,
        "points": points_number(score.points, per_point),
        "as_of": score.as_of.isoformat(),
    }


@db_app.command("colours")
def db_colours(
    file: Annotated[Path, typer.Option("--out", dir_okay=False, help="CSV 文件 · the CSV file")],
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """导出颜色 · Write the colours in effect as CSV for Excel; --lang decides headings and words."""
    arguments.refuse_unusable(file)
    language = language_of(lang)
    # Streamed: a city has more enterprises than a list in memory should have.
    with progress_bars(language) as progress:
        count = write_colours(open_results(database), file, language, progress)
    tell(language, "colours_written", file=file, n=f"{count:,}")


@db_app.command("export")
def db_export(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """导出 · Export all facts as a canonical folder."""
    with store_at(database) as store:
        counts = export(store, folder)
    files = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    tell(language_of(lang), "m_written", out=folder, files=files)


@db_app.command("backup")
def db_backup(file: File, database: Store = STORE, lang: Language = None) -> None:
    """备份 · Back up while others work; the file is SQLite."""
    with store_at(database) as store:
        backup(store, file)
    tell(language_of(lang), "db_backed_up", file=file)


@db_app.command("restore")
def db_restore(
    file: File,
    actor: Actor,
    discard: Annotated[
        int,
        typer.Option(
            min=0, help="放弃现库日志的几条，须与所列相等 · entries of the present log that are given up"
        ),
    ] = 0,
    keep: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="被替换的状态存为此文件，缺省在库旁；PostgreSQL 须给出 · file for the state that is replaced, by default beside the "
            "store's; needed with PostgreSQL",
        ),
    ] = None,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """恢复 · Put a sound backup back; later deletions and restorations are applied to it first."""
    language = language_of(lang)
    with store_at(database, current=False) as store, prepared(file, store) as restoration:
        since = restoration.since
        _show_lost(since.lost, language)
        kept = restoration.put_in_place(discard, actor, clock, keep)
    tell(language, "db_restored", erased=since.deletions, restored=len(since.restored))
    if kept:
        tell(language, "db_replaced_kept", file=kept)


def _show_lost(lost: Sequence[LostEntry], lang: Lang) -> None:
    """Prints what the present log has beyond the backup's."""
    for entry in lost[: show.MOST_ROWS]:
        rows = ", ".join(f"{table} {count:,}" for table, count in entry.rows.items())
        named = f"{entry.kind} {entry.what}".strip()
        parameters = {"number": entry.number, "at": entry.at, "actor": entry.actor}
        out.sentence(say(lang, "db_lost", what=named, rows=rows or "—", **parameters))
    if len(lost) > show.MOST_ROWS:
        out.sentence(say(lang, "db_lost_more", n=len(lost) - show.MOST_ROWS))


@db_app.command("check")
def db_check(database: Store = STORE, lang: Language = None) -> None:
    """检查 · Check that the store is sound in itself."""
    language = language_of(lang)
    with store_at(database) as store:
        findings = check(store)
    for finding in findings:
        out.sentence(finding.text(language))
    if findings:
        raise typer.Exit(NOT_SOUND)
    tell(language, "db_sound")


@db_app.command("recount")
def db_recount(database: Store = STORE, lang: Language = None) -> None:
    """重新统计 · Make the directory and the counts of figures anew, as after a change of the register of authorities."""
    language = language_of(lang)
    with store_at(database) as store, progress_bars(language) as progress:
        recount(store, progress)
    tell(language, "db_recounted")


@db_app.command("due", cls=refusing(DUE_OLD_OPTIONS))
def db_due(
    until: Annotated[
        str, typer.Option("--until", help="到哪天为止，缺省今天 · last day, by default today")
    ] = "",
    policy: Policy = "quzhou-demo",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """到期事项 · What falls due until a day; `sise db score` on that day applies it."""
    day, language = day_of(until), language_of(lang)
    with store_at(database) as store:
        version = policy_for(store, policy, day)
        with progress_bars(language) as progress:
            entries = [_due(entry) for entry in due(store, version, day, progress)]
        if form == "json":
            out.json(entries)
            return
        # A day far ahead has thousands: names are looked up for those that are shown.
        ids = [entry["enterprise_id"] for entry in entries[: show.MOST_ROWS]]
        known = standings_of(store, version.policy.id, ids)
    names = {enterprise_id: standing.name or "" for enterprise_id, standing in known.items()}
    out.show(show.due_table(entries, names, version.policy, language))


def _due(entry: Due) -> dict[str, Any]:
    return {**asdict(entry), "on": entry.on.isoformat() if entry.on else None}
