"""The matrix of a migration, from bands to bands, and how each cell looks wherever it is shown.

Sign, hue and word say the same: better is blue, worse is orange to red, what stays is grey, and violet enters
or leaves rating. The more of its row a cell takes, the darker it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from scoring.analysis.impact.bands import Place, Step, places, step
from scoring.entities import Lang
from scoring.explain.words.figures import decimal, permille
from scoring.policy.language.schema import Policy
from scoring.rules.wording import say

Rgb = tuple[int, int, int]
Direction = Literal["stays", "better", "worse", "aside", "newly_rated", "no_longer_rated"]

SIGNS: Mapping[Step, str] = {"stays": "=", "better": "↑", "worse": "↓", "aside": "◇"}
HUES: Mapping[Step, Rgb] = {
    "stays": (110, 116, 125),
    "better": (0, 92, 150),
    "worse": (186, 52, 16),
    "aside": (104, 72, 148),
}
EMPTY = "#ffffff"
DARK_INK, LIGHT_INK, PALE_INK = "#000000", "#ffffff", "#6b727c"


class Tint(NamedTuple):
    """Colours of a cell: its ground, and the letters on it at a contrast of 4.5 or more."""

    fill: str
    ink: str


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        count: Enterprises that go from the band of the row to that of the column.
        row_sum: Enterprises of the whole row.
        step: What going there is.
        direction: The same in more detail: who enters rating and who leaves it are told apart.
    """

    count: int
    row_sum: int
    step: Step
    direction: Direction

    @property
    def text(self) -> str:
        """Sign and number; an empty cell has a dot."""
        return f"{SIGNS[self.step]} {decimal(self.count)}" if self.count else "·"

    def word(self, lang: Lang) -> str:
        """What going there is in a word."""
        return say(lang, f"m_{self.direction}")

    @property
    def tint(self) -> Tint:
        """How it is coloured."""
        if not self.count:
            return Tint(EMPTY, PALE_INK)
        return tint(self.step, permille(self.count, self.row_sum))


@dataclass(frozen=True)
class MigrationMatrix:
    """Counts from bands of one policy (rows) to bands of another (columns), best first."""

    rows: Sequence[Place]
    columns: Sequence[Place]
    cells: Sequence[Sequence[Cell]]

    @property
    def steps(self) -> list[Step]:
        """What going from band to band is, wherever somebody does, in the order of the legend."""
        taken = {cell.step for cell in chain.from_iterable(self.cells) if cell.count}
        return [step_kind for step_kind in SIGNS if step_kind in taken]

    @property
    def row_sums(self) -> list[int]:
        """Enterprises by row."""
        return list(map(_sum, self.cells))

    @property
    def column_sums(self) -> list[int]:
        """Enterprises by column."""
        return list(map(_sum, zip(*self.cells, strict=True)))


def _sum(cells: Sequence[Cell]) -> int:
    return sum(cell.count for cell in cells)


def migration_matrix(counts: Sequence[Sequence[int]], old: Policy, new: Policy) -> MigrationMatrix:
    """The matrix of ``counts``, rows by ``old`` and columns by ``new``.

    Not rated is the last row and column where ``counts`` has them.
    """
    rows, columns = places(old)[: len(counts)], places(new)[: len(counts[0])]
    cells: list[list[Cell]] = []
    for before, numbers in zip(rows, counts, strict=True):
        row = []
        for after, count in zip(columns, numbers, strict=True):
            step_kind = step(before, after, old, new)
            row.append(Cell(count, sum(numbers), step_kind, _direction(step_kind, before, after)))
        cells.append(row)
    return MigrationMatrix(rows, columns, cells)


def _direction(step_kind: Step, before: Place, after: Place) -> Direction:
    if step_kind != "aside" or (before.band and after.band):
        return step_kind
    return "newly_rated" if after.band else "no_longer_rated"


def tint(step_kind: Step, share: int) -> Tint:
    """Colours of a cell by the share of its row in thousandths."""
    # A root shows a few as well as most; what stays is paler, so that the eye goes to what moves.
    least, most = (0.08, 0.30) if step_kind == "stays" else (0.22, 1.0)
    depth = least + (most - least) * (share / 1000) ** 0.5
    red, green, blue = (round(255 - (255 - hue) * depth) for hue in HUES[step_kind])
    # At this luminance white and black letters have the same contrast, 4.6.
    fill = f"#{red:02x}{green:02x}{blue:02x}"
    return Tint(fill, LIGHT_INK if _luminance((red, green, blue)) < 0.18 else DARK_INK)


def _luminance(colour: Rgb) -> float:
    """Relative luminance by WCAG 2.2."""
    shares = (part / 255 for part in colour)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
