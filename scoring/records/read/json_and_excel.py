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
from xml.etree.ElementTree import ParseError

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.errors import InputError, at
from scoring.records.read.csv_files import ROW, Read, Wanted, refuse_twins, row_schema
from scoring.records.read.encodings import encoding_of, open_file

BATCH = 50_000
Row = tuple[int, Mapping[str, object] | None]
"""Number of a row in its file, and its cells by name; ``None`` for a malformed one."""


def json_rows(path: Path) -> Iterator[Row]:
    """Rows of a JSON Lines file, UTF-8 or GB18030 as a whole; a line that is no object is malformed.

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
                row = json.loads(line, parse_float=str, parse_int=str)
            except json.JSONDecodeError:
                row = None
            except RecursionError as error:
                raise InputError(
                    f'第 {number} 行嵌套过深；每行应为一个平的对象，例如 {{"record_id": "R1"}}',
                    f'line {number} is nested too deeply; a line is one flat object, e.g. {{"record_id": "R1"}}',
                    at(path, number),
                ) from error
            yield number, row if isinstance(row, dict) else None


def excel_rows(path: Path) -> Iterator[Row]:
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
        raise InputError(
            f"Excel 文件损坏：{error}", f"the Excel file is damaged: {error}", str(path)
        ) from error


def _sheet_rows(path: Path) -> Iterator[Row]:
    with ExitStack() as opened:
        rows = opened.enter_context(closing(_cells(path, computed=True)))
        header = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
        refuse_twins(header, path)
        formulas = (
            opened.enter_context(closing(_cells(path, computed=False))) if _has_formulas(path) else None
        )
        if formulas is not None:
            next(formulas, ())  # its header
        for number, cells in enumerate(rows, 2):
            if formulas is not None:
                _refuse_uncomputed(cells, next(formulas, ()), header, number, path)
            if any(cell is not None for cell in cells):
                yield number, {name: cell for name, cell in zip(header, cells, strict=False) if name}


def _cells(path: Path, computed: bool) -> Generator[tuple[object, ...], None, None]:
    """Rows of the first sheet: formulas as their stored results, or as they are written."""
    from openpyxl import load_workbook  # 50 ms that only Excel files need

    # opened here, for openpyxl leaves a file that it cannot read open
    with path.open("rb") as file, closing(load_workbook(file, read_only=True, data_only=computed)) as book:
        yield from book.worksheets[0].iter_rows(values_only=True)


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/"):
                with book.open(name) as sheet:
                    before = b""
                    while block := sheet.read(1 << 20):
                        if b"<f>" in before + block or b"<f " in before + block:
                            return True
                        before = block[-2:]
    return False


def _refuse_uncomputed(
    cells: tuple[object, ...], written: tuple[object, ...], header: list[str], number: int, path: Path
) -> None:
    """A formula that no spreadsheet has computed reads as an empty cell, which it is not."""
    from openpyxl.utils import get_column_letter

    for index, (name, cell, formula) in enumerate(zip(header, cells, written, strict=False), 1):
        if name and cell is None and formula is not None:
            address = f"{get_column_letter(index)}{number}"
            raise InputError(
                f"单元格 {address}（{name}）是公式且没有保存结果；请在 Excel 中打开并保存，或粘贴为数值",
                f"cell {address} ({name}) is a formula without a stored result; open and save the file in Excel, or paste values",
                at(path, number),
            )


def write_rows(path: Path, read: Callable[[Path], Iterator[Row]], wanted: Wanted, target: Path) -> Read:
    """Transcodes one file of rows with names.

    Raises:
        InputError: It has no rows.
    """
    names = list(dict.fromkeys(name for _, row in read(path) if row is not None for name in row))
    if not names:
        raise InputError("文件为空，没有数据", "the file is empty: it has no rows", str(path))
    keep = wanted(names)
    bad: list[tuple[int, str]] = []
    count = 0
    with pq.ParquetWriter(target, row_schema(keep), compression="lz4") as writer:
        rows = read(path)
        while part := list(islice(rows, BATCH)):
            bad += [(number, "") for number, row in part if row is None]
            cells = [
                {name: cell_text(row.get(name)) for name in keep} | {ROW: number}
                for number, row in part
                if row is not None
            ]
            writer.write_table(pa.Table.from_pylist(cells, schema=row_schema(keep)))
            count += len(part)
    return keep, count, bad


def cell_text(cell: object) -> str | None:
    """A cell as text: days as ISO dates, whole numbers without a point, true and false in small letters."""
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return (
            cell.date().isoformat()
            if cell.time().isoformat() == "00:00:00"
            else cell.isoformat(sep=" ", timespec="seconds")
        )
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)
