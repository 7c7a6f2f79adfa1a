"""Writes the result files range by range while the engine computes the next range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.engine import results
from scoring.engine.field_results import FIELD_SCHEMA, fields
from scoring.engine.results import DecidedRows
from scoring.policy.resolved import ResolvedPolicy

SCORES = "scores.parquet"
CONTRIBUTIONS = "contributions.parquet"
CHANGES = "changes.parquet"
FIELDS = "fields.parquet"


@dataclass
class Tally:
    """How many enterprises were written.

    Attributes:
        colours: By colour; ``None``: not rated, or a band without a colour.
        bands: By band.
        not_rated: By the reason why they are not rated.
    """

    colours: Counter[str | None] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    not_rated: Counter[str] = field(default_factory=Counter)

    def add(self, scores: pa.Table) -> None:
        """Counts the rows of one range."""
        self.colours.update(_counts(scores.column("colour")))
        self.bands.update(_counts(scores.column("band").drop_null()))
        self.not_rated.update(_counts(scores.column("status_reason").drop_null()))


class ResultsWriter:
    """The open result files of one run, with a count of what was written.

    Args:
        folder: Where they are made.
        version: The policy that scored.
        changes: Whether bands were in effect, so that there is ``changes.parquet``.
    """

    def __init__(self, folder: Path, version: ResolvedPolicy, *, changes: bool) -> None:
        self.tally = Tally()
        self._version = version
        self._makers: dict[str, Callable[[DecidedRows], pa.Table]] = {
            SCORES: self._scores,
            CONTRIBUTIONS: results.contributions,
        }
        schemas = {SCORES: results.SCORE_SCHEMA, CONTRIBUTIONS: results.CONTRIBUTION_SCHEMA}
        if version.policy.fields:
            self._makers[FIELDS], schemas[FIELDS] = fields, FIELD_SCHEMA
        if changes:
            self._makers[CHANGES] = results.changes
            schemas[CHANGES] = results.CHANGE_SCHEMA
        self._files = {file_name: _open(folder / file_name, schema) for file_name, schema in schemas.items()}

    def write(self, table: pa.Table) -> None:
        """Turns the engine's rows of one range into those of each file, and appends them."""
        decided_rows = DecidedRows.of(table, self._version.policy)
        rows_by_file = {file_name: rows_of(decided_rows) for file_name, rows_of in self._makers.items()}
        self.tally.add(rows_by_file[SCORES])
        for file_name, result_file in self._files.items():
            if rows_by_file[file_name].num_rows:
                result_file.write_table(rows_by_file[file_name])

    def close(self) -> None:
        """Closes all files."""
        for result_file in self._files.values():
            result_file.close()

    def _scores(self, rows: DecidedRows) -> pa.Table:
        return results.scores(rows, self._version)


def write_results(
    tables: Iterable[pa.Table], version: ResolvedPolicy, folder: Path, *, changes: bool
) -> Tally:
    """Writes ``scores.parquet``, ``contributions.parquet``, and ``fields.parquet`` and ``changes.parquet`` where there are any.

    The same rows give the same bytes.
    """
    writer = ResultsWriter(folder, version, changes=changes)
    waiting: Future[None] | None = None
    try:
        # One thread writes a range while the engine works on the next. At most one range waits, so
        # that memory stays that of two ranges.
        with ThreadPoolExecutor(max_workers=1) as thread:
            for table in tables:
                if waiting:
                    waiting.result()
                waiting = thread.submit(writer.write, table)
            if waiting:
                waiting.result()
    finally:
        writer.close()
    return writer.tally


def _counts(column: pa.ChunkedArray) -> dict[Any, int]:
    return {row["values"]: row["counts"] for row in column.value_counts().to_pylist()}


def _open(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd", store_schema=False)
