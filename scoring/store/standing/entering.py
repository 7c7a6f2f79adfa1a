"""Single facts as people enter them: a new record, a correction, a withdrawal, a restoration.

Each is a new version, none a colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.entities import RECORD_COLUMNS
from scoring.errors import StoreError, UsageError
from scoring.records.read.typed_record import RecordReader
from scoring.store.facts.family import FactRow
from scoring.store.standing.recording import MakeFact, NewFact
from scoring.store.tables.orm import EnterpriseVersion, Head, RecordVersion

FIXED = (
    "record_id",
    "enterprise_id",
    "known_on",
    "known_until",
    "withdrawn_on",
    "restored_on",
    "source",
)
"""Columns that a correction leaves alone: whose and of when it is, and what has commands of its own."""
SOURCE = "single"
"""Source of facts that came in one by one."""
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
        _require_ground(ground)
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
        emergency: str | None = None,
    ) -> MakeFact:
        """A new version of a record with other values; an empty text empties a column.

        Args:
            record_id: The record.
            columns: Canonical columns as text, with their new values.
            ground: Why it is corrected.
            document: The document behind it.
            emergency: Ground of an emergency, if there is one.

        Raises:
            UsageError: There is no ground, nothing to correct, or a column of ``FIXED``.
            InputError: A value is not valid, the record is unknown or says so already (when made).
        """
        _require_ground(ground)
        if not columns:
            raise UsageError("correction_empty")
        if fixed := [column for column in columns if column in FIXED]:
            raise UsageError("correction_of_fixed_column", column=fixed[0])

        def make(connection: Connection) -> NewFact:
            """The latest version with the corrected columns."""
            latest = self._latest(connection, record_id)
            typed_before = {column: _text(latest[column]) for column in RECORD_COLUMNS}
            corrected = self._reader.read(
                {**typed_before, **columns, "known_on": str(self.day), "known_until": None}
            )
            if all(corrected[column] == latest[column] for column in RECORD_COLUMNS if column != "known_on"):
                raise StoreError("correction_changes_nothing", record_id=record_id)
            return NewFact("corrected", corrected, ground, document, emergency)

        return make

    def end(self, kind: str, record_id: str, on: date, ground: str, document: str | None = None) -> MakeFact:
        """A record that does not count any more from a day on.

        Args:
            kind: ``withdrawn`` or ``restored``.
            record_id: The record.
            on: The day.
            ground: Why.
            document: The document behind it.

        Raises:
            UsageError: There is no ground.
            StoreError: The record is unknown or has ended already (when made).
        """
        _require_ground(ground)
        column = ENDS[kind]

        def make(connection: Connection) -> NewFact:
            """The latest version with the day of its end."""
            latest = self._latest(connection, record_id)
            if latest[column] is not None and latest[column] <= on:
                raise StoreError("record_ended_already", record_id=record_id, day=latest[column])
            row = {name: latest[name] for name in RECORD_COLUMNS}
            row |= {column: on, "known_on": self.day, "known_until": None}
            return NewFact(kind, row, ground, document)

        return make

    def _latest(self, connection: Connection, record_id: str) -> FactRow:
        """The latest version of a record.

        Raises:
            StoreError: There is none, or it becomes known only after this day.
        """
        versions = (
            select(RecordVersion)
            .where(RecordVersion.record_id == record_id)
            .order_by(RecordVersion.known_on.desc().nulls_last(), RecordVersion.seq.desc())
            .limit(1)
        )
        latest = connection.execute(versions).mappings().first()
        if latest is None:
            raise StoreError("record_unknown", record_id=record_id)
        known_on = latest["known_on"]
        if known_on is not None and known_on > self.day:
            raise StoreError("record_known_later", record_id=record_id, known_on=known_on, day=self.day)
        return {column: latest[column] for column in RECORD_COLUMNS}


def _require_ground(ground: str) -> None:
    if not ground.strip():
        raise UsageError("ground_missing")


def _require_enterprise(connection: Connection, enterprise_id: str) -> None:
    known = select(EnterpriseVersion.seq).where(EnterpriseVersion.enterprise_id == enterprise_id)
    if connection.execute(known).first() is None:
        raise StoreError("record_of_unknown_enterprise", enterprise_id=enterprise_id)


def _require_free(connection: Connection, record_id: str) -> None:
    taken = select(RecordVersion.seq).where(RecordVersion.record_id == record_id)
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
