"""Sheets of a workbook to Parquet: which are read, where their header is, what their cells say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

from scoring.errors import InputError, at
from scoring.records.read.header import ROWS_LOOKED_AT, Header, Wanted, find_header
from scoring.records.read.merged_cells import MergedColumns
from scoring.records.read.row_writer import MalformedRow, RowWriter, Transcoded
from scoring.records.read.sheet_rows import Merged, SheetReader, SheetRow, column_letters, merged_cells
from scoring.records.read.workbook import CellSheet, Workbook

Row = tuple[int, list[str]]
"""A row of a sheet as a header is looked for in it: its number, and its cells from the first column."""


def sheets_to_read(book: Workbook, named: Sequence[str]) -> tuple[list[CellSheet], list[str]]:
    """The sheets of a workbook that are read, and the names of hidden ones with rows that are not.

    Args:
        book: The workbook.
        named: Names or patterns of the sheets to read, as the map gives them; hidden ones only by
            their full names.

    Raises:
        InputError: A named sheet is not there; or none is named, and several have rows, or only a
            hidden one has.
    """
    if named:
        return list(dict.fromkeys(chain.from_iterable(_named(book, name) for name in named))), []
    with_rows = [sheet for sheet in book.sheets if has_rows(book, sheet)]
    visible = [sheet for sheet in with_rows if sheet.is_visible]
    hidden = [sheet.name for sheet in with_rows if not sheet.is_visible]
    if len(visible) > 1:
        names = [sheet.name for sheet in visible]
        raise InputError("excel_sheets_several", place=str(book.path), sheets=names, example=_list(names))
    if not visible and hidden:
        raise InputError("excel_sheets_hidden", place=str(book.path), sheets=hidden, example=_list(hidden))
    if not visible:
        raise InputError("file_without_rows", place=str(book.path))
    return visible, hidden


def _named(book: Workbook, name: str) -> list[CellSheet]:
    matching = [sheet for sheet in book.sheets if sheet.name.strip() == name.strip()] or [
        sheet for sheet in book.sheets if sheet.is_visible and fnmatch(sheet.name.strip(), name)
    ]
    if not matching:
        names = [sheet.name for sheet in book.sheets]
        raise InputError("excel_sheet_missing", place=str(book.path), name=name, sheets=names)
    return matching


def _list(names: Sequence[str]) -> str:
    """Names as a list of a map."""
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def has_rows(book: Workbook, sheet: CellSheet) -> bool:
    """Whether a sheet has a cell that is not blank."""
    return any(row.cells or row.uncomputed for row in SheetReader(book, sheet).rows())


def write_sheet(
    book: Workbook, sheet: CellSheet, header_row: int | None, wanted: Wanted, target: Path
) -> Transcoded:
    """Transcodes one sheet; rows are numbered as in the sheet, blank ones are left out.

    Raises:
        InputError: It has no header, a cell of a kept column is a formula without a result, or a
            number that was rounded; names the cell.
    """
    place = f"{book.path}[{sheet.name}]"
    merged = merged_cells(book, sheet)
    rows = SheetReader(book, sheet).rows()
    first_rows = _first_rows(rows, header_row or ROWS_LOOKED_AT)
    header = find_header(_filled_header(first_rows, merged, header_row), header_row, wanted, place)
    below = chain((row for row in first_rows if row.number > header.row), rows)
    return _write_rows(below, _Table(place, header, merged, wanted), target)


def _first_rows(rows: Iterator[SheetRow], last: int) -> list[SheetRow]:
    """Rows up to the last one that is looked at for the header, or so many that are not blank."""
    first_rows: list[SheetRow] = []
    for row in rows:
        if row.cells or row.uncomputed:
            first_rows.append(row)
        if row.number >= last and first_rows:
            break
    return first_rows


def _filled_header(rows: Sequence[SheetRow], merged: Sequence[Merged], header_row: int | None) -> list[Row]:
    """First rows as lists of cells; into the header that the map names, cells merged from above reach."""
    tables: list[Row] = []
    by_number = {row.number: row for row in rows}
    for row in rows:
        cells = dict(row.cells)
        if row.number == header_row:
            for area in merged:
                if area.top < row.number <= area.bottom and area.left == area.right:
                    above = by_number.get(area.top)
                    text = above.cells.get(area.left) if above else None
                    if text is not None:
                        cells.setdefault(area.left, text)
        width = max(cells, default=-1) + 1
        tables.append((row.number, [cells.get(column, "") for column in range(width)]))
    return tables


class _Table:
    """The rows below a header: their kept cells, merged ones filled."""

    def __init__(self, place: str, header: Header, merged: Sequence[Merged], wanted: Wanted) -> None:
        self.place, self.header = place, header
        places = header.places
        for area in merged:
            covers = [name for name, column in places.items() if area.left <= column <= area.right]
            if covers and area.top <= header.row < area.bottom:
                raise InputError(
                    "excel_header_merged", place=place, row=header.row, bottom=area.bottom, name=covers[0]
                )
        amounts = frozenset(places[name] for name in wanted.amounts if name in places)
        below = [area for area in merged if area.bottom > header.row]
        self._merged = MergedColumns(below, list(places.values()), amounts)
        self._names = {column: name for name, column in places.items()}
        self.texts = wanted.texts
        self._text_columns = {places[name] for name in wanted.texts if name in places}

    def cells(self, row: SheetRow) -> list[str | None] | None:
        """The kept cells of a row; ``None`` where merged cells leave open what is meant."""
        self._check(row)
        filled = self._merged.fill(row)
        if filled is None:
            return None
        return [filled.get(column) for column in self.header.places.values()]

    def _check(self, row: SheetRow) -> None:
        place = at(self.place, row.number)
        for column in row.uncomputed:
            if name := self._names.get(column):
                cell = f"{column_letters(column)}{row.number}"
                raise InputError("excel_formula_uncomputed", place=place, cell=cell, name=name)
        for column in row.rounded:
            if column in self._text_columns:
                cell, name = f"{column_letters(column)}{row.number}", self._names[column]
                raise InputError("excel_number_rounded", place=place, cell=cell, name=name)


def _write_rows(rows: Iterator[SheetRow], table: _Table, target: Path) -> Transcoded:
    malformed: list[MalformedRow] = []
    row_count = filled = 0
    columns = table.header.columns
    with RowWriter(target, columns, table.texts, table.place) as writer:
        for row in rows:
            # A merged cell gives its row nothing of its own: a row of nothing else is blank.
            if not row.cells and not row.uncomputed:
                continue
            row_count += 1
            cells = table.cells(row)
            if cells is None:
                malformed.append(MalformedRow(row.number, "", "merged_cells"))
                continue
            own = [row.cells.get(column) for column in table.header.places.values()]
            filled += sum(1 for cell, text in zip(own, cells, strict=True) if cell != text)
            writer.add(row.number, cells)
    return Transcoded(columns, row_count, malformed, writer.cleaned, filled)
