"""What people do about proposals: confirm or return facts, file and answer statements, put an emergency on file. None names a colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.taking_effect import Pending
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, RecordVersion, Standing, Step
from scoring.store.tables.writing import Clock, writing

KINDS = ("confirm", "return", "statement", "answer", "emergency")


@dataclass(frozen=True)
class Proposal:
    """An open proposal as a reviewer sees it."""

    enterprise_id: str
    name: str | None
    assessment: int
    band_in_effect: str | None
    band: str
    proposed_on: date
    reviewers: int
    pending: Pending


def proposals(connection: Connection, version: ResolvedPolicy) -> list[Proposal]:
    """All open proposals of a policy, the earliest end of notice first."""
    of = (
        Standing.enterprise_id,
        Standing.name,
        Standing.band.label("before"),
        Assessment.number,
        Assessment.band,
        Assessment.as_of,
        Assessment.reviewers,
    )
    rows = connection.execute(
        select(*of)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == version.policy.id, Standing.proposed)
    ).all()
    pending = open_proposals(connection, version.policy)
    found = [
        Proposal(
            r.enterprise_id,
            r.name,
            r.number,
            r.before,
            r.band,
            r.as_of,
            r.reviewers,
            pending[r.enterprise_id],
        )
        for r in rows
        if r.enterprise_id in pending
    ]
    return sorted(found, key=lambda one: (one.pending.notice_until, one.enterprise_id))


def take_step(
    database: Database,
    version: ResolvedPolicy,
    kind: str,
    enterprise_id: str,
    ground: str,
    day: date,
    actor: str,
    clock: Clock,
    *,
    document: str | None = None,
    record_id: str | None = None,
) -> int:
    """Puts one step about an enterprise's open proposal on file; the batch or the next fact applies it.

    Args:
        database: The store.
        version: The policy of the proposal.
        kind: One of ``KINDS``.
        enterprise_id: The enterprise.
        ground: Why.
        day: The day of the step.
        actor: Who takes it.
        clock: The time.
        document: The document behind it.
        record_id: The fact that a return is about.

    Returns:
        Number of the step.

    Raises:
        StoreError: There is no open proposal; the person has confirmed it already; the record is none of the enterprise's.
        UsageError: A ground or the returned record is missing.
    """
    if not ground.strip() or (kind == "return" and not record_id):
        raise UsageError(
            zh="须写明依据（退回时还须指明记录），例如 --ground 核对无误，--record single:12",
            en='a ground is needed (to return facts, the record too), e.g. --ground "checked" --record single:12',
        )
    with writing(database, actor, clock) as w:
        number = _open(w.connection, version.policy.id, enterprise_id)
        if kind == "return":
            _owned(w.connection, str(record_id), enterprise_id)
        if (
            kind == "confirm"
            and actor
            in open_proposals(w.connection, version.policy, [enterprise_id])[enterprise_id].confirmed_by
        ):
            raise StoreError(
                zh=f"{actor} 已确认过这项拟调整；需要另一位复核人",
                en=f"{actor} has confirmed this proposal already; another reviewer is needed",
            )
        row: dict[str, Any] = {
            "number": w.next_step(),
            "policy_id": version.policy.id,
            "enterprise_id": enterprise_id,
            "assessment": number,
            "kind": kind,
            "record_id": record_id,
            "actor": actor,
            "done_on": day,
            "seq": w.seq,
            "ground": ground,
            "document": document,
        }
        w.insert(Step, [row])
        w.log(f"review {kind}", {"assessment": number, "step": row["number"]})
        return int(row["number"])


def _open(connection: Connection, policy_id: str, enterprise_id: str) -> int:
    number = connection.execute(
        select(Standing.latest).where(
            Standing.policy_id == policy_id, Standing.enterprise_id == enterprise_id, Standing.proposed
        )
    ).scalar()
    if number is None:
        raise StoreError(
            zh=f"主体 {enterprise_id} 没有待定的拟调整；待定事项见 sise review list",
            en=f"no proposal is open for {enterprise_id}; open ones are told by `sise review list`",
        )
    return int(number)


def _owned(connection: Connection, record_id: str, enterprise_id: str) -> None:
    owner = connection.execute(
        select(RecordVersion.enterprise_id).where(RecordVersion.record_id == record_id)
    ).scalar()
    if owner != enterprise_id:
        raise StoreError(
            zh=f"记录 {record_id} 不属于主体 {enterprise_id}；请核对记录编号",
            en=f"the record {record_id} is none of {enterprise_id}'s; check its id",
        )
