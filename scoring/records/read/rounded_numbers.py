"""Codes and document numbers whose digits were lost on the way: 9.13E+17 where 18 digits should stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.errors import InputError, at

ROUNDED = r"^[\s'\"=]*[0-9]{1,3}([.,][0-9]+)?[Ee]\+?0?(1[1-9]|[2-9][0-9])[\s'\"]*$"
"""How spreadsheets (9.13E+17) and programmes (9.13E17) write a number of twelve digits or more; blanks and the
marks of a text may stand around it."""


def refuse_rounded(
    name: str,
    column: pa.Array,
    numbers: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]],
    place: str,
) -> None:
    """Refuses a column of texts one of which is a rounded number.

    Args:
        name: The column.
        column: Its texts.
        numbers: The row of each in the file.
        place: The file.

    Raises:
        InputError: Names the row.
    """
    is_rounded = pc.match_substring_regex(column, ROUNDED)
    if pc.any(is_rounded).as_py():
        row = int(numbers[pc.index(is_rounded, True).as_py()])
        raise InputError("text_number_rounded", place=at(place, row), row=row, name=name)
