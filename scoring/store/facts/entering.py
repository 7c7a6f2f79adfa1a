"""Single facts as people enter them: a new record, a correction, a withdrawal, a restoration; each is a new version, none a colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.entities import RECORD_COLUMNS
from scoring.errors import StoreError, UsageError
from scoring.records.read.typed_record import RecordReader
from scoring.store.standing.recording import NewFact
from scoring.store.tables.orm import EnterpriseVersion, Head, RecordVersion

FIXED = ("record_id", "enterprise_id", "known_on", "known_until", "withdrawn_on", "restored_on", "source")
"""Columns that a correction leaves alone: who and when a version is, and what has ways of its own."""
SOURCE = "single"
"""Source of facts that came in one by one."""
ENDS = {"withdrawn": "withdrawn_on", "restored": "restored_on"}

Make = Callable[[Connection], NewFact]


class Facts:
    """Makes entries for ``Recorder.record`` from what was typed.

    Args:
        day: The day on which the facts become known: today.
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
    ) -> Make:
        """A new record.

        Args:
            enterprise_id: Whose.
            columns: Canonical columns as text; ``record_id`` is given by the store where it is not among them.
            ground: Why it is entered.
            document: The document behind it.
            emergency: Ground of an emergency, if there is one.

        Raises:
            InputError: A column or a value is not valid (when called); the enterprise is unknown or the id is taken (when made).
        """
        _with_ground(ground)
        given = {
            "record_id": "single:new",
            **columns,
            "enterprise_id": enterprise_id,
            "known_on": str(self.day),
            "source": SOURCE,
        }
        row = self._reader.read(given)

        def make(connection: Connection) -> NewFact:
            if (
                connection.execute(
                    select(EnterpriseVersion.seq).where(
                        EnterpriseVersion.enterprise_id == row["enterprise_id"]
                    )
                ).first()
                is None
            ):
                raise StoreError(
                    zh=f"库中没有主体 {row['enterprise_id']}；请核对 18 位代码，或先用 sise db import 导入主体",
                    en=f"the store knows no enterprise {row['enterprise_id']}; check the 18-character code, or import it first",
                )
            return NewFact(
                "added", _with_id(connection, row, "record_id" in columns), ground, document, emergency
            )

        return make

    def correct(
        self,
        record_id: str,
        columns: Mapping[str, str],
        ground: str,
        document: str | None = None,
        emergency: str | None = None,
    ) -> Make:
        """A new version of a record with other values; an empty text empties a column. Errors as ``add``."""
        _with_ground(ground)
        if not columns or (strange := [name for name in columns if name in FIXED]):
            named = strange[0] if columns else ""
            raise UsageError(
                zh=f"更正不能改 {named or '空'}；请写要更正的列，例如 amount_fen=20000（撤回、修复请用 withdraw、restore）",
                en=f"a correction cannot change {named or 'nothing'}; name the columns to correct, e.g. amount_fen=20000 "
                "(withdraw and restore are commands of their own)",
            )

        def make(connection: Connection) -> NewFact:
            latest = self._latest(connection, record_id)
            texts = {name: _text(latest[name]) for name in RECORD_COLUMNS}
            row = self._reader.read({**texts, **columns, "known_on": str(self.day), "known_until": None})
            if all(row[name] == latest[name] for name in RECORD_COLUMNS if name != "known_on"):
                raise StoreError(
                    zh=f"记录 {record_id} 已经是这样，没有可更正的内容",
                    en=f"the record {record_id} says so already, there is nothing to correct",
                )
            return NewFact("corrected", row, ground, document, emergency)

        return make

    def end(self, kind: str, record_id: str, on: date, ground: str, document: str | None = None) -> Make:
        """A record is ``withdrawn`` or ``restored`` on a day: from then on it does not count. Errors as ``add``."""
        _with_ground(ground)

        def make(connection: Connection) -> NewFact:
            latest, column = self._latest(connection, record_id), ENDS[kind]
            if latest[column] is not None and latest[column] <= on:
                raise StoreError(
                    zh=f"记录 {record_id} 自 {latest[column]} 起已不再计入，未作改动",
                    en=f"the record {record_id} has not counted since {latest[column]}, nothing was changed",
                )
            row = {
                **{name: latest[name] for name in RECORD_COLUMNS},
                column: on,
                "known_on": self.day,
                "known_until": None,
            }
            return NewFact(kind, row, ground, document)

        return make

    def _latest(self, connection: Connection, record_id: str) -> Mapping[str, Any]:
        order = (RecordVersion.known_on.desc().nulls_last(), RecordVersion.seq.desc())
        found = (
            connection.execute(
                select(RecordVersion).where(RecordVersion.record_id == record_id).order_by(*order).limit(1)
            )
            .mappings()
            .first()
        )
        if found is None:
            raise StoreError(
                zh=f"库中没有记录 {record_id}；编号见 sise explain ID --audience officer",
                en=f"the store holds no record {record_id}; ids are told by `sise explain ID --audience officer`",
            )
        if found["known_on"] is not None and found["known_on"] > self.day:
            raise StoreError(
                zh=f"记录 {record_id} 的最近版本自 {found['known_on']} 起可知，晚于 {self.day}；请核对日期",
                en=f"the latest version of {record_id} is known from {found['known_on']}, after {self.day}; check the day",
            )
        return dict(found)


def _with_id(connection: Connection, row: Mapping[str, Any], given: bool) -> Mapping[str, Any]:
    """The row with an id that is free: its own, or one made of the enterprise's and the store's next number.

    With the number alone two facts of two enterprises, read at the same time, would have one id.
    """
    if not given:
        own = f"{SOURCE}:{row['enterprise_id']}:{connection.execute(select(Head.seq)).scalar_one() + 1}"
        return {
            **row,
            "record_id": own,
            "act_id": own if row["act_id"] == row["record_id"] else row["act_id"],
        }
    if (
        connection.execute(
            select(RecordVersion.seq).where(RecordVersion.record_id == row["record_id"])
        ).first()
        is not None
    ):
        raise StoreError(
            zh=f"记录 {row['record_id']} 已在库中；更正请用 sise record correct {row['record_id']} …",
            en=f"the record {row['record_id']} is there already; to correct it: sise record correct {row['record_id']} …",
        )
    return row


def _with_ground(ground: str) -> None:
    if not ground.strip():
        raise UsageError(
            zh="须写明依据，例如 --ground 现场检查",
            en='a ground is needed, e.g. --ground "inspection on site"',
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
