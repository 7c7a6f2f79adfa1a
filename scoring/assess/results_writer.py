"""Writes the result files range by range while the engine computes the next range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.engine import results
from scoring.engine.results import Wide
from scoring.policy.resolved import ResolvedPolicy

SCORES = "scores.parquet"
CONTRIBUTIONS = "contributions.parquet"
CHANGES = "changes.parquet"


@dataclass
class Tally:
    """What was written: numbers by colour (``None``: not rated), by band, and by reason of not being rated."""

    colours: Counter[str | None] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    not_rated: Counter[str] = field(default_factory=Counter)

    def add(self, scores: pa.Table) -> None:
        """Counts the rows of one range."""
        for name, counter in (
            ("colour", self.colours),
            ("band", self.bands),
            ("status_reason", self.not_rated),
        ):
            for row in scores.column(name).value_counts().to_pylist():
                if row["values"] is not None or name == "colour":
                    counter[row["values"]] += row["counts"]


def write_results(
    tables: Iterable[pa.Table], version: ResolvedPolicy, folder: Path, *, changes: bool
) -> Tally:
    """Writes ``scores.parquet``, ``contributions.parquet`` and, where bands were in effect, ``changes.parquet``.

    One thread turns a range into rows and writes them while the engine works on the next; at most one range waits, so
    memory stays that of two ranges. The same rows give the same bytes.
    """
    tally = Tally()
    schemas = {SCORES: results.SCORE_SCHEMA, CONTRIBUTIONS: results.CONTRIBUTION_SCHEMA}
    if changes:
        schemas[CHANGES] = results.CHANGE_SCHEMA
    files = {name: _open(folder / name, schema) for name, schema in schemas.items()}

    def write(table: pa.Table) -> None:
        wide = Wide.of(table, version.policy)
        scores = results.scores(wide, version)
        tally.add(scores)
        rows = {SCORES: scores, CONTRIBUTIONS: results.contributions(wide)}
        if changes:
            rows[CHANGES] = results.changes(wide)
        for name, file in files.items():
            if rows[name].num_rows:
                file.write_table(rows[name])

    waiting: Future[None] | None = None
    try:
        with ThreadPoolExecutor(max_workers=1) as writer:
            for table in tables:
                if waiting:
                    waiting.result()
                waiting = writer.submit(write, table)
            if waiting:
                waiting.result()
    finally:
        for file in files.values():
            file.close()
    return tally


def _open(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd", store_schema=False)
