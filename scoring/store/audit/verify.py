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
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from scoring.entities import Progress, silent
from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.log_entries import check_log
from scoring.store.audit.schema_objects import schema_findings, unreadable
from scoring.store.audit.sealed_rows import check_table, sealed_tables
from scoring.store.audit.sound import damaged_pages, wrong_projections
from scoring.store.log.merkle import root
from scoring.store.log.note import Checkpoint
from scoring.store.tables.migrate import newest

DAMAGE = ("malformed", "corrupt", "not a database", "disk I/O error")
"""What SQLite says of a file that is not whole."""


@dataclass
class AuditReport:
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
    findings: list[AuditFinding] = field(default_factory=list)


def verify(
    connection: Connection, checkpoints: Sequence[Checkpoint] = (), progress: Progress = silent
) -> AuditReport:
    """Recomputes everything that the log commits to.

    Args:
        connection: A reading one, on one state throughout.
        checkpoints: Published ones, whose signatures have been checked.
        progress: Called with the stage and the share done.
    """
    report = AuditReport()
    try:
        _fill(report, connection, checkpoints, progress)
    except DatabaseError as error:
        reason = str(error.orig)
        # A text that is no UTF-8 stops the driver: the search begins again, taking any text.
        if "decode" in reason:
            with _any_text(connection):
                report = AuditReport()
                _fill(report, connection, checkpoints, progress)
        elif any(words in reason for words in DAMAGE):
            report.findings.append(AuditFinding("damaged", "", reason))
        else:
            raise
    report.findings = sorted({finding.printable() for finding in report.findings})
    progress("verify", 1.0)
    return report


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
    report: AuditReport, connection: Connection, checkpoints: Sequence[Checkpoint], progress: Progress
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
    broken, tables = log.broken, sealed_tables()
    for table_number, table in enumerate(tables, 1):
        progress("verify", table_number / (len(tables) + 1))
        checked = check_table(connection, table, log.brought.get(table.name, {}), broken)
        report.rows += checked.rows
        report.findings += checked.findings
    report.findings += wrong_projections(connection)


def _contradicted(leaves: list[bytes], checkpoints: Sequence[Checkpoint]) -> Iterator[AuditFinding]:
    """Checkpoints that the log does not continue."""
    for checkpoint in checkpoints:
        if checkpoint.size > len(leaves):
            yield AuditFinding("older", "", str(len(leaves)), str(checkpoint.size))
        elif root(leaves[: checkpoint.size]) != checkpoint.root:
            yield AuditFinding("forked", "", str(checkpoint.size))
