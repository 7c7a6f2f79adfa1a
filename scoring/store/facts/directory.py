"""The directory in which searches look: every enterprise by its latest version, with name and id as they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, ScalarSelect, and_, delete, insert, or_, select

from scoring.entities import Progress, silent
from scoring.store.facts.public_ids import give_public_ids
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import table_of
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.visible import VisibleEnterprise, numbered_from

TOGETHER = 5_000
"""Entries that are written in one transaction: others write meanwhile."""
_version = table_of(VisibleEnterprise).c
_LATEST_FIRST = (_version.created, _version.known_on.desc().nulls_last(), _version.seq.desc())
"""A version that a source lists counts before one that a record created."""


class _Seen(NamedTuple):
    """The last version that the directory knows, in the order in which readers came to see them."""

    visible_seq: int
    seq: int


def spelled(text: str) -> str:
    """A text as searches compare it: full width, case, blanks, hyphens and brackets do not matter."""
    return "".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())).replace("_", "")


def renew_directory(database: Database, progress: Progress = silent) -> int:
    """Brings the directory up to the enterprises that are stored now.

    Args:
        database: The store.
        progress: Called with ``directory`` and the share done.

    Returns:
        How many versions there were that it had not seen.
    """
    with database.read() as connection:
        unseen = _unseen(connection)
        for number, some in enumerate(in_parts(unseen, TOGETHER)):
            progress("directory", number * TOGETHER / len(unseen))
            last_seen = {row.enterprise_id: _Seen(row.visible_seq, row.seq) for row in some}
            entries = list(_entries(connection, last_seen))
            with database.write() as writing:
                for ids in in_parts(list(last_seen)):
                    writing.execute(delete(DirectoryEntry).where(DirectoryEntry.enterprise_id.in_(ids)))
                writing.execute(insert(DirectoryEntry), entries)
                give_public_ids(writing, list(last_seen))
    return len(unseen)


def _unseen(connection: Connection) -> Sequence[Any]:
    """The versions that the directory has not seen."""
    entry = table_of(DirectoryEntry).c
    newest_first = (entry.visible_seq.desc(), entry.seq.desc())
    row = connection.execute(select(entry.visible_seq, entry.seq).order_by(*newest_first).limit(1)).first()
    seen = _Seen(*row) if row else _Seen(0, 0)
    # By the primary key first: what readers came to see late may have a low number.
    stands_behind = _version.seq > min(seen.seq, numbered_from(connection, seen.visible_seq))
    of_the_same_run = and_(_version.visible_seq == seen.visible_seq, _version.seq > seen.seq)
    query = (
        select(_version.enterprise_id, _version.visible_seq, _version.seq)
        .where(stands_behind, or_(_version.visible_seq > seen.visible_seq, of_the_same_run))
        .order_by(_version.visible_seq, _version.seq)
    )
    return connection.execute(query).all()


def _entries(connection: Connection, last_seen: Mapping[str, _Seen]) -> Iterator[dict[str, Any]]:
    """The entry of each of some enterprises."""
    for ids in in_parts(list(last_seen)):
        query = select(
            _version.enterprise_id,
            _version.name,
            _version.supervised_by.label("area"),
            _version.industry_code,
            _version.entity_type,
        ).where(_version.enterprise_id.in_(ids))
        # Of several the first one is left: dictionaries keep the last.
        rows = connection.execute(query.order_by(*_LATEST_FIRST)).mappings().all()[::-1]
        for enterprise_id, row in {row["enterprise_id"]: row for row in rows}.items():
            compared = {"spelled": f"{spelled(row['name'] or '')} {spelled(enterprise_id)}"}
            yield {**row, **compared, **last_seen[enterprise_id]._asdict()}


def area_of(connection: Connection, enterprise_id: str) -> str | None:
    """The area that supervises an enterprise by its latest version; ``None``: none is known."""
    return connection.execute(select(supervising_area(enterprise_id))).scalar()


def supervising_area(enterprise_id: Any) -> ScalarSelect[Any]:
    """The area that supervises an enterprise by its latest version, as a part of a query.

    Args:
        enterprise_id: The enterprise, or the column of the query with it.
    """
    query = select(_version.supervised_by).where(_version.enterprise_id == enterprise_id)
    return query.order_by(*_LATEST_FIRST).limit(1).scalar_subquery()
