"""Rows of a source that none of its emits of records took, by the values on which that depended."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from duckdb import DuckDBPyConnection as Connection

from scoring.records.map.source_cells import RawTypes, as_text, condition
from scoring.records.map.source_map import Emit, SourceMap
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS

MOST_VALUES = 500
"""Combinations of values that are listed of one file; the others are one line."""


class NotTaken(NamedTuple):
    """Rows of one file that fell out of scope together.

    Attributes:
        file: Number of the file.
        first_row: Number of the first of them.
        rows: How many there are.
        values: What their ``when`` columns hold; empty where there were too many combinations.
    """

    file: int
    first_row: int
    rows: int
    values: dict[str, str]


def rows_not_taken(
    connection: Connection, source: SourceMap, entry: str, relation: str, types: RawTypes
) -> list[NotTaken]:
    """The rows of an entry that no ``[[emit]]`` took, the most frequent values first.

    Args:
        connection: Connection with the table ``fault``.
        source: The map.
        entry: Its name of the files.
        relation: Their rows, as a query of ``"s:column"`` and ``_id``.
        types: Types of their columns.
    """
    emits = [emit for emit in source.emit if emit.source == entry]
    if not emits or any(not emit.when for emit in emits):
        return []
    taken = " OR ".join(_holds(emit, types) for emit in emits)
    tests = chain.from_iterable(emit.when for emit in emits)
    columns = list(dict.fromkeys(test.column for test in tests))
    # Columns of a source may have any name, those of this query too.
    named = {f"c{place}": as_text(column, types) for place, column in enumerate(columns)}
    grouped = ", ".join(named)
    texts = ", ".join(f"{text} AS {name}" for name, text in named.items())
    groups = connection.execute(
        f"""
        SELECT _id >> {ROW_BITS} AS file, min(_id & {(1 << ROW_BITS) - 1}), count(*) AS rows, {grouped}
        FROM (SELECT _id, {texts} FROM ({relation}) WHERE NOT ({taken}))
        WHERE _id NOT IN (SELECT id >> {EMIT_BITS} FROM fault)
        GROUP BY file, {grouped}
        ORDER BY rows DESC, file, {grouped}
        """
    ).fetchall()
    listed: list[NotTaken] = []
    for file, row, rows, *values in groups:
        written = (str(value or "") for value in values)
        listed.append(NotTaken(file, row, rows, dict(zip(columns, written, strict=True))))
    return _shortened(listed)


def _holds(emit: Emit, types: RawTypes) -> str:
    """Whether all conditions of an emit hold, in SQL."""
    return f"({' AND '.join(condition(test, types) for test in emit.when)})"


def _shortened(groups: list[NotTaken]) -> list[NotTaken]:
    """The first groups, and those behind them as one group a file."""
    listed, others = groups[:MOST_VALUES], groups[MOST_VALUES:]
    by_file: dict[int, NotTaken] = {}
    for group in others:
        before = by_file.get(group.file, NotTaken(group.file, group.first_row, 0, {}))
        first_row = min(before.first_row, group.first_row)
        by_file[group.file] = NotTaken(group.file, first_row, before.rows + group.rows, {})
    return [*listed, *by_file.values()]
