"""Proofs for whoever holds no database.

They show that an entry is in the log, that a row is the entry's, that the log only grew.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select

from scoring.errors import InputError
from scoring.store.audit.log_entries import leaves_of
from scoring.store.audit.sealed_rows import ERASED_AS
from scoring.store.log.canonical_json import Json, dumps
from scoring.store.log.entry import sealed_columns, sealer_of
from scoring.store.log.merkle import consistency, inclusion, leaf_hash, root, verify_consistency
from scoring.store.log.note import Checkpoint
from scoring.store.log.verify_proof import HEADER, decoded
from scoring.store.tables.orm import (
    Assessment,
    AuditEvent,
    Erased,
    RecordVersion,
    Standing,
    table_of,
)


class Proof(NamedTuple):
    """A proof: number of the entry that is proven, and the text of the file."""

    number: int
    text: str


class Growth(NamedTuple):
    """What a witness is sent: the size it has seen, the proof, the new checkpoint's note."""

    old_size: int
    path: list[bytes]
    note: str


class _Subject(NamedTuple):
    """What is to be proven: an entry, and the row that it brought, if that was asked for."""

    event: int
    table: Table | None = None
    row: Mapping[Any, Any] = {}


def proof(connection: Connection, ref: str, note: str, checkpoint: Checkpoint) -> Proof:
    """Proof (C2SP tlog-proof) of an entry, and of the row that was asked for.

    Args:
        connection: A reading one.
        ref: A record's id (its latest version), an enterprise's (the assessment in effect), or the
            number of an entry.
        note: The signed checkpoint that the proof ends with.
        checkpoint: What it says.

    Raises:
        InputError: Nothing of this name, the checkpoint is older than the entry, or of another log.
    """
    subject = _subject(connection, ref)
    leaves = leaves_of(connection)
    if subject.event > checkpoint.size:
        raise InputError("proof_checkpoint_too_old", size=checkpoint.size, entry=subject.event)
    require_part(leaves, checkpoint)
    extra = _entry(connection, subject.event)
    if subject.table is not None:
        extra["row"] = _row(connection, subject.table, subject.row)
    leaf_index = subject.event - 1
    proof_path = _lines(inclusion(leaves[: checkpoint.size], leaf_index))
    disclosed = base64.b64encode(dumps(extra)).decode()
    return Proof(subject.event, f"{HEADER}\nextra {disclosed}\nindex {leaf_index}\n{proof_path}\n{note}")


def growth(leaves: Sequence[bytes], old: Checkpoint, new: Checkpoint, note: str) -> str:
    """What a witness is sent (C2SP tlog-witness), as text (see ``Growth``).

    Args:
        leaves: The log's leaf hashes.
        old: The checkpoint that the witness has seen.
        new: The new one.
        note: The new one as it was signed.

    Raises:
        InputError: A checkpoint is not of this log.
    """
    for checkpoint in (old, new):
        require_part(leaves, checkpoint)
    proof_path = consistency(leaves[: new.size], old.size) if old.size else []
    return f"old {old.size}\n{_lines(proof_path)}\n{note}"


def read_growth(text: str) -> Growth:
    """Reads what ``growth`` wrote.

    Raises:
        InputError: It is none.
    """
    request, separator, note = text.partition("\n\n")
    first_line, *hashes = request.split("\n")
    if not separator or not first_line.startswith("old ") or not first_line[4:].isdecimal():
        raise InputError("witness_request_invalid")
    return Growth(int(first_line[4:]), [decoded(line) for line in hashes], note)


def require_growth(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> None:
    """Refuses a checkpoint that does not continue the one seen before.

    Raises:
        InputError: The log shrank, or its past was rewritten.
    """
    if not verify_consistency(old.size, old.root, new.size, new.root, path):
        raise InputError("checkpoint_not_continued", size=new.size, seen=old.size)


def require_part(leaves: Sequence[bytes], checkpoint: Checkpoint) -> None:
    """Refuses to go on from a checkpoint that is not of this log's past.

    Raises:
        InputError: The log is shorter, or has another root at that size.
    """
    if checkpoint.size > len(leaves) or root(leaves[: checkpoint.size]) != checkpoint.root:
        raise InputError("checkpoint_not_of_log", entries=len(leaves), size=checkpoint.size)


def _subject(connection: Connection, ref: str) -> _Subject:
    """What a name stands for: a record, an enterprise or an entry, in this order.

    Raises:
        InputError: It stands for nothing.
    """
    records, assessments = table_of(RecordVersion), table_of(Assessment)
    latest_version = select(records).where(records.c.record_id == ref).order_by(records.c.seq.desc())
    in_effect = (
        select(assessments)
        .join(Standing, Standing.in_effect == Assessment.number)
        .where(Standing.enterprise_id == ref)
        .order_by(assessments.c.number.desc())
    )
    for table, query in ((records, latest_version), (assessments, in_effect)):
        if stored_row := connection.execute(query.limit(1)).mappings().first():
            return _Subject(int(stored_row["event"]), table, dict(stored_row))
    if ref.isdecimal():
        existing_entry = select(AuditEvent.seq).where(AuditEvent.seq == int(ref))
        if connection.execute(existing_entry).first():
            return _Subject(int(ref))
    raise InputError("proof_of_nothing", ref=ref)


def _entry(connection: Connection, number: int) -> dict[str, Json]:
    """An entry as the proof discloses it.

    With payload and salt; or where they were deleted with the payload's hash.
    """
    query = select(table_of(AuditEvent)).where(AuditEvent.seq == number)
    event = connection.execute(query).mappings().one()
    disclosed: dict[str, Json] = {column: event[column] for column in ("kind", "actor", "at", "sealed")}
    disclosed |= {"event": number, **({"signer": event["signer"]} if event["signer"] else {})}
    if event["payload"] is None:
        return {**disclosed, "payload_hash": event["payload_hash"].hex()}
    return {**disclosed, "payload": event["payload"], "salt": event["salt"].hex()}


def _row(connection: Connection, table: Table, row: Mapping[Any, Any]) -> dict[str, Json]:
    """A row with its path among the rows that its entry brought to the table."""
    key_column = next(iter(table.primary_key))
    brought = select(key_column, table.c.digest).where(table.c.event == row["event"])
    # Of rows that the law had deleted the digests are there: they have their places in the tree.
    erased = select(Erased.seq, Erased.row_digest).where(
        Erased.brought_by == row["event"], Erased.fact == ERASED_AS.get(table.name)
    )
    in_order = sorted(map(tuple, chain(connection.execute(brought), connection.execute(erased))))
    row_index = [number for number, _ in in_order].index(row[key_column.name])
    proof_path = inclusion([leaf_hash(digest) for _, digest in in_order], row_index)
    sealer, cells = sealer_of(table), [row[column] for column in sealed_columns(table)]
    return {
        "table": table.name,
        "index": row_index,
        "content": sealer.content(cells).decode(),
        "opened": sealer.opened_content(cells).decode(),
        "salt": row["salt"].hex(),
        "path": [digest.hex() for digest in proof_path],
    }


def _lines(hashes: Sequence[bytes]) -> str:
    return "".join(base64.b64encode(digest).decode() + "\n" for digest in hashes)
