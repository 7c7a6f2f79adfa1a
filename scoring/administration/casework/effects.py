"""What the outcomes of cases do: each effect of ``rules/procedures.toml`` is one function here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.administration.casework.case_files import (
    CaseFile,
    ContestedRecord,
    contested_records,
)
from scoring.administration.casework.conflicts import require_legal_reviewer
from scoring.administration.casework.filing import Filed, Planned
from scoring.administration.casework.procedures import CaseOutcome
from scoring.entities.authorities import register
from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.disputes import DISPUTED, FORMER, contest_without
from scoring.store.facts.family import FactRow
from scoring.store.facts.same_visits import wanted_columns
from scoring.store.log.canonical_json import compact
from scoring.store.standing.case_steps import NewStep, require_own_record
from scoring.store.standing.entering import FIXED, PARTED, TypedFacts
from scoring.store.standing.open_proposals import Proposed, require_open
from scoring.store.standing.recording import NewFact
from scoring.store.tables.orm import Assessment


@dataclass(frozen=True)
class Answering:
    """An answer to a case, with all that its effect may need.

    Attributes:
        file: The case.
        outcome: The outcome.
        step: The step that is put on file.
        columns: Columns of a correction or of a visit, as text.
        record_id: The record that is returned, or the visit that looked again.
        office: The authority in whose name the officer answers.
        version: The policy.
        facts: Makes versions of records.
        actor: The account.
        replayed: Of a recalculation, whether the result follows from what was known.
    """

    file: CaseFile
    outcome: CaseOutcome
    step: NewStep
    columns: Mapping[str, str]
    record_id: str | None
    office: str | None
    version: ResolvedPolicy
    facts: TypedFacts
    actor: str
    replayed: bool | None = None

    @property
    def today(self) -> date:
        """The day on which it is answered."""
        return self.facts.day

    @property
    def record(self) -> ContestedRecord:
        """The record that the case is about."""
        if self.file.record is None:
            raise StoreError("record_unknown", record_id=self.file.opening.record_id)
        return self.file.record

    def alone(self, *steps: NewStep) -> Filed:
        """The answer, and what goes on file with it, without a version of a record."""
        return Filed((self.step, *steps), self.file.opening.assessment, "case answer")

    def with_version(self, kind: str, row: FactRow) -> NewFact:
        """The answer with a new version of a record."""
        return NewFact(kind, row, self.step.ground, self.step.document, step=self.step)


def let_stand(answering: Answering, connection: Connection) -> Planned:
    """The record counts again, unless another case holds it or a file told otherwise meanwhile."""
    latest = answering.facts.latest(connection, answering.record.record_id)
    contest = _contest_after(answering.file, connection, latest)
    if contest == latest["contest"]:
        return answering.alone()
    return answering.with_version("stands again", answering.facts.version(latest, {"contest": contest}))


def _contest_after(file: CaseFile, connection: Connection, latest: FactRow) -> str | None:
    """The state of contest of a record once a case about it is closed."""
    kept, contest = file.opening.kept, latest["contest"]
    if contest != DISPUTED or FORMER not in kept:
        return None if contest is None else str(contest)
    return contest_without(connection, latest["record_id"], file.number, kept[FORMER])


def _correct(answering: Answering, connection: Connection) -> Planned:
    """The record says something else from now on, and is disputed no longer."""
    if not answering.columns:
        raise UsageError("correction_empty")
    if fixed := [column for column in answering.columns if column in FIXED]:
        raise UsageError("correction_of_fixed_column", column=fixed[0])
    latest = answering.facts.latest(connection, answering.record.record_id)
    undisputed = {**latest, "contest": _contest_after(answering.file, connection, latest)}
    return answering.with_version("corrected", answering.facts.changed(undisputed, answering.columns))


def _withdraw(answering: Answering, connection: Connection) -> Planned:
    """The record counts no longer from today on."""
    latest = answering.facts.latest(connection, answering.record.record_id)
    # A file that came in meanwhile may have ended it.
    if latest["withdrawn_on"] is not None and latest["withdrawn_on"] <= answering.today:
        return answering.alone()
    contest = _contest_after(answering.file, connection, latest)
    ended = {"withdrawn_on": answering.today, "contest": contest}
    return answering.with_version("withdrawn", answering.facts.version(latest, ended))


def _mend(answering: Answering, connection: Connection) -> Planned:
    """A check of documents enters that closes the finding."""
    columns = {
        "kind": "mending_check",
        "result": "no_problem",
        "occurred_on": answering.today.isoformat(),
    }
    return _with_check(answering, connection, columns)


def _with_check(answering: Answering, connection: Connection, columns: Mapping[str, str]) -> Planned:
    """A record of a check that names the finding, in its field, by the authority that answers."""
    finding = answering.record
    named = {"refers_to": finding.record_id, "authority": _office_name(answering, finding)}
    named |= {"field": finding.field} if finding.field else {}
    make = answering.facts.add(
        finding.enterprise_id,
        {**named, **columns},
        answering.step.ground,
        answering.step.document,
    )
    return replace(make(connection), step=answering.step)


def _office_name(answering: Answering, finding: ContestedRecord) -> str:
    """The authority that answers, as records name it."""
    entry = register().authorities.get(answering.office or "")
    return entry.name["zh"] if entry else str(answering.office or finding.authority or "")


def _visit(answering: Answering, connection: Connection) -> Planned:
    """A visit looked again: its record enters with the answer, or is there already."""
    if answering.columns:
        return _with_check(answering, connection, {"occasion": "followup", **answering.columns})
    visit = contested_records(connection, [answering.record_id or ""]).get(answering.record_id or "")
    if visit is None or not is_check_of(visit, answering.file, answering.version):
        raise StoreError("recheck_without_visit", record_id=answering.record_id or "—")
    return answering.alone()


def is_check_of(visit: ContestedRecord, file: CaseFile, version: ResolvedPolicy) -> bool:
    """Whether a record is a check in the field of the finding since the case was opened."""
    relations, finding = version.law.relations, file.record
    if finding is None or visit.dated_on is None or visit.record_id == finding.record_id:
        return False
    kinds = relations.rechecks.by if relations else ("inspection", "sampling_test", "mending_check")
    same = visit.enterprise_id == finding.enterprise_id and visit.field == finding.field
    return same and visit.kind in kinds and visit.dated_on >= file.opening.done_on


def _join(answering: Answering, connection: Connection) -> Planned:
    """The record belongs to the matter that was asked for."""
    matter = str(answering.columns.get("matter_id") or answering.file.opening.kept.get("matter") or "")
    if not matter or matter == PARTED:
        raise UsageError("matter_missing")
    return _placed(answering, connection, "joined", matter)


def _part(answering: Answering, connection: Connection) -> Planned:
    """The record belongs to no matter."""
    return _placed(answering, connection, "parted", PARTED)


def _placed(answering: Answering, connection: Connection, kind: str, matter: str) -> Planned:
    latest = answering.facts.latest(connection, answering.record.record_id)
    return answering.with_version(kind, answering.facts.changed(latest, {"matter_id": matter}))


def _same(answering: Answering, connection: Connection) -> Planned:
    """The result was computed again and is the same; what is told must be what came out."""
    return _recalculated(answering, expected=True)


def _different(answering: Answering, connection: Connection) -> Planned:
    """The result was computed again and is another one."""
    return _recalculated(answering, expected=False)


def _recalculated(answering: Answering, *, expected: bool) -> Planned:
    if answering.replayed is None:
        raise StoreError("recalculation_impossible", number=answering.file.opening.assessment)
    if answering.replayed != expected:
        raise StoreError("recalculation_otherwise", number=answering.file.opening.assessment)
    return answering.alone()


def _confirm(answering: Answering, connection: Connection) -> Planned:
    """A person has looked and confirms: of a proposal that waits it is one of its reviews."""
    proposed = _proposal_of(answering, connection)
    if proposed is None:
        return answering.alone()
    confirmed_by = sorted(proposed.pending.confirmed_by)
    enterprise_id, actor = answering.file.opening.enterprise_id, answering.actor
    require_legal_reviewer(
        connection,
        enterprise_id,
        proposed.reviewers,
        confirmed_by,
        actor,
        answering.today,
    )
    return answering.alone(NewStep("confirm", enterprise_id, answering.step.ground))


def _return(answering: Answering, connection: Connection) -> Planned:
    """A fact goes back to its authority: a proposal waits for its new version or a confirmation."""
    enterprise_id = answering.file.opening.enterprise_id
    returned = NewStep(
        "return",
        enterprise_id,
        answering.step.ground,
        answering.step.document,
        record_id=answering.record_id,
    )
    if not answering.record_id:
        raise UsageError("case_record_missing", procedure=answering.file.procedure.label.words)
    require_own_record(connection, returned)
    if _proposal_of(answering, connection) is None:
        return answering.alone()
    return answering.alone(returned)


def _proposal_of(answering: Answering, connection: Connection) -> Proposed | None:
    """The open proposal that the case is about; ``None``: it has taken effect, or is gone."""
    opening = answering.file.opening
    try:
        proposed = require_open(connection, answering.version.policy, opening.enterprise_id)
    except StoreError:
        return None
    belongs = select(Assessment.proposal).where(Assessment.number == opening.assessment)
    is_same = connection.execute(belongs).scalar() == proposed.pending.number
    return proposed if is_same else None


def _take(answering: Answering, connection: Connection) -> Planned:
    """The record says what the other report of the visit says; what else told of the visit counts no longer."""
    record_id, kept = answering.record.record_id, answering.file.opening.kept
    facts = answering.facts
    corrected = facts.changed(facts.latest(connection, record_id), wanted_columns(kept))
    others = [facts.latest(connection, other) for other in kept.get("records", ()) if other != record_id]
    ended = [facts.version(row, {"withdrawn_on": facts.day}) for row in others if not row["withdrawn_on"]]
    return replace(answering.with_version("corrected", corrected), more=tuple(ended))


def _note(answering: Answering, connection: Connection) -> Planned:
    """Nothing but the answer."""
    return answering.alone()


EFFECTS: Mapping[str, Callable[[Answering, Connection], Planned]] = {
    "correct": _correct,
    "withdraw": _withdraw,
    "stand": let_stand,
    "mend": _mend,
    "visit": _visit,
    "join": _join,
    "part": _part,
    "same": _same,
    "different": _different,
    "confirm": _confirm,
    "return": _return,
    "take": _take,
    "note": _note,
}
"""What each effect does; ``second`` is the answer of another account (``TypedFacts.second``)."""


def content_of(outcome: CaseOutcome, more: Mapping[str, Any]) -> str:
    """What an answer keeps beside its ground."""
    return compact({"outcome": outcome.id, **more})
