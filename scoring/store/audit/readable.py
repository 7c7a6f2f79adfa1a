"""Rows that hold what no row of ours can hold, for those who compute with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from scoring.errors import SiseError, StoreError
from scoring.store.audit.log_entries import UNREADABLE


@contextmanager
def readable_rows(place: str) -> Iterator[None]:
    """Turns what such a row raises into a refusal that says how it is found.

    Args:
        place: The store.

    Raises:
        StoreError: There is such a row.
    """
    try:
        yield
    except SiseError:
        raise
    except (*UNREADABLE, OverflowError, pa.ArrowException) as error:
        raise StoreError("rows_unreadable", place=place, database=place) from error
