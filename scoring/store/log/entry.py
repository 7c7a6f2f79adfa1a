"""Entries of the log: what a row's digest covers, and how an event becomes a leaf that commits to the rows it brought.

Every table but the log itself and projections has ``event``, ``salt`` and ``digest``; a row is written once, in the transaction of
the event that it names, and events list the digests of their rows in the order of the tables' keys.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table

from scoring.store.log.canonical_json import Json, RowForm, dumps
from scoring.store.log.merkle import Frontier, leaf_hash
from scoring.store.log.verify_proof import commitment, leaf_data

SALT_BYTES = 16
UNSEALED = ("salt", "digest")
"""Columns that a row's digest does not cover: it is checked by them."""


@cache
def sealed_columns(table: Table) -> tuple[str, ...]:
    """Names of the columns that a row's digest covers, ``event`` among them."""
    return tuple(column.name for column in table.columns if column.name not in UNSEALED)


@cache
def form_of(table: Table) -> RowForm:
    """Canonical form of a table's rows, over ``sealed_columns``; a row's digest is ``commitment(salt, form.encode(values))``."""
    return RowForm(sealed_columns(table))


def event_row(
    number: int, kind: str, actor: str, at: str, payload: Mapping[str, Json], brought: Mapping[str, Frontier]
) -> dict[str, Any]:
    """An event as a row of ``audit_event``; its leaf has the index ``number - 1``.

    Args:
        number: The last event's number plus one.
        kind: What happened, for example ``record.add``.
        actor: The account of the person or system that did it.
        at: When, in ISO 8601 with its zone, never before the event in front.
        payload: What the log keeps beside the rows; the law may have it deleted, with its salt.
        brought: Table -> tree over ``leaf_hash`` of the digests of the rows that the event brought, in the order of the table's key.
    """
    sealed = dumps(
        {name: {"count": rows.size, "root": rows.root().hex()} for name, rows in brought.items()}
    ).decode()
    salt, text = os.urandom(SALT_BYTES), dumps(payload)
    payload_hash = commitment(salt, text)
    return {
        "seq": number,
        "kind": kind,
        "actor": actor,
        "at": at,
        "sealed": sealed,
        "payload": text.decode(),
        "salt": salt,
        "payload_hash": payload_hash,
        "leaf_hash": leaf_hash(leaf_data(number, kind, actor, at, sealed, payload_hash)),
    }
