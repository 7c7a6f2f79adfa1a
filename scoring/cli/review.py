"""``sise review``: what people do about proposed worse colours.

They confirm or return facts or cut the notice short; no command picks a colour. Its notice is served by
``sise notice``; statements about it, as all that firms ask for, are ``sise case``.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from scoring.administration.casework.further_steps import take_step
from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.pending_results import pending_proposals
from scoring.cli import show
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
from scoring.cli.store import Entry, policy_for, store_at
from scoring.entities import PendingProposal
from scoring.explain.words import proposal_words
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.open_proposals import Proposal, proposals
from scoring.store.standing.registering import policy_of_store

review_app = typer.Typer(no_args_is_help=True, help="拟调整的审定 · Reviews of proposed worse colours")


@review_app.command("list")
def review_list(
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """待定的拟调整 · Open proposals: from what to what, why, until when, and what each waits for."""
    day = day_of(as_of)
    with store_at(database) as store, store.read() as connection:
        version = policy_of_store(connection, policy, day)
        ids = [proposal.enterprise_id for proposal in proposals(connection, version)]
        # What brings each is looked up: of those that a terminal shows, or of all.
        wanted = None if form == "json" else ids[: show.MOST_ROWS]
        waiting = pending_proposals(KeptReadings(store), connection, version, day, wanted)
    if form == "json":
        out.json([_in_full(proposal, version) for proposal in waiting])
    else:
        out.show(show.proposals(waiting, len(ids), language_of(lang)))


def _in_full(proposal: PendingProposal, version: ResolvedPolicy) -> dict[str, Any]:
    """A proposal as JSON, with what brings it and how it can be answered."""
    hearing, full = proposal.hearing, proposal_words.described(proposal)
    more = ("title", "points", "causes", "others", "served", "answer", "first", "better", "waits", "until")
    return {
        "enterprise_id": proposal.enterprise_id,
        "name": proposal.name,
        "proposal": proposal.number,
        "assessment": proposal.assessment,
        "before": full["before"],
        "band": full["proposed"],
        "proposed_on": full["proposed_on"],
        "served_on": hearing.served_on.isoformat() if hearing.served_on else None,
        "notice_until": hearing.last_day.isoformat() if hearing.last_day else None,
        "reviewers": proposal.reviewers,
        "confirmed_by": list(proposal.confirmed_by),
        "open_statements": list(proposal.open_statements),
        "returned": proposal.returned,
        "policy": version.policy.id,
        **{name: full[name] for name in more},
    }


RecordOf = Annotated[str, typer.Option("--record", help="所依据的记录 · the record it is about")]


@review_app.command("return")
def review_return(
    enterprise_id: EnterpriseId,
    record: RecordOf,
    ground: Ground,
    actor: Actor,
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """退回事实 · Return a fact to its owner: the proposal waits for a new version or a confirmation."""
    step = NewStep("return", enterprise_id, ground, document, record_id=record)
    _take(step, Entry(database, actor, policy, day_of(as_of), form, lang))


@review_app.command("emergency")
def review_emergency(
    enterprise_id: EnterpriseId,
    record: RecordOf,
    ground: Ground,
    actor: Actor,
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """登记紧急情形 · Put an emergency on file that rests on a new record: the notice ends with its service."""
    step = NewStep("emergency", enterprise_id, ground, document, record_id=record)
    _take(step, Entry(database, actor, policy, day_of(as_of), form, lang))


@review_app.command("confirm")
def review_confirm(
    enterprise_id: EnterpriseId,
    ground: Ground,
    actor: Actor,
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """确认事实 · Confirm the facts behind a proposal; red needs two people who did not record them, one a legal reviewer."""
    step = NewStep("confirm", enterprise_id, ground, document)
    _take(step, Entry(database, actor, policy, day_of(as_of), form, lang))


def _take(step: NewStep, entry: Entry) -> None:
    """Puts a step on file and prints how the proposal stands."""
    with store_at(entry.address) as store:
        version = policy_for(store, entry.policy, entry.day)
        number = take_step(store, version, step, entry.actor, clock, entry.day).number
        with store.read() as connection:
            waiting = proposals(connection, version, [step.enterprise_id])
    proposal = next((_as_json(open_one, version) for open_one in waiting), None)
    if entry.form == "json":
        out.json({"step": number, "kind": step.kind, "proposal": proposal})
        return
    for sentence in outcome.step_taken(step.kind, number, proposal, version.policy, language_of(entry.lang)):
        out.sentence(sentence)


def _as_json(proposal: Proposal, version: ResolvedPolicy) -> dict[str, Any]:
    pending = proposal.pending
    return {
        "enterprise_id": proposal.enterprise_id,
        "name": proposal.name,
        "assessment": proposal.assessment,
        "before": proposal.band_in_effect,
        "band": proposal.band,
        "proposed_on": proposal.proposed_on.isoformat(),
        "served_on": pending.served_on.isoformat() if pending.served_on else None,
        "notice_until": pending.notice_until.isoformat() if pending.notice_until else None,
        "reviewers": proposal.reviewers,
        "confirmed_by": sorted(pending.confirmed_by),
        "open_statements": list(pending.open_statements),
        "returned": pending.returned,
        "policy": version.policy.id,
    }
