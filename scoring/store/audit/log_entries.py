"""The entries of the log, recomputed: each one's leaf, and what it commits to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.log.entry_signature import is_signed
from scoring.store.log.merkle import leaf_hash
from scoring.store.log.verify_proof import Key, commitment, leaf_data
from scoring.store.tables.bulk import stream_rows
from scoring.store.tables.orm import AuditEvent, table_of

NAMED = 20
"""How many removed rows are named one by one."""
DELETING = ("erased", "backup restored")
"""Entries that say what was lawfully deleted."""
UNREADABLE = (TypeError, ValueError, AttributeError, KeyError, RecursionError)
"""What a cell raises that holds what no entry of ours can hold, however deep or long it is."""


class Brought(NamedTuple):
    """What an entry commits to of one table: how many rows it brought, the root of their digests."""

    rows: int
    root: str


class EntryHead(NamedTuple):
    """An entry without what it commits to: its number, what happened, who did it and when."""

    seq: int
    kind: str
    actor: str
    at: str


class StatedDeletion(NamedTuple):
    """What an entry says of a deletion.

    Attributes:
        entry: The entry.
        due: Day -> numbers of the versions that were due by it.
        emptied: Entries whose payloads were deleted with the facts that they had brought.
    """

    entry: EntryHead
    due: Mapping[str, list[int]]
    emptied: frozenset[int]


@dataclass
class CheckedLog:
    """The log as recomputed.

    Attributes:
        leaves: Leaf hash of every entry; empty where a cell holds what no entry can.
        moments: When each entry was written; empty where that is no text.
        signers: The key that each entry says has signed it, as it has; ``None`` without one.
        brought: Table -> entry -> what the entry commits to.
        deletions: Entry -> what it says was lawfully deleted.
        emptied: Entries without payload and salt -> what happened.
        findings: Entries that are not as they were written.
    """

    leaves: list[bytes] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)
    signers: list[str | None] = field(default_factory=list)
    brought: dict[str, dict[int, Brought]] = field(default_factory=dict)
    deletions: dict[int, StatedDeletion] = field(default_factory=dict)
    emptied: dict[int, str] = field(default_factory=dict)
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
    signer: Any
    signature: Any


def leaves_of(connection: Connection) -> list[bytes]:
    """The stored leaf hashes in order, as the tree is built from them."""
    statement = "SELECT leaf_hash FROM audit_event ORDER BY seq"
    stored = (stored_row[0] for stored_row in connection.exec_driver_sql(statement))
    return [leaf if isinstance(leaf, bytes) else b"" for leaf in stored]


def check_log(connection: Connection) -> CheckedLog:
    """Recomputes every entry of the log."""
    log = CheckedLog()
    expected_number, last_moment = 1, ""
    for entry in _entries(connection):
        log.findings += _removed(range(expected_number, min(entry.seq, expected_number + NAMED)))
        expected_number = entry.seq + 1
        try:
            payload_hash = _payload_hash(entry)
            recomputed_leaf = _leaf(entry, payload_hash)
            last_moment = max(entry.at, last_moment)
            is_signed_so = _is_signed_as_it_says(entry, recomputed_leaf)
            _note(log, entry)
        except UNREADABLE:
            recomputed_leaf, payload_hash, is_signed_so = b"", b"", False
        is_same = is_signed_so and (recomputed_leaf, payload_hash) == (entry.leaf_hash, entry.payload_hash)
        # No entry is earlier than the one before it.
        if not is_same or entry.at != last_moment:
            log.findings.append(AuditFinding("changed", "audit_event", str(entry.seq)))
        log.leaves.append(recomputed_leaf)
        log.signers.append(entry.signer if isinstance(entry.signer, str) else None)
        log.moments.append(entry.at if isinstance(entry.at, str) else "")
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
    signer = entry.signer
    data = leaf_data(entry.seq, entry.kind, entry.actor, entry.at, entry.sealed, payload_hash, signer)
    return leaf_hash(data)


def _is_signed_as_it_says(entry: _Entry, leaf: bytes) -> bool:
    """Whether the key that an entry names has signed it; without one there is no signature."""
    if entry.signer is None:
        return entry.signature is None
    return is_signed(Key.read(entry.signer), entry.seq, leaf, bytes(entry.signature))


def _note(log: CheckedLog, entry: _Entry) -> None:
    """Takes down what an entry commits to, by table, and what it says was deleted."""
    for table_name, rows in json.loads(entry.sealed).items():
        log.brought.setdefault(table_name, {})[entry.seq] = Brought(_number(rows["count"]), rows["root"])
    if entry.payload is None:
        log.emptied[entry.seq] = entry.kind
    elif entry.kind in DELETING:
        stated = json.loads(entry.payload)
        due = {day: list(map(_number, numbers)) for day, numbers in stated["due"].items()}
        emptied = frozenset(map(_number, stated["entries"]))
        head = EntryHead(entry.seq, entry.kind, entry.actor, entry.at)
        log.deletions[entry.seq] = StatedDeletion(head, due, emptied)


def _number(value: Any) -> int:
    """A whole number.

    Raises:
        TypeError: It is none.
    """
    if type(value) is not int:
        raise TypeError(f"{type(value).__name__}: expected a whole number")
    return value


def _last_noted(connection: Connection) -> int:
    """Number of the last entry, as whoever wrote it noted it; 0 where that is no number."""
    noted = connection.exec_driver_sql("SELECT event FROM head ORDER BY id").scalars().all()
    return max((number for number in noted if isinstance(number, int)), default=0)
