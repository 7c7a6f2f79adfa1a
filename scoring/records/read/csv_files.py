"""CSV to Parquet, streamed: only the columns that a map names, every cell as text, every row with its number in the file."""

from __future__ import annotations

import csv as text_csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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
Read = tuple[list[str], int, list[tuple[int, str]]]
"""Columns kept, data rows of the file, and its malformed rows: (number in the file, what is wrong)."""


def write_csv(path: Path, declared: Encoding, wanted: Wanted, target: Path) -> Read:
    """Transcodes one CSV file; rows are numbered from the header, which is row 1, blank lines left out.

    Raises:
        InputError: No header, a column twice, an open quote, another encoding, or too many malformed rows.
    """
    encoding = encoding_of(path, declared)
    check_quotes(path, encoding)
    header = _header(path, encoding)
    clean = [name.strip() for name in header]
    refuse_twins(clean, path)
    keep = wanted(clean)
    malformed = _Malformed(path)
    read = pa_csv.ReadOptions(encoding=encoding, use_threads=False, block_size=8 << 20)
    parse = pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=malformed.take)
    convert = pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in header},
        include_columns=[header[clean.index(name)] for name in keep],
        strings_can_be_null=False,
    )
    rows, number = 0, 2
    with (
        malformed.in_words(),
        pa_csv.open_csv(path, read, parse, convert) as reader,
        pq.ParquetWriter(target, row_schema(keep), compression="lz4") as writer,
    ):
        for batch in reader:
            numbers = malformed.numbers(number, batch.num_rows)
            writer.write_batch(pa.record_batch([*batch.columns, pa.array(numbers)], names=[*keep, ROW]))
            rows += batch.num_rows
            number = int(numbers[-1]) + 1 if len(numbers) else number
    return keep, rows + len(malformed.rows), malformed.rows


def row_schema(keep: list[str]) -> pa.Schema:
    """Text columns and the row number."""
    return pa.schema([*((name, pa.string()) for name in keep), (ROW, pa.int64())])


def refuse_twins(names: list[str], path: Path) -> None:
    """Refuses a header that names a column twice: it is not clear which is meant."""
    double = sorted({name for name in names if name and names.count(name) > 1})
    if double:
        raise InputError(
            f"表头有重复的列：{double[0]!r}", f"the header names a column twice: {double[0]!r}", str(path)
        )


class _Malformed:
    """Rows with another number of cells than the header; of their text nothing is kept, for it may be about a person."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[tuple[int, str]] = []
        self.fatal: InputError | None = None

    def take(self, row: pa_csv.InvalidRow) -> str:
        """Counts a row, or stops where it hides others or there are too many."""
        if "\n" in row.text.strip() or "\r" in row.text.strip():
            self.fatal = InputError(
                f"第 {row.number} 行跨越多行且列数不符，可能吞掉了其他行；请检查引号",
                f"row {row.number} spans several lines and has the wrong number of cells: it may hide other rows; check its quotes",
                at(self.path, row.number),
            )
        elif len(self.rows) == MAX_BAD_ROWS:
            self.fatal = InputError(
                f"列数不符的行超过 {MAX_BAD_ROWS} 行；请检查分隔符是否为逗号",
                f"more than {MAX_BAD_ROWS} rows do not have the cells of the header; is the separator a comma?",
                str(self.path),
            )
        self.rows.append((row.number, f"{row.actual_columns} / {row.expected_columns}"))
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
        bad = [number for number, _ in self.rows if number >= start]
        every = np.arange(start, start + count + len(bad), dtype=np.int64)
        return every[~np.isin(every, bad)][:count] if bad else every


def _header(path: Path, encoding: str) -> list[str]:
    with (
        open_file(path) as raw,
        io.TextIOWrapper(raw, "utf-8-sig" if encoding == "utf-8" else encoding, newline="") as lines,
    ):
        header = next((row for row in text_csv.reader(lines) if row), [])
    if not header:
        raise InputError("文件为空，缺少表头", "the file is empty: it has no header row", str(path))
    return header
