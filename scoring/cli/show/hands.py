"""Tables of what people decide: accounts, what is proposed, what the law has deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import RenderableType

from scoring.cli.show.store import band_word
from scoring.cli.show.terminal import Sheet
from scoring.entities import Lang
from scoring.policy.language.schema import Policy
from scoring.rules.wording import say
from scoring.store.facts.deletion import OverdueVersion
from scoring.store.people.accounts import KnownAccount
from scoring.store.standing.reviewing import Proposal, unserved


def accounts_table(accounts: Sequence[KnownAccount], lang: Lang) -> RenderableType:
    """Accounts: name, whose they are, state."""
    table = Sheet(title=say(lang, "st_accounts"))
    for text_id in ("st_account", "st_title", "st_state"):
        table.add_column(say(lang, text_id))
    for account in accounts:
        table.add_row(account.name, account.title, say(lang, f"account_is_{account.state}"))
    return table


def proposed_table(waiting: Sequence[Proposal], policy: Policy, lang: Lang) -> RenderableType:
    """What is proposed and not in effect: how many by band, and how many of them nobody was served."""
    table = Sheet(title=say(lang, "st_proposed_counts"))
    table.add_column(say(lang, "st_proposed"))
    for text_id in ("st_enterprises", "st_first", "st_unserved"):
        table.add_numbers(say(lang, text_id))
    for band in policy.bands:
        mine = [proposal for proposal in waiting if proposal.band == band.id]
        if mine:
            first = sum(proposal.band_in_effect is None for proposal in mine)
            numbers = (f"{number:,}" for number in (len(mine), first, unserved(mine, policy)))
            table.add_row(band_word(band.id, policy, lang), *numbers)
    return table


def deleted_table(deleted: Sequence[OverdueVersion], lang: Lang) -> RenderableType:
    """What the law has deleted: versions of records by ground."""
    table = Sheet(title=say(lang, "st_deleted"))
    table.add_column(say(lang, "st_ground"))
    table.add_numbers(say(lang, "st_versions"))
    for article, number in sorted(Counter(version.article for version in deleted).items()):
        table.add_row(article, f"{number:,}")
    return table
