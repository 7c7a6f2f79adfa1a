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
from scoring.errors import StoreError, UsageError
from scoring.store.log.canonical_json import compact
from scoring.store.standing.case_steps import NewStep, require_own_record, require_urgent
from scoring.store.standing.open_proposals import Proposed, require_open
from scoring.store.tables.actors import require_account

SERVICES = ("handed_over", "account", "post", "announcement", "refused")
"""How a notice is served: handed over, read in an account of the enterprise's, by post, by public announcement, or refused before two officers."""


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
    content = _CHECKS[step.kind](connection, proposed, step, actor, today)
    return Filed(
        (replace(step, content=content or step.content),), proposed.assessment, f"review {step.kind}"
    )


def _confirmable(
    connection: Connection, proposed: Proposed, step: NewStep, actor: str, today: date
) -> str | None:
    # Two confirmations of one person would be one pair of eyes, and nobody reviews his own record.
    if actor in proposed.pending.confirmed_by:
        raise StoreError("proposal_confirmed_already", actor=actor)
    if actor in recorders_against(connection, step.enterprise_id):
        raise StoreError("recorder_reviews", actor=actor)
    confirmed_by = sorted(proposed.pending.confirmed_by)
    require_legal_reviewer(connection, proposed.reviewers, confirmed_by, actor, today)
    return compact({"as": "legal_reviewer"}) if is_legal_reviewer(connection, actor, today) else None


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
"""What must hold under the lock before a step is put on file; it gives what is kept beside its ground."""
