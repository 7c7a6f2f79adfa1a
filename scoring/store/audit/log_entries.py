"""The entries of the log, recomputed: each one's leaf, and what it commits to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.log.merkle import leaf_hash
from scoring.store.log.verify_proof import commitment, leaf_data
from scoring.store.tables.bulk import stream_rows
from scoring.store.tables.orm import AuditEvent, table_of

NAMED = 20
"""How many removed rows are named one by one."""
DELETING = ("erased", "backup restored")
"""Entries that say what was lawfully deleted."""


class Brought(NamedTuple):
    """What an entry commits to of one table: how many rows it brought, the root of their digests."""

    rows: int
    root: str


@dataclass
class CheckedLog:
    """The log as recomputed.

    Attributes:
        leaves: Leaf hash of every entry; empty where a cell holds what no entry can.
        brought: Table -> entry -> what the entry commits to.
        findings: Entries that are not as they were written.
    """

    leaves: list[bytes] = field(default_factory=list)
    brought: dict[str, dict[int, Brought]] = field(default_factory=dict)
    findings: list[AuditFinding] = field(default_factory=list)

    @property
    def broken(self) -> set[int]:
        """Numbers of the entries that are not as they were written: nothing follows from them."""
        return {int(finding.key) for finding in self.findings}


class _Entry(NamedTuple):
    """A row of ``audit_event`` as the driver gives it, whatever it holds."""

    seq: int
    kind: Any
    actor: Any
    at: Any
    sealed: Any
    payload: Any
    salt: Any
    payload_hash: Any
    leaf_hash: Any


def leaves_of(connection: Connection) -> list[bytes]:
    """The stored leaf hashes in order, as the tree is built from them."""
    statement = "SELECT leaf_hash FROM audit_event ORDER BY seq"
    return [bytes(stored_row[0]) for stored_row in connection.exec_driver_sql(statement)]


def check_log(connection: Connection) -> CheckedLog:
    """Recomputes every entry of the log."""
    log = CheckedLog()
    expected_number, last_moment = 1, ""
    emptied, lawful = set[int](), set[int]()
    for entry in _entries(connection):
        log.findings += _removed(range(expected_number, min(entry.seq, expected_number + NAMED)))
        expected_number = entry.seq + 1
        try:
            payload_hash = _payload_hash(entry)
            recomputed_leaf = _leaf(entry, payload_hash)
            last_moment = max(entry.at, last_moment)
            _note_brought(log, entry)
        except (TypeError, ValueError, AttributeError, KeyError):
            # A cell holds what no entry of ours can hold.
            recomputed_leaf, payload_hash = b"", b""
        if entry.payload is None:
            emptied.add(entry.seq)
        elif entry.kind in DELETING:
            lawful |= _emptied_by(entry.payload)
        is_same = (recomputed_leaf, payload_hash) == (entry.leaf_hash, entry.payload_hash)
        # No entry is earlier than the one before it.
        if not is_same or entry.at != last_moment:
            log.findings.append(AuditFinding("changed", "audit_event", str(entry.seq)))
        log.leaves.append(recomputed_leaf)
    # Without an entry that says so, nobody deletes a payload lawfully.
    for event_number in emptied - lawful:
        log.findings.append(AuditFinding("changed", "audit_event", str(event_number)))
    last_named = min(_last_noted(connection), expected_number + NAMED)
    log.findings += _removed(range(expected_number, last_named + 1))
    return log


def _entries(connection: Connection) -> Iterator[_Entry]:
    columns = ", ".join(column.name for column in table_of(AuditEvent).columns)
    stored_rows = stream_rows(connection, f"SELECT {columns} FROM audit_event ORDER BY seq")
    return map(_Entry._make, stored_rows)


def _removed(numbers: Iterable[int]) -> list[AuditFinding]:
    """Entries that are not there."""
    return [AuditFinding("removed", "audit_event", str(number), str(number)) for number in numbers]


def _payload_hash(entry: _Entry) -> bytes:
    """Hash of the payload; as it is stored where payload and salt were deleted."""
    if entry.payload is None and entry.salt is None:
        return bytes(entry.payload_hash)
    return commitment(entry.salt, entry.payload.encode())


def _leaf(entry: _Entry, payload_hash: bytes) -> bytes:
    return leaf_hash(leaf_data(entry.seq, entry.kind, entry.actor, entry.at, entry.sealed, payload_hash))


def _note_brought(log: CheckedLog, entry: _Entry) -> None:
    """Takes down what an entry commits to, by table."""
    for table_name, rows in json.loads(entry.sealed).items():
        log.brought.setdefault(table_name, {})[entry.seq] = Brought(rows["count"], rows["root"])


def _emptied_by(payload: str) -> set[int]:
    """Entries whose payloads an entry says were deleted with the facts that they had brought."""
    try:
        return set(json.loads(payload).get("entries", ()))
    except (ValueError, TypeError, AttributeError):
        # The payload was changed, and its entry is named for that.
        return set()


def _last_noted(connection: Connection) -> int:
    """Number of the last entry, as whoever wrote it noted it."""
    return int(connection.exec_driver_sql("SELECT COALESCE(MAX(event), 0) FROM head").scalar_one())
