"""JSON Lines and Excel to Parquet: rows that carry their names, read twice, first for the names."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple
from xml.etree.ElementTree import ParseError

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.errors import InputError, at
from scoring.records.read.csv_files import (
    ROW,
    MalformedRow,
    Transcoded,
    Wanted,
    refuse_twins,
    row_schema,
)
from scoring.records.read.encodings import encoding_of, open_file

BATCH_ROWS = 50_000
SHEET_BLOCK = 1 << 20
FORMULA_TAGS = (b"<f>", b"<f ")
"""How a formula begins in the XML of a sheet."""


Cells = tuple[object, ...]
"""Cells of one row of a sheet."""


class NamedRow(NamedTuple):
    """A row with its number in the file and its cells by name; ``None`` for a malformed one."""

    number: int
    cells: Mapping[str, object] | None


def json_rows(path: Path) -> Iterator[NamedRow]:
    """Rows of a JSON Lines file, UTF-8 or GB18030 as a whole; lines that are no object are malformed.

    Raises:
        InputError: A line is in no known encoding, or nested without end.
    """
    encoding = encoding_of(path)
    with open_file(path) as lines:
        for number, raw in enumerate(lines, 1):
            line = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding).strip()
            if not line:
                continue
            try:
                # Numbers stay text: a double would round 33.500328.
                cells = json.loads(line, parse_float=str, parse_int=str)
            except json.JSONDecodeError:
                cells = None
            except RecursionError as error:
                raise InputError("json_line_nested", place=at(path, number), line=number) from error
            yield NamedRow(number, cells if isinstance(cells, dict) else None)


def excel_rows(path: Path) -> Iterator[NamedRow]:
    """Rows of the first sheet, numbered as in the sheet; blank rows are left out.

    Raises:
        InputError: The file is broken, or a formula has no stored result; names the cell.
    """
    try:
        yield from _sheet_rows(path)
    except InputError:
        raise
    except (
        ParseError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise InputError("excel_damaged", place=str(path), reason=str(error)) from error


def _sheet_rows(path: Path) -> Iterator[NamedRow]:
    with ExitStack() as stack:
        rows = stack.enter_context(closing(_cells(path, computed=True)))
        header = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
        refuse_twins(header, path)
        formulas = None
        if _has_formulas(path):
            formulas = stack.enter_context(closing(_cells(path, computed=False)))
            next(formulas, ())  # its header
        # Row 1 is the header.
        for number, cells in enumerate(rows, 2):
            if formulas is not None:
                _refuse_uncomputed(cells, next(formulas, ()), header, number, path)
            if any(cell is not None for cell in cells):
                cells_by_name = {name: cell for name, cell in zip(header, cells, strict=False) if name}
                yield NamedRow(number, cells_by_name)


def _cells(path: Path, computed: bool) -> Generator[Cells, None, None]:
    """Rows of the first sheet: formulas as their stored results, or as they are written."""
    from openpyxl import load_workbook  # 50 ms that only Excel files need

    # Opened here, for openpyxl leaves a file that it cannot read open.
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=computed)
        with closing(book):
            yield from book.worksheets[0].iter_rows(values_only=True)


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/"):
                with book.open(name) as sheet:
                    if _contains_formula(sheet):
                        return True
    return False


def _contains_formula(sheet: IO[bytes]) -> bool:
    last_bytes = b""
    while block := sheet.read(SHEET_BLOCK):
        if any(tag in last_bytes + block for tag in FORMULA_TAGS):
            return True
        # A tag may be cut in two where a block ends.
        last_bytes = block[-2:]
    return False


def _refuse_uncomputed(cells: Cells, written: Cells, header: list[str], number: int, path: Path) -> None:
    """Refuses a formula without a result: it reads as an empty cell, which it is not."""
    from openpyxl.utils import get_column_letter

    for index, (name, cell, formula) in enumerate(zip(header, cells, written, strict=False), 1):
        if name and cell is None and formula is not None:
            address, place = f"{get_column_letter(index)}{number}", at(path, number)
            raise InputError("excel_formula_uncomputed", place=place, cell=address, name=name)


def write_rows(
    path: Path, read: Callable[[Path], Iterator[NamedRow]], wanted: Wanted, target: Path
) -> Transcoded:
    """Transcodes one file of rows with names.

    Args:
        path: The file.
        read: Reads its rows.
        wanted: From the columns of the file to those to keep.
        target: Parquet to write.

    Raises:
        InputError: It has no rows.
    """
    names = _names(read(path))
    if not names:
        raise InputError("file_without_rows", place=str(path))
    kept_columns = wanted(names)
    malformed: list[MalformedRow] = []
    row_count = 0
    with pq.ParquetWriter(target, row_schema(kept_columns), compression="lz4") as writer:
        rows = read(path)
        while batch := list(islice(rows, BATCH_ROWS)):
            malformed += [MalformedRow(row.number, "") for row in batch if row.cells is None]
            texts = list(_texts(batch, kept_columns))
            writer.write_table(pa.Table.from_pylist(texts, schema=row_schema(kept_columns)))
            row_count += len(batch)
    return Transcoded(kept_columns, row_count, malformed)


def _names(rows: Iterator[NamedRow]) -> list[str]:
    """All names that occur, in the order in which they occur first."""
    names: dict[str, None] = {}
    for row in rows:
        names |= dict.fromkeys(row.cells or ())
    return list(names)


def _texts(rows: list[NamedRow], kept: list[str]) -> Iterator[dict[str, str | int | None]]:
    """The kept cells of sound rows as text, each row with its number."""
    for row in rows:
        if row.cells is not None:
            texts: dict[str, str | int | None] = {ROW: row.number}
            for column in kept:
                texts[column] = cell_text(row.cells.get(column))
            yield texts


def cell_text(cell: object) -> str | None:
    """A cell as text: days as ISO dates, whole numbers without a point, true and false."""
    if cell is None:
        return None
    if isinstance(cell, datetime):
        if cell.time().isoformat() == "00:00:00":
            return cell.date().isoformat()
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)
