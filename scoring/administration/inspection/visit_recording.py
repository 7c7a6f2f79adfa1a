"""A visit goes on record: its records, its minutes and the cases that it opens, in one transaction or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from scoring.administration.casework.parties import office_for
from scoring.administration.identity.scope import fields_of
from scoring.administration.inspection.inspection_items import published_items
from scoring.administration.inspection.new_visit import NewVisit, request_digest
from scoring.administration.inspection.open_findings import latest_records
from scoring.administration.inspection.registrar_task import registrar_task
from scoring.administration.inspection.visit_checks import require_texts, require_whole
from scoring.administration.inspection.visit_records import records_of
from scoring.administration.inspection.yearly_cap import require_within_cap
from scoring.entities.authorities import office_of
from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.arriving_visits import open_differences
from scoring.store.facts.family import FactRow
from scoring.store.facts.same_visits import (
    HeldReports,
    VisitReport,
    hold_reports,
    is_of_here,
    reports_of,
    same_visit,
    visit_rows,
)
from scoring.store.log.canonical_json import compact
from scoring.store.log.sealing import SALT_BYTES, random_bytes
from scoring.store.standing.case_steps import insert_step
from scoring.store.standing.policies import require_usable
from scoring.store.standing.real_days import require_real_day
from scoring.store.standing.recording import NewFact, Recorder
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm_visits import InspectionVisit, VisitMinutes
from scoring.store.tables.visible import VisibleEnterprise
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

KEY_CHARACTERS = 20
"""Of the digest of a request, with which the ids of its records begin."""
SHORTEST_KEY, LONGEST_KEY = 8, 120
"""Characters of an idempotency key."""
_BY_REQUEST = select(InspectionVisit.number, InspectionVisit.body).where(
    InspectionVisit.request == bindparam("request")
)
RECORDED = "visit recorded"
"""Log entry of a visit that a file had told of already."""


@dataclass(frozen=True)
class RecordedVisit:
    """What became of a visit.

    Attributes:
        number: Its number.
        is_repeated: Whether the same request had recorded it before.
    """

    number: int
    is_repeated: bool = False


@dataclass(frozen=True)
class _PlannedVisit:
    """A visit held against what is stored.

    Attributes:
        rows: The records that it brings.
        held: Its reports held against those that files brought.
        beyond: The caps beyond which it goes.
    """

    rows: tuple[FactRow, ...]
    held: HeldReports
    beyond: Sequence[Mapping[str, Any]]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Which records tell of what was looked at, by authority and field."""
        listed = [(report, report) for report in self.held.new]
        listed += [*self.held.known, *((one.other, one.standing) for one in self.held.differences)]
        return [_told_by(report, standing) for report, standing in listed]


def _told_by(report: VisitReport, standing: VisitReport) -> dict[str, Any]:
    ids = [str(row["record_id"]) for row in standing.rows]
    return {
        "office": report.office,
        "field": report.field,
        "recheck": report.is_follow_up,
        "ids": ids,
        "differs": bool(standing.differs(report)),
    }


def record_visit(
    database: Database,
    version: ResolvedPolicy,
    visit: NewVisit,
    key: str,
    actor: str,
    clock: Clock,
    recorder: Recorder | None = None,
) -> RecordedVisit:
    """Records a visit; the same request again changes nothing and gives the same answer.

    Args:
        database: The store.
        version: The policy.
        visit: The visit.
        key: The idempotency key of the request.
        actor: Who records it.
        clock: The time.
        recorder: Enters its records; one is made where there is none.

    Raises:
        UsageError: It lacks something, or the key is none.
        StoreError: The account may not record it, the yearly cap is used up, it is recorded already, or the key
            was used for something else.
    """
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise UsageError("visit_key", shortest=SHORTEST_KEY, longest=LONGEST_KEY)
    # Before anything is compared: what cannot be seen has no digest.
    require_texts(visit)
    today = day_in_china(clock())
    with database.read() as connection:
        recording = _Recording(version, visit, request_digest(require_account(connection, actor), key), today)
        if (number := recording.recorded(connection)) is not None:
            return RecordedVisit(number, is_repeated=True)
        require_whole(visit, today)
    # Who sends the same twice at once is answered by whichever came first.
    with suppress(_AlreadyRecordedError):
        entering = recorder or Recorder(database, actor, clock)
        try:
            entering.record(lambda connection: recording.fact(connection, actor), version, today)
        except _ToldAlreadyError:
            recording.file_alone(database, actor, clock)
    with database.read() as connection:
        number = recording.recorded(connection)
    if number is None:
        raise StoreError("case_overtaken")
    return RecordedVisit(number)


