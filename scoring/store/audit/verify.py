"""Finds every row that is not as it was recorded: recomputes each digest, each entry's leaf, and the tree over all of them.

What needs nothing from outside the database is a row that does not fit its entry. Whoever rewrites rows, entries and tree alike, or
restores an older copy, contradicts a checkpoint that was published before: so checkpoints are passed in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice, pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.exc import OperationalError

from scoring.entities import Progress, silent
from scoring.store.audit.audit_finding import Finding
from scoring.store.log.canonical_json import RowForm
from scoring.store.log.entry import UNSEALED, form_of, sealed_columns
from scoring.store.log.merkle import Frontier, leaf_hash, root
from scoring.store.log.note import Checkpoint
from scoring.store.log.verify_proof import commitment, leaf_data
from scoring.store.tables.orm import AuditEvent, Base

CHUNK = 20_000
NAMED = 20
"""How many removed rows are named one by one."""
DELETING = ("erased", "backup restored")
"""Entries that say what was lawfully deleted."""
ERASED_AS = {"record_version": "record"}
"""What ``erased`` calls the rows of a table."""


@dataclass
class Report:
    """What was looked at and what is wrong.

    Attributes:
        events: Entries of the log.
        rows: Rows whose digests were recomputed.
        root: Root of the log's tree, over the leaves as recomputed.
        findings: What is not as it was recorded; empty if all is well.
    """

    events: int = 0
    rows: int = 0
    root: bytes = b""
    findings: list[Finding] = field(default_factory=list)


class Row(NamedTuple):
    """A row as far as its entry is concerned; ``sound`` where its content gives its digest."""

    event: int
    key: Any
    digest: bytes
    sound: bool


class Group:
    """The sound rows of one event in one table, in the order of their keys."""

    def __init__(self) -> None:
        self.rows = Frontier()
        self.keys: list[Any] = []

    def add(self, row: Row) -> None:
        """Takes the next row."""
        self.rows.append(leaf_hash(row.digest))
        self.keys.append(row.key)

    def gaps(self) -> str:
        """Numbers that are not there between those that are: an event numbers its rows of a table without gaps."""
        missing = (
            n for low, high in pairwise(self.keys) if isinstance(low, int) for n in range(low + 1, high)
        )
        return ", ".join(map(str, islice(missing, NAMED)))


NOBODY = Group()
Commitments = dict[int, tuple[int, str]]
"""Event -> count and root of the rows that it brought to one table."""
Sealed = dict[str, Commitments]


def verify(
    connection: Connection, checkpoints: Sequence[Checkpoint] = (), progress: Progress = silent
) -> Report:
    """Recomputes everything that the log commits to.

    Args:
        connection: A reading one, on one state throughout.
        checkpoints: Published ones, whose signatures have been checked.
        progress: Called with the stage and the share done.
    """
    try:
        report = _looked(connection, checkpoints, progress)
    except OperationalError as error:
        if "decode" not in str(error.orig):
            raise
        with _any_text(connection):
            report = _looked(connection, checkpoints, progress)
    report.findings = sorted(set(report.findings))
    progress("verify", 1.0)
    return report


@contextmanager
def _any_text(connection: Connection) -> Iterator[None]:
    """SQLite takes texts that are no UTF-8; whoever put them there is to be found, not to stop the search."""
    raw: Any = connection.connection.driver_connection
    before, raw.text_factory = raw.text_factory, lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = before


def _looked(connection: Connection, checkpoints: Sequence[Checkpoint], progress: Progress) -> Report:
    report, sealed = Report(), Sealed()
    leaves = list(_leaves(connection, report, sealed))
    report.events, report.root = len(leaves), root(leaves)
    broken = {int(finding.key) for finding in report.findings}
    report.findings += _against(leaves, checkpoints)
    tables = sealed_tables()
    for done, table in enumerate(tables, 1):
        progress("verify", done / (len(tables) + 1))
        report.findings += _table(connection, table, report, sealed.get(table.name, {}), broken)
    report.findings += _projections(connection, report.events)
    return report


def sealed_tables() -> list[Table]:
    """The tables whose rows the log commits to."""
    return [
        table for table in Base.metadata.sorted_tables if {"event", *UNSEALED} <= set(table.columns.keys())
    ]


def leaves_of(connection: Connection) -> list[bytes]:
    """The stored leaf hashes in order, as the tree is built from them."""
    return [
        bytes(row[0]) for row in connection.exec_driver_sql("SELECT leaf_hash FROM audit_event ORDER BY seq")
    ]


def rows_of(connection: Connection, text: str) -> Iterator[Sequence[Any]]:
    """Rows of a query, streamed, as the driver gives them."""
    streamed = {"stream_results": True, "max_row_buffer": CHUNK}
    for rows in connection.exec_driver_sql(text, execution_options=streamed).partitions(CHUNK):
        yield from rows


def _leaves(connection: Connection, report: Report, sealed: Sealed) -> Iterator[bytes]:
    """Leaf hash of every entry, recomputed; notes what each commits to."""
    columns = ", ".join(column.name for column in AuditEvent.__table__.columns)
    expected, last = 1, ""
    emptied, lawful = set[int](), set[int]()
    for seq, kind, actor, at, commits, payload, salt, payload_hash, stored in rows_of(
        connection, f"SELECT {columns} FROM audit_event ORDER BY seq"
    ):
        report.findings += [
            Finding("removed", "audit_event", str(n), str(n))
            for n in range(expected, min(seq, expected + NAMED))
        ]
        expected = seq + 1
        try:
            hashed = payload_hash if payload is None and salt is None else commitment(salt, payload.encode())
            leaf = leaf_hash(leaf_data(seq, kind, actor, at, commits, bytes(hashed)))
            last = max(at, last)
            for table, brought in json.loads(commits).items():
                sealed.setdefault(table, {})[seq] = (brought["count"], brought["root"])
        except (TypeError, ValueError, AttributeError, KeyError):
            leaf, hashed = b"", b""  # a cell that no entry of ours can hold
        if payload is None:
            emptied.add(seq)
        elif kind in DELETING:
            lawful |= _emptied_by(payload)
        if (leaf, hashed) != (stored, payload_hash) or at != last:
            report.findings.append(Finding("changed", "audit_event", str(seq)))
        yield leaf
    report.findings += [Finding("changed", "audit_event", str(n)) for n in emptied - lawful]
    ended = range(expected, min(_head(connection), expected + NAMED) + 1)
    report.findings += [Finding("removed", "audit_event", str(n), str(n)) for n in ended]


def _against(leaves: list[bytes], checkpoints: Sequence[Checkpoint]) -> Iterator[Finding]:
    for checkpoint in checkpoints:
        if checkpoint.size > len(leaves):
            yield Finding("older", "", str(len(leaves)), str(checkpoint.size))
        elif root(leaves[: checkpoint.size]) != checkpoint.root:
            yield Finding("forked", "", str(checkpoint.size))


def _table(
    connection: Connection, table: Table, report: Report, sealed: Commitments, broken: set[int]
) -> Iterator[Finding]:
    """Findings in one table: rows against their digests, then the rows of each event against its entry, if that is whole."""
    rows: Iterable[Row] = _rows(connection, table)
    if table.name in ERASED_AS:
        rows = merge(rows, _erased(connection, table.name), key=lambda row: row.key)
    groups, unsound = dict[int, Group](), 0
    for row in rows:
        report.rows += 1
        if row.sound and row.event not in broken:
            groups.setdefault(row.event, Group()).add(row)
        elif not row.sound:
            unsound += 1
            yield Finding("changed", table.name, str(row.key))
    yield from _compared(
        table.name, groups, {event: of for event, of in sealed.items() if event not in broken}, unsound
    )


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    """Rows by their numbers, which is the order of their events; those that have a text for a key by their events."""
    columns, form = sealed_columns(table), form_of(table)
    key = next(iter(table.primary_key)).name
    order = key if issubclass(table.columns[key].type.python_type, int) else f"event, {key}"
    where, event = columns.index(key), columns.index("event")
    for values in rows_of(
        connection, f"SELECT {', '.join((*columns, *UNSEALED))} FROM {table.name} ORDER BY {order}"
    ):
        *cells, salt, digest = values
        yield Row(values[event], values[where], digest, _digest(form, salt, cells) == digest)


def _digest(form: RowForm, salt: bytes, cells: Sequence[Any]) -> bytes | None:
    try:
        return commitment(salt, form.encode(cells))
    except (TypeError, ValueError):  # a cell that no row of ours can hold
        return None


def _erased(connection: Connection, table: str) -> Iterator[Row]:
    """What is left of the rows that the law had deleted from a table: their digests, in their places."""
    text = f"SELECT brought_by, seq, row_digest FROM erased WHERE fact = '{ERASED_AS[table]}' ORDER BY seq"
    return (Row(event, seq, digest, True) for event, seq, digest in rows_of(connection, text))


def _compared(table: str, groups: dict[int, Group], sealed: Commitments, unsound: int) -> Iterator[Finding]:
    """Each event's sound rows against its entry. Rows that lack because they are unsound have been named already."""
    lacking = {event: count - groups.get(event, NOBODY).rows.size for event, (count, _) in sealed.items()}
    if sum(n for n in lacking.values() if n > 0) > unsound:
        for event, n in lacking.items():
            if n > 0:
                yield Finding("removed", table, groups.get(event, NOBODY).gaps() or f"× {n}", str(event))
    for event, group in groups.items():
        count, top = sealed.get(event, (0, ""))
        if group.rows.size > count:
            yield from (
                Finding("inserted", table, str(key), str(event))
                for key in group.keys[count - group.rows.size :]
            )
        elif group.rows.size == count and group.rows.root().hex() != top:
            yield Finding("rewritten", table, f"{group.keys[0]}–{group.keys[-1]}", str(event))


