"""Entries of the log: which columns a row's digest covers, and how an event becomes a leaf.

Every table but the log itself and projections has ``event``, ``salt`` and ``digest``. A row is
written once, in the transaction of the event that it names; an event commits to the digests of its
rows in the order of the table's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table

from scoring.store.log.canonical_json import Json, dumps
from scoring.store.log.entry_signature import sign_entry
from scoring.store.log.merkle import Frontier, leaf_hash
from scoring.store.log.note import Signer
from scoring.store.log.sealing import NOT_SEALED, OPENED, RowSealer, new_salts
from scoring.store.log.verify_proof import commitment, leaf_data


@cache
def sealed_columns(table: Table) -> tuple[str, ...]:
    """Names of the columns that a row's digest covers, ``event`` among them."""
    return tuple(column.name for column in table.columns if column.name not in NOT_SEALED)


@cache
def sealer_of(table: Table) -> RowSealer:
    """Digests of a table's rows, whose cells come in the order of ``sealed_columns``."""
    return RowSealer(sealed_columns(table), OPENED.get(table.name, ()))


def event_row(
    number: int,
    kind: str,
    actor: str,
    at: str,
    payload: Mapping[str, Json],
    brought: Mapping[str, Frontier],
    signer: Signer | None = None,
) -> dict[str, Any]:
    """An event as a row of ``audit_event``; its leaf has the index ``number - 1``.

    Args:
        number: The last event's number plus one.
        kind: What happened, for example ``record added``.
        actor: The account of the person or system that did it.
        at: When, in ISO 8601 with its zone, never before the event in front.
        payload: What the log keeps beside the rows; the law may have it deleted, with its salt.
        brought: Table -> tree over ``leaf_hash`` of the digests of the rows that the event brought,
            in the order of the table's key.
        signer: Who signs it, if anybody does.
    """
    roots: dict[str, Json] = {
        table: {"count": tree.size, "root": tree.root().hex()} for table, tree in brought.items()
    }
    sealed_json, payload_json, (salt,) = dumps(roots).decode(), dumps(payload), new_salts(1)
    payload_hash = commitment(salt, payload_json)
    public = signer.key.text() if signer else None
    leaf = leaf_hash(leaf_data(number, kind, actor, at, sealed_json, payload_hash, public))
    return {
        "seq": number,
        "kind": kind,
        "actor": actor,
        "at": at,
        "sealed": sealed_json,
        "payload": payload_json.decode(),
        "salt": salt,
        "payload_hash": payload_hash,
        "leaf_hash": leaf,
        "signer": public,
        "signature": sign_entry(signer, number, leaf) if signer else None,
    }
