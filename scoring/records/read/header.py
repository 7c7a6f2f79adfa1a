"""Which columns of a file are kept, what they are read as, and in which row their names stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import InputError, SourceMapError, at
from scoring.records.map.reasons import harmless
from scoring.records.read.budgets import check_columns
from scoring.records.read.clean_text import clean

ROWS_LOOKED_AT = 20
"""Rows among which a header is looked for where the first one is none."""
ROWS_SHOWN, CELLS_SHOWN, LETTERS_SHOWN = 3, 4, 16


@dataclass(frozen=True)
class Wanted:
    """What a map wants of a file.

    Attributes:
        choose: From the columns of the file to those to keep; raises if they do not fit the map.
        texts: Columns that are read as text, as ids are.
        amounts: Columns that are read as numbers.
    """

    choose: Callable[[list[str]], list[str]]
    texts: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Header:
    """The columns of a file: the kept ones, each with its place, and the row of their names."""

    row: int
    places: dict[str, int]

    @property
    def columns(self) -> list[str]:
        """The kept columns."""
        return list(self.places)


def kept_columns(names: Sequence[str], wanted: Wanted, path: Path | str) -> list[str]:
    """The columns to keep of those that a file has.

    Raises:
        InputError: There are too many, or one that is named is there twice: it is not clear which
            is meant.
        SourceMapError: They do not fit the map.
    """
    check_columns(len(names), Path(path))
    kept = wanted.choose(list(names))
    # The database does not tell capitals from small letters.
    counts = Counter(name.lower() for name in names)
    repeated = [name for name in kept if counts[name.lower()] > 1]
    if repeated:
        raise InputError("source_header_twice", place=str(path), name=repeated[0])
    return kept


def find_header(
    rows: Sequence[tuple[int, Sequence[str]]], given: int | None, wanted: Wanted, place: str
) -> Header:
    """The header among the first rows: the row that the map names, else the first.

    Args:
        rows: The first rows that are not blank: number and cells.
        given: The row that the map names.
        wanted: What the map wants.
        place: The file, and the sheet.

    Raises:
        InputError: There is no such row.
        SourceMapError: Its columns do not fit the map; says which row is the header, if one of the
            others is, and shows the first rows where the header looks like a title.
    """
    header = next((row for row in rows if given is None or row[0] == given), None)
    if header is None and given is not None:
        raise InputError("source_header_row_empty", place=place, row=given)
    if header is None:
        raise InputError("file_without_header", place=place)
    number, cells = header
    names = [clean(cell.strip()) for cell in cells]
    try:
        kept = kept_columns(names, wanted, place)
    except SourceMapError as error:
        raise _misplaced(rows, number, wanted, place, error) from error
    return Header(number, {name: names.index(name) for name in kept})


def _misplaced(
    rows: Sequence[tuple[int, Sequence[str]]], number: int, wanted: Wanted, place: str, error: SourceMapError
) -> SourceMapError:
    """The error of a header, with the row that is meant or the rows that there are."""
    for other, cells in rows[:ROWS_LOOKED_AT]:
        if other != number and _fits([clean(cell.strip()) for cell in cells], wanted, place):
            return SourceMapError("source_header_elsewhere", place=at(place, number), row=number, other=other)
    widths = {other: _filled(cells) for other, cells in rows[:ROWS_LOOKED_AT]}
    width = widths.get(number, 0)
    # A title has fewer cells than the rows of the table below it.
    if max(widths.values()) <= width:
        return error
    shown = " / ".join(_shown(other, cells) for other, cells in rows[:ROWS_SHOWN])
    return SourceMapError("source_header_shown", place=place, reason=error.words, rows=shown)


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _fits(names: list[str], wanted: Wanted, place: str) -> bool:
    try:
        kept = kept_columns(names, wanted, place)
    except InputError:
        return False
    return bool(kept)


def _shown(number: int, cells: Sequence[str]) -> str:
    """A row as a sentence shows it: its number and its first cells, cut short."""
    texts = [cell.strip()[:LETTERS_SHOWN] for cell in cells if cell.strip()]
    return f"{number}: {', '.join(map(harmless, texts[:CELLS_SHOWN]))}"
