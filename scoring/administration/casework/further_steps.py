"""The steps that follow an opening one: accepted, sent on, put off, answered, dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from scoring.administration.casework.case_files import CaseFile, case
from scoring.administration.casework.conflicts import (
    is_of_office,
    require_office,
    require_unconcerned,
)
from scoring.administration.casework.effects import EFFECTS, Answering, content_of, let_stand
from scoring.administration.casework.filing import Desk, Filed, Planned, Taken
from scoring.administration.casework.parties import Presence, kept_of, office_for, require_party
from scoring.administration.casework.procedures import CaseOutcome, Opener
from scoring.administration.casework.proposal_steps import require_complete, review_proposal
from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.audit.replay import replay
from scoring.store.facts.disputes import FORMER
from scoring.store.log.canonical_json import compact
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import NewFact, Recorder
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock

KINDS = ("accepted", "sent", "extended", "answer", "dropped")
"""Steps that a person may take about a case."""
OF_THE_FIRM = ("dropped",)
"""Steps that are the firm's own, or taken for it."""


@dataclass(frozen=True)
class FurtherStep:
    """A step about a case.

    Attributes:
        kind: One of ``KINDS``.
        case: The case's number.
        ground: Why.
        document: The document behind it: the letter or the platform's receipt number, the
            decision, the answer.
        outcome: Of an answer, how the case ends.
        columns: Of a correction or a visit, columns as text.
        record_id: Of a return, the record; of a visit, its record where it is entered already.
        office: The authority in whose name an officer acts, by code or name.
        by: In whose name a case is dropped.
        presence: Who came to the window to drop it.
    """

    kind: str
    case: int
    ground: str
    document: str | None = None
    outcome: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    record_id: str | None = None
    office: str | None = None
    by: Opener = "officer"
    presence: Presence | None = None


def take_step(
    database: Database,
    version: ResolvedPolicy,
    step: FurtherStep | NewStep,
    actor: str,
    clock: Clock,
    as_of: date | None = None,
    recorder: Recorder | None = None,
) -> Taken:
    """Takes one step about a case, or about the open proposal of an enterprise (``NewStep``).

    Args:
        database: The store.
        version: The policy.
        step: The step.
        actor: Who takes it.
        clock: The time.
        as_of: The day whose policy it is, by default today.
        recorder: Enters versions of records; one is made where there is none.

    Returns:
        Number of the step, with the version of a record that came with it.

    Raises:
        UsageError: What the step needs is missing.
        StoreError: It may not follow, the account may not take it, or it does not fit what is
            stored.
    """
    desk = Desk(database, version, actor, clock, as_of, recorder)
    if isinstance(step, NewStep):
        require_complete(step)
        return desk.carry_out(lambda connection, who: review_proposal(connection, desk, step, who))
    if step.kind not in KINDS:
        raise UsageError("case_step_unknown", kind=step.kind, known=list(KINDS))
    if not step.ground.strip():
        raise UsageError("ground_missing")
    replayed = _replayed(desk, step)
    return desk.carry_out(lambda connection, who: _Following(desk, step, who, replayed).planned(connection))


def _replayed(desk: Desk, step: FurtherStep) -> bool | None:
    """Whether the result of a recalculation follows from what was known.

    Computed before the lock is taken.
    """
    if step.kind != "answer":
        return None
    with desk.database.read() as connection:
        file = case(connection, step.case, desk.today)
    outcome = file.procedure.outcome(step.outcome)
    if outcome is None or outcome.effect not in ("same", "different") or file.opening.assessment is None:
        return None
    computed = replay(desk.database, [file.opening.assessment], desk.clock)
    return True if computed.equal else (False if computed.different else None)


