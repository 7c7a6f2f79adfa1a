"""CSV files to Parquet, streamed: only the columns that a map names, every cell as text.

Every row bears its number in the file.
"""

from __future__ import annotations

import csv as text_csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.errors import InputError, at
from scoring.records.read.encodings import Encoding, check_quotes, encoding_of, open_file

MAX_BAD_ROWS = 1_000
ROW = "sise:row"
"""Column of a transcoded file: number of the row in the file it came from."""
Wanted = Callable[[list[str]], list[str]]
"""From the columns of a file to those to keep; raises if they do not fit the map."""


class MalformedRow(NamedTuple):
    """A row that is not taken in: its number in the file, and cells that it has / should have."""

    number: int
    cells: str


class Transcoded(NamedTuple):
    """What became of a file: columns kept, data rows in all, and those that are malformed."""

    columns: list[str]
    rows: int
    malformed: list[MalformedRow]


def write_csv(path: Path, declared: Encoding, wanted: Wanted, target: Path) -> Transcoded:
    """Transcodes one CSV file.

    Rows are numbered from the header, which is row 1; blank lines are left out.

    Args:
        path: The file, perhaps gzipped.
        declared: Its encoding, as the map says.
        wanted: From the columns of the file to those to keep.
        target: Parquet to write.

    Raises:
        InputError: No header, a column twice, an open quote, another encoding, or too many
            malformed rows.
    """
    encoding = encoding_of(path, declared)
    check_quotes(path, encoding)
    header = _header(path, encoding)
    stripped = [name.strip() for name in header]
    refuse_twins(stripped, path)
    kept_columns = wanted(stripped)
    malformed = _Malformed(path)
    # One thread: rows are numbered by the order in which they and the malformed ones arrive.
    read_options = pa_csv.ReadOptions(encoding=encoding, use_threads=False, block_size=8 << 20)
    parse_options = pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=malformed.take)
    convert_options = pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in header},
        include_columns=[header[stripped.index(name)] for name in kept_columns],
        strings_can_be_null=False,
    )
    sound_rows, next_number = 0, 2
    with (
        malformed.in_words(),
        pa_csv.open_csv(path, read_options, parse_options, convert_options) as reader,
        pq.ParquetWriter(target, row_schema(kept_columns), compression="lz4") as writer,
    ):
        for batch in reader:
            numbers = malformed.numbers(next_number, batch.num_rows)
            columns = [*batch.columns, pa.array(numbers)]
            writer.write_batch(pa.record_batch(columns, names=[*kept_columns, ROW]))
            sound_rows += batch.num_rows
            next_number = int(numbers[-1]) + 1 if len(numbers) else next_number
    return Transcoded(kept_columns, sound_rows + len(malformed.rows), malformed.rows)


def row_schema(kept: list[str]) -> pa.Schema:
    """Columns of a transcoded file: the kept ones as text, and the row number."""
    return pa.schema([*((name, pa.string()) for name in kept), (ROW, pa.int64())])


def refuse_twins(names: list[str], path: Path) -> None:
    """Refuses a header that names a column twice: it is not clear which is meant."""
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise InputError("source_header_twice", place=str(path), name=repeated[0])


class _Malformed:
    """Rows with another number of cells than the header.

    Of their text nothing is kept, for it may be about a person.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[MalformedRow] = []
        self.fatal: InputError | None = None

    def take(self, row: pa_csv.InvalidRow) -> str:
        """Counts a row, or stops where it hides others or there are too many."""
        text = row.text.strip()
        if "\n" in text or "\r" in text:
            place = at(self.path, row.number)
            self.fatal = InputError("csv_row_over_lines", place=place, row=row.number)
        elif len(self.rows) == MAX_BAD_ROWS:
            self.fatal = InputError("csv_rows_malformed", place=str(self.path), limit=MAX_BAD_ROWS)
        self.rows.append(MalformedRow(row.number, f"{row.actual_columns} / {row.expected_columns}"))
        return "error" if self.fatal else "skip"

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Raises what stopped the reader in words: Arrow's own message would quote the row."""
        try:
            yield
        except pa.ArrowInvalid:
            if self.fatal:
                raise self.fatal from None
            raise

    def numbers(self, start: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Numbers of the next sound rows: those from ``start`` that no malformed row has."""
        malformed_numbers = [row.number for row in self.rows if row.number >= start]
        all_numbers = np.arange(start, start + count + len(malformed_numbers), dtype=np.int64)
        if not malformed_numbers:
            return all_numbers
        sound_numbers = all_numbers[~np.isin(all_numbers, malformed_numbers)]
        return sound_numbers[:count]


def _header(path: Path, encoding: str) -> list[str]:
    codec_name = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_file(path) as raw, io.TextIOWrapper(raw, codec_name, newline="") as lines:
        header = next((cells for cells in text_csv.reader(lines) if cells), [])
    if not header:
        raise InputError("file_without_header", place=str(path))
    return header
