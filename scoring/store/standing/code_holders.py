"""The codes of a store on one day, and whose they are: a person's business or not, and whether it is still there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from scoring.store.standing.code_records import RecordedCode, plate_owner, recorded_code
from scoring.store.standing.gone import gone_among
from scoring.store.standing.sole_traders import SOLE_TRADER
from scoring.store.tables.orm_access import DirectoryEntry


class CodeHolder(NamedTuple):
    """An enterprise as a page of its code must know it.

    Attributes:
        enterprise_id: The enterprise.
        is_person: Whether it is a sole trader, whose name is a person's.
        gone: Why it is not there any more; ``None``: it is.
    """

    enterprise_id: str
    is_person: bool
    gone: str | None


@dataclass(frozen=True)
class StoredCodes:
    """The codes of a store as one read transaction sees them on a day.

    Attributes:
        connection: The transaction.
        day: The day.
    """

    connection: Connection
    day: date

    def recorded(self, serial: bytes) -> RecordedCode | None:
        """The code with a serial; ``None``: it was never issued here."""
        return recorded_code(self.connection, serial.hex(), self.day)

    def owner(self, token: bytes) -> str | None:
        """The enterprise whose plate has a random id."""
        return plate_owner(self.connection, token)

    def holder(self, enterprise_id: str) -> CodeHolder:
        """What a page must know of an enterprise."""
        kind = select(DirectoryEntry.entity_type).where(DirectoryEntry.enterprise_id == enterprise_id)
        is_person = self.connection.execute(kind).scalar() == SOLE_TRADER
        gone = gone_among(self.connection, [enterprise_id], self.day).get(enterprise_id)
        return CodeHolder(enterprise_id, is_person, gone)
