"""Facts about a record's place among others: its matter, that it stands, that a court hides it; and its copies."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Connection, select

from scoring.entities.authorities import name_key
from scoring.errors import UsageError
from scoring.store.facts.adverse import is_adverse
from scoring.store.facts.family import FactRow
from scoring.store.standing.claims import Claim
from scoring.store.standing.entering import PARTED, TypedFacts, require_decision, require_ground
from scoring.store.standing.recording import MakeFact, NewFact
from scoring.store.tables.visible import VisibleRecord

YEAR = re.compile(r"\[?((?:19|20)\d\d)(?:\]年|年\]|年)")
"""A year as it stands in numbers of documents."""
VISITS = ("inspection", "sampling_test", "self_inspection")
"""Kinds that are never one act for having the same number: two visits are two visits."""


class MatterFacts(TypedFacts):
    """Makes facts about matters, confirmations and masking, beside those of ``TypedFacts``."""

    def join(
        self,
        record_id: str,
        matter: str,
        ground: str,
        document: str | None = None,
        decided_by: str | None = None,
    ) -> MakeFact:
        """A record that belongs to a matter: of all records of one matter the costliest counts alone.

        What one's own authority joins is disputed until a second account says so: it can make a result
        better.

        Args:
            record_id: The record.
            matter: The number of the matter; records of an enterprise with the same one are joined.
            ground: Why.
            document: The document behind it.
            decided_by: Who decided it; ``None``: one's own authority.

        Raises:
            UsageError: There is no ground or no matter, or a decision without its document.
            StoreError: The record is unknown, or belongs there already (when made).
        """
        if not matter.strip() or matter.strip() == PARTED:
            raise UsageError("matter_missing")
        changes = {"matter_id": matter.strip()}
        return self._placed("join", "joined", record_id, changes, ground, document, decided_by)

    def part(
        self,
        record_id: str,
        ground: str,
        document: str | None = None,
        decided_by: str | None = None,
    ) -> MakeFact:
        """A record that belongs to no matter, whatever joins it; raises as ``join``.

        What speaks against the enterprise counts by itself then, which makes no result better: one account
        is enough.
        """
        return self._placed("part", "parted", record_id, {"matter_id": PARTED}, ground, document, decided_by)

    def confirm(
        self,
        record_id: str,
        on: date,
        ground: str,
        document: str | None = None,
        decided_by: str | None = None,
    ) -> MakeFact:
        """A record that its authority confirms after another record of its matter was annulled or taken back.

        Args:
            record_id: The record.
            on: The day of the confirmation.
            ground: Why.
            document: The document behind it.
            decided_by: Who decided it; ``None``: one's own authority.

        Raises:
            UsageError: There is no ground, the day is to come, or a decision without its document.
            StoreError: The record is unknown or was confirmed on that day already (when made).
        """
        if on > self.day:
            raise UsageError("confirmed_in_future", on=on, today=self.day)
        changes = {"confirmed_on": on.isoformat()}
        return self._placed("uphold", "confirmed", record_id, changes, ground, document, decided_by)

    def mask(
        self, record_id: str, since: date, until: date | None, ground: str, document: str | None
    ) -> MakeFact:
        """A record that a court hides in restructuring: it counts nowhere, and few may see it.

        Args:
            record_id: The record.
            since: First day.
            until: First day on which it is seen again; ``None``: until another ruling.
            ground: Why.
            document: The number of the court's ruling.

        Raises:
            UsageError: There is no ground, no ruling, or the last day comes first.
            StoreError: The record is unknown or hidden so already (when made).
        """
        require_ground(ground)
        if not (document or "").strip():
            raise UsageError("mask_without_ruling")
        if until is not None and until <= since:
            raise UsageError("mask_ends_first", since=since, until=until)
        changes = {
            "masked_from": since.isoformat(),
            "masked_until": until.isoformat() if until else "",
        }

        def make(connection: Connection) -> NewFact:
            """The version that says from when to when it is hidden."""
            return NewFact(
                "masked",
                self.changed(self.latest(connection, record_id), changes),
                ground,
                document,
            )

        return make

    def copies(self, connection: Connection, record_id: str) -> list[str]:
        """Other records that report the same act as a record, those that are restored left out.

        The same decision of the same day under the same number is one act, whoever reports it and under
        whatever name of its authority.

        Raises:
            StoreError: There is no such record.
        """
        latest = self.latest(connection, record_id)
        others = (
            select(VisibleRecord.record_id)
            .where(
                VisibleRecord.enterprise_id == latest["enterprise_id"],
                VisibleRecord.kind == latest["kind"],
                VisibleRecord.record_id != record_id,
            )
            .distinct()
            .order_by(VisibleRecord.record_id)
        )
        copies = []
        for other in connection.execute(others).scalars().all():
            version = self.latest(connection, other)
            if version["restored_on"] is None and _is_same_act(latest, version):
                copies.append(str(other))
        return copies

    def _placed(
        self,
        claim: str,
        kind: str,
        record_id: str,
        changes: dict[str, str],
        ground: str,
        document: str | None,
        decided_by: str | None,
    ) -> MakeFact:
        """A new version with another place; disputed until a second account says so where it can help."""
        require_ground(ground)
        require_decision(decided_by, document)

        def make(connection: Connection) -> NewFact:
            """The version, or one that is disputed."""
            latest = self.latest(connection, record_id)
            placed = self.changed(latest, changes)
            # By itself again, a record against the enterprise costs more or the same, never less.
            harmless = claim != "join" and is_adverse(latest["kind"], latest["result"])
            if decided_by or harmless:
                return NewFact(kind, placed, ground, document)
            return self._disputed(latest, Claim(claim, changes), ground, document)

        return make


def _is_same_act(one: FactRow, other: FactRow) -> bool:
    if one["act_id"] == other["act_id"]:
        return True
    number, day = _number(one), one["decided_on"] or one["occurred_on"]
    same_day = day is not None and day == (other["decided_on"] or other["occurred_on"])
    same_number = number is not None and number == _number(other)
    return same_day and same_number and one["kind"] not in VISITS


def _number(record: FactRow) -> str | None:
    """The number of a document as it is compared; one without a figure of its own joins nothing."""
    compared = YEAR.sub(r"[\1]", name_key(str(record["document_no"] or "")))
    text = compared.removesuffix("号").replace("第", "")
    return text if any(character.isdigit() for character in text.rpartition("]")[2]) else None
