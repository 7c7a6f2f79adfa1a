"""Proofs for whoever holds no database: that an entry is in the log, that a row is the entry's, that the log only grew."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from scoring.errors import InputError
from scoring.store.audit.verify import ERASED_AS, leaves_of
from scoring.store.log.canonical_json import Json, dumps
from scoring.store.log.entry import form_of, sealed_columns
from scoring.store.log.merkle import consistency, inclusion, leaf_hash, root, verify_consistency
from scoring.store.log.note import Checkpoint
from scoring.store.log.verify_proof import HEADER, decoded
from scoring.store.tables.orm import Assessment, AuditEvent, Erased, RecordVersion, Standing, table_of


def proof(connection: Connection, ref: str, note: str, checkpoint: Checkpoint) -> tuple[int, str]:
    """Proof (C2SP tlog-proof) of an entry, and of the row that was asked for.

    Args:
        connection: A reading one.
        ref: A record's id (its latest version), an enterprise's (the assessment in effect), or the number of an entry.
        note: The signed checkpoint that the proof ends with.
        checkpoint: What it says.

    Returns:
        The entry's number and the text of the file.

    Raises:
        InputError: Nothing of this name, the checkpoint is older than the entry, or it is not of this log.
    """
    table, row = _found(connection, ref)
    number = int(row["event"])
    leaves = leaves_of(connection)
    if number > checkpoint.size:
        raise InputError(
            f"检查点只有 {checkpoint.size} 条，所求在第 {number} 条；请先用 sise audit checkpoint 签发新的检查点",
            f"the checkpoint has {checkpoint.size} entries, asked for is entry {number}; sign a new one with `sise audit checkpoint`",
        )
    require_part(leaves, checkpoint)
    extra = _entry(connection, number)
    if table is not None:
        extra["row"] = _row(connection, table, row)
    path = _lines(inclusion(leaves[: checkpoint.size], number - 1))
    return (
        number,
        f"{HEADER}\nextra {base64.b64encode(dumps(extra)).decode()}\nindex {number - 1}\n{path}\n{note}",
    )


def growth(leaves: Sequence[bytes], old: Checkpoint, new: Checkpoint, note: str) -> str:
    """What a witness is sent (C2SP tlog-witness): the size it has seen, the consistency proof, and the new checkpoint's note.

    Raises:
        InputError: A checkpoint is not of this log.
    """
    for checkpoint in (old, new):
        require_part(leaves, checkpoint)
    path = consistency(leaves[: new.size], old.size) if old.size else []
    return f"old {old.size}\n{_lines(path)}\n{note}"


def read_growth(text: str) -> tuple[int, list[bytes], str]:
    """(old size, consistency proof, note) of what ``growth`` wrote.

    Raises:
        InputError: It is none.
    """
    head, gap, note = text.partition("\n\n")
    first, *hashes = head.split("\n")
    if not gap or not first.startswith("old ") or not first[4:].isdecimal():
        raise InputError(
            "这不是发给见证方的请求；第一行应为 old 条数，由 sise audit growth 生成",
            "this is no request to a witness; the first line should be `old SIZE`, as `sise audit growth` writes it",
        )
    return int(first[4:]), [decoded(line) for line in hashes], note


def require_growth(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> None:
    """Refuses a checkpoint that does not continue the one seen before.

    Raises:
        InputError: The log shrank, or its past was rewritten.
    """
    if not verify_consistency(old.size, old.root, new.size, new.root, path):
        raise InputError(
            f"新检查点（{new.size} 条）不是已见检查点（{old.size} 条）的延续：历史被改写，不予副署",
            f"the checkpoint of {new.size} entries does not continue the one seen, of {old.size}: the past was rewritten, nothing signed",
        )


def require_part(leaves: Sequence[bytes], checkpoint: Checkpoint) -> None:
    """Refuses to go on from a checkpoint that is not of this log's past.

    Raises:
        InputError: The log is shorter, or has another root at that size.
    """
    if checkpoint.size > len(leaves) or root(leaves[: checkpoint.size]) != checkpoint.root:
        raise InputError(
            f"日志（{len(leaves)} 条）不含检查点（{checkpoint.size} 条）：恢复了较旧的备份，或历史被改写；请运行 sise audit verify",
            f"the log of {len(leaves)} entries does not contain the checkpoint of {checkpoint.size}: an older backup was restored or the "
            "past rewritten; run `sise audit verify`",
        )


def _found(connection: Connection, ref: str) -> tuple[Table | None, dict[str, Any]]:
    """The row that a name stands for, and its table; for an entry itself no table."""
    records, assessments = table_of(RecordVersion), table_of(Assessment)
    wanted = select(records).where(records.c.record_id == ref).order_by(records.c.seq.desc()).limit(1)
    if row := connection.execute(wanted).mappings().first():
        return records, dict(row)
    wanted = (
        select(assessments)
        .join(Standing, Standing.in_effect == Assessment.number)
        .where(Standing.enterprise_id == ref)
    )
    if row := connection.execute(wanted.order_by(assessments.c.number.desc()).limit(1)).mappings().first():
        return assessments, dict(row)
    if (
        ref.isdecimal()
        and connection.execute(select(AuditEvent.seq).where(AuditEvent.seq == int(ref))).first()
    ):
        return None, {"event": int(ref)}
    raise InputError(
        f"库中没有 “{ref}”；请给出记录编号、企业编号（其现行评价）或日志条目的序号，例如 1",
        f'the store has no "{ref}"; give the id of a record, of an enterprise (its assessment in effect), or an entry\'s number, e.g. 1',
    )


def _entry(connection: Connection, number: int) -> dict[str, Json]:
    """An entry as the proof discloses it: with payload and salt, or where they were deleted with the payload's hash."""
    event = connection.execute(select(AuditEvent.__table__).where(AuditEvent.seq == number)).mappings().one()
    header: dict[str, Json] = {
        "event": number,
        **{name: event[name] for name in ("kind", "actor", "at", "sealed")},
    }
    if event["payload"] is None:
        return {**header, "payload_hash": event["payload_hash"].hex()}
    return {**header, "payload": event["payload"], "salt": event["salt"].hex()}


def _row(connection: Connection, table: Table, row: dict[str, Any]) -> dict[str, Json]:
    """A row with its path among the rows that its entry brought to the table."""
    key = next(iter(table.primary_key))
    brought = select(key, table.c.digest).where(table.c.event == row["event"])
    gone = select(Erased.seq, Erased.row_digest).where(
        Erased.brought_by == row["event"], Erased.fact == ERASED_AS.get(table.name)
    )
    kept = sorted(
        (number, digest) for query in (brought, gone) for number, digest in connection.execute(query)
    )
    index = [number for number, _ in kept].index(row[key.name])
    path = inclusion([leaf_hash(digest) for _, digest in kept], index)
    content = form_of(table).encode([row[name] for name in sealed_columns(table)]).decode()
    return {
        "table": table.name,
        "index": index,
        "content": content,
        "salt": row["salt"].hex(),
        "path": [h.hex() for h in path],
    }


def _lines(hashes: Sequence[bytes]) -> str:
    return "".join(base64.b64encode(h).decode() + "\n" for h in hashes)
