"""Rows of one sheet from its XML: numbers that rise, cells as text, and what is wrong with a cell.

The size that a sheet states of itself is not looked at: exporters write wrong ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from math import isfinite

from scoring.errors import InputError
from scoring.records.read.budgets import MAX_CELLS, MAX_MERGED
from scoring.records.read.workbook import (
    MAIN,
    Attributes,
    CellSheet,
    TextCollector,
    Workbook,
    blocks_parsed,
    open_part,
    parse_part,
    unescaped,
)

LAST_ROW, LAST_COLUMN = 1 << 20, 1 << 14
EXACT = 15
"""Digits that a number of a spreadsheet keeps; more are rounded to zeros."""
TAGS = {
    f"{namespace} {name}": name
    for namespace in MAIN
    for name in ("sheetData", "row", "c", "v", "f", "mergeCell")
}
REFERENCE = re.compile("[A-Z]{1,3}")


@dataclass
class SheetRow:
    """A row of a sheet.

    Attributes:
        number: Its number in the sheet.
        cells: Texts of its cells that are not blank, by column from 0.
        rounded: Columns with a number of more digits than a number keeps.
        uncomputed: Columns with a formula without its result.
    """

    number: int
    cells: dict[int, str] = field(default_factory=dict)
    rounded: list[int] = field(default_factory=list)
    uncomputed: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Merged:
    """A range of merged cells: its first and last row, and first and last column from 0."""

    top: int
    bottom: int
    left: int
    right: int


def merged_cells(book: Workbook, sheet: CellSheet) -> list[Merged]:
    """The ranges of merged cells, which stand behind the rows.

    Raises:
        InputError: There are too many.
    """
    merged: list[Merged] = []

    def start(tag: str, attributes: Attributes) -> None:
        """Keeps a range."""
        if TAGS.get(tag) == "mergeCell":
            merged.append(_merged(attributes["ref"]))
            if len(merged) > MAX_MERGED:
                place = f"{book.path}[{sheet.name}]"
                raise InputError("excel_merged_too_many", place=place, limit=MAX_MERGED)

    parse_part(book, sheet.part, start)
    return merged


class SheetReader:
    """Reads the rows of one sheet once.

    Args:
        book: The workbook.
        sheet: The sheet.
    """

    def __init__(self, book: Workbook, sheet: CellSheet) -> None:
        self._book, self._sheet = book, sheet
        self._place = f"{book.path}[{sheet.name}]"
        self._ready: list[SheetRow] = []
        self._row: SheetRow | None = None
        self._number, self._column, self._count = 0, -1, 0
        self._inside = False
        self._text = TextCollector()
        self._kind, self._style = "n", ""
        self._value: list[str] | None = None
        self._has_formula = False

    def rows(self) -> Iterator[SheetRow]:
        """All rows that are written in the file, blank ones too, in order.

        Raises:
            InputError: A row or a cell is there twice or out of order, or there are too many cells.
        """
        with open_part(self._book, self._sheet.part) as source:
            for _ in blocks_parsed(source, self._start, self._end, self._characters):
                yield from self._ready
                self._ready.clear()

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = TAGS.get(tag)
        if name == "c" and self._row is not None:
            self._start_cell(attributes)
        elif name == "v":
            self._value = []
        elif name == "f":
            self._has_formula = True
        elif name == "row" and self._inside:
            self._start_row(attributes)
        elif name == "sheetData":
            self._inside = True
        elif self._kind == "inlineStr":
            self._text.start(tag, attributes)

    def _end(self, tag: str) -> None:
        name = TAGS.get(tag)
        if name == "c" and self._row is not None:
            self._end_cell()
        elif name == "row" and self._row is not None:
            self._ready.append(self._row)
            self._row = None
        elif name == "sheetData":
            self._inside = False
        elif name is None and self._kind == "inlineStr":
            self._text.end(tag)

    def _characters(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)
        elif self._kind == "inlineStr":
            self._text.characters(text)

    def _start_row(self, attributes: Attributes) -> None:
        number = int(attributes["r"]) if "r" in attributes else self._number + 1
        if not self._number < number <= LAST_ROW:
            raise InputError("excel_row_out_of_order", place=self._place, row=number, after=self._number)
        self._row, self._number, self._column = SheetRow(number), number, -1

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        column = self._column + 1
        if reference is not None:
            letters = reference.rstrip("0123456789")
            column = column_number(letters)
            if reference[len(letters) :] != str(self._number) or column <= self._column:
                after = f"{column_letters(self._column)}{self._number}" if self._column >= 0 else "-"
                raise InputError("excel_cell_out_of_order", place=self._place, cell=reference, after=after)
        self._column = column
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._has_formula = None, False
        self._count += 1
        if self._count > MAX_CELLS:
            raise InputError("excel_cells_too_many", place=self._place, limit=MAX_CELLS)

    def _end_cell(self) -> None:
        written = "".join(self._value) if self._value else ""
        row, column = self._row, self._column
        self._value = None
        if row is None:
            return
        # A formula whose result is an empty text says so by its kind.
        if self._has_formula and not written and self._kind != "str":
            row.uncomputed.append(column)
        text = self._cell_text(written, row)
        if text and not text.isspace():
            row.cells[column] = text
        self._kind = "n"

    def _cell_text(self, written: str, row: SheetRow) -> str:
        if self._kind == "inlineStr":
            return self._text.take()
        if not written:
            return ""
        if self._kind == "n":
            return self._number_text(written, row)
        if self._kind == "s":
            index = int(written)
            if index < 0:
                raise ValueError(f"no shared text {index}")
            return self._book.texts[index]
        if self._kind == "b":
            return "true" if written in ("1", "true") else "false"
        return unescaped(written)

    def _number_text(self, written: str, row: SheetRow) -> str:
        if self._style in self._book.day_styles:
            return _day_text(float(written), self._book.from_1904) or written
        if len(written) <= EXACT and written.isdecimal() and written.isascii():
            return str(int(written))
        number = float(written)
        if not isfinite(number):
            raise ValueError(f"{written} is no number")
        if abs(number) >= 10**EXACT:
            row.rounded.append(self._column)
        return cell_text(number) or ""


def _day_text(serial: float, from_1904: bool) -> str | None:
    """The day, or day and time, of a serial number; nothing where there is no such day."""
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    try:
        return cell_text(from_excel(serial, MAC_EPOCH if from_1904 else WINDOWS_EPOCH))
    except (OverflowError, ValueError):
        return None


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


@cache
def column_number(letters: str) -> int:
    """Column from 0 by its letters.

    Raises:
        ValueError: There is no such column.
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if not REFERENCE.fullmatch(letters) or number > LAST_COLUMN:
        raise ValueError(f"no column {letters!r}")
    return number - 1


def column_letters(column: int) -> str:
    """Letters of a column, counted from 0."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def _merged(reference: str) -> Merged:
    first, _, last = reference.replace("$", "").partition(":")
    corners = [_corner(first), _corner(last or first)]
    rows, columns = sorted(row for row, _ in corners), sorted(column for _, column in corners)
    return Merged(rows[0], rows[1], columns[0], columns[1])


def _corner(reference: str) -> tuple[int, int]:
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :]), column_number(letters)
