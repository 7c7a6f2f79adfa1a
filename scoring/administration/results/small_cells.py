"""Counts for the public: small ones are not shown, nor others from which they could be worked out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

LEAST = 10
"""Enterprises of the smallest count that is shown: of fewer, a count begins to tell of each."""
Counts = Mapping[tuple[Hashable, ...], int]
"""Counts by cell; a cell is named by one part for each way of dividing, for example (area, band)."""


def hidden_cells(counts: Counts, least: int = LEAST) -> frozenset[tuple[Hashable, ...]]:
    """Cells that are not shown, whatever totals are.

    The total of every line of cells is shown, so a line in which something is hidden hides two cells
    at least, and together as many as a count that may be shown. A cell of nobody is hidden like any
    other small one: that nobody is there tells of everybody.

    Args:
        counts: All cells.
        least: The smallest count that is shown.
    """
    hidden = {cell for cell, count in counts.items() if count < least}
    lines = _lines(counts)
    # What is hidden for one line may be alone in another, so until nothing is added.
    while additions := [cell for line in lines if (cell := _complement(line, hidden, counts, least))]:
        hidden.update(additions)
    return frozenset(hidden)


def _lines(counts: Counts) -> list[list[tuple[Hashable, ...]]]:
    """Cells that differ in one part alone: rows and columns."""
    lines: dict[tuple[object, ...], list[tuple[Hashable, ...]]] = {}
    for cell in counts:
        for place in range(len(cell)):
            others = (place, *cell[:place], None, *cell[place + 1 :])
            lines.setdefault(others, []).append(cell)
    return list(lines.values())


def _complement(
    line: Sequence[tuple[Hashable, ...]], hidden: set[tuple[Hashable, ...]], counts: Counts, least: int
) -> tuple[Hashable, ...] | None:
    """The smallest shown cell of a line that must go, because the total would give the hidden ones away."""
    withheld = [cell for cell in line if cell in hidden]
    shown = [cell for cell in line if cell not in hidden]
    if not withheld or not shown:
        return None
    if len(withheld) > 1 and sum(counts[cell] for cell in withheld) >= least:
        return None
    return min(shown, key=lambda cell: (counts[cell], str(cell)))
