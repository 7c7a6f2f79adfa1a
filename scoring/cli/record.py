"""``sise record`` and ``sise review``: single facts, and what people do about the worse colours that follow from them."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal

import typer

from scoring.cli import show
from scoring.cli.options import (
    STORE,
    Actor,
    AsOf,
    Document,
    Ground,
    Language,
    Policy,
    Store,
    clock,
    day_of,
    language_of,
    out,
    talk,
)
from scoring.errors import UsageError
from scoring.policy.load import ResolvedPolicy, load_policy
from scoring.rules.wording import say
from scoring.store.facts.entering import Facts, Make
from scoring.store.standing.recording import Recorded, Recorder
from scoring.store.standing.reviewing import Proposal, proposals, take_step
from scoring.store.tables.migrate import open_store

record_app = typer.Typer(no_args_is_help=True, help="记录 · Single facts")
review_app = typer.Typer(no_args_is_help=True, help="复核 · Reviews of proposed worse colours")

Columns = Annotated[
    list[str] | None,
    typer.Argument(metavar="列=值 COLUMN=VALUE…", help="标准列 · canonical columns, e.g. kind=inspection"),
]
RecordId = Annotated[str, typer.Argument(metavar="RECORD")]
EnterpriseId = Annotated[str, typer.Argument(metavar="ID")]
Emergency = Annotated[
    str | None, typer.Option("--emergency", help="紧急情形的依据 · ground of an emergency: effect at once")
]
On = Annotated[str, typer.Option("--on", help="日期，缺省评价日期 · day, by default that of the assessment")]


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in given or []]
    for name, sign, _ in pairs:
        if not sign or not name:
            raise UsageError(
                zh=f"“{name}” 应写作 列=值，例如 kind=inspection",
                en=f'"{name}" is not COLUMN=VALUE, e.g. kind=inspection',
            )
    return {name.strip(): value for name, _, value in pairs}


@record_app.command("add")
def record_add(
    enterprise_id: EnterpriseId,
    columns: Columns,
    ground: Ground,
    actor: Actor,
    document: Document = None,
    emergency: Emergency = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """新增一条记录并重新评价 · Enter a record and rescore its enterprise."""
    day = day_of(as_of)
    _enter(
        Facts(day).add(enterprise_id, _pairs(columns), ground, document, emergency),
        database,
        actor,
        policy,
        day,
        lang,
    )


@record_app.command("correct")
def record_correct(
    record_id: RecordId,
    columns: Columns,
    ground: Ground,
    actor: Actor,
    document: Document = None,
    emergency: Emergency = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """更正一条记录 · Correct a record: a new version, the old one is kept."""
    day = day_of(as_of)
    _enter(
        Facts(day).correct(record_id, _pairs(columns), ground, document, emergency),
        database,
        actor,
        policy,
        day,
        lang,
    )


@record_app.command("withdraw")
def record_withdraw(
    record_id: RecordId,
    ground: Ground,
    actor: Actor,
    on: On = "",
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """撤回一条记录 · Withdraw a record."""
    day = day_of(as_of)
    _enter(
        Facts(day).end("withdrawn", record_id, _day(on, day), ground, document),
        database,
        actor,
        policy,
        day,
        lang,
    )


@record_app.command("restore")
def record_restore(
    record_id: RecordId,
    ground: Ground,
    actor: Actor,
    on: On = "",
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """信用修复 · Restore: the record is no longer shown, shared or used."""
    day = day_of(as_of)
    _enter(
        Facts(day).end("restored", record_id, _day(on, day), ground, document),
        database,
        actor,
        policy,
        day,
        lang,
    )


def _day(text: str, otherwise: date) -> date:
    return day_of(text) if text else otherwise


def _enter(make: Make, address: str, actor: str, policy: str, day: date, lang: str | None) -> None:
    version, database = load_policy(policy, day), open_store(address)
    try:
        found = Recorder(database, actor, clock).record(make, version, day)
    finally:
        database.close()
    out.out(json.dumps(_told(found), ensure_ascii=False, indent=2))
    for change in found.changed:
        text_id = "db_proposed" if change.decision.notice_until else "db_in_effect"
        shown = {
            "id": change.result.enterprise_id,
            "band": change.result.band or "—",
            "until": change.decision.notice_until,
        }
        talk.print(say(language_of(lang), text_id, **shown), soft_wrap=True)
    if not found.changed:
        talk.print(say(language_of(lang), "db_no_change"), soft_wrap=True)


def _told(found: Recorded) -> dict[str, Any]:
    return {
        "seq": found.seq,
        "event": found.event,
        "changed": [
            {
                "enterprise_id": change.result.enterprise_id,
                "points": change.result.points,
                "band": change.result.band,
                "colour": change.result.colour,
                "before": change.prior,
                "state": change.decision.state,
                "reviewers": change.decision.reviewers,
                "notice_until": _iso(change.decision.notice_until),
            }
            for change in found.changed
        ],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


@review_app.command("list")
def review_list(
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Annotated[Literal["json", "text"], typer.Option("--format")] = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """待定的拟调整 · Open proposals: what waits, until when and for whom."""
    version, store = load_policy(policy, day_of(as_of)), open_store(database)
    with store.read() as connection:
        found = proposals(connection, version)
    store.close()
    if form == "json":
        out.out(json.dumps([_row(one, version) for one in found], ensure_ascii=False, indent=2))
    else:
        out.print(show.proposals([_row(one, version) for one in found], language_of(lang)))


def _row(one: Proposal, version: ResolvedPolicy) -> dict[str, Any]:
    return {
        "enterprise_id": one.enterprise_id,
        "name": one.name,
        "assessment": one.assessment,
        "before": one.band_in_effect,
        "band": one.band,
        "proposed_on": one.proposed_on.isoformat(),
        "notice_until": one.pending.notice_until.isoformat(),
        "reviewers": one.reviewers,
        "confirmed_by": sorted(one.pending.confirmed_by),
        "open_statements": one.pending.open_statements,
        "returned": one.pending.returned,
        "policy": version.policy.id,
    }


def _step(kind: str, text_id: str) -> Any:
    def command(
        enterprise_id: EnterpriseId,
        ground: Ground,
        actor: Actor,
        document: Document = None,
        policy: Policy = "quzhou-demo",
        as_of: AsOf = "",
        database: Store = STORE,
        lang: Language = None,
    ) -> None:
        _take(kind, enterprise_id, ground, actor, document, None, policy, as_of, database, lang)

    command.__doc__ = text_id
    return command


for _kind, _help in (
    ("confirm", "确认事实 · Confirm the facts behind a proposal; red needs two people"),
    ("statement", "登记陈述申辩 · File the enterprise's statement: the proposal waits for an answer"),
    ("answer", "答复陈述申辩 · Answer a statement"),
    ("emergency", "登记紧急情形 · Put an emergency ground on file: no notice, no wait"),
):
    review_app.command(_kind)(_step(_kind, _help))


@review_app.command("return")
def review_return(
    enterprise_id: EnterpriseId,
    record: Annotated[str, typer.Option("--record", help="退回的记录 · the fact returned")],
    ground: Ground,
    actor: Actor,
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """退回事实 · Return a fact to its owner: the proposal waits for a new version of it or for a confirmation."""
    _take("return", enterprise_id, ground, actor, document, record, policy, as_of, database, lang)


def _take(
    kind: str,
    enterprise_id: str,
    ground: str,
    actor: str,
    document: str | None,
    record: str | None,
    policy: str,
    as_of: str,
    address: str,
    lang: str | None,
) -> None:
    day = day_of(as_of)
    version, store = load_policy(policy, day), open_store(address)
    number = take_step(
        store, version, kind, enterprise_id, ground, day, actor, clock, document=document, record_id=record
    )
    store.close()
    talk.print(say(language_of(lang), "db_step", n=number), soft_wrap=True)
