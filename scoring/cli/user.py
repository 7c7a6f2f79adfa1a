"""``sise user``: accounts, under which every writing command writes."""

from __future__ import annotations

from typing import Annotated

import typer

from scoring.cli import show
from scoring.cli.arguments import STORE
from scoring.cli.options import Actor, Form, Language, Store, clock, language_of, out, tell
from scoring.cli.store import store_at
from scoring.store.people.accounts import accounts, add_account, disable_account

user_app = typer.Typer(no_args_is_help=True, help="账号 · Accounts")

Name = Annotated[str, typer.Argument(metavar="NAME", help="账号名，不分大小写 · name, in any case")]


@user_app.command("add")
def user_add(
    name: Name,
    actor: Actor,
    title: Annotated[str, typer.Option("--title", help="姓名、单位或职务 · whose account it is")] = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """新增账号 · Add an account; the first one of a store adds itself."""
    with store_at(database) as store:
        spelled = add_account(store, name, title, actor, clock)
    tell(language_of(lang), "account_added", name=spelled)


@user_app.command("disable")
def user_disable(name: Name, actor: Actor, database: Store = STORE, lang: Language = None) -> None:
    """停用账号 · Take an account out of use; what it wrote stays."""
    with store_at(database) as store:
        spelled = disable_account(store, name, actor, clock)
    tell(language_of(lang), "account_disabled_now", name=spelled)


@user_app.command("list")
def user_list(form: Form = "text", database: Store = STORE, lang: Language = None) -> None:
    """账号清单 · All accounts and their state."""
    with store_at(database) as store, store.read() as connection:
        known = accounts(connection)
    if form == "json":
        out.json([account._asdict() for account in known])
    else:
        out.show(show.accounts_table(known, language_of(lang)))
