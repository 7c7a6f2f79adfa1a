"""Steps about an open proposal: its notice is served, its facts are confirmed or returned, an emergency is on file.

None of them names a colour; the next scoring applies them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from scoring.administration.casework.conflicts import (
    is_legal_reviewer,
    recorders_against,
    require_legal_reviewer,
)
from scoring.administration.casework.filing import Desk, Filed
from scoring.administration.casework.parties import firms_of, roles_for
from scoring.administration.casework.procedures import procedures
from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say
from scoring.store.log.canonical_json import compact
from scoring.store.people import grants
from scoring.store.standing.case_steps import NewStep, require_own_record, require_urgent
from scoring.store.standing.open_proposals import Proposed, proposals, require_open, unserved
from scoring.store.tables.actors import require_account

BY_READING = "account"
"""Service by an account of the enterprise's that reads the notice."""
SERVICES = ("handed_over", BY_READING, "post", "announcement", "refused")
"""How a notice is served.

Handed over, read in an account of the enterprise's, by post, by public announcement, or refused
before two officers.
"""
MAY_TAKE: Mapping[str, tuple[str, ...]] = {
    "served": grants.OFFICERS,
    "return": (grants.INSPECTOR, grants.SUPERVISOR, grants.LEGAL_REVIEWER),
    "emergency": (grants.INSPECTOR, grants.SUPERVISOR),
}
"""Who takes a step about a proposal; who confirms it stands in ``rules/procedures.toml``."""


def require_complete(step: NewStep) -> None:
    """Refuses a step without what its kind needs.

    Raises:
        UsageError: It is missing, or no step about a proposal has this name.
    """
    if step.kind not in _CHECKS:
        raise UsageError("case_step_unknown", kind=step.kind, known=list(_CHECKS))
    if not step.ground.strip() or (step.kind in ("return", "emergency") and not step.record_id):
        raise UsageError("step_ground_missing")
    if step.kind == "served" and step.how not in SERVICES:
        raise UsageError("service_unknown", how=step.how or "", known=list(SERVICES))
    if step.how == "refused" and not step.witness:
        raise UsageError("service_without_witness")


def review_proposal(connection: Connection, desk: Desk, step: NewStep, actor: str) -> Filed:
    """What a step about the open proposal of an enterprise puts on file.

    Raises:
        StoreError: There is no open proposal, or the step does not fit it.
    """
    proposed = require_open(connection, desk.version.policy, step.enterprise_id)
    first, today = proposed.pending.proposed_on, desk.today
    if not first <= (step.on or today) <= today:
        raise StoreError("step_day_impossible", day=step.on, first=first, today=today)
    _require_role(connection, step, actor, today)
    content = _CHECKS[step.kind](connection, proposed, step, actor, today)
    return Filed(
        (replace(step, content=content or step.content),),
        proposed.assessment,
        f"review {step.kind}",
    )


def _require_role(connection: Connection, step: NewStep, actor: str, today: date) -> None:
    """Refuses a step of an account without the role for it, where a store keeps grants.

    Raises:
        StoreError: The account is another firm's, or no officer's with that role.
    """
    if not grants.has_grants(connection):
        return
    firms = firms_of(connection, actor, today)
    if firms and step.how == BY_READING:
        if step.enterprise_id not in firms:
            raise StoreError("case_not_of_firm", actor=actor, enterprise_id=step.enterprise_id)
        return
    wanted = MAY_TAKE.get(step.kind) or procedures()["confirmation"].answered_by
    if not roles_for(connection, actor, step.enterprise_id, today) & set(wanted):
        raise StoreError("case_role_missing", actor=actor, roles=list(wanted))


def _confirmable(
    connection: Connection, proposed: Proposed, step: NewStep, actor: str, today: date
) -> str | None:
    # Two confirmations of one person would be one pair of eyes, and nobody reviews his own record.
    if actor in proposed.pending.confirmed_by:
        raise StoreError("proposal_confirmed_already", actor=actor)
    if actor in recorders_against(connection, step.enterprise_id):
        raise StoreError("recorder_reviews", actor=actor)
    confirmed_by = sorted(proposed.pending.confirmed_by)
    enterprise_id = step.enterprise_id
    require_legal_reviewer(connection, enterprise_id, proposed.reviewers, confirmed_by, actor, today)
    is_legal = is_legal_reviewer(connection, actor, enterprise_id, today)
    return compact({"as": "legal_reviewer"}) if is_legal else None


def _returnable(
    connection: Connection, proposed: Proposed, step: NewStep, actor: str, today: date
) -> str | None:
    require_own_record(connection, step)
    return None


def _urgent(connection: Connection, proposed: Proposed, step: NewStep, actor: str, today: date) -> str | None:
    require_urgent(connection, step, today)
    return None


def _servable(
    connection: Connection, proposed: Proposed, step: NewStep, actor: str, today: date
) -> str | None:
    if proposed.pending.served_on is not None:
        raise StoreError("proposal_served_already", day=proposed.pending.served_on)
    if step.witness and require_account(connection, step.witness) == actor:
        raise StoreError("second_account_needed", actor=actor)
    return None


_CHECKS: Mapping[str, Callable[[Connection, Proposed, NewStep, str, date], str | None]] = {
    "confirm": _confirmable,
    "return": _returnable,
    "emergency": _urgent,
    "served": _servable,
}
"""What must hold under the lock before a step is put on file.

It gives what is kept beside its ground.
"""


def serve_by_reading(connection: Connection, version: ResolvedPolicy, enterprise_id: str) -> NewStep | None:
    """The service that an account of an enterprise's makes by opening the page of its notice.

    Args:
        connection: The store.
        version: The policy.
        enterprise_id: Whose.

    Returns:
        The step, to be taken in the name of the account that reads; ``None`` where no notice waits to be served.
    """
    waiting = proposals(connection, version, [enterprise_id])
    if not waiting or not unserved(waiting, version.policy):
        return None
    return NewStep("served", enterprise_id, say("zh", "case_read_ground"), how=BY_READING)
