"""Finds whatever is not as it was recorded: recomputes each digest, each entry and the tree.

It begins with the database itself: its own check, and its schema. What needs nothing from outside
the database is a row that does not fit its entry. Whoever rewrites rows, entries and tree alike, or
restores an older copy, contradicts a checkpoint that was published before: so checkpoints are passed
in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError

from scoring.entities import Progress, silent
from scoring.errors import StoreError
from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.deletions import LawfulDeletion, check_deletions
from scoring.store.audit.log_entries import CheckedLog, check_log
from scoring.store.audit.schema_objects import is_of_another_version, schema_findings, unreadable
from scoring.store.audit.sealed_rows import check_table, sealed_tables
from scoring.store.audit.sound import damaged_pages, wrong_projections
from scoring.store.log.merkle import root
from scoring.store.log.note import Checkpoint
from scoring.store.log.verify_proof import Key
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.migrate import newest
from scoring.store.tables.orm import AuditEvent

DAMAGE = ("malformed", "corrupt", "not a database", "disk I/O error")
"""What SQLite says of a file that is not whole."""


@dataclass(frozen=True)
class SignedEntries:
    """Which entries must be signed, and by whom.

    Attributes:
        keys: The keys that were used, one after the other.
        first: The first entry; those before it were written before a key was configured.
    """

    keys: list[Key]
    first: int = 1


@dataclass
class AuditReport:
    """What was looked at and what is wrong.

    Attributes:
        events: Entries of the log.
        rows: Rows whose digests were recomputed.
        root: Root of the log's tree, over the leaves as recomputed.
        anchored: Entries that a checkpoint covers.
        anchored_at: When the last of them was written.
        deletions: What was lawfully deleted behind them.
        findings: What is not as it was recorded; empty if all is well.
    """

    events: int = 0
    rows: int = 0
    root: bytes = b""
    anchored: int = 0
    anchored_at: str = ""
    deletions: list[LawfulDeletion] = field(default_factory=list)
    findings: list[AuditFinding] = field(default_factory=list)


def verify(
    connection: Connection,
    checkpoints: Sequence[Checkpoint] = (),
    progress: Progress = silent,
    today: date | None = None,
    signed: SignedEntries | None = None,
) -> AuditReport:
    """Recomputes everything that the log commits to.

    Args:
        connection: A reading one, on one state throughout.
        checkpoints: Published ones, whose signatures have been checked.
        progress: Called with the stage and the share done.
        today: The day in China: nothing was due for deletion by a later one.
        signed: Who must have signed the entries.
    """
    report = AuditReport()
    try:
        _fill(report, connection, checkpoints, progress, today, signed)
    except DatabaseError as error:
        reason = str(error.orig)
        # A text that is no UTF-8 stops the driver: the search begins again, taking any text.
        if "decode" in reason:
            with _any_text(connection):
                report = AuditReport()
                _fill(report, connection, checkpoints, progress, today, signed)
        elif any(words in reason for words in DAMAGE):
            report.findings.append(AuditFinding("damaged", "", reason))
        else:
            raise
    report.findings = sorted({finding.printable() for finding in report.findings})
    progress("verify", 1.0)
    return report


def verify_store(
    database: Database,
    checkpoints: Sequence[Checkpoint] = (),
    progress: Progress = silent,
    today: date | None = None,
    signed: SignedEntries | None = None,
) -> AuditReport:
    """The same for a store of which nobody knows yet whether it can be opened as one.

    Raises:
        StoreError: There is none, or it was made by another version of this programme.
    """
    try:
        with database.faults():
            if not inspect(database.engine).has_table(AuditEvent.__tablename__):
                migrate.require_current(database)
        with database.read() as connection:
            if is_of_another_version(connection):
                migrate.require_current(database)
            return verify(connection, checkpoints, progress, today, signed)
    except StoreError as error:
        if error.code != "database_damaged":
            raise
        return AuditReport(findings=[AuditFinding("damaged", "", str(error.parameters["reason"]))])


@contextmanager
def _any_text(connection: Connection) -> Iterator[None]:
    """Lets a connection of SQLite give texts that are no UTF-8."""
    # SQLite takes such texts; whoever put them there is to be named, not to stop the search.
    sqlite_connection: Any = connection.connection.driver_connection
    own_factory = sqlite_connection.text_factory
    sqlite_connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        sqlite_connection.text_factory = own_factory


def _fill(
    report: AuditReport,
    connection: Connection,
    checkpoints: Sequence[Checkpoint],
    progress: Progress,
    today: date | None,
    signed: SignedEntries | None,
) -> None:
    """Looks at everything, in an order in which nothing is believed before it was looked at."""
    progress("verify", 0.0)
    report.findings += damaged_pages(connection)
    report.findings += schema_findings(connection, newest())
    # Without its tables and columns nothing else can be asked.
    if unreadable(report.findings):
        return
    log = check_log(connection)
    report.events, report.root = len(log.leaves), root(log.leaves)
    report.findings += [*log.findings, *_contradicted(log.leaves, checkpoints)]
    report.findings += _unsigned(log, signed)
    anchored = max((checkpoint.size for checkpoint in checkpoints), default=0)
    report.anchored = min(anchored, report.events)
    report.anchored_at = log.moments[report.anchored - 1] if report.anchored else ""
    broken, tables = log.broken, sealed_tables()
    for table_number, table in enumerate(tables, 1):
        progress("verify", table_number / (len(tables) + 1))
        checked = check_table(connection, table, log.brought.get(table.name, {}), broken)
        report.rows += checked.rows
        report.findings += checked.findings
    deletions = check_deletions(connection, log, today)
    report.findings += deletions.findings
    report.deletions = [deletion for deletion in deletions.lawful if deletion.entry.seq > report.anchored]
    report.findings += wrong_projections(connection)


def _unsigned(log: CheckedLog, signed: SignedEntries | None) -> Iterator[AuditFinding]:
    """Entries that nobody has signed who should have."""
    if signed is None:
        return
    # That they are signed by whom they say was looked at with the entries.
    trusted = {key.text() for key in signed.keys}
    for number, signer in enumerate(log.signers, 1):
        if number >= signed.first and signer not in trusted:
            yield AuditFinding("unsigned", "audit_event", str(number))


def _contradicted(leaves: list[bytes], checkpoints: Sequence[Checkpoint]) -> Iterator[AuditFinding]:
    """Checkpoints that the log does not continue."""
    for checkpoint in checkpoints:
        if checkpoint.size > len(leaves):
            yield AuditFinding("older", "", str(len(leaves)), str(checkpoint.size))
        elif root(leaves[: checkpoint.size]) != checkpoint.root:
            yield AuditFinding("forked", "", str(checkpoint.size))
