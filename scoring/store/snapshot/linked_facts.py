"""The linked facts of a store as files that an engine reads.

A generation has the files of a whole clustering and, beside them, the enterprises that were linked again since,
each with all its rows: these stand in the place of those of before.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from scoring.disk import disk_faults
from scoring.engine.duckdb import Clustered
from scoring.records.link.resolve import COLUMNS, Fact
from scoring.sql.connect import connect
from scoring.sql.literals import literal
from scoring.sql.parquet_files import write_rows
from scoring.store.snapshot.generations import Generation, write_generation
from scoring.store.snapshot.manifest import Manifest

MEMORY = "500MB"
"""Buffers of DuckDB while facts are sorted: the server that does it has other work too."""
ORDER: Mapping[Fact, str] = {
    "enterprises": "enterprise_id, known_on NULLS FIRST",
    "records": "enterprise_id, record_id, known_on NULLS FIRST",
}
"""The order of clustered files, which is total."""


def all_file(folder: Path, fact: Fact) -> Path:
    """The file of a whole clustering."""
    return folder / f"{fact}.parquet"


def newer_file(folder: Path, fact: Fact) -> Path:
    """The file of the enterprises that were linked again since."""
    return folder / f"newer-{fact}.parquet"


def linked_rows(folder: Path, fact: Fact) -> str:
    """The linked rows in the files of a folder, as a relation of DuckDB."""
    whole, newer = (f"read_parquet({literal(str(file(folder, fact)))})" for file in (all_file, newer_file))
    if not newer_file(folder, fact).exists():
        return whole
    linked_again = (
        f"SELECT enterprise_id FROM read_parquet({literal(str(newer_file(folder, 'enterprises')))})"
    )
    return f"(FROM {whole} WHERE enterprise_id NOT IN ({linked_again}) UNION ALL FROM {newer})"


@dataclass
class LinkedFacts:
    """The facts up to ``seq`` as linked rows, with the kinds that the sources cover; usable until it is closed.

    Attributes:
        seq: The last fact.
        covers: Kinds that the sources of the store cover together.
    """

    seq: int
    covers: frozenset[str]
    _generation: Generation
    _manifest: Manifest

    def close(self) -> None:
        """Gives the files free."""
        self._generation.close()

    def rows(self, fact: Fact) -> str:
        """The linked rows of a fact as a relation of DuckDB, in no order."""
        return linked_rows(self._generation.folder, fact)

    def count(self, day: date) -> int:
        """How many enterprises there are on a day."""
        known = f"known_on IS NULL OR known_on <= DATE '{day}'"
        believed = f"known_until IS NULL OR known_until > DATE '{day}'"
        return len(self.enterprises_where("enterprises", f"({known}) AND ({believed})"))

    def enterprises_where(self, fact: Fact, condition: str) -> set[str]:
        """Enterprises with a linked row that meets a condition of DuckDB."""
        with connect(2, MEMORY) as connection:
            query = f"SELECT DISTINCT enterprise_id FROM {self.rows(fact)} WHERE {condition}"
            return set(connection.execute(query).to_arrow_table().column(0).to_pylist())

    def whole(self) -> Clustered:
        """All facts as two clustered files."""
        if newer_file(self._generation.folder, "enterprises").exists():
            former = self._generation
            self._generation = write_generation(former.folder.parent, self._write_merged, former)
        return self._clustered(self._generation.folder)

    def part(self, enterprise_ids: Collection[str], folder: Path) -> Clustered:
        """The facts of some enterprises as two clustered files in a folder."""
        with disk_faults(folder), connect(2, MEMORY, folder / "spill") as connection:
            wanted = pa.table({"enterprise_id": pa.array(sorted(enterprise_ids), pa.string())})
            connection.register("wanted", wanted)
            for fact in COLUMNS:
                rows = f"SELECT * FROM {self.rows(fact)} SEMI JOIN wanted USING (enterprise_id)"
                write_rows(connection, f"{rows} ORDER BY {ORDER[fact]}", all_file(folder, fact))
        return self._clustered(folder)

    def _clustered(self, folder: Path) -> Clustered:
        return Clustered(all_file(folder, "enterprises"), all_file(folder, "records"), self.covers)

    def _write_merged(self, folder: Path) -> None:
        merge(self._generation.folder, folder)
        self._manifest.of_files(folder).write(folder)


def merge(former: Path, folder: Path) -> None:
    """Writes the rows of a generation as those of a whole clustering."""
    with disk_faults(folder), connect(2, MEMORY, folder / "spill") as connection:
        for fact in COLUMNS:
            rows = f"FROM {linked_rows(former, fact)} ORDER BY {ORDER[fact]}"
            write_rows(connection, rows, all_file(folder, fact))
    shutil.rmtree(folder / "spill", ignore_errors=True)
