"""Single facts as people enter them: a new record, a correction, a withdrawal, a restoration.

Each is a new version, none a colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.entities import RECORD_COLUMNS
from scoring.errors import StoreError, UsageError
from scoring.records.read.typed_record import RecordReader
from scoring.store.facts.disputes import DISPUTED, contest_without
from scoring.store.facts.family import FactRow
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.claims import Claim, open_claim
from scoring.store.standing.recording import MakeFact, NewFact
from scoring.store.tables.actors import account_name
from scoring.store.tables.orm import Head
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord

FIXED = (
    "record_id",
    "enterprise_id",
    "known_on",
    "known_until",
    "withdrawn_on",
    "restored_on",
    "matter_id",
    "confirmed_on",
    "masked_from",
    "masked_until",
    "source",
)
"""Columns that a correction leaves alone: whose and of when it is, and what has commands of its own."""
SOURCE = "single"
"""Source of facts that came in one by one."""
DECIDED_BY = ("court", "reconsideration", "restoration", "recording_authority")
"""Who else ends or changes a record: a court, a reconsideration, a restoration, the authority that recorded it."""
PARTED = "-"
"""``matter_id`` of a record that belongs to no matter, whatever evidence there is."""
CLAIMS = {
    "withdraw": "withdrawn",
    "correct": "corrected",
    "join": "joined",
    "part": "parted",
    "uphold": "confirmed",
}
"""What an authority claims of its own record -> the log's word once a second account says so."""
ENDS = {"withdrawn": "withdrawn_on", "restored": "restored_on"}
"""How a record ends -> the column of its day."""


class TypedFacts:
    """Makes facts for ``Recorder.record`` from what was typed.

    Args:
        day: The day on which the facts become known: today.
        reader: Reads what was typed; made here by default, which takes a moment.
    """

    def __init__(self, day: date, reader: RecordReader | None = None) -> None:
        self.day, self._reader = day, reader or RecordReader()

    def add(
        self,
        enterprise_id: str,
        columns: Mapping[str, str],
        ground: str,
        document: str | None = None,
        emergency: str | None = None,
    ) -> MakeFact:
        """A new record.

        Args:
            enterprise_id: Whose.
            columns: Canonical columns as text; without a ``record_id`` the store gives one.
            ground: Why it is entered.
            document: The document behind it.
            emergency: Ground of an emergency, if there is one.

        Raises:
            UsageError: There is no ground.
            InputError: A column or a value is not valid (when called); the enterprise is unknown or
                the id is taken (when made).
        """
        require_ground(ground)
        typed = {
            "record_id": "single:new",
            **columns,
            "enterprise_id": enterprise_id,
            "known_on": str(self.day),
            "source": SOURCE,
        }
        typed_record = self._reader.read(typed)

        def make(connection: Connection) -> NewFact:
            """The record under an id that is free."""
            _require_enterprise(connection, typed_record["enterprise_id"])
            if "record_id" in columns:
                _require_free(connection, typed_record["record_id"])
                return NewFact("added", typed_record, ground, document, emergency)
            return NewFact("added", _with_new_id(connection, typed_record), ground, document, emergency)

        return make

    def correct(
        self,
        record_id: str,
        columns: Mapping[str, str],
        ground: str,
        document: str | None = None,
        decided_by: str | None = None,
    ) -> MakeFact:
        """A new version of a record with other values; an empty text empties a column.

        What one's own authority corrects is disputed until a second account says so (``second``).

        Args:
            record_id: The record.
            columns: Canonical columns as text, with their new values.
            ground: Why it is corrected.
            document: The document behind it.
            decided_by: Who decided it, one of ``DECIDED_BY``; ``None``: one's own authority.

        Raises:
            UsageError: There is no ground, nothing to correct, a column of ``FIXED``, or a decision
                without its document.
            InputError: A value is not valid, the record is unknown or says so already (when made).
        """
        require_ground(ground)
        require_decision(decided_by, document)
        if not columns:
            raise UsageError("correction_empty")
        if fixed := [column for column in columns if column in FIXED]:
            raise UsageError("correction_of_fixed_column", column=fixed[0])
        changes = dict(columns)

        def make(connection: Connection) -> NewFact:
            """The corrected version, or one that is disputed."""
            latest = self.latest(connection, record_id)
            corrected = self.changed(latest, changes)
            if decided_by:
                return NewFact("corrected", corrected, ground, document)
            return self._disputed(latest, Claim("correct", changes), ground, document)

        return make

    def end(
        self,
        kind: str,
        record_id: str,
        on: date,
        ground: str,
        document: str | None = None,
        decided_by: str | None = None,
    ) -> MakeFact:
        """A record that does not count any more from a day on.

        What one's own authority withdraws is disputed until a second account says so (``second``); a
        restoration is decided elsewhere and has a document.

        Args:
            kind: ``withdrawn`` or ``restored``.
            record_id: The record.
            on: The day.
            ground: Why.
            document: The document behind it.
            decided_by: Who decided it, one of ``DECIDED_BY``; ``None``: one's own authority.

        Raises:
            UsageError: There is no ground, or a decision without its document.
            StoreError: The record is unknown or has ended already (when made).
        """
        require_ground(ground)
        decider = "restoration" if kind == "restored" else decided_by
        require_decision(decider, document)
        column = ENDS[kind]

        def make(connection: Connection) -> NewFact:
            """The latest version with the day of its end, or one that is disputed."""
            latest = self.latest(connection, record_id)
            if latest[column] is not None and latest[column] <= on:
                raise StoreError("record_ended_already", record_id=record_id, day=latest[column])
            if decider:
                return NewFact(kind, self.version(latest, {column: on}), ground, document)
            return self._disputed(latest, Claim("withdraw", {column: on.isoformat()}), ground, document)

        return make

    def second(self, record_id: str, ground: str, actor: str) -> MakeFact:
        """What another account claimed of a record, now for good.

        Args:
            record_id: The record.
            ground: Why.
            actor: The second account.

        Raises:
            UsageError: There is no ground.
            StoreError: Nothing is claimed of the record, no longer, or by the same account (when made).
        """
        require_ground(ground)

        def make(connection: Connection) -> NewFact:
            """The version that was claimed."""
            claimed = open_claim(connection, record_id, self.day)
            if claimed.actor == account_name(actor):
                raise StoreError("second_account_needed", actor=claimed.actor)
            latest = self.latest(connection, record_id)
            undisputed = latest
            if latest["contest"] == DISPUTED:
                contest = contest_without(connection, record_id, claimed.number, claimed.contest)
                undisputed = {**latest, "contest": contest}
            row = self.changed(undisputed, claimed.claim.columns)
            step = NewStep("second", latest["enterprise_id"], ground, claimed.document, record_id)
            step = replace(step, answers=claimed.number)
            return NewFact(CLAIMS[claimed.claim.kind], row, ground, claimed.document, step=step)

        return make

    def changed(self, latest: FactRow, columns: Mapping[str, str]) -> FactRow:
        """A version with other values.

        Raises:
            InputError: A value is not valid.
            StoreError: It would say what it says already.
        """
        typed_before = {column: _text(latest[column]) for column in RECORD_COLUMNS}
        changed = self._reader.read(
            {**typed_before, **columns, "known_on": str(self.day), "known_until": None}
        )
        # For a reader of typed values a dash is no value; as a matter it is one.
        if columns.get("matter_id", latest["matter_id"]) == PARTED:
            changed = {**changed, "matter_id": PARTED}
        if all(changed[column] == latest[column] for column in RECORD_COLUMNS if column != "known_on"):
            raise StoreError("correction_changes_nothing", record_id=latest["record_id"])
        return changed

    def version(self, latest: FactRow, columns: Mapping[str, Any]) -> FactRow:
        """The next version of a record, with other values in some columns."""
        row: dict[str, Any] = {name: latest[name] for name in RECORD_COLUMNS}
        return {**row, **columns, "known_on": self.day, "known_until": None}

    def _disputed(self, latest: FactRow, claim: Claim, ground: str, document: str | None) -> NewFact:
        """The record without weight until a second account says so too.

        Raises:
            StoreError: It is disputed already.
        """
        if latest["contest"] == DISPUTED:
            raise StoreError("record_disputed_already", record_id=latest["record_id"])
        claimed = replace(claim, contest=latest["contest"])
        step = NewStep(claim.kind, latest["enterprise_id"], ground, document, latest["record_id"])
        return self.disputed(latest, replace(step, content=claimed.content))

    def disputed(self, latest: FactRow, step: NewStep) -> NewFact:
        """The record without weight while the case is open that a step opens."""
        row = self.version(latest, {"contest": DISPUTED})
        return NewFact("disputed", row, step.ground, step.document, step=step)

    def latest(self, connection: Connection, record_id: str) -> FactRow:
        """The latest version of a record.

        Raises:
            StoreError: There is none, or it becomes known only after this day.
        """
        versions = (
            select(VisibleRecord)
            .where(VisibleRecord.record_id == record_id)
            .order_by(VisibleRecord.known_on.desc().nulls_last(), VisibleRecord.seq.desc())
            .limit(1)
        )
        latest = connection.execute(versions).mappings().first()
        if latest is None:
            raise StoreError("record_unknown", record_id=record_id)
        known_on = latest["known_on"]
        if known_on is not None and known_on > self.day:
            raise StoreError("record_known_later", record_id=record_id, known_on=known_on, day=self.day)
        return {column: latest[column] for column in RECORD_COLUMNS}


