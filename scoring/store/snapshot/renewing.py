"""What is kept of a store's linked facts brought up to date: only what new facts concern is linked again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from scoring.disk import disk_faults
from scoring.entities import Progress, RelationSet, silent
from scoring.records.link.resolve import COLUMNS
from scoring.records.link.versions import cluster_versions
from scoring.sql.connect import connect
from scoring.sql.literals import literal
from scoring.sql.parquet_files import write_rows
from scoring.store.facts.covered_kinds import covers
from scoring.store.facts.deletion import OverdueVersion
from scoring.store.facts.stored_facts import versions, versions_of
from scoring.store.snapshot.concerned import (
    concerned_by,
    count_new,
    family_of_all,
    owners_of_deleted,
    owners_of_new,
)
from scoring.store.snapshot.generations import (
    Generation,
    make_place,
    newest_generation,
    place_of,
    write_generation,
)
from scoring.store.snapshot.linked_facts import (
    MEMORY,
    ORDER,
    LinkedFacts,
    all_file,
    merge,
    newer_file,
)
from scoring.store.snapshot.manifest import Manifest, Moment, made_by
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.visible import VisibleRecord

FEW = 10
"""Linked again are only the enterprises that new facts concern where at most one version in so many is new; and
where more than one row in so many stands apart, all are merged."""


@contextmanager
def open_linked_facts(
    database: Database,
    connection: Connection,
    relations: RelationSet | None,
    scratch: Path,
    progress: Progress = silent,
    due: Sequence[OverdueVersion] = (),
) -> Iterator[LinkedFacts]:
    """The linked facts that a connection sees.

    What is kept is used if it is whole, of this store and of this programme; else all facts are linked.

    Args:
        database: The store.
        connection: One that reads it.
        relations: How records stand to each other.
        scratch: A folder for them where nothing can be kept.
        progress: Called with ``facts`` and the share done.
        due: Versions of records to leave out: they are about to be deleted.
    """
    progress("facts", 0.0)
    place = _writable(place_of(database, relations), scratch)
    facts = _Update(connection, relations, place, due).facts()
    progress("facts", 1.0)
    try:
        yield facts
    finally:
        facts.close()


def _writable(place: Path, scratch: Path) -> Path:
    """The place, or where nothing can be written there one among the temporary files."""
    with suppress(OSError):
        make_place(place)
        if os.access(place, os.W_OK):
            return place
    return scratch / "snapshot" / place.name


class _Update:
    """What is kept, and what has happened in the store since."""

    def __init__(
        self,
        connection: Connection,
        relations: RelationSet | None,
        place: Path,
        due: Sequence[OverdueVersion],
    ) -> None:
        self._connection, self._relations, self._place = connection, relations, place
        self._due = {version.seq: version.enterprise_id for version in due}
        self._moment, self._covers = Moment.of(connection), covers(connection)

    def facts(self) -> LinkedFacts:
        """The facts as they are now."""
        kept = newest_generation(self._place)
        if kept is None:
            return self._written(self._link_all)
        manifest = Manifest.read(kept.folder)
        if manifest is None or not self._follows(manifest, kept.folder):
            return self._written(self._link_all, kept)
        since = manifest.moment
        hidden = {who for seq, who in self._due.items() if seq not in manifest.left_out}
        hidden |= owners_of_deleted(self._connection, since.event, manifest.left_out)
        changed = {*owners_of_new(self._connection, since.seq), *self._shown_again(manifest), *hidden}
        if not changed:
            return LinkedFacts(self._moment.seq, self._covers, kept, manifest)
        concerned = concerned_by(self._connection, changed)
        return self._written(
            lambda folder: self._link_some(kept, concerned, bool(hidden), folder), former=kept
        )

    def _follows(self, manifest: Manifest, folder: Path) -> bool:
        """Whether the store has gone on from what is kept, by few facts."""
        if not manifest.moment.is_past_of(self._connection):
            return False
        stored: int = pq.read_metadata(all_file(folder, "records")).num_rows
        return count_new(self._connection, manifest.moment.seq) * FEW <= stored

    def _shown_again(self, manifest: Manifest) -> Iterator[str]:
        """Owners of versions that were left out and are there all the same."""
        for seqs in in_parts(sorted(set(manifest.left_out) - set(self._due))):
            query = select(VisibleRecord.enterprise_id).where(VisibleRecord.seq.in_(seqs))
            yield from self._connection.execute(query).scalars()

    def _written(self, write: Callable[[Path], None], former: Generation | None = None) -> LinkedFacts:
        """A new generation, with its manifest."""
        manifests: list[Manifest] = []

        def whole(folder: Path) -> None:
            """Writes files and manifest."""
            write(folder)
            manifests.append(Manifest(made_by(), self._moment, tuple(sorted(self._due)), {}).of_files(folder))
            manifests[0].write(folder)

        generation = write_generation(self._place, whole, former)
        return LinkedFacts(self._moment.seq, self._covers, generation, manifests[0])

    def _link_all(self, folder: Path) -> None:
        enterprises = versions(self._connection, "enterprises")
        records = versions(self._connection, "records", without=self._due)
        cluster_versions(enterprises, records, self._covers, folder, memory=MEMORY, relations=self._relations)

    def _link_some(self, kept: Generation, concerned: Collection[str], deleted: bool, folder: Path) -> None:
        """Links some enterprises and puts them in the place of what is kept of them."""
        linked = folder / "linked"
        linked.mkdir()
        family = family_of_all(self._connection, concerned)
        enterprises = versions_of(self._connection, "enterprises", family)
        records = versions_of(self._connection, "records", family, without=self._due)
        cluster_versions(enterprises, records, self._covers, linked, memory=MEMORY, relations=self._relations)
        with disk_faults(folder), connect(2, MEMORY, folder / "spill") as connection:
            connection.execute("CREATE TABLE concerned (enterprise_id VARCHAR)")
            connection.execute("INSERT INTO concerned SELECT unnest(?)", [sorted(concerned)])
            for fact in COLUMNS:
                # What was deleted must not stay in the file of the whole; else that is taken over as it is.
                if deleted:
                    rows = f"FROM {_parquet(all_file(kept.folder, fact))} ANTI JOIN concerned USING (enterprise_id)"
                    write_rows(connection, f"SELECT * {rows}", all_file(folder, fact))
                else:
                    _take_over(all_file(kept.folder, fact), all_file(folder, fact))
                apart = f"SELECT * FROM {_parquet(all_file(linked, fact))} SEMI JOIN concerned USING (enterprise_id)"
                if newer_file(kept.folder, fact).exists():
                    former = f"FROM {_parquet(newer_file(kept.folder, fact))} ANTI JOIN concerned USING (enterprise_id)"
                    apart = f"SELECT * {former} UNION ALL {apart}"
                write_rows(connection, f"FROM ({apart}) ORDER BY {ORDER[fact]}", newer_file(folder, fact))
        for left in (linked, folder / "spill"):
            shutil.rmtree(left, ignore_errors=True)
        self._merge_if_many(folder)

    def _merge_if_many(self, folder: Path) -> None:
        apart, whole = (pq.read_metadata(file(folder, "records")).num_rows for file in (newer_file, all_file))
        if apart * FEW <= whole:
            return
        merged = folder / "merged"
        merged.mkdir()
        merge(folder, merged)
        for fact in COLUMNS:
            newer_file(folder, fact).unlink()
            all_file(merged, fact).replace(all_file(folder, fact))
        merged.rmdir()


def _parquet(file: Path) -> str:
    return f"read_parquet({literal(str(file))})"


def _take_over(file: Path, target: Path) -> None:
    """Gives a file that never changes a second name; not every file system can, and there it is copied."""
    try:
        target.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, target)
