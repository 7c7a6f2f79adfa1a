"""Merged cells of a sheet: what stands in the first one holds for all rows of the range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scoring.records.read.sheet_rows import Merged, SheetRow


class MergedColumns:
    """What merged cells say of the kept columns, row by row from the top.

    Args:
        merged: The ranges of the sheet.
        kept: The kept columns, from 0.
        amounts: Those of them that are numbers: an amount in a merged cell may be meant once for all
            rows or once for each.
    """

    def __init__(self, merged: Iterable[Merged], kept: Sequence[int], amounts: frozenset[int]) -> None:
        self._amounts = amounts
        self._unclear: set[tuple[int, int]] = set()
        self._ranges: dict[int, list[Merged]] = {column: [] for column in kept}
        for cells in sorted(merged, key=lambda cells: cells.top):
            covered = [column for column in kept if cells.left <= column <= cells.right]
            for column in covered:
                self._ranges[column].append(cells)
            if len(covered) > 1:
                self._unclear.add((cells.top, cells.left))
        self._next = dict.fromkeys(kept, 0)
        self._first: dict[int, str | None] = {}

    def fill(self, row: SheetRow) -> Mapping[int, str] | None:
        """The cells of a row with those that merged cells give it.

        Returns:
            The cells by column; ``None`` where a range covers several kept columns, or an amount:
            it is not clear what is meant.
        """
        filled: dict[int, str] | None = None
        for column, ranges in self._ranges.items():
            if self._next[column] >= len(ranges):
                continue
            cells = self._current(column, row)
            if cells is None:
                continue
            text = self._first[column]
            if text is not None and self._is_unclear(cells, column):
                return None
            if text is not None and column not in row.cells:
                filled = filled if filled is not None else dict(row.cells)
                filled[column] = text
        return filled if filled is not None else row.cells

    def _is_unclear(self, cells: Merged, column: int) -> bool:
        return (cells.top, cells.left) in self._unclear or (
            column in self._amounts and cells.top < cells.bottom
        )

    def _current(self, column: int, row: SheetRow) -> Merged | None:
        """The range of a column that this row lies in; its first row says what stands there."""
        ranges = self._ranges[column]
        while self._next[column] < len(ranges):
            cells = ranges[self._next[column]]
            if row.number < cells.top:
                return None
            if row.number == cells.top:
                self._first[column] = row.cells.get(cells.left)
            elif column not in self._first:
                self._first[column] = None
            if row.number <= cells.bottom:
                return cells
            self._next[column] += 1
            self._first.pop(column, None)
        return None
