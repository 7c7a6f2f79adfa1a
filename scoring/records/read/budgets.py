"""How much of a file is read at most: looked at before it is unpacked, so that no file fills the memory."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from scoring.errors import InputError, at

MAX_LINE: Final = 1 << 20
"""Bytes of one line of a text file."""
MAX_COLUMNS: Final = 10_000
MAX_RATIO: Final = 100
"""Bytes that one packed byte may become."""
FREE: Final = 16 << 20
"""Bytes that any file may become: repetitions in a small file are no bomb."""
MAX_WORKBOOK: Final = 400 << 20
MAX_SHARED_TEXTS: Final = 64 << 20
"""Unpacked bytes of a workbook, and of the texts that its cells share, which are kept in memory."""
MAX_CELLS: Final = 2_000_000
MAX_MERGED: Final = 100_000
"""Cells of one sheet, and ranges of merged ones."""
ROWS_PER_BYTE: Final = 4
FREE_ROWS: Final = 100_000
"""Rows that any Parquet file may have: a column of one value takes no space."""


def check_unpacked(unpacked: int, path: Path) -> None:
    """Refuses a packed file that becomes too much.

    Args:
        unpacked: Bytes that it becomes, or has become so far.
        path: The file.

    Raises:
        InputError: It is more than its ratio allows.
    """
    packed = max(path.stat().st_size, 1)
    if unpacked > FREE and unpacked > MAX_RATIO * packed:
        raise InputError("file_unpacks_too_large", place=at(path), ratio=unpacked // packed, limit=MAX_RATIO)


def check_columns(count: int, path: Path) -> None:
    """Refuses a header with more columns than any table has.

    Raises:
        InputError: There are too many.
    """
    if count > MAX_COLUMNS:
        raise InputError("file_columns_too_many", place=at(path), count=count, limit=MAX_COLUMNS)


def check_footer(footer: pq.FileMetaData, path: Path) -> None:
    """Refuses a Parquet file whose footer promises more than so few bytes hold.

    Raises:
        InputError: Too many columns or rows, or pages that unpack to too much.
    """
    check_columns(footer.num_columns, path)
    size = path.stat().st_size
    if footer.num_rows > max(FREE_ROWS, ROWS_PER_BYTE * size):
        raise InputError("parquet_rows_too_many", place=at(path), rows=footer.num_rows, size=size)
    check_unpacked(
        sum(footer.row_group(index).total_byte_size for index in range(footer.num_row_groups)), path
    )
