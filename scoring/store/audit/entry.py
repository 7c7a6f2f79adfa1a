"""One event while it is being written: it seals the rows that it brings, then becomes the leaf that commits to them.

    entry = Entry(number, "record.add", actor, at)
    connection.execute(insert(RecordVersion), entry.seal(RecordVersion.__table__, rows))
    connection.execute(insert(AuditEvent), entry.row({"ground": ..., "document": ...}))

All in one transaction, ``number`` being the last event's plus one. **Every row of a table that the log protects is sealed by exactly
one event, in the order of its key**; for bulk work ``seal_values`` does the same to tuples.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table

from scoring.store.audit.canonical import Cell, Json, RowForm, dumps
from scoring.store.audit.merkle import Frontier, leaf_hash
from scoring.tools.verify_proof import commitment, leaf_data

SALT_BYTES = 16
UNSEALED = ("salt", "digest")
"""Columns that a row's digest does not cover: they are checked by it."""


@cache
def sealed_columns(table: Table) -> tuple[str, ...]:
    """Names of the columns that a row's digest covers: all but its salt and the digest itself."""
    return tuple(column.name for column in table.columns if column.name not in UNSEALED)


@cache
def form_of(table: Table) -> RowForm:
    """Canonical form of a table's rows, over ``sealed_columns``."""
    return RowForm(sealed_columns(table))


class Entry:
    """An event of the log and the digests of the rows that it brings.

    A row has a salt of its own where its table has a column for it; otherwise it is salted like the event.

    Args:
        number: The event's number, from 1 without gaps; its leaf has the index ``number - 1``.
        kind: What happened, for example ``record.add``.
        actor: Who did it: a person's or a system's account.
        at: When, in ISO 8601 with its zone, never before the event in front.
    """

    def __init__(self, number: int, kind: str, actor: str, at: str) -> None:
        self.number = number
        self._header = (number, kind, actor, at)
        self._salt = os.urandom(SALT_BYTES)
        self._rows: dict[str, Frontier] = {}

    def seal(self, table: Table, rows: Iterable[Mapping[str, Cell]]) -> list[dict[str, Any]]:
        """The rows, each with the event's number, its salt and its digest where the table has columns for them.

        Raises:
            TypeError: A value is no cell (see ``RowForm.encode``).
        """
        columns = sealed_columns(table)
        given = [{**dict.fromkeys(columns), **row, **({"event": self.number} if "event" in columns else {})} for row in rows]
        sealed = self.seal_values(table, columns, ([row[c] for c in columns] for row in given))
        names = [*columns, *(name for name in UNSEALED if name in table.columns)]
        return [dict(zip(names, values, strict=True)) for values in sealed]

    def seal_values(self, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[Any, ...]]:
        """The same for bulk work: each row as a tuple in the order of ``columns``, then salt and digest where the table has them.

        Args:
            table: The rows' table.
            columns: All of ``sealed_columns(table)``, in any order.
            rows: Values, ``event`` among them; nothing is kept of them.
        """
        form, frontier = RowForm(columns), self._rows.setdefault(table.name, Frontier())
        own = "salt" in table.columns
        for values in rows:
            salt = os.urandom(SALT_BYTES) if own else self._salt
            digest = commitment(salt, form.encode(values))
            frontier.append(leaf_hash(digest))
            yield (*values, salt, digest) if own else tuple(values)

    def row(self, payload: Mapping[str, Json]) -> dict[str, Any]:
        """The event as a row of ``audit_event``, committing to its payload and to all rows sealed so far.

        Args:
            payload: What else the log keeps about the event; ``rows`` is added to it.
        """
        rows: dict[str, Json] = {name: {"count": frontier.size, "root": frontier.root().hex()} for name, frontier in self._rows.items()}
        text = dumps({**payload, "rows": rows})
        payload_hash = commitment(self._salt, text)
        number, kind, actor, at = self._header
        return {
            "seq": number,
            "kind": kind,
            "actor": actor,
            "at": at,
            "payload": text.decode(),
            "salt": self._salt,
            "payload_hash": payload_hash,
            "leaf_hash": leaf_hash(leaf_data(number, kind, actor, at, payload_hash)),
        }
