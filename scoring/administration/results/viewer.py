"""Who looks at the records of an enterprise, and which of them a court hides from them.

A record that a court hides in restructuring is seen by the enterprise itself and by the authority that
recorded it. To everybody else it is as if it had never been: not even that there is one is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.entities.authorities import name_key, office_of
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleRecord


@dataclass(frozen=True)
class Viewer:
    """Who looks at records; least by default: an authority that nobody named sees nothing hidden.

    Attributes:
        own: Whether it is the enterprise itself.
        authorities: The authorities that an officer or inspector belongs to, by code or by any of their names.
    """

    own: bool = False
    authorities: frozenset[str] = frozenset()

    def hidden(self, versions: Iterable[Mapping[str, Any]], day: date) -> frozenset[str]:
        """Ids of records that are masked on a day and not to be seen by this reader.

        Args:
            versions: Versions of records in the order in which they were entered.
            day: The day on which they are read.
        """
        if self.own:
            return frozenset()
        newest = {str(version["record_id"]): version for version in versions}
        masked = [record for record in newest.values() if _is_masked(record, day)]
        return frozenset(str(record["record_id"]) for record in masked if not self._recorded(record))

    def _recorded(self, record: Mapping[str, Any]) -> bool:
        """Whether the reader belongs to the authority that recorded it, under whatever name."""
        return any(is_of(record["authority"], mine) for mine in self.authorities)


def is_of(authority: str | None, mine: str) -> bool:
    """Whether a record's authority is one that is named by its code or by any of its names."""
    if not authority:
        return False
    return name_key(authority) == name_key(mine) or (office_of(mine) or mine) == office_of(authority)


FIRM = Viewer(own=True)


@dataclass(frozen=True)
class Look:
    """Who looks, and on which day; ``None``: on that of the result."""

    viewer: Viewer = Viewer()
    on: date | None = None


UNSEEN = Look()
"""A look of somebody of whom nothing is known."""


def hidden_records(
    connection: Connection, enterprise_ids: Sequence[str], viewer: Viewer, day: date
) -> frozenset[str]:
    """Records of some enterprises that a court hides from a reader on a day, by what is known now."""
    if viewer.own:
        return frozenset()
    version = table_of(VisibleRecord)
    masked = (
        select(version.c.record_id)
        .where(version.c.enterprise_id.in_(enterprise_ids), version.c.masked_from.is_not(None))
        .distinct()
    )
    ids = connection.execute(masked).scalars().all()
    if not ids:
        return frozenset()
    versions = select(version).where(version.c.record_id.in_(ids)).order_by(version.c.seq)
    return viewer.hidden([dict(row) for row in connection.execute(versions).mappings()], day)


def _is_masked(record: Mapping[str, Any], day: date) -> bool:
    since, until = record["masked_from"], record["masked_until"]
    return since is not None and since <= day and (until is None or until > day)


def viewer_of(authority: str | None, *, officer: bool) -> Viewer:
    """Who reads on the command line: an officer of an authority, or the enterprise itself."""
    return Viewer(authorities=frozenset(filter(None, [authority]))) if officer else FIRM
