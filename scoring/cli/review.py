"""``sise review``: what people do about proposed worse colours.

They confirm or return facts and file, answer or cut short; no command picks a colour.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer

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
from scoring.cli.store import store_at
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.reviewing import Proposal, proposals, take_step
from scoring.store.tables.database import Database

review_app = typer.Typer(no_args_is_help=True, help="复核 · Reviews of proposed worse colours")


class TypedStep(NamedTuple):
    """A step about a proposal as it was typed: its kind, whose proposal, why, and what belongs to it."""

    kind: str
    enterprise_id: str
    ground: str
    document: str | None
    record_id: str | None = None


@review_app.command("list")
def review_list(
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """待定的拟调整 · Open proposals: what waits, until when and for whom."""
    version = load_policy(policy, day_of(as_of))
    with store_at(database) as store:
        waiting = _waiting(store, version)
    if form == "json":
        out.json(waiting)
    else:
        out.show(show.proposals(waiting, version.policy, language_of(lang)))


@review_app.command("return")
def review_return(
    enterprise_id: EnterpriseId,
    record: Annotated[str, typer.Option("--record", help="退回的记录 · the fact returned")],
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
    _take(
        TypedStep("return", enterprise_id, ground, document, record),
        actor,
        policy,
        as_of,
        form,
        database,
        lang,
    )


def _add_step(kind: str, what: str) -> None:
    """Adds the command of a step that says why and nothing else."""

    def step(
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
        """Puts the step on file."""
        typed = TypedStep(kind, enterprise_id, ground, document)
        _take(typed, actor, policy, as_of, form, database, lang)

    review_app.command(kind, help=what)(step)


_add_step("confirm", "确认事实 · Confirm the facts behind a proposal; red needs two people.")
_add_step("statement", "登记陈述申辩 · File the enterprise's statement: the proposal waits for an answer.")
_add_step("answer", "答复陈述申辩 · Answer a statement.")
_add_step("emergency", "登记紧急情形 · Put an emergency ground on file: no notice, no wait.")


def _take(
    step: TypedStep, actor: str, policy: str, as_of: str, form: str, address: str, lang: str | None
) -> None:
    """Puts a step on file and prints how the proposal stands."""
    step_day = day_of(as_of)
    version = load_policy(policy, step_day)
    with store_at(address) as store:
        number = take_step(
            store,
            version,
            step.kind,
            step.enterprise_id,
            step.ground,
            step_day,
            actor,
            clock,
            document=step.document,
            record_id=step.record_id,
        )
        waiting = _waiting(store, version)
    mine = (proposal for proposal in waiting if proposal["enterprise_id"] == step.enterprise_id)
    proposal = next(mine, None)
    if form == "json":
        out.json({"step": number, "kind": step.kind, "proposal": proposal})
        return
    policy_used, language = version.policy, language_of(lang)
    for sentence in outcome.step_taken(step.kind, number, proposal, policy_used, language):
        out.sentence(sentence)


def _waiting(store: Database, version: ResolvedPolicy) -> list[dict[str, Any]]:
    with store.read() as connection:
        return [_as_json(proposal, version) for proposal in proposals(connection, version)]


def _as_json(proposal: Proposal, version: ResolvedPolicy) -> dict[str, Any]:
    pending = proposal.pending
    return {
        "enterprise_id": proposal.enterprise_id,
        "name": proposal.name,
        "assessment": proposal.assessment,
        "before": proposal.band_in_effect,
        "band": proposal.band,
        "proposed_on": proposal.proposed_on.isoformat(),
        "notice_until": pending.notice_until.isoformat(),
        "reviewers": proposal.reviewers,
        "confirmed_by": sorted(pending.confirmed_by),
        "open_statements": pending.open_statements,
        "returned": pending.returned,
        "policy": version.policy.id,
    }
