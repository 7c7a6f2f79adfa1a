"""A source into the store: whole or not at all, and only what is new."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from scoring.assess.not_looked_at import NOT_LOOKED_AT, list_not_looked_at
from scoring.disk import private_file, scratch_folder
from scoring.entities import Progress, silent
from scoring.errors import StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.accounting import SourceCounts
from scoring.records.link.new_versions import NewVersions, ReadingOptions, read_new_versions
from scoring.records.link.said_anew import Changes
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.deletion import overdue_on
from scoring.store.facts.given_source import GivenSource
from scoring.store.facts.past_days import list_past
from scoring.store.facts.stored_facts import StoredFacts
from scoring.store.facts.storing import Compared, OvertakenError, store_versions
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Head
from scoring.store.tables.writing import Clock, day_in_china

ATTEMPTS = 3
"""How often a source is compared where others keep storing versions of what it brings."""


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        enterprises: New versions of enterprises.
        records: New versions of records.
        known: Versions that the store held already.
        corrections: New versions that correct a record, on the ground of a file.
        changes: What is new, changed, contradicting or missing.
        not_looked_at: Groups of new records that the policy cannot see (``list_not_looked_at``).
        past: New records that were known on a day scored before (``list_past``).
        counts: What became of the rows; ``None`` when the same files had been imported before and
            were not read again.
    """

    enterprises: int
    records: int
    known: int
    counts: SourceCounts | None
    corrections: int = 0
    changes: Changes = field(default_factory=Changes)
    not_looked_at: Sequence[Mapping[str, Any]] = ()
    past: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything was new."""
        return bool(self.enterprises or self.records or self.corrections)


@dataclass(frozen=True)
class Lists:
    """Where the lists of an import go, each if there is anything in it.

    Attributes:
        rejects: The refused rows.
        remarks: What is remarkable.
        changes: What is new, changed, contradicting or missing.
        not_looked_at: New records that the policy cannot see.
        past: New records that were known on a day scored before.
    """

    rejects: Path | None = None
    remarks: Path | None = None
    changes: Path | None = None
    not_looked_at: Path | None = None
    past: Path | None = None

    def keep(self, brought: NewVersions) -> None:
        """Copies the lists that have rows."""
        changes = brought.changed
        said_anew = changes.new or changes.changed or changes.conflicting or changes.missing
        if self.rejects and brought.counts.rejected:
            _copy(brought.rejects, self.rejects)
        if self.remarks and brought.remarks:
            _copy(brought.remarks, self.remarks)
        if self.changes and said_anew:
            _copy(brought.changes, self.changes)


def _copy(rows: Path, target: Path) -> None:
    """Copies rows of a store to a file that nobody else can read."""
    private_file(target)
    shutil.copyfile(rows, target)


def import_source(
    database: Database,
    spec: SourceSpec,
    actor: str,
    clock: Clock,
    *,
    lists: Lists = Lists(),
    accept_corrections: bool = False,
    policy: ResolvedPolicy | None = None,
    progress: Progress = silent,
) -> Imported:
    """Adds what a source brings that the store does not hold.

    Args:
        database: The store.
        spec: The source.
        actor: Who imports.
        clock: The time.
        lists: Where refused rows, remarks and changes go.
        accept_corrections: Whether rows that say something new of a stored record are corrections,
            where their day of becoming known is assumed; else they are refused as conflicts.
        policy: By which it is asked whether anything looks at the new records.
        progress: Called with a step and the share done.

    Raises:
        InputError: The source cannot be read.
        StoreError: Others keep storing versions of what it brings, or the actor has no account.
        EnvironmentRefusedError: The database or the disk refuses.
    """
    given, again = GivenSource.read(spec).as_begun(database)
    known_count = None if accept_corrections else given.known_before(database)
    if known_count is not None:
        return Imported(0, 0, known_count, None)
    with database.read() as connection:
        require_account(connection, actor)
    options = ReadingOptions(accept_corrections, again)
    for _ in range(ATTEMPTS):
        with scratch_folder() as folder:
            compared, past = _compare(
                database, given, Path(folder), day_in_china(clock()), options, lists, progress
            )
            try:
                store_versions(database, actor, clock, compared, progress)
            except OvertakenError:
                continue
            lists.keep(compared.brought)
            unseen = _unseen(compared.brought, policy, lists)
            progress("store", 1.0)
            return _imported(compared.brought, unseen, past)
    raise StoreError("import_overtaken", source=str(spec), attempts=ATTEMPTS)


def _compare(
    database: Database,
    given: GivenSource,
    folder: Path,
    day: date,
    options: ReadingOptions,
    lists: Lists,
    progress: Progress,
) -> tuple[Compared, int]:
    """Reads a source and compares it with the store, which others may write to meanwhile.

    Returns:
        What it brings, and how many of its records were known on a day scored before.
    """
    with ExitStack() as stack:
        connections: list[Connection] = []

        def seen() -> StoredFacts:
            """The store, as it is once the files are read."""
            connections.append(stack.enter_context(database.read()))
            return StoredFacts(connections[0])

        brought = read_new_versions(
            given.spec, folder, seen, overdue_on(day), day, given.map, options, progress
        )
        connection = connections[0]
        past = list_past(connection, (brought.records, brought.corrections), lists.past)
        seq = connection.execute(select(Head.seq)).scalar_one()
    return Compared(given, brought, seq, day, options.accept_corrections), past


def _imported(brought: NewVersions, unseen: Sequence[Mapping[str, Any]], past: int) -> Imported:
    return Imported(
        enterprises=brought.n_enterprises,
        records=brought.n_records,
        known=brought.n_known,
        counts=brought.counts,
        corrections=brought.n_corrections,
        changes=brought.changed,
        not_looked_at=unseen,
        past=past,
    )


def _unseen(brought: NewVersions, policy: ResolvedPolicy | None, lists: Lists) -> Sequence[Mapping[str, Any]]:
    """Groups of new records that a policy cannot see; they are listed where that is asked for."""
    if policy is None or not brought.n_records:
        return ()
    listed = brought.records.with_name(NOT_LOOKED_AT)
    unseen = list_not_looked_at(brought.records, policy, listed)
    if unseen and lists.not_looked_at:
        _copy(listed, lists.not_looked_at)
    return unseen
