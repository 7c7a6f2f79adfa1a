"""``sise user``: accounts, under which every writing command writes; what they may do; how they log in."""

from __future__ import annotations

from datetime import date
from os import environ
from typing import Annotated

import typer

from scoring.administration.identity.invitations import HOLDS, invite_account, invite_enterprise
from scoring.administration.identity.provider_links import all_links, link_subject, unlink_subject
from scoring.administration.identity.scope import known_area, known_department
from scoring.administration.identity.sessions import end_sessions_of
from scoring.cli import show
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    EnterpriseId,
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
from scoring.errors import UsageError
from scoring.store.people.accounts import accounts, add_account, disable_account
from scoring.store.people.grants import Grant, all_grants, give_grant, withdraw_grant
from scoring.store.tables.actors import account_name

user_app = typer.Typer(no_args_is_help=True, help="账号与授权 · Accounts, and what they may do")

Name = Annotated[str, typer.Argument(metavar="NAME", help="账号名，不分大小写 · name, in any case")]

Provider = Annotated[
    str, typer.Option("--provider", help="身份提供方的编号 · id of the provider, as it is configured")
]
Subject = Annotated[
    str, typer.Option("--subject", help="提供方对此人的标识 · what the provider calls the person")
]


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


@user_app.command("grant")
def user_grant(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="角色或职能 · inspector, supervisor, admin …")],
    ground: Ground,
    actor: Actor,
    area: Annotated[
        list[str] | None,
        typer.Option("--area", help="区域，可重复；不写为全部 · area, may be repeated; default: all"),
    ] = None,
    department: Annotated[
        list[str] | None,
        typer.Option(
            "--department",
            help="机关代码，可重复；不写为全部 · authority's code, may be repeated; default: all",
        ),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--until", metavar="DAY", help="截止日，联合检查用 · first day without it, as for a joint visit"
        ),
    ] = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """授权 · Let another account do something, somewhere, for a while."""
    grant = Grant(
        account=name,
        role=role,
        ground=ground,
        areas=frozenset(map(known_area, area)) if area else None,
        departments=frozenset(map(known_department, department)) if department else None,
        until=day_of(until) if until else None,
    )
    with store_at(database) as store:
        number = give_grant(store, grant, actor, clock)
    language = language_of(lang)
    what = show.role_word(role, language)
    tell(language, "grant_given", account=account_name(name), what=what, number=number)


@user_app.command("withdraw")
def user_withdraw(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="授权编号 · number of the grant")],
    ground: Ground,
    actor: Actor,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """收回授权 · Take a grant back, from the next request on."""
    with store_at(database) as store:
        withdraw_grant(store, number, ground, actor, clock)
    tell(language_of(lang), "grant_withdrawn", number=number)


@user_app.command("grants")
def user_grants(form: Form = "text", database: Store = STORE, lang: Language = None) -> None:
    """有效的授权 · All grants that hold today."""
    with store_at(database) as store, store.read() as connection:
        holding = all_grants(connection, today())
    if form == "json":
        out.json([_as_json(grant) for grant in holding])
    elif holding:
        out.show(show.grants_table(holding, language_of(lang)))
    else:
        tell(language_of(lang), "grants_none")


def _as_json(grant: Grant) -> dict[str, object]:
    return {
        "number": grant.number,
        "account": grant.account,
        "role": grant.role,
        "areas": None if grant.areas is None else sorted(grant.areas),
        "departments": None if grant.departments is None else sorted(grant.departments),
        "enterprise_id": grant.enterprise_id,
        "since": _iso(grant.since),
        "until": _iso(grant.until),
        "ground": grant.ground,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


@user_app.command("invite")
def user_invite(
    name: Name, ground: Ground, actor: Actor, database: Store = STORE, lang: Language = None
) -> None:
    """发开通码 · Give the holder of an account a code to set a password with, the first one or a new one."""
    with store_at(database) as store:
        code = invite_account(store, name, ground, actor, clock)
    until = today() + HOLDS["account"]
    tell(language_of(lang), "invited_account", account=account_name(name), code=code, until=until)


@user_app.command("invite-enterprise")
def user_invite_enterprise(
    enterprise_id: EnterpriseId,
    document: Annotated[
        str, typer.Option("--document", help="印有开通码的文书 · the document that carries the code")
    ],
    ground: Ground,
    actor: Actor,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """给企业发开通码 · Give an enterprise a code for an account of its own, on a document that is served."""
    with store_at(database) as store:
        code = invite_enterprise(store, enterprise_id, document, ground, actor, clock)
    until = today() + HOLDS["enterprise_id"]
    language = language_of(lang)
    tell(language, "invited_enterprise", enterprise=enterprise_id, code=code, until=until, document=document)


@user_app.command("log-out")
def user_log_out(name: Name, database: Store = STORE, lang: Language = None) -> None:
    """结束登录 · End all sessions of an account, as after a lost telephone."""
    spelled = account_name(name)
    with store_at(database) as store:
        ended = end_sessions_of(store, spelled)
    tell(language_of(lang), "sessions_ended", account=spelled, n=ended)


@user_app.command("link")
def user_link(
    name: Name,
    provider: Provider,
    subject: Subject,
    actor: Actor,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """关联身份 · Let an officer's account be entered by whom a provider of identities calls by a subject."""
    _require_configured(provider)
    with store_at(database) as store:
        account = link_subject(store, name, provider, subject, actor, clock)
    tell(language_of(lang), "subject_linked", account=account, provider=provider, subject=subject)


@user_app.command("unlink")
def user_unlink(
    name: Name,
    provider: Provider,
    subject: Subject,
    actor: Actor,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """取消关联 · Take a link back, and end the sessions of its account."""
    with store_at(database) as store:
        ended = unlink_subject(store, name, provider, subject, actor, clock)
    tell(language_of(lang), "subject_unlinked", account=account_name(name), subject=subject, n=ended)


@user_app.command("links")
def user_links(form: Form = "text", database: Store = STORE, lang: Language = None) -> None:
    """已关联的身份 · All subjects of providers that are linked with accounts."""
    with store_at(database) as store, store.read() as connection:
        links = all_links(connection)
    if form == "json":
        out.json([link._asdict() for link in links])
    elif links:
        out.show(show.links_table(links, language_of(lang)))
    else:
        tell(language_of(lang), "links_none")


def _require_configured(provider: str) -> None:
    """Refuses a provider that the deployment does not have, where it says which it has."""
    # The web is an extra: only who names a file of providers needs it here.
    if not environ.get("SISE_PROVIDERS"):
        return
    from web.account.providers.configured import provider_names

    known = provider_names(environ) or ()
    if provider not in known:
        raise UsageError("provider_unknown", provider=provider, known=list(known))
