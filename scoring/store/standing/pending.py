"""Open proposals and what was done about them, read back from the steps on file."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import aliased

from scoring.policy.language.schema import Policy
from scoring.store.facts.disputes import CLOSING
from scoring.store.facts.family import parents_by_branch
from scoring.store.standing.computed import weight_of
from scoring.store.standing.standings import IdRange
from scoring.store.standing.taking_effect import Confirmation, OpenProposal
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import Assessment, CaseStep, Standing
from scoring.store.tables.visible import VisibleRecord
from scoring.workdays import add_workdays

SomeIds = Sequence[str] | Select[Any]
"""Ids of enterprises, or the query that gives them."""
_WEIGHT = (Assessment.vetoes, Assessment.caps, Assessment.contributions)


class RecordSpan(NamedTuple):
    """The first and the last version of a record that has several, by ``visible_seq``."""

    record_id: str
    first: int
    last: int


def open_proposals(
    connection: Connection,
    policy: Policy,
    enterprise_ids: SomeIds | None = None,
    within: IdRange | None = None,
) -> dict[str, OpenProposal]:
    """Open proposals by enterprise: all of a policy, those of some enterprises, or those within a range of ids.

    A confirmation counts while no record that was there has changed and nothing weighs more than it
    did. A returned fact is dealt with once a later version of it is there, or once somebody confirms
    after the return.
    """
    first = aliased(Assessment)
    chosen = (
        select(
            Standing.enterprise_id,
            Assessment.proposal,
            Assessment.band,
            first.as_of.label("on"),
            *_WEIGHT,
        )
        .join(Assessment, Assessment.number == Standing.latest)
        .join(first, first.number == Assessment.proposal)
        .where(Standing.policy_id == policy.id, Standing.proposed)
    )
    if enterprise_ids is not None:
        chosen = chosen.where(Standing.enterprise_id.in_(enterprise_ids))
    if within is not None:
        chosen = chosen.where(Standing.enterprise_id.between(*within))
    bands = [band.id for band in policy.bands]
    proposals = [proposal for proposal in connection.execute(chosen).all() if proposal.band in bands]
    steps = _steps(connection, [proposal.proposal for proposal in proposals])
    reviewed = [proposal.enterprise_id for proposal in proposals if _is_reviewed(steps[proposal.proposal])]
    spans = _changed_records(connection, reviewed)
    return {
        proposal.enterprise_id: _Case(
            policy, bands, steps[proposal.proposal], spans[proposal.enterprise_id]
        ).proposal(proposal)
        for proposal in proposals
    }


def _steps(connection: Connection, opened: Sequence[int]) -> dict[int, list[Any]]:
    """Steps on proposals in order, by the assessment that opened them."""
    steps: dict[int, list[Any]] = defaultdict(list)
    columns = (CaseStep.number, CaseStep.kind, CaseStep.actor, CaseStep.seq, CaseStep.done_on)
    for numbers in in_parts(opened):
        query = (
            select(
                Assessment.proposal,
                *columns,
                CaseStep.record_id,
                CaseStep.answers,
                CaseStep.content,
                Assessment.band.label("of_band"),
                *_WEIGHT,
            )
            .join(Assessment, Assessment.number == CaseStep.assessment)
            .where(Assessment.proposal.in_(numbers))
            .order_by(CaseStep.number)
        )
        for step in connection.execute(query):
            steps[step.proposal].append(step)
    return steps


def _is_reviewed(steps: Sequence[Any]) -> bool:
    return any(step.kind in ("confirm", "return") for step in steps)


def _changed_records(connection: Connection, enterprise_ids: Sequence[str]) -> dict[str, list[RecordSpan]]:
    """Records of some enterprises, their branches and predecessors that have several versions."""
    spans: dict[str, list[RecordSpan]] = defaultdict(list)
    for some_ids in in_parts(enterprise_ids):
        parents = parents_by_branch(connection, some_ids)
        several = (
            select(
                VisibleRecord.enterprise_id,
                VisibleRecord.record_id,
                func.min(VisibleRecord.visible_seq),
                func.max(VisibleRecord.visible_seq),
            )
            .where(VisibleRecord.enterprise_id.in_([*some_ids, *parents]))
            .group_by(VisibleRecord.enterprise_id, VisibleRecord.record_id)
            .having(func.count() > 1)
        )
        for enterprise_id, record_id, first, last in connection.execute(several):
            for concerned in {enterprise_id, *parents.get(enterprise_id, ())}:
                spans[concerned].append(RecordSpan(record_id, first, last))
    return spans


@dataclass(frozen=True)
class _Case:
    """What is on file about one proposal: its steps in order, and the records that changed."""

    policy: Policy
    bands: Sequence[str]
    steps: Sequence[Any]
    changed: Iterable[RecordSpan]

    def proposal(self, row: Any) -> OpenProposal:
        """The proposal that the file is about."""
        service = min(self._of("served"), key=lambda step: step.done_on, default=None)
        served_on = service.done_on if service else None
        is_emergency = bool(self._of("emergency"))
        notice_until = self._notice_until(served_on, is_emergency=is_emergency)
        return OpenProposal(
            number=row.proposal,
            band=self.bands.index(row.band),
            proposed_on=row.on,
            weight=weight_of(row, self.policy),
            served_on=served_on,
            notice_until=notice_until,
            confirmations=tuple(map(self._confirmation, self._confirming())),
            open_statements=tuple(self._open_statements(notice_until)),
            returned=bool(self._standing_returns()),
            emergency=is_emergency,
            served_how=json.loads(service.content or "{}").get("how") if service else None,
        )

    def _of(self, kind: str) -> list[Any]:
        return [step for step in self.steps if step.kind == kind]

    def _notice_until(self, served_on: date | None, *, is_emergency: bool) -> date | None:
        """Last day of the notice: its period begins on the day after service; an emergency cuts it short."""
        if served_on is None or is_emergency:
            return served_on
        return add_workdays(served_on, self.policy.worsening_notice_workdays)

    def _open_statements(self, notice_until: date | None) -> list[int]:
        """Statements made in time that nobody has answered and that were not taken back."""
        answered = {step.answers for kind in CLOSING for step in self._of(kind)}
        in_time = [
            step for step in self._of("statement") if notice_until is None or step.done_on <= notice_until
        ]
        return [step.number for step in in_time if step.number not in answered]

    def _confirming(self) -> list[Any]:
        """Confirmations of facts that are still what they were."""
        confirming = [step for step in self._of("confirm") if step.of_band in self.bands]
        return [step for step in confirming if not self._has_changed_since(step.seq)]

    def _has_changed_since(self, seq: int) -> bool:
        """Whether a record that was there then has a later version."""
        return any(span.first <= seq < span.last for span in self.changed)

    def _standing_returns(self) -> list[Any]:
        """Returns of facts that nobody has dealt with: no new version of them, no later confirmation."""
        last_version = {span.record_id: span.last for span in self.changed}
        last_confirmation = max((step.number for step in self._of("confirm")), default=0)
        return [
            step
            for step in self._of("return")
            if step.number > last_confirmation and last_version.get(step.record_id, 0) <= step.seq
        ]

    def _confirmation(self, step: Any) -> Confirmation:
        return Confirmation(step.actor, self.bands.index(step.of_band), weight_of(step, self.policy))
