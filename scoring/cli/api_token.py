"""``sise user token``: tokens with which other systems act as an account."""

from __future__ import annotations

from typing import Annotated

import typer

from scoring.administration.identity.api_tokens import SCOPES, all_tokens, give_token, withdraw_token
from scoring.cli import show
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    Form,
    Ground,
    Language,
    Store,
    clock,
    day_of,
    language_of,
    out,
    tell,
    today,
)
from scoring.cli.store import store_at
from scoring.cli.user import Name, user_app

__all__ = ["user_app"]


@user_app.command("token")
def user_token(
    name: Name,
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="失效日，一年以内 · first day without it")
    ],
    ground: Ground,
    actor: Actor,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="read 查询、record 录入，可重复；不写为 read · may be repeated; default: read"
        ),
    ] = None,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """发接口令牌 · Give another system a token that acts as an account; it is shown once."""
    with store_at(database) as store:
        token = give_token(store, name, scope or SCOPES[:1], day_of(until), ground, actor, clock)
    tell(language_of(lang), "token_given", token=token)


@user_app.command("token-withdraw")
def user_token_withdraw(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="令牌编号 · number of the token")],
    ground: Ground,
    actor: Actor,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """收回接口令牌 · Take a token back, from the next request on."""
    with store_at(database) as store:
        withdraw_token(store, number, ground, actor, clock)
    tell(language_of(lang), "token_withdrawn", number=number)


@user_app.command("tokens")
def user_tokens(form: Form = "text", database: Store = STORE, lang: Language = None) -> None:
    """有效的接口令牌 · All tokens that hold today; none is shown itself."""
    with store_at(database) as store, store.read() as connection:
        tokens = all_tokens(connection, today())
    if form == "json":
        out.json(
            [
                vars(token) | {"scopes": sorted(token.scopes), "until": token.until.isoformat()}
                for token in tokens
            ]
        )
    elif tokens:
        out.show(show.tokens_table(tokens, language_of(lang)))
    else:
        tell(language_of(lang), "tokens_none")