class _AlreadyRecordedError(StoreError):
    """The same request has recorded it meanwhile."""

    def __init__(self) -> None:
        super().__init__("case_overtaken")


class _ToldAlreadyError(StoreError):
    """A file has told all of it: there are no records to enter."""

    def __init__(self) -> None:
        super().__init__("case_overtaken")


@dataclass(frozen=True)
class _Recording:
    """A visit that is being recorded, under some rules, on a day."""

    version: ResolvedPolicy
    visit: NewVisit
    request: str
    today: date

    def recorded(self, connection: Connection) -> int | None:
        """The number of the visit that this request has recorded; ``None``: it has not yet.

        Raises:
            StoreError: It has recorded something else.
        """
        row = connection.execute(_BY_REQUEST, {"request": self.request}).first()
        if row is None:
            return None
        if row.body != self.visit.digest:
            raise StoreError("visit_key_reused", number=row.number)
        return int(row.number)

    def plan(self, connection: Connection, actor: str) -> _PlannedVisit:
        """The visit held against what is stored now.

        Raises:
            StoreError: It does not fit what is stored, or the account may not record it.
        """
        enterprise_id = self.visit.enterprise_id
        known = select(VisibleEnterprise.seq).where(VisibleEnterprise.enterprise_id == enterprise_id).limit(1)
        if connection.execute(known).first() is None:
            raise StoreError("record_of_unknown_enterprise", enterprise_id=enterprise_id)
        # Each department acts in its own name, and the account must be granted all of them.
        for part in self.visit.departments:
            office_for(connection, actor, enterprise_id, part.office, self.today)
        stored = list(visit_rows(connection, [enterprise_id]))
        beyond = require_within_cap(connection, self.version.policy, self.visit, stored)
        rows = records_of(self.visit, self.request[:KEY_CHARACTERS], self._findings(connection), self.today)
        reports = reports_of(rows)
        _require_new(reports, reports_of(row for row in stored if is_of_here(row)))
        held = hold_reports(reports, reports_of(row for row in stored if not is_of_here(row)))
        new = tuple(row for report in held.new for row in report.rows)
        return _PlannedVisit(new, held, beyond)

    def _findings(self, connection: Connection) -> dict[str, FactRow]:
        """The findings that were looked at again, by id.

        Raises:
            StoreError: One is none, is another enterprise's, or of a power that the authority has not.
        """
        parts = self.visit.departments
        named = {record_id for part in parts for record_id in part.rechecks}
        findings = latest_records(connection, named) if named else {}
        for part in parts:
            fields = fields_of([part.office], self.visit.visited_on)
            for record_id in part.rechecks:
                row = findings.get(record_id)
                if row is None or not self._is_finding_of(row, part.office, fields):
                    raise StoreError("recheck_of_no_finding", record_id=record_id)
        return findings

    def _is_finding_of(self, row: FactRow, office: str, fields: Collection[str]) -> bool:
        relations = self.version.law.relations
        is_own = row["field"] in fields or office_of(row["authority"]) == office
        is_finding = relations is not None and relations.rechecks.is_finding(row["kind"], row["result"])
        return is_finding and is_own and row["enterprise_id"] == self.visit.enterprise_id

    def fact(self, connection: Connection, actor: str) -> NewFact:
        """The records of the visit, from what is stored now, with its minutes beside them."""
        if self.recorded(connection) is not None:
            raise _AlreadyRecordedError
        planned = self.plan(connection, actor)
        if not planned.rows:
            raise _ToldAlreadyError
        first, *more = planned.rows
        return NewFact(
            kind="added",
            row=first,
            ground=self.visit.order_no.strip() or self.visit.emergency.strip(),
            document=self.visit.act_no.strip() or None,
            more=tuple(more),
            beside=lambda writing: self._write(writing, planned),
        )

    def file_alone(self, database: Database, actor: str, clock: Clock) -> None:
        """Puts a visit on file of which a file has told already: its minutes, and where the two differ."""
        with begin_writing(database, actor, clock) as writing:
            if self.recorded(writing.connection) is not None:
                return
            require_real_day(writing.connection, self.version.policy.id, self.today, self.today)
            require_usable(writing.connection, self.version, self.today)
            planned = self.plan(writing.connection, actor)
            if planned.rows:
                raise StoreError("case_overtaken")
            writing.log(RECORDED, self._write(writing, planned))

    def _write(self, writing: Writing, planned: _PlannedVisit) -> dict[str, Any]:
        """Writes the visit, its minutes and the cases that it opens; gives what the log entry says of it."""
        if self.recorded(writing.connection) is not None:
            raise _AlreadyRecordedError
        minutes = {
            **self.visit.minutes,
            "account": writing.actor,
            "entered_on": self.today.isoformat(),
            "entered_at": writing.at,
            "key": self.request[:KEY_CHARACTERS],
            "items": _items_of(self.visit),
            "records": planned.records,
            "beyond_cap": list(planned.beyond),
        }
        row = {
            "enterprise_id": self.visit.enterprise_id,
            "request": self.request,
            "body": self.visit.digest,
            "visited_on": self.visit.visited_on,
            "amends": None,
        }
        number = put_minutes(writing, row, minutes)
        policy_id = self.version.policy.id
        cases = open_differences(writing, policy_id, planned.held.differences)
        if self.visit.presence != "open":
            record_id = str(planned.records[0]["ids"][0])
            task = registrar_task(writing.connection, self.visit, record_id)
            cases.append(insert_step(writing, policy_id, task, self.today))
        return {"visit": number, "cases": cases}