@dataclass(frozen=True)
class _Following:
    """One step about a case that an account takes."""

    desk: Desk
    step: FurtherStep
    actor: str
    replayed: bool | None

    def planned(self, connection: Connection) -> Planned:
        """What the step does, from what is stored."""
        file = case(connection, self.step.case, self.desk.today)
        if self.step.kind not in file.state.may_follow:
            raise StoreError(
                "case_step_impossible",
                number=file.number,
                kind=self.step.kind,
                may=[kind for kind in file.state.may_follow if kind in KINDS] or ["—"],
            )
        if self.step.kind in OF_THE_FIRM:
            return self._dropped(connection, file)
        if self.step.kind == "answer":
            return self._answered(connection, file)
        return self._handled(connection, file)

    def _handled(self, connection: Connection, file: CaseFile) -> Planned:
        """Accepted, put off, or sent to the authority of the record."""
        self._require_officer(connection, file)
        if self.step.kind == "sent":
            if not (self.step.document or "").strip():
                raise UsageError("case_letter_missing")
            office = self._office(connection, file)
            if file.record is None or is_of_office(file.record, office, self.desk.today):
                raise StoreError("case_of_own_authority", number=file.number)
            return self._filed(file, {"office": office, "to": file.record.authority})
        return self._filed(file, {})

    def _answered(self, connection: Connection, file: CaseFile) -> Planned:
        outcome = file.procedure.outcome(self.step.outcome)
        if outcome is None:
            known = [possible.id for possible in file.procedure.outcomes]
            raise UsageError("case_outcome_unknown", outcome=self.step.outcome or "", known=known)
        self._require_officer(connection, file)
        office = self._answering_office(connection, file)
        self._require_document(outcome)
        more: dict[str, Any] = {"office": office} if office else {}
        more |= {"record_id": self.step.record_id} if self.step.record_id else {}
        answering = Answering(
            file=file,
            outcome=outcome,
            step=self._new_step(file, content_of(outcome, more)),
            columns=self.step.columns,
            record_id=self.step.record_id,
            office=office,
            version=self.desk.version,
            facts=TypedFacts(self.desk.today),
            actor=self.actor,
            replayed=self.replayed,
        )
        return EFFECTS[outcome.effect](answering, connection)

    def _answering_office(self, connection: Connection, file: CaseFile) -> str | None:
        """The authority that decides.

        One's own, or another one that was written to and has answered by a document.
        """
        if file.record is None or file.procedure.authority is None:
            return None
        office = self._office(connection, file)
        if file.procedure.authority == "own":
            require_office(file.record, office, self.desk.today)
        elif not is_of_office(file.record, office, self.desk.today):
            if file.state.stage != "sent":
                require_office(file.record, office, self.desk.today)
            if not (self.step.document or "").strip():
                raise UsageError("case_answer_without_document")
        return office

    def _office(self, connection: Connection, file: CaseFile) -> str:
        enterprise_id = file.opening.enterprise_id
        return office_for(connection, self.actor, enterprise_id, self.step.office, self.desk.today)

    def _require_document(self, outcome: CaseOutcome) -> None:
        """Refuses to end or change a record, or to call it mended, without the document that says so."""
        if outcome.effect in ("correct", "withdraw", "mend") and not (self.step.document or "").strip():
            raise UsageError("case_decision_without_document", outcome=outcome.label.words)

    def _require_officer(self, connection: Connection, file: CaseFile) -> None:
        require_unconcerned(
            connection,
            file.procedure,
            file.opening,
            file.opening.assessment,
            self.actor,
            self.desk.today,
        )

    def _dropped(self, connection: Connection, file: CaseFile) -> Planned:
        """The firm takes its application back: a record that it disputed counts again."""
        step, opening = self.step, file.opening
        require_party(connection, step.by, step.presence, opening.enterprise_id, self.actor, self.desk.today)
        if step.by == "officer" and opening.kept.get("by", "officer") != "officer":
            raise StoreError("case_dropped_by_officer", number=file.number)
        content = compact(dict(kept_of(step.by, step.presence)))
        dropped = self._new_step(file, content)
        if FORMER not in opening.kept or file.record is None:
            return Filed((dropped,), opening.assessment, "case dropped")
        nothing = CaseOutcome.model_construct(id="dropped", label=file.procedure.label, effect="stand")
        answering = Answering(
            file,
            nothing,
            dropped,
            {},
            None,
            None,
            self.desk.version,
            TypedFacts(self.desk.today),
            self.actor,
        )
        planned = let_stand(answering, connection)
        return planned if isinstance(planned, NewFact) else Filed((dropped,), None, "case dropped")

    def _filed(self, file: CaseFile, kept: Mapping[str, Any]) -> Filed:
        step = self._new_step(file, compact(dict(kept)) if kept else None)
        return Filed((step,), file.opening.assessment, f"case {self.step.kind}")

    def _new_step(self, file: CaseFile, content: str | None) -> NewStep:
        return NewStep(
            kind=self.step.kind,
            enterprise_id=file.opening.enterprise_id,
            ground=self.step.ground,
            document=self.step.document,
            record_id=file.opening.record_id,
            answers=file.number,
            content=content,
        )