def _projections(connection: Connection, events: int) -> Iterator[Finding]:
    """The head, which whoever writes believes, and the standings, which whoever reads believes: they follow from the rows."""
    ((*found, at),) = rows_of(connection, LAST)
    heads = [
        tuple(row)
        for row in rows_of(connection, "SELECT id, seq, assessment, step, event, at FROM head ORDER BY id")
    ]
    if heads != [(1, *found, events, at or "")]:
        yield from (Finding("projection", "head", str(row[0])) for row in heads or [(1,)])
    for policy, enterprise in rows_of(connection, STANDINGS):
        yield Finding("projection", "standing", f"{policy}/{enterprise}")


def _emptied_by(payload: str) -> set[int]:
    """Entries whose payloads an entry says were deleted with the facts that they had brought."""
    try:
        return set(json.loads(payload).get("entries", ()))
    except (ValueError, TypeError, AttributeError):  # it was changed, and is named for that
        return set()


def _head(connection: Connection) -> int:
    """Number of the last entry, as whoever wrote it noted it."""
    return int(connection.exec_driver_sql("SELECT COALESCE(MAX(event), 0) FROM head").scalar_one())


LAST = """
SELECT (SELECT COALESCE(MAX(seq), 0) FROM (SELECT seq FROM enterprise_version UNION ALL SELECT seq FROM record_version
        UNION ALL SELECT seq FROM erased UNION ALL SELECT seq FROM import_run) AS facts),
    (SELECT COALESCE(MAX(number), 0) FROM assessment),
    (SELECT COALESCE(MAX(number), 0) FROM step),
    (SELECT at FROM audit_event ORDER BY seq DESC LIMIT 1)
"""

