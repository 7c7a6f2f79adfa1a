"""Opening a case.

An objection, a recalculation, a review by a person, a statement, a re-check, a matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from scoring.administration.casework.case_files import (
    ContestedRecord,
    cases_about,
    contested_records,
)
from scoring.administration.casework.filing import Desk, Filed, Planned, Taken
from scoring.administration.casework.parties import Presence, kept_of, require_party
from scoring.administration.casework.procedures import Opener, Procedure, procedures
from scoring.entities import RelationSet
from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.adverse import is_adverse
from scoring.store.facts.disputes import DISPUTED, FORMER, STATED, open_marks
from scoring.store.log.canonical_json import compact
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.entering import PARTED, TypedFacts
from scoring.store.standing.open_proposals import require_open
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, Standing
from scoring.store.tables.writing import Clock


@dataclass(frozen=True)
class NewCase:
    """A case that is to be opened.

    Attributes:
        procedure: Its procedure, an id of ``rules/procedures.toml``.
        enterprise_id: The enterprise.
        ground: What is said, in its own words.
        reason: The ground by its code, where the procedure has a list of them.
        record_id: The record that it is about.
        assessment: The result that it is about; by default the one in effect, else the latest.
        document: The document behind it.
        matter: Of a request about a matter: the matter to join, ``-`` to be parted.
        by: In whose name: the firm's own account, the window for the firm, an officer.
        presence: Who came to the window.
    """

    procedure: str
    enterprise_id: str
    ground: str
    reason: str | None = None
    record_id: str | None = None
    assessment: int | None = None
    document: str | None = None
    matter: str | None = None
    by: Opener = "officer"
    presence: Presence | None = None


def open_case(
    database: Database,
    version: ResolvedPolicy,
    opening: NewCase,
    actor: str,
    clock: Clock,
    as_of: date | None = None,
    recorder: Recorder | None = None,
) -> Taken:
    """Opens a case; an objection has its record disputed in the same transaction.

    Args:
        database: The store.
        version: The policy.
        opening: The case.
        actor: Who opens it.
        clock: The time.
        as_of: The day whose policy it is, by default today.
        recorder: Enters the disputed version; one is made where there is none.

    Returns:
        The case's number, with what the disputed version changed.

    Raises:
        UsageError: What the procedure needs is missing.
        StoreError: The account may not act for the firm, the case is open already, or it does not
            fit what is stored.
    """
    procedure = _require_complete(opening)
    desk = Desk(database, version, actor, clock, as_of, recorder)
    facts = TypedFacts(desk.today)
    as_asked = _AskedCase(opening, procedure, version, facts, desk.today)
    return desk.carry_out(as_asked.planned)


def _require_complete(opening: NewCase) -> Procedure:
    """The procedure of a case that has what it needs."""
    procedure = procedures().get(opening.procedure)
    openable = [known.id for known in procedures().values() if known.opened_by != ("officer",)]
    if procedure is None or opening.procedure not in openable or not procedure.opened_by:
        known = [name for name in openable if procedures()[name].opened_by]
        raise UsageError("procedure_unknown", procedure=opening.procedure, known=known)
    if not opening.ground.strip():
        raise UsageError("ground_missing")
    if opening.by not in procedure.opened_by:
        raise UsageError("case_opener_unknown", procedure=procedure.label.words, by=opening.by)
    if procedure.about == "record" and not opening.record_id:
        raise UsageError("case_record_missing", procedure=procedure.label.words)
    codes = [ground.id for ground in procedure.grounds]
    if codes and opening.reason not in codes:
        raise UsageError("case_reason_unknown", reason=opening.reason or "", known=codes)
    if procedure.id == "matter_request" and not (opening.matter or "").strip():
        raise UsageError("case_matter_missing")
    return procedure


@dataclass(frozen=True)
class _AskedCase:
    """A case as it was asked for, under some rules, on a day."""

    opening: NewCase
    procedure: Procedure
    version: ResolvedPolicy
    facts: TypedFacts
    today: date

    def planned(self, connection: Connection, actor: str) -> Planned:
        """What opening it does, from what is stored."""
        opening = self.opening
        require_party(connection, opening.by, opening.presence, opening.enterprise_id, actor, self.today)
        if self.procedure.about == "record":
            return self._about_record(connection)
        return self._about_result(connection)

    def _about_record(self, connection: Connection) -> Planned:
        opening, record_id = self.opening, str(self.opening.record_id)
        record = contested_records(connection, [record_id]).get(record_id)
        if record is None or record.enterprise_id != opening.enterprise_id:
            raise StoreError("record_of_another", record_id=record_id, enterprise_id=opening.enterprise_id)
        if record.withdrawn_on or record.restored_on:
            raise StoreError(
                "record_ended_already",
                record_id=record_id,
                day=record.withdrawn_on or record.restored_on,
            )
        self._require_none_open(connection, record_id=record_id)
        if self.procedure.id == "recheck":
            _require_finding(record, self.version.law.relations)
        kept = dict(kept_of(opening.by, opening.presence))
        kept |= {"reason": opening.reason} if opening.reason else {}
        kept |= {"matter": (opening.matter or "").strip()} if opening.matter else {}
        if not self._marks(connection, record):
            return Filed((self._step(kept),), None, f"case {self.procedure.id}")
        mark = open_marks(connection, record_id).get(record_id)
        if record.contest == DISPUTED and mark is not None:
            # Disputed by a claim of its authority already: the objection holds the mark when that one lapses.
            step = self._step(kept | {FORMER: mark.former})
            return Filed((step,), None, f"case {self.procedure.id}")
        step = self._step(kept | {FORMER: record.contest})
        return self.facts.disputed(self.facts.latest(connection, record_id), step)

    def _marks(self, connection: Connection, record: ContestedRecord) -> bool:
        """Whether the record is disputed at once.

        Not again on the same ground without a new document.
        """
        if not self.procedure.marks or record.contest in STATED:
            return False
        earlier = [
            known.opening
            for known in cases_about(connection, self.today, record_id=record.record_id)
            if known.procedure.id == self.procedure.id
        ]
        is_repeated = self.opening.reason in {step.kept.get("reason") for step in earlier}
        document = (self.opening.document or "").strip()
        is_new = bool(document) and document not in {step.document for step in earlier}
        return is_new or not is_repeated

    def _about_result(self, connection: Connection) -> Planned:
        opening = self.opening
        if self.procedure.about == "proposal":
            assessment = require_open(connection, self.version.policy, opening.enterprise_id).assessment
            # What an enterprise has to say it may say as often as it likes.
            step = self._step(dict(kept_of(opening.by, opening.presence)))
            return Filed((step,), assessment, f"case {self.procedure.id}")
        assessment = _result_of(connection, self.version, opening)
        self._require_none_open(connection, assessment=assessment)
        step = self._step(dict(kept_of(opening.by, opening.presence)))
        return Filed((step,), assessment, f"case {self.procedure.id}")

    def _require_none_open(
        self,
        connection: Connection,
        *,
        record_id: str | None = None,
        assessment: int | None = None,
    ) -> None:
        """Refuses a second case beside an open one, and where there is one for each result any further one."""
        for known in cases_about(connection, self.today, record_id=record_id, assessment=assessment):
            if known.procedure.id != self.procedure.id:
                continue
            if known.state.is_open:
                raise StoreError("case_open_already", number=known.number)
            if self.procedure.once and known.state.outcome != "dropped":
                raise StoreError("case_once", number=known.number, procedure=self.procedure.label.words)

    def _step(self, kept: dict[str, object]) -> NewStep:
        return NewStep(
            kind=self.procedure.id,
            enterprise_id=self.opening.enterprise_id,
            ground=self.opening.ground,
            document=self.opening.document,
            record_id=self.opening.record_id if self.procedure.about == "record" else None,
            content=compact(kept),
        )


def _require_finding(record: ContestedRecord, relations: RelationSet | None) -> None:
    """Refuses to look again at what is no finding.

    Raises:
        StoreError: The record is none that a re-check could close.
    """
    is_finding = is_adverse(record.kind, record.result)
    if relations is not None:
        is_finding = relations.rechecks.is_finding(record.kind, record.result)
    if not is_finding:
        raise StoreError("recheck_of_no_finding", record_id=record.record_id)


def _result_of(connection: Connection, version: ResolvedPolicy, opening: NewCase) -> int:
    """The assessment that a case is about.

    Raises:
        StoreError: It is another enterprise's, or the enterprise has none.
    """
    if opening.assessment is None:
        standing = select(Standing.in_effect, Standing.latest, Standing.proposed).where(
            Standing.policy_id == version.policy.id,
            Standing.enterprise_id == opening.enterprise_id,
        )
        row = connection.execute(standing).first()
        if row is None:
            raise StoreError("result_of_another", number="—", enterprise_id=opening.enterprise_id)
        # What is proposed is what a person is asked to look at first.
        return int(row.latest if row.proposed or row.in_effect is None else row.in_effect)
    owner = select(Assessment.enterprise_id).where(Assessment.number == opening.assessment)
    if connection.execute(owner).scalar() != opening.enterprise_id:
        raise StoreError("result_of_another", number=opening.assessment, enterprise_id=opening.enterprise_id)
    return opening.assessment


def is_parted(matter: str | None) -> bool:
    """Whether a request is to be parted from all others."""
    return matter == PARTED
