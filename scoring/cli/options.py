"""What every command shares: the two consoles, the options, the language, the day and the progress bars."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scoring.assess.dataset import Dataset, open_sources
from scoring.cli import arguments
from scoring.entities import Lang
from scoring.rules.wording import say
from scoring.store.facts.pseudonymous import open_pseudonymous

out = Console(highlight=False, markup=False, emoji=False)
"""stdout: data."""
talk = Console(stderr=True, highlight=False, markup=False, emoji=False)
"""stderr: talk."""


def _speak(lang: str | None) -> str | None:
    """Every sentence of this run, refusals too, is in the language asked for."""
    if lang:
        os.environ["SISE_LANG"] = lang
    return lang


Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="映射:路径 · MAP:PATH, e.g. canonical:data/sample; repeatable"),
]
Policy = Annotated[str, typer.Option("--policy", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml")]
PolicyOrNone = Annotated[
    str | None,
    typer.Option("--policy", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml, with --source"),
]
AsOf = Annotated[str, typer.Option("--as-of", help="评价日期 · day of assessment, YYYY-MM-DD")]
Language = Annotated[
    Literal["zh", "en"] | None,
    typer.Option(
        "--lang", is_eager=True, callback=_speak, help="语言，也可用 SISE_LANG · language, also by SISE_LANG"
    ),
]
FromStore = Annotated[bool, typer.Option("--db", help="用库中的数据 · from the store (see --database)")]
Store = Annotated[
    str,
    typer.Option(
        "--database", envvar="SISE_DATABASE_URL", help="数据库文件或地址 · database: a file or an URL"
    ),
]
Actor = Annotated[
    str, typer.Option("--by", envvar="SISE_ACTOR", default_factory=getpass.getuser, help="经办人 · who acts")
]
Ground = Annotated[str, typer.Option("--ground", help="依据 · why")]
Document = Annotated[str | None, typer.Option("--document", help="文书 · the document behind it")]
STORE = "sise.db"
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="端口 · port on 127.0.0.1")]


def day_of(text: str) -> date:
    """The day that was typed, else today in Shanghai."""
    return arguments.day(text, datetime.now(ZoneInfo("Asia/Shanghai")).date())


def clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def language_of(chosen: str | None) -> Lang:
    """The language of this run."""
    return arguments.language(chosen, os.environ)


@contextmanager
def progress_bars(lang: Lang) -> Iterator[Callable[[str, float], None]]:
    """A progress bar per stage on stderr."""
    words, share = TextColumn("{task.description}", markup=False), TextColumn("{task.percentage:>3.0f}%")
    bar = Progress(words, BarColumn(), share, TimeElapsedColumn(), console=talk)
    tasks: dict[str, Any] = {}

    def progress(stage: str, fraction: float) -> None:
        if stage not in tasks:
            tasks[stage] = bar.add_task(say(lang, f"s_{stage}"), total=1.0)
        bar.update(tasks[stage], completed=fraction)

    with bar:
        yield progress


@contextmanager
def open_data(
    source: list[str] | None,
    db: bool,
    database: str,
    progress: Callable[[str, float], None],
    *,
    named: bool = False,
) -> Iterator[Dataset]:
    """What models look at: sources, or with ``--db`` the store, under pseudonyms unless ``named``."""
    if db:
        arguments.store_alone(source)
    salt = None if named else arguments.salt(os.environ, secrets.token_hex(32))
    with (
        open_pseudonymous(database, salt, progress)
        if db
        else open_sources(arguments.specs(source), progress) as data
    ):
        yield data