STANDINGS = """
WITH ranked AS (
    SELECT policy_id, enterprise_id, MAX(number) AS latest, MAX(CASE WHEN state = 'in_effect' THEN number END) AS in_effect
    FROM assessment GROUP BY policy_id, enterprise_id
), expected AS (
    SELECT r.policy_id, r.enterprise_id, e.colour, e.band, r.in_effect, r.latest,
        CASE WHEN l.state = 'proposed' THEN 1 ELSE 0 END AS proposed
    FROM ranked r JOIN assessment l ON l.number = r.latest LEFT JOIN assessment e ON e.number = r.in_effect
), stored AS (
    SELECT policy_id, enterprise_id, colour, band, in_effect, latest, CAST(proposed AS INTEGER) AS proposed FROM standing
)
SELECT policy_id, enterprise_id FROM (SELECT * FROM expected EXCEPT SELECT * FROM stored) AS lacking
UNION SELECT policy_id, enterprise_id FROM (SELECT * FROM stored EXCEPT SELECT * FROM expected) AS wrong
UNION SELECT policy_id, enterprise_id FROM standing s
WHERE NOT EXISTS (SELECT 1 FROM enterprise_version v WHERE v.enterprise_id = s.enterprise_id AND v.name IS NOT DISTINCT FROM s.name)
    AND NOT EXISTS (SELECT 1 FROM erased g WHERE g.fact = 'enterprise' AND g.enterprise_id = s.enterprise_id)
"""
