"""What every command shares: the two streams, options, language, day and progress bars."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scoring.assess.dataset import Dataset, open_sources
from scoring.cli import arguments
from scoring.cli.arguments import STORE, STORE_ADDRESS
from scoring.cli.show.terminal import Terminal
from scoring.entities import Lang
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.verdicts import refuse_unusable
from scoring.rules.wording import say
from scoring.store.facts.pseudonymous import open_pseudonymous
from scoring.store.tables.writing import CHINA

out = Terminal()
"""stdout: data."""
talk = Terminal(stderr=True)
"""stderr: talk."""


def _speak(lang: str | None) -> str | None:
    """Every sentence of this run, refusals too, is in the language that was typed."""
    # A refusal may be worded far below, where nobody knows what was typed.
    if lang:
        os.environ["SISE_LANG"] = lang
    return lang


Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="映射:路径 · MAP:PATH, e.g. canonical:data/sample; repeatable"),
]
Policy = Annotated[str, typer.Option("--policy", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml")]
PolicyOfFiles = Annotated[
    str | None,
    typer.Option(
        "--policy",
        help="规则[@版本]或文件，与 --source 同用 · policy id[@VERSION] or a .toml, with --source",
    ),
]
AsOf = Annotated[str, typer.Option("--as-of", help="评价日期 · day of assessment, YYYY-MM-DD")]
AsOfFiles = Annotated[
    str,
    typer.Option("--as-of", help="评价日期，与 --source 同用 · day of assessment, YYYY-MM-DD, with --source"),
]
Language = Annotated[
    Literal["zh", "en"] | None,
    typer.Option(
        "--lang", is_eager=True, callback=_speak, help="语言，也可用 SISE_LANG · language, also by SISE_LANG"
    ),
]
Form = Annotated[Literal["json", "text"], typer.Option("--format", help="json | text")]
Store = Annotated[
    str,
    typer.Option("--database", envvar=STORE_ADDRESS, help="数据库文件或地址 · database: a file or an URL"),
]
FromStore = Annotated[bool, typer.Option("--db", help="用库中的数据 · from the store (see --database)")]
# No default and no variable of its own: whether it was typed decides whether it would be ignored.
DatabaseOfDb = Annotated[
    str | None,
    typer.Option(
        "--database",
        help=f"数据库，与 --db 同用，缺省 {STORE_ADDRESS} 或 {STORE} · database, with --db; else {STORE_ADDRESS} or {STORE}",
    ),
]
DatabaseOrFiles = Annotated[
    str | None,
    typer.Option(
        "--database",
        help=f"数据库，不与 --source 同用，缺省 {STORE_ADDRESS} 或 {STORE} · database, without --source; "
        f"else {STORE_ADDRESS} or {STORE}",
    ),
]
Actor = Annotated[
    str, typer.Option("--by", envvar="SISE_ACTOR", default_factory=getpass.getuser, help="经办人 · who acts")
]
Ground = Annotated[str, typer.Option("--ground", help="依据 · why")]
Document = Annotated[str | None, typer.Option("--document", help="文书 · the document behind it")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="端口 · port on 127.0.0.1")]
OfAuthority = Annotated[
    str | None,
    typer.Option(
        "--authority",
        help="执法人员所属机关：法院裁定屏蔽的记录只有企业本人和作出机关可见 · authority of the officer: what a court hides is seen by the enterprise and the recording authority alone",
    ),
]
AudienceOption = Annotated[
    Literal["enterprise", "officer"],
    typer.Option(
        "--audience",
        help="enterprise 企业本人；officer 执法人员，含其备注 · the enterprise itself, or officers, with their notes",
    ),
]
EnterpriseId = Annotated[
    str, typer.Argument(metavar="ID", help="统一社会信用代码 · 18-character code, or scheme:local-id")
]


def day_of(text: str) -> date:
    """The day that was typed, else today in Shanghai."""
    return arguments.day(text, today())


def today() -> date:
    """The clock's day in Shanghai."""
    # The law's days are those of China, wherever the machine stands.
    return clock().astimezone(CHINA).date()


def clock() -> datetime:
    """The present moment; no option and no variable sets it."""
    return present()


def present() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def language_of(chosen: str | None) -> Lang:
    """The language of this run."""
    return arguments.language(chosen, os.environ)


def tell(lang: Lang, text_id: str, *, style: str = "", **parameters: object) -> None:
    """Says one sentence of ``rules/wording`` on stderr."""
    talk.sentence(say(lang, text_id, **parameters), style)


def tell_cautions(version: ResolvedPolicy, day: date, lang: Lang) -> None:
    """Says on stderr what must be known of the models that a policy uses.

    Raises:
        ModelError: The verdict on one is *do not use*.
    """
    for caution in refuse_unusable(version.policy, version.tables, day):
        talk.sentence(caution[lang], "bold")


def tell_not_looked_at(groups: Sequence[Mapping[str, Any]], file: Path | None, lang: Lang) -> None:
    """Prints how many records nothing looks at, and where they are listed."""
    unseen = sum(group["records"] for group in groups)
    tell(lang, "not_looked_at", n=f"{unseen:,}", file=file)


@contextmanager
def progress_bars(lang: Lang) -> Iterator[Callable[[str, float], None]]:
    """A progress bar per stage on stderr."""
    words, share = TextColumn("{task.description}", markup=False), TextColumn("{task.percentage:>3.0f}%")
    # On stderr, so that data on stdout can be piped on while somebody watches.
    bars = Progress(words, BarColumn(), share, TimeElapsedColumn(), console=talk)
    tasks: dict[str, Any] = {}

    def progress(stage: str, fraction: float) -> None:
        """Moves the bar of a stage; the first time makes it."""
        if stage not in tasks:
            tasks[stage] = bars.add_task(say(lang, f"s_{stage}"), total=1.0)
        bars.update(tasks[stage], completed=fraction)

    with bars:
        yield progress


@contextmanager
def open_data(
    source: list[str] | None,
    db: bool,
    database: str | None,
    progress: Callable[[str, float], None],
    *,
    named: bool = False,
) -> Iterator[Dataset]:
    """What models look at: sources, or with ``--db`` the store, under pseudonyms unless ``named``.

    Raises:
        UsageError: Neither is given, or one with an option of the other.
    """
    opening: AbstractContextManager[Dataset]
    if db:
        arguments.store_alone(source)
        salt = None if named else arguments.salt(os.environ, secrets.token_hex(32))
        opening = open_pseudonymous(arguments.store_address(database, os.environ), salt, progress)
    else:
        arguments.refuse_database_without_db(database)
        opening = open_sources(arguments.specs(source), progress, today())
    with opening as data:
        yield data
