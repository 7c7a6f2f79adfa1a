"""Open proposals and what was done about them, read back from the steps on file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from scoring.policy.language.schema import Policy
from scoring.store.standing.taking_effect import OpenProposal
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import Assessment, CaseStep, EnterpriseVersion, RecordVersion, Standing


def open_proposals(
    connection: Connection, policy: Policy, enterprise_ids: Sequence[str] | None = None
) -> dict[str, OpenProposal]:
    """Open proposals by enterprise: all of a policy, or those of some enterprises.

    A confirmation counts while no later fact of the enterprise is there and the proposed band is
    the confirmed one. A returned fact is dealt with once a later version of it is there, or once
    somebody confirms after the return.
    """
    chosen = (
        select(Standing.enterprise_id, Assessment.band, Assessment.notice_until)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == policy.id, Standing.proposed)
    )
    if enterprise_ids is not None:
        chosen = chosen.where(Standing.enterprise_id.in_(enterprise_ids))
    bands = [band.id for band in policy.bands]
    proposals = [proposal for proposal in connection.execute(chosen).all() if proposal.band in bands]
    concerned = [proposal.enterprise_id for proposal in proposals]
    steps, last_facts = _steps(connection, policy.id, concerned), _last_facts(connection, concerned)
    open_ones: dict[str, OpenProposal] = {}
    for proposal in proposals:
        enterprise_id = proposal.enterprise_id
        open_ones[enterprise_id] = _open_proposal(
            proposal, bands, steps[enterprise_id], last_facts[enterprise_id]
        )
    return open_ones


def _steps(connection: Connection, policy_id: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Steps on the open proposals of some enterprises, by enterprise, in order."""
    steps: dict[str, list[Any]] = defaultdict(list)
    for enterprise_ids in in_parts(ids):
        # Steps on earlier proposals, which have taken effect or gone, are left out.
        still_open = or_(Standing.in_effect.is_(None), CaseStep.assessment > Standing.in_effect)
        same_standing = and_(
            Standing.policy_id == CaseStep.policy_id, Standing.enterprise_id == CaseStep.enterprise_id
        )
        taken_steps = connection.execute(
            select(
                CaseStep.enterprise_id,
                CaseStep.number,
                CaseStep.kind,
                CaseStep.actor,
                CaseStep.seq,
                Assessment.band.label("of_band"),
            )
            .join(Standing, same_standing)
            .outerjoin(Assessment, Assessment.number == CaseStep.assessment)
            .where(CaseStep.policy_id == policy_id, CaseStep.enterprise_id.in_(enterprise_ids))
            .where(still_open)
            .order_by(CaseStep.number)
        )
        for step in taken_steps:
            steps[step.enterprise_id].append(step)
    return steps


def _last_facts(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """The latest ``seq`` of a fact of some enterprises, those of their branches included."""
    last_facts: dict[str, int] = defaultdict(int)
    for enterprise_ids in in_parts(ids):
        branches = select(EnterpriseVersion.enterprise_id, EnterpriseVersion.parent_id).where(
            EnterpriseVersion.parent_id.in_(enterprise_ids)
        )
        parent_of = {row.enterprise_id: row.parent_id for row in connection.execute(branches)}
        for fact in _last_of_each(connection, [*enterprise_ids, *parent_of]):
            for concerned in {fact.enterprise_id, parent_of.get(fact.enterprise_id, fact.enterprise_id)}:
                last_facts[concerned] = max(last_facts[concerned], fact.seq)
    return last_facts


def _last_of_each(connection: Connection, enterprise_ids: Sequence[str]) -> Iterable[Any]:
    """(enterprise_id, seq) of the last version of each enterprise and of its last record."""
    for table in (EnterpriseVersion, RecordVersion):
        yield from connection.execute(
            select(table.enterprise_id, func.max(table.seq).label("seq"))
            .where(table.enterprise_id.in_(enterprise_ids))
            .group_by(table.enterprise_id)
        ).all()


def _open_proposal(row: Any, bands: Sequence[str], steps: Sequence[Any], last_fact: int) -> OpenProposal:
    """What is on file about one proposal, from its steps in order."""
    confirmations = [
        step
        for step in steps
        if step.kind == "confirm" and step.of_band == row.band and step.seq >= last_fact
    ]
    last_confirmation = max((step.number for step in confirmations), default=0)
    standing_returns = [
        step.number
        for step in steps
        if step.kind == "return" and step.seq >= last_fact and step.number > last_confirmation
    ]
    # A return that stands is later than every confirmation, and undoes them all.
    confirmed_by = set() if standing_returns else {step.actor for step in confirmations}
    kinds = [step.kind for step in steps]
    return OpenProposal(
        band=bands.index(row.band),
        notice_until=row.notice_until,
        confirmed_by=frozenset(confirmed_by),
        open_statements=max(kinds.count("statement") - kinds.count("answer"), 0),
        returned=bool(standing_returns),
        emergency="emergency" in kinds,
    )
