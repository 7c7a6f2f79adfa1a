"""Rows of text written to Parquet in batches that stay small, however long the texts are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.records.map.identifiers import BLANKS
from scoring.records.read.clean_text import clean
from scoring.records.read.rounded_numbers import refuse_rounded

BATCH_ROWS = 50_000
BATCH_LETTERS = 8 << 20
ROW = "sise:row"
"""Column of a transcoded file: number of the row in the file it came from."""


class MalformedRow(NamedTuple):
    """A row that is not taken in: its number in the file, the cells at fault, and why."""

    number: int
    cells: str
    code: str = "bad_row"


class Transcoded(NamedTuple):
    """What became of a file: columns kept, data rows in all, malformed ones, cells that were cleaned."""

    columns: list[str]
    rows: int
    malformed: Sequence[MalformedRow]
    cleaned: int = 0
    filled: int = 0


def row_schema(kept: Sequence[str]) -> pa.Schema:
    """Columns of a transcoded file: the kept ones as text, and the row number."""
    return pa.schema([*((name, pa.string()) for name in kept), (ROW, pa.int64())])


class RowWriter:
    """Writes rows to one Parquet file; invisible characters are left out and counted.

    Args:
        target: Parquet to write.
        kept: The columns of a row, in order.
        texts: Those of them in which a number is a name, so that none of its digits may be lost.
        place: The file that they come from.

    Raises:
        InputError: A row that is added has a rounded number in one of them.
    """

    def __init__(self, target: Path, kept: Sequence[str], texts: Collection[str], place: str) -> None:
        self.cleaned = 0
        self._texts, self._place = texts, place
        self._schema = row_schema(kept)
        self._writer = pq.ParquetWriter(target, self._schema, compression="lz4")
        self._columns: list[list[str | None]] = [[] for _ in kept]
        self._numbers: list[int] = []
        self._letters = 0

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def add(self, number: int, texts: Sequence[str | None]) -> None:
        """Adds a row: its number in the file and its texts."""
        self._numbers.append(number)
        for column, text in zip(self._columns, texts, strict=True):
            if text is not None:
                self._letters += len(text)
                trimmed = text.strip(BLANKS)
                cleaned = clean(trimmed)
                self.cleaned += cleaned != trimmed
                column.append(cleaned or None)
            else:
                column.append(None)
        if len(self._numbers) >= BATCH_ROWS or self._letters >= BATCH_LETTERS:
            self._flush()

    def _flush(self) -> None:
        arrays = [pa.array(column, pa.string()) for column in self._columns]
        for name, column in zip(self._schema.names, arrays, strict=False):
            if name in self._texts:
                refuse_rounded(name, column, self._numbers, self._place)
        numbers = pa.array(self._numbers, pa.int64())
        self._writer.write_batch(pa.record_batch([*arrays, numbers], schema=self._schema))
        for column in self._columns:
            column.clear()
        self._numbers.clear()
        self._letters = 0
