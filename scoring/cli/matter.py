"""``sise record join | part | confirm | mask``: a record's place among others, and what a court hides."""

from __future__ import annotations

from typing import Annotated

import typer

from scoring.cli.arguments import STORE
from scoring.cli.options import Actor, AsOf, Document, Form, Ground, Language, Policy, Store, day_of
from scoring.cli.record import DecidedBy, On, RecordId, enter, record_app
from scoring.cli.store import Entry
from scoring.store.standing.matter_facts import MatterFacts

__all__ = ["record_app"]

Matter = Annotated[
    str,
    typer.Argument(metavar="MATTER", help="事项编号，同一编号的记录为一件事 · number of the matter"),
]
Until = Annotated[
    str,
    typer.Option(
        "--until", help="恢复可见之日，缺省至另有裁定 · day on which it is seen again, if there is one"
    ),
]


@record_app.command("join")
def record_join(
    record_id: RecordId,
    matter: Matter,
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
    """并案 · Put a record into a matter; without another's decision it waits for a second account."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    fact = MatterFacts(day_of("")).join(record_id, matter, ground, document, decided_by)
    enter(None, [fact], typed_entry)


@record_app.command("part")
def record_part(
    record_id: RecordId,
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
    """分案 · Part a record from all others; one that speaks for the enterprise waits for a second account."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    fact = MatterFacts(day_of("")).part(record_id, ground, document, decided_by)
    enter(None, [fact], typed_entry)


@record_app.command("confirm")
def record_confirm(
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
    """确认记录仍成立 · Confirm a record after another one of its matter was annulled or taken back."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    fact = MatterFacts(day_of("")).confirm(record_id, day_of(on), ground, document, decided_by)
    enter(None, [fact], typed_entry)


@record_app.command("mask")
def record_mask(
    record_id: RecordId,
    ground: Ground,
    actor: Actor,
    on: On = "",
    until: Until = "",
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """重整屏蔽 · Hide a record by a court's ruling in restructuring; --document is the number of the ruling."""
    typed_entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    last_day = day_of(until) if until else None
    fact = MatterFacts(day_of("")).mask(record_id, day_of(on), last_day, ground, document)
    enter(None, [fact], typed_entry)
