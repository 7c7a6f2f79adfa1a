"""Small counts for the public: hidden with others, so that no total of a row or column gives one away."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from scoring.administration.results.small_cells import LEAST, hidden_cells

AREAS, BANDS = ("north", "south", "west"), ("A", "B", "C", "D")
TABLES = st.lists(st.integers(0, 60), min_size=12, max_size=12)


def table(numbers: list[int]) -> Mapping[tuple[Hashable, ...], int]:
    """Counts by area and band."""
    return dict(zip(product(AREAS, BANDS), numbers, strict=True))


def lines(counts: Mapping[tuple[Hashable, ...], int]) -> list[list[tuple[Hashable, ...]]]:
    """Rows and columns, whose totals are shown."""
    rows = [[cell for cell in counts if cell[0] == area] for area in AREAS]
    return rows + [[cell for cell in counts if cell[1] == band] for band in BANDS]


@given(TABLES)
def test_no_small_count_is_shown(numbers: list[int]) -> None:
    """A count below the least is hidden, nobody too."""
    counts = table(numbers)
    assert {cell for cell, count in counts.items() if count < LEAST} <= hidden_cells(counts)


@given(TABLES)
def test_no_total_gives_a_count_away(numbers: list[int]) -> None:
    """In a line with something hidden two are, with enough enterprises together, unless all of it is."""
    counts = table(numbers)
    hidden = hidden_cells(counts)
    for line in lines(counts):
        withheld = [cell for cell in line if cell in hidden]
        if withheld and len(withheld) < len(line):
            assert (True, True) == (len(withheld) > 1, sum(counts[cell] for cell in withheld) >= LEAST)


def test_nothing_small_hides_nothing() -> None:
    """Where all counts may be shown, all are."""
    assert frozenset() == hidden_cells({("A",): 40, ("B",): 10})


def test_one_small_count_takes_the_next_with_it() -> None:
    """Of red with 2 and yellow with 30 the total would tell the 2."""
    assert {("D",), ("C",)} == hidden_cells({("A",): 90, ("B",): 400, ("C",): 30, ("D",): 2})