def _items_of(visit: NewVisit) -> dict[str, Any]:
    """The items that were answered, as they are worded now: they may be dropped or worded anew later."""
    answered = [item for part in visit.departments for item in part.answers]
    items = published_items().items
    return {item: {"text": items[item].text.words, "field": items[item].field} for item in answered}


def put_minutes(writing: Writing, row: Mapping[str, Any], minutes: Mapping[str, Any]) -> int:
    """Writes a visit with its minutes, or what is added to one, in a transaction; its number.

    Args:
        writing: The transaction.
        row: What the log binds of it.
        minutes: What is bound by a digest alone, so that it can go with the records.
    """
    last: int = writing.connection.execute(select(func.max(InspectionVisit.number))).scalar() or 0
    # The salt goes with the content: a digest of few possible texts would tell which one it was.
    salt, content = random_bytes(SALT_BYTES), compact(dict(minutes))
    bound = {**row, "number": last + 1, "minutes": minutes_digest(salt, content)}
    writing.insert(InspectionVisit, [bound])
    loose = {
        "number": last + 1,
        "enterprise_id": row["enterprise_id"],
        "salt": salt,
        "content": content,
    }
    writing.connection.execute(VisitMinutes.__table__.insert(), loose)  # type: ignore[attr-defined]
    return last + 1


def minutes_digest(salt: bytes, content: str) -> str:
    """The digest by which the log binds minutes."""
    return hashlib.sha256(salt + content.encode()).hexdigest()


def _require_new(reports: Sequence[VisitReport], recorded: Sequence[VisitReport]) -> None:
    """Refuses a visit that somebody has recorded here already: by the number of its act, else on its day."""
    for report in reports:
        other = same_visit(report, recorded)
        if other is None:
            continue
        # The task of a year may send somebody out twice: its number alone does not make two days one visit.
        if report.day == other.day or (report.act and report.act == other.act):
            raise StoreError("visit_recorded_already", record_id=str(other.gravest["record_id"]))
