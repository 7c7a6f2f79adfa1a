"""``sise db`` and ``sise score --db``: the system of record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from scoring.cli import arguments, show
from scoring.cli.options import (
    STORE,
    Actor,
    Language,
    Policy,
    Sources,
    Store,
    clock,
    day_of,
    language_of,
    out,
    progress_bars,
    talk,
)
from scoring.entities import Lang
from scoring.policy.load import ResolvedPolicy, load_policy
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import say
from scoring.store.checking import check
from scoring.store.facts.deletion import erase
from scoring.store.facts.importing import Imported, import_source
from scoring.store.keep.due import Due, due
from scoring.store.keep.restoring import restore
from scoring.store.keep.transfer import backup, export
from scoring.store.standing.assessing import score_store
from scoring.store.tables import migrate
from scoring.store.tables.database import Database

db_app = typer.Typer(no_args_is_help=True, help="数据库 · The system of record")
File = Annotated[Path, typer.Argument(metavar="FILE")]


@contextmanager
def store_at(address: str, *, current: bool = True) -> Iterator[Database]:
    """The database of a command, closed at its end."""
    database = migrate.open_store(address) if current else Database(address)
    try:
        yield database
    finally:
        database.close()


@db_app.command("init")
def db_init(database: Store = STORE, lang: Language = None) -> None:
    """建库 · Make the store: a SQLite file, or the tables of a PostgreSQL database."""
    with store_at(database, current=False) as store:
        migrate.create(store)
        talk.print(say(language_of(lang), "db_ready", place=store.place), soft_wrap=True)


@db_app.command("upgrade")
def db_upgrade(database: Store = STORE, lang: Language = None) -> None:
    """升级库结构 · Raise the schema to this programme's; back up first."""
    with store_at(database, current=False) as store:
        if migrate.revision(store) is None:
            migrate.require_current(store)
        migrate.change(store, migrate.newest())
        talk.print(say(language_of(lang), "db_ready", place=store.place), soft_wrap=True)


@db_app.command("import")
def db_import(
    actor: Actor,
    source: Sources = None,
    rejects: Annotated[Path, typer.Option(help="拒绝行 · rejected rows")] = Path("rejects.csv"),
    strict: Annotated[
        bool, typer.Option(help="有拒绝行时退出码为 5 · exit 5 when rows were rejected")
    ] = False,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """导入来源 · Import sources: each whole or not at all; what is there already changes nothing."""
    rejected = import_sources(arguments.specs(source), database, actor, rejects, language_of(lang))
    if strict and rejected:
        raise typer.Exit(5)


def import_sources(specs: list[SourceSpec], address: str, actor: str, rejects: Path, lang: Lang) -> int:
    """Imports sources one after the other and prints what became of each; returns the number of rejected rows."""
    rejected = 0
    with store_at(address) as store:
        for spec in specs:
            with progress_bars(lang) as progress:
                found = import_source(store, spec, actor, clock, rejects=rejects, progress=progress)
            rejected += _tell_import(str(spec), found, rejects, lang)
    return rejected


def _tell_import(name: str, found: Imported, rejects: Path, lang: Lang) -> int:
    """Prints what an import did; returns the number of rejected rows."""
    if found.counts is not None:
        out.print(show.source_table({"sources": {name: asdict(found.counts)}}, lang))
    text_id = "db_imported" if found.changed else "db_nothing_new"
    numbers = {
        "enterprises": f"{found.enterprises:,}",
        "records": f"{found.records:,}",
        "known": f"{found.known:,}",
    }
    talk.print(say(lang, text_id, source=name, **numbers), soft_wrap=True)
    rejected = found.counts.rejected if found.counts is not None else 0
    if rejected:
        talk.print(say(lang, "rejected", n=f"{rejected:,}", file=rejects), soft_wrap=True)
    return rejected


@db_app.command("export")
def db_export(
    folder: Annotated[Path, typer.Argument(metavar="DIR")], database: Store = STORE, lang: Language = None
) -> None:
    """导出 · Export all facts as a canonical folder."""
    with store_at(database) as store:
        counts = export(store, folder)
    talk.print(
        say(
            language_of(lang),
            "m_written",
            out=folder,
            files=", ".join(f"{name} {n:,}" for name, n in counts.items()),
        ),
        soft_wrap=True,
    )


@db_app.command("backup")
def db_backup(file: File, database: Store = STORE, lang: Language = None) -> None:
    """备份 · Back up while others work; the file is SQLite."""
    with store_at(database) as store:
        backup(store, file)
    talk.print(say(language_of(lang), "db_backed_up", file=file), soft_wrap=True)


@db_app.command("restore")
def db_restore(file: File, actor: Actor, database: Store = STORE, lang: Language = None) -> None:
    """恢复 · Put a backup back; later deletions and restorations are applied to it first."""
    with store_at(database, current=False) as store:
        later = restore(file, store, actor, clock)
    talk.print(
        say(language_of(lang), "db_restored", erased=len(later.erased), restored=len(later.restored)),
        soft_wrap=True,
    )


@db_app.command("check")
def db_check(database: Store = STORE, lang: Language = None) -> None:
    """检查 · Check that the store is sound in itself."""
    with store_at(database) as store:
        findings = check(store)
    for finding in findings:
        out.out(finding[language_of(lang)])
    if findings:
        raise typer.Exit(4)
    talk.print(say(language_of(lang), "db_sound"), soft_wrap=True)


@db_app.command("due")
def db_due(
    by: Annotated[str, typer.Option("--by", help="日期，缺省今天 · day, by default today")] = "",
    policy: Policy = "quzhou-demo",
    form: Annotated[Literal["json", "text"], typer.Option("--format")] = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """到期事项 · What falls due by a day; `sise score --db` on that day applies it."""
    day = day_of(by)
    with store_at(database) as store, progress_bars(language_of(lang)) as progress:
        found = due(store, load_policy(policy, day), day, progress)
    if form == "json":
        out.out(json.dumps([_due(one) for one in found], ensure_ascii=False, indent=2))
    else:
        out.print(show.due_table([_due(one) for one in found], language_of(lang)))


def _due(one: Due) -> dict[str, Any]:
    return {**asdict(one), "on": one.on.isoformat() if one.on else None}


def score_db(address: str, version: ResolvedPolicy, as_of: date, actor: str, lang: Lang) -> None:
    """Applies what is due and scores the store; prints what changed."""
    with store_at(address) as store, progress_bars(lang) as progress:
        erased = erase(store, as_of, actor, clock)
        run = score_store(store, version, as_of, actor, clock, progress=progress)
    told = {"as_of": as_of.isoformat(), "bands": dict(run.bands), "not_rated": dict(run.not_rated)}
    out.print(show.colour_table(told, version, lang))
    numbers = {
        "n": f"{run.enterprises:,}",
        "changed": f"{run.changed:,}",
        "proposed": f"{run.proposed:,}",
        "erased": f"{erased:,}",
    }
    talk.print(say(lang, "db_scored", **numbers), soft_wrap=True)
