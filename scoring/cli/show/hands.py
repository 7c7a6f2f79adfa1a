"""Tables of what people decide: accounts, what is proposed, what the law has deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from rich.console import RenderableType

from scoring.administration.identity.api_tokens import KnownToken
from scoring.administration.identity.provider_links import LinkedSubject
from scoring.cli.show.store import band_word
from scoring.cli.show.terminal import Sheet
from scoring.entities import Lang
from scoring.entities.areas import area_name
from scoring.entities.authorities import register
from scoring.policy.language.schema import Policy
from scoring.rules.wording import say
from scoring.store.facts.deletion import OverdueVersion
from scoring.store.people.accounts import KnownAccount
from scoring.store.people.grants import Grant
from scoring.store.standing.open_proposals import Proposal, unserved


def accounts_table(accounts: Sequence[KnownAccount], lang: Lang) -> RenderableType:
    """Accounts: name, whose they are, state."""
    table = Sheet(title=say(lang, "st_accounts"))
    for text_id in ("st_account", "st_title", "st_state"):
        table.add_column(say(lang, text_id))
    for account in accounts:
        table.add_row(account.name, account.title, say(lang, f"account_is_{account.state}"))
    return table


def grants_table(grants: Sequence[Grant], lang: Lang) -> RenderableType:
    """Grants that hold: whose, what, where, of which departments and until when."""
    table = Sheet()
    for text_id in ("col_grant", "col_account", "col_role", "col_where", "col_department", "col_until"):
        table.add_column(say(lang, text_id))
    for grant in grants:
        where = grant.enterprise_id or _names(grant.areas, area_name, lang)
        until = say(lang, "d_until_day", until=grant.until) if grant.until else say(lang, "d_until_withdrawn")
        departments = _names(grant.departments, _authority_name, lang)
        table.add_row(
            str(grant.number), grant.account, role_word(grant.role, lang), where, departments, until
        )
    return table


def tokens_table(tokens: Sequence[KnownToken], lang: Lang) -> RenderableType:
    """Tokens that hold: number, account, what they are for and until when."""
    table = Sheet()
    for text_id in ("col_grant", "col_account", "col_scopes", "col_until"):
        table.add_column(say(lang, text_id))
    for token in tokens:
        until = say(lang, "d_until_day", until=token.until)
        table.add_row(str(token.number), token.account, ", ".join(sorted(token.scopes)), until)
    return table


def links_table(links: Sequence[LinkedSubject], lang: Lang) -> RenderableType:
    """Links with providers: account, provider, subject."""
    table = Sheet()
    for text_id in ("col_account", "col_provider", "col_subject"):
        table.add_column(say(lang, text_id))
    for link in links:
        table.add_row(link.account or "", link.provider, link.subject)
    return table


def people_table(people: Sequence[tuple[str, str, str]], lang: Lang) -> RenderableType:
    """How people log in: role, account and password."""
    table = Sheet()
    for text_id in ("col_role", "col_account", "col_password"):
        table.add_column(say(lang, text_id))
    for role, account, password in people:
        table.add_row(role_word(role, lang), account, password)
    return table


def role_word(role: str, lang: Lang) -> str:
    """A role or function in words."""
    return say(lang, f"role_{role}")


def _names(ids: frozenset[str] | None, named: Callable[[str], Mapping[str, str]], lang: Lang) -> str:
    if ids is None:
        return say(lang, "everywhere")
    return say(lang, "d_comma").join(named(one)[lang] for one in sorted(ids))


def _authority_name(code: str) -> Mapping[str, str]:
    return register().authorities[code].name


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
