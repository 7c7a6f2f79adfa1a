"""CSV files to Parquet, streamed: only the columns that a map names, every cell as text.

Every row bears its number in the file.
"""

from __future__ import annotations

import csv as text_csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.errors import InputError, at
from scoring.records.map.identifiers import BLANKS
from scoring.records.read.clean_text import clean
from scoring.records.read.encodings import TextLook, check_quotes, open_file
from scoring.records.read.header import ROWS_LOOKED_AT, Header, Wanted, find_header
from scoring.records.read.rounded_numbers import refuse_rounded
from scoring.records.read.row_writer import ROW, MalformedRow, Transcoded, row_schema

MAX_BAD_ROWS = 1_000


def write_csv(path: Path, look: TextLook, header_row: int | None, wanted: Wanted, target: Path) -> Transcoded:
    """Transcodes one CSV file.

    Rows are numbered as rows of the file, its header in its place among them; blank lines are left
    out.

    Args:
        path: The file, perhaps gzipped.
        look: What its text is.
        header_row: The row of the header, where it is not the first.
        wanted: What the map wants of it.
        target: Parquet to write.

    Raises:
        InputError: No header, a named column twice, an open quote, or too many malformed rows.
    """
    if look.has_quotes:
        check_quotes(path, look.encoding)
    first_rows, skipped = _first_rows(path, look.encoding, header_row)
    header = find_header(first_rows, header_row, wanted, str(path))
    width = len(next(cells for number, cells in first_rows if number == header.row))
    malformed = _Malformed(path, header.row, skipped[header.row])
    # Names of our own: those of the file may be there twice.
    names = [f"c{place}" for place in range(width)]
    # One thread: rows are numbered by the order in which they and the malformed ones arrive.
    read_options = pa_csv.ReadOptions(
        encoding=look.encoding,
        use_threads=False,
        block_size=8 << 20,
        column_names=names,
        skip_rows=skipped[header.row],
    )
    parse_options = pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=malformed.take)
    convert_options = pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        include_columns=[names[place] for place in header.places.values()],
        strings_can_be_null=False,
    )
    cells = _Cells(path, look, header, wanted)
    sound_rows, next_number = 0, header.row + 1
    with (
        malformed.in_words(),
        open_file(path) as source,
        pa_csv.open_csv(
            source if path.suffix.lower() == ".gz" else path, read_options, parse_options, convert_options
        ) as reader,
        pq.ParquetWriter(target, row_schema(header.columns), compression="lz4") as writer,
    ):
        for batch in reader:
            numbers = malformed.numbers(next_number, batch.num_rows)
            columns = [*cells.checked(batch.columns, numbers), pa.array(numbers)]
            writer.write_batch(pa.record_batch(columns, names=[*header.columns, ROW]))
            sound_rows += batch.num_rows
            next_number = int(numbers[-1]) + 1 if len(numbers) else next_number
    rows = sound_rows + len(malformed.rows)
    return Transcoded(header.columns, rows, malformed.rows, cells.cleaned)


def _first_rows(
    path: Path, encoding: str, header_row: int | None
) -> tuple[list[tuple[int, list[str]]], dict[int, int]]:
    """Rows among which the header is, and how many lines of the file end with each of them."""
    codec_name = "utf-8-sig" if encoding == "utf-8" else encoding
    rows: list[tuple[int, list[str]]] = []
    lines_by_row: dict[int, int] = {}
    with open_file(path) as raw, io.TextIOWrapper(raw, codec_name, newline="") as lines:
        reader = text_csv.reader(lines)
        number = 0
        for cells in islice(reader, 2 * max(header_row or 0, ROWS_LOOKED_AT)):
            # Blank lines are no rows.
            if cells:
                number += 1
                rows.append((number, cells))
                lines_by_row[number] = reader.line_num
    return rows, lines_by_row


class _Cells:
    """The kept cells of a file, batch by batch: invisible characters out, rounded numbers refused."""

    def __init__(self, path: Path, look: TextLook, header: Header, wanted: Wanted) -> None:
        self.cleaned = 0
        self._path, self._look = path, look
        self._texts = [(name, name in wanted.texts) for name in header.columns]

    def checked(
        self, columns: Sequence[pa.Array], numbers: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> list[pa.Array]:
        """The columns of a batch as they are kept.

        Raises:
            InputError: An id was written as 9.13E+17; names the row.
        """
        for (name, is_text), column in zip(self._texts, columns, strict=True):
            if is_text:
                refuse_rounded(name, column, numbers, str(self._path))
        return list(columns) if self._look.is_clean else [self._clean(column) for column in columns]

    def _clean(self, column: pa.Array) -> pa.Array:
        texts = [text.strip(BLANKS) for text in column.to_pylist()]
        cleaned = list(map(clean, texts))
        self.cleaned += sum(1 for text, visible in zip(texts, cleaned, strict=True) if text != visible)
        return pa.array(cleaned, pa.string())


class _Malformed:
    """Rows with another number of cells than the header.

    Of their text nothing is kept, for it may be about a person.
    """

    def __init__(self, path: Path, header_row: int, lines_above: int) -> None:
        self.path = path
        self._header_row, self._lines_above = header_row, lines_above
        self.rows: list[MalformedRow] = []
        self.fatal: InputError | None = None

    def take(self, row: pa_csv.InvalidRow) -> str:
        """Counts a row, or stops where it hides others or there are too many."""
        text = row.text.strip()
        number = row.number - self._lines_above + self._header_row
        if "\n" in text or "\r" in text:
            place = at(self.path, number)
            self.fatal = InputError("csv_row_over_lines", place=place, row=number)
        elif len(self.rows) == MAX_BAD_ROWS:
            self.fatal = InputError("csv_rows_malformed", place=str(self.path), limit=MAX_BAD_ROWS)
        self.rows.append(MalformedRow(number, f"{row.actual_columns} / {row.expected_columns}"))
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