def require_ground(ground: str) -> None:
    """Refuses a fact of which nobody says why.

    Raises:
        UsageError: There is no ground.
    """
    if not ground.strip():
        raise UsageError("ground_missing")


def require_decision(decided_by: str | None, document: str | None) -> None:
    """Refuses a decision of somebody else without its document.

    Raises:
        UsageError: Nobody of this name decides, or there is no document.
    """
    if decided_by is None:
        return
    if decided_by not in DECIDED_BY:
        raise UsageError("decider_unknown", decided_by=decided_by, known=list(DECIDED_BY))
    if not (document or "").strip():
        raise UsageError("decision_without_document", decided_by=decided_by)


def _require_enterprise(connection: Connection, enterprise_id: str) -> None:
    known = select(VisibleEnterprise.seq).where(VisibleEnterprise.enterprise_id == enterprise_id)
    if connection.execute(known).first() is None:
        raise StoreError("record_of_unknown_enterprise", enterprise_id=enterprise_id)


def _require_free(connection: Connection, record_id: str) -> None:
    taken = select(VisibleRecord.seq).where(VisibleRecord.record_id == record_id)
    if connection.execute(taken).first() is not None:
        raise StoreError("record_id_taken", record_id=record_id)


def _with_new_id(connection: Connection, row: Mapping[str, Any]) -> dict[str, Any]:
    """The record with an id made of the enterprise's and the store's next number."""
    # With the number alone two facts of two enterprises, read at the same time, would have one id.
    number = connection.execute(select(Head.seq)).scalar_one() + 1
    record_id = f"{SOURCE}:{row['enterprise_id']}:{number}"
    act_id = record_id if row["act_id"] == row["record_id"] else row["act_id"]
    return {**row, "record_id": record_id, "act_id": act_id}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
