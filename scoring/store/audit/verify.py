"""Finds every row that is not as it was recorded: recomputes each digest, each entry and the tree.

What needs nothing from outside the database is a row that does not fit its entry. Whoever rewrites
rows, entries and tree alike, or restores an older copy, contradicts a checkpoint that was published
before: so checkpoints are passed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from scoring.entities import Progress, silent
from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.log_entries import check_log
from scoring.store.audit.sealed_rows import check_table, sealed_tables
from scoring.store.audit.sound import wrong_projections
from scoring.store.log.merkle import root
from scoring.store.log.note import Checkpoint


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
    try:
        report = _report(connection, checkpoints, progress)
    except OperationalError as error:
        # A text that is no UTF-8 stops the driver: the search begins again, taking any text.
        if "decode" not in str(error.orig):
            raise
        with _any_text(connection):
            report = _report(connection, checkpoints, progress)
    report.findings = sorted(set(report.findings))
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


def _report(connection: Connection, checkpoints: Sequence[Checkpoint], progress: Progress) -> AuditReport:
    log = check_log(connection)
    report = AuditReport(len(log.leaves), 0, root(log.leaves), list(log.findings))
    report.findings += _contradicted(log.leaves, checkpoints)
    broken, tables = log.broken, sealed_tables()
    for table_number, table in enumerate(tables, 1):
        progress("verify", table_number / (len(tables) + 1))
        checked = check_table(connection, table, log.brought.get(table.name, {}), broken)
        report.rows += checked.rows
        report.findings += checked.findings
    report.findings += wrong_projections(connection)
    return report


def _contradicted(leaves: list[bytes], checkpoints: Sequence[Checkpoint]) -> Iterator[AuditFinding]:
    """Checkpoints that the log does not continue."""
    for checkpoint in checkpoints:
        if checkpoint.size > len(leaves):
            yield AuditFinding("older", "", str(len(leaves)), str(checkpoint.size))
        elif root(leaves[: checkpoint.size]) != checkpoint.root:
            yield AuditFinding("forked", "", str(checkpoint.size))
