"""``sise clock``: what people say of the clock of the store."""

from __future__ import annotations

import typer

from scoring.cli.arguments import STORE
from scoring.cli.options import Actor, Language, Store, clock, language_of, tell
from scoring.cli.store import store_at
from scoring.store.people.clock import confirm_clock, mend_clock

clock_app = typer.Typer(no_args_is_help=True, help="时钟 · The clock of the store")


@clock_app.command("confirm")
def clock_confirm(actor: Actor, database: Store = STORE, lang: Language = None) -> None:
    """确认时钟 · Say that the clock is right after more than a day without an entry."""
    with store_at(database) as store:
        at = confirm_clock(store, actor, clock)
    tell(language_of(lang), "clock_confirmed", at=at)


@clock_app.command("mend")
def clock_mend(actor: Actor, database: Store = STORE, lang: Language = None) -> None:
    """更正时钟 · Say that the clock was wrong before and is right now; two accounts must say so."""
    with store_at(database) as store:
        later = mend_clock(store, actor, clock)
    if later is None:
        tell(language_of(lang), "clock_mending_asked")
    else:
        tell(language_of(lang), "clock_mended", n=f"{later:,}")
