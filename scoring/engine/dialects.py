"""An expression as the SQL text of one engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine.cells import LOOK_UP, LOOK_UP_CODE, TABLE

Dialect = Literal["duckdb", "pyspark"]
_NAMES: dict[Dialect, dict[str, str]] = {
    "duckdb": {LOOK_UP: "LIST_EXTRACT", LOOK_UP_CODE: "MAP_EXTRACT_VALUE"},
    "pyspark": {LOOK_UP: "ELEMENT_AT", LOOK_UP_CODE: "ELEMENT_AT"},
}
_TABLE_TEXT: dict[Dialect, str] = {
    "duckdb": r"CAST('[\1]' AS BIGINT[])",
    # As small as its numbers let it be: Spark takes no BIGINT for the place of an element.
    "pyspark": r"ARRAY(\1)",
}
_TABLES = re.compile(rf"{TABLE}\('([-\d,]*)'\)")
# The options of Ibis belong to the process: two threads that compile must not see each other's.
_IBIS_OPTIONS = Lock()


def written(expr: ir.Table, dialect: Dialect) -> str:
    """The text of an expression."""
    # Nobody reads it: laid out it is half as long again and takes half as long again to write.
    with _selects_as_they_are():
        sql_text = str(ibis.to_sql(expr, dialect=dialect, pretty=False))
    for placeholder, own_name in _NAMES[dialect].items():
        sql_text = sql_text.replace(f"{placeholder}(", f"{own_name}(")
    return _TABLES.sub(_TABLE_TEXT[dialect], sql_text)


@contextmanager
def _selects_as_they_are() -> Iterator[None]:
    """Keeps Ibis from asking which selects might be one.

    They are those wanted, and the question costs a quarter of the time that the text takes.
    """
    with _IBIS_OPTIONS:
        before, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
        try:
            yield
        finally:
            ibis.options.sql.fuse_selects = before
