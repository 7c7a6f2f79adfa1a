"""``sise record``: single facts; each is a new version of a record and has its enterprise rescored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import typer

from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    AsOf,
    Document,
    EnterpriseId,
    Form,
    Ground,
    Language,
    Policy,
    Store,
    clock,
    day_of,
    language_of,
    out,
)
from scoring.cli.show import outcome
from scoring.cli.store import Entry, KnownRecord, policy_for, record_of, standings_of, store_at, tell_cleaned
from scoring.errors import UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.matter_facts import MatterFacts
from scoring.store.standing.new_results import ChangedResult
from scoring.store.standing.recording import MakeFact, Recorded, Recorder
from scoring.store.standing.standings import StoredStanding

record_app = typer.Typer(no_args_is_help=True, help="记录 · Single facts")

Columns = Annotated[
    list[str] | None,
    typer.Argument(metavar="列=值 COLUMN=VALUE…", help="标准列 · canonical columns, e.g. kind=inspection"),
]
RecordId = Annotated[str, typer.Argument(metavar="RECORD", help="记录编号 · id of the record")]
Emergency = Annotated[
    str | None,
    typer.Option(
        "--emergency",
        help="紧急情形的依据 · ground of an emergency that this record brings: the notice ends with its service",
    ),
]
DecidedBy = Annotated[
    Literal["court", "reconsideration", "restoration", "recording_authority"] | None,
    typer.Option(
        "--decided-by",
        help="谁决定的（须有 --document）；不写则为本机关，待第二人确认 · who decided it, with --document; without it a second account must say so",
    ),
]
On = Annotated[str, typer.Option("--on", help="日期，缺省今天 · day, by default today")]


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
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """新增一条记录并重新评价 · Enter a record and rescore its enterprise."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    facts, values = TypedFacts(day_of("")), pairs_of(columns)
    make_fact = facts.add(enterprise_id, values, ground, document, emergency)
    enter("added", [make_fact], typed_entry)


@record_app.command("correct")
def record_correct(
    record_id: RecordId,
    columns: Columns,
    ground: Ground,
    actor: Actor,
    document: Document = None,
    decided_by: DecidedBy = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """更正一条记录 · Correct a record: a new version; without another's decision it waits for a second account."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    facts, values = TypedFacts(day_of("")), pairs_of(columns)
    make_fact = facts.correct(record_id, values, ground, document, decided_by)
    enter("corrected" if decided_by else "disputed", [make_fact], typed_entry)


@record_app.command("withdraw")
def record_withdraw(
    record_id: RecordId,
    ground: Ground,
    actor: Actor,
    on: On = "",
    document: Document = None,
    decided_by: DecidedBy = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """撤回一条记录 · Withdraw a record; without another's decision it waits for a second account."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    facts, last_day = TypedFacts(day_of("")), day_of(on)
    make_fact = facts.end("withdrawn", record_id, last_day, ground, document, decided_by)
    enter("withdrawn" if decided_by else "disputed", [make_fact], typed_entry)


@record_app.command("second")
def record_second(
    record_id: RecordId,
    ground: Ground,
    actor: Actor,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """第二人确认 · Say as a second account what another claimed of a record."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    enter("seconded", [TypedFacts(day_of("")).second(record_id, ground, actor)], typed_entry)


@record_app.command("restore")
def record_restore(
    record_id: RecordId,
    ground: Ground,
    actor: Actor,
    on: On = "",
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """信用修复 · Restore the act of a record: no record of it is shown, shared or used any more."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    facts, last_day = MatterFacts(day_of("")), day_of(on)
    with store_at(database) as store, store.read() as connection:
        acts = [record_id, *facts.copies(connection, record_id)]
    enter("restored", [facts.end("restored", act, last_day, ground, document) for act in acts], typed_entry)
    with store_at(database) as store:
        tell_cleaned(store, language_of(lang))


def pairs_of(typed: list[str] | None) -> dict[str, str]:
    """Values by column from ``COLUMN=VALUE``.

    Raises:
        UsageError: One is not of this form.
    """
    values: dict[str, str] = {}
    for typed_pair in typed or []:
        column, sign, value = typed_pair.partition("=")
        if not sign or not column:
            raise UsageError("column_value_unreadable", text=column)
        values[column.strip()] = value
    return values


def enter(kind: str | None, make_facts: Sequence[MakeFact], typed_entry: Entry) -> None:
    """Enters facts one after the other and prints what was recorded and which colour follows.

    Args:
        kind: What is said of them (``did_…``); ``None``: what they were entered as.
        make_facts: The facts; those behind the first are copies of it.
        typed_entry: How they are entered.
    """
    entered = []
    with store_at(typed_entry.address) as store:
        version = policy_for(store, typed_entry.policy, typed_entry.day)
        recorder = Recorder(store, typed_entry.actor, clock)
        # What came of it is read before the store is closed, for the sentences name record and enterprise.
        for make_fact in make_facts:
            recorded = recorder.record(make_fact, version, typed_entry.day)
            record = record_of(store, recorded.seq)
            entered.append((recorded, record, standings_of(store, version.policy.id, [record.enterprise_id])))
    if typed_entry.form == "json":
        first, *copies = [_as_json(recorded, record) for recorded, record, _ in entered]
        out.json({**first, "copies": copies} if copies else first)
        return
    for recorded, record, standings in entered:
        _tell(kind or recorded.kind, recorded, record, standings, version, typed_entry.lang)


def _tell(
    kind: str,
    recorded: Recorded,
    record: KnownRecord,
    standings: Mapping[str, StoredStanding],
    version: ResolvedPolicy,
    lang: str | None,
) -> None:
    """Prints what was recorded and, for every enterprise that it moves, the colour that follows."""
    policy, language = version.policy, language_of(lang)
    out.sentence(outcome.recorded(kind, record.record_id, record.kind, language))
    for change in recorded.changed:
        out.sentence(outcome.changed(change, policy, language))
    if not recorded.changed:
        standing = standings[record.enterprise_id]
        out.sentence(outcome.unchanged(record.enterprise_id, standing, policy, language))


def _as_json(recorded: Recorded, record: KnownRecord) -> dict[str, Any]:
    return {
        "record_id": record.record_id,
        "seq": recorded.seq,
        "event": recorded.event,
        "changed": [_change_as_json(change) for change in recorded.changed],
    }


def _change_as_json(change: ChangedResult) -> dict[str, Any]:
    result, decision = change.result, change.decision
    return {
        "enterprise_id": result.enterprise_id,
        "points": result.points,
        "band": result.band,
        "colour": result.colour,
        "before": change.prior,
        "state": decision.state,
        "reviewers": decision.reviewers,
        "notice_until": decision.notice_until.isoformat() if decision.notice_until else None,
    }
