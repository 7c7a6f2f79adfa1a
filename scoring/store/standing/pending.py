"""Open proposals and what was done about them, read back from the steps on file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from scoring.policy.language.schema import Policy
from scoring.store.standing.taking_effect import Pending
from scoring.store.tables.orm import Assessment, EnterpriseVersion, RecordVersion, Standing, Step


def open_proposals(
    connection: Connection, policy: Policy, enterprise_ids: Sequence[str] | None = None
) -> dict[str, Pending]:
    """Open proposals by enterprise: all of a policy, or those of some enterprises.

    A confirmation counts while no later fact of the enterprise is there and the proposed band is the confirmed one. A returned fact
    is dealt with once a later version of it is there, or once somebody confirms after the return.
    """
    chosen = (
        select(Standing.enterprise_id, Standing.in_effect, Assessment.band, Assessment.notice_until)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == policy.id, Standing.proposed)
    )
    if enterprise_ids is not None:
        chosen = chosen.where(Standing.enterprise_id.in_(enterprise_ids))
    bands = [band.id for band in policy.bands]
    rows = [row for row in connection.execute(chosen).all() if row.band in bands]
    ids = [row.enterprise_id for row in rows]
    steps, facts = _steps(connection, policy.id, ids), _last_facts(connection, ids)
    return {
        row.enterprise_id: _pending(row, bands, steps[row.enterprise_id], facts.get(row.enterprise_id, 0))
        for row in rows
    }


def _steps(connection: Connection, policy_id: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Steps on the open proposals of some enterprises, those on earlier ones, which have taken effect or gone, left out."""
    found: dict[str, list[Any]] = defaultdict(list)
    for part in _parts(ids):
        rows = connection.execute(
            select(Step, Assessment.band.label("of_band"))
            .join(
                Standing,
                and_(Standing.policy_id == Step.policy_id, Standing.enterprise_id == Step.enterprise_id),
            )
            .outerjoin(Assessment, Assessment.number == Step.assessment)
            .where(Step.policy_id == policy_id, Step.enterprise_id.in_(part))
            .where(or_(Standing.in_effect.is_(None), Step.assessment > Standing.in_effect))
            .order_by(Step.number)
        )
        for row in rows:
            found[row.enterprise_id].append(row)
    return found


def _last_facts(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """The latest ``seq`` of a fact of some enterprises, those of their branches included."""
    found: dict[str, int] = defaultdict(int)
    for part in _parts(ids):
        branches = select(EnterpriseVersion.enterprise_id, EnterpriseVersion.parent_id).where(
            EnterpriseVersion.parent_id.in_(part)
        )
        above = {row.enterprise_id: row.parent_id for row in connection.execute(branches)}
        for table in (EnterpriseVersion, RecordVersion):
            among = [*part, *above]
            last = (
                select(table.enterprise_id, func.max(table.seq))
                .where(table.enterprise_id.in_(among))
                .group_by(table.enterprise_id)
            )
            for enterprise_id, seq in connection.execute(last).all():
                for one in {enterprise_id, above.get(enterprise_id) or enterprise_id}:
                    found[one] = max(found[one], seq)
    return found


def _parts(ids: Sequence[str], size: int = 500) -> list[Sequence[str]]:
    return [ids[at : at + size] for at in range(0, len(ids), size)]


def _pending(row: Any, bands: Sequence[str], steps: Sequence[Any], last_fact: int) -> Pending:
    valid = [
        step
        for step in steps
        if step.kind == "confirm" and step.of_band == row.band and step.seq >= last_fact
    ]
    statements = sum(step.kind == "statement" for step in steps) - sum(
        step.kind == "answer" for step in steps
    )
    returned = [step for step in steps if step.kind == "return"]
    still = [r for r in returned if r.seq >= last_fact and not any(c.number > r.number for c in valid)]
    emergency = any(step.kind == "emergency" for step in steps)
    confirmed = frozenset(step.actor for step in valid if not any(r.number > step.number for r in still))
    return Pending(
        bands.index(row.band), row.notice_until, confirmed, max(statements, 0), bool(still), emergency
    )
