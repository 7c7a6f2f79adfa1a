"""A source into the store: whole or not at all, and only what is new."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from scoring.assess.not_looked_at import NOT_LOOKED_AT, list_not_looked_at
from scoring.disk import private_file, scratch_folder
from scoring.entities import Progress, silent
from scoring.errors import StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.accounting import SourceCounts
from scoring.records.link.new_versions import NewVersions, ReadingOptions, read_new_versions
from scoring.records.link.said_anew import Changes
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.arriving_visits import without_visits_of_here
from scoring.store.facts.deletion import overdue_on
from scoring.store.facts.given_source import GivenSource
from scoring.store.facts.past_days import list_past
from scoring.store.facts.stored_facts import StoredFacts
from scoring.store.facts.storing import PART, Compared, OvertakenError, store_at_once, store_versions
from scoring.store.tables.actors import require_account
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Head
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

ATTEMPTS, WITHOUT_LOCK = 10, 2
"""How often a source is compared where others keep storing versions of what it brings; from the third time on
nobody else writes meanwhile."""


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
    attempt = _Attempt(
        database, given, actor, clock, ReadingOptions(accept_corrections, again), lists, progress
    )
    for number in range(ATTEMPTS):
        with scratch_folder() as folder:
            try:
                brought, past = attempt.store(Path(folder), locked=number >= WITHOUT_LOCK)
            except OvertakenError:
                continue
            lists.keep(brought)
            unseen = _unseen(brought, policy, lists)
            progress("store", 1.0)
            return _imported(brought, unseen, past)
    raise StoreError("import_overtaken", source=str(spec), attempts=ATTEMPTS)


@dataclass(frozen=True)
class _Attempt:
    """An import as often as it is tried."""

    database: Database
    given: GivenSource
    actor: str
    clock: Clock
    options: ReadingOptions
    lists: Lists
    progress: Progress

    def store(self, folder: Path, *, locked: bool) -> tuple[NewVersions, int]:
        """Reads the source, compares it with the store and stores what is new.

        Args:
            folder: For what is read.
            locked: Whether nobody else may write while it is compared; else others may.

        Returns:
            What it brought, and how many of its records were known on a day scored before.

        Raises:
            OvertakenError: Somebody has stored a version of what it brings, since it was compared.
        """
        with ExitStack() as stack:
            transactions: list[Writing] = []

            def opened() -> StoredFacts:
                """The store, as it is once the files are read."""
                if not locked:
                    return StoredFacts(stack.enter_context(self.database.read()))
                transactions.append(stack.enter_context(self._writing()))
                return StoredFacts(transactions[0].connection)

            compared, past = self._compare(folder, opened)
            if transactions and compared.n_rows <= PART:
                store_at_once(transactions[0], compared)
                return compared.brought, past
        store_versions(self.database, self.actor, self.clock, compared, self.progress)
        return compared.brought, past

    def _writing(self) -> AbstractContextManager[Writing]:
        return begin_writing(self.database, self.actor, self.clock)

    def _compare(self, folder: Path, opened: Callable[[], StoredFacts]) -> tuple[Compared, int]:
        day, source = day_in_china(self.clock()), self.given
        facts: list[StoredFacts] = []

        def store() -> StoredFacts:
            """The same, kept for what is asked of it afterwards."""
            facts.append(opened())
            return facts[0]

        overdue = overdue_on(day)
        brought = read_new_versions(
            source.spec, folder, store, overdue, day, source.map, self.options, self.progress
        )
        connection = facts[0].connection
        visits = without_visits_of_here(connection, brought)
        brought = visits.brought
        past = list_past(connection, (brought.records, brought.corrections), self.lists.past)
        seq = connection.execute(select(Head.seq)).scalar_one()
        accepts = self.options.accept_corrections
        return Compared(source, brought, seq, day, accepts, visits.differences, visits.last), past


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
