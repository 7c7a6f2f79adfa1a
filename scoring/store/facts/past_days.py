"""Which new records would have counted on days that are scored already."""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from scoring.disk import private_file, spreadsheet_cell
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import ScoreRun, Standing

HEAD = ("enterprise_id", "record_id", "kind", "known_on", "scored_on")
"""Columns of the list: ``scored_on`` is the first scored day that the record was known on."""
Row = tuple[str, str, str, date, date]


def list_past(connection: Connection, records: Sequence[Path], target: Path | None) -> int:
    """Lists the new records of enterprises with a standing that were known on a day scored before.

    What stands is not touched: such a record counts from the next scoring on. But who asks today of
    that day gets another answer than was given then, which somebody should know.

    Args:
        connection: The store, with the lock.
        records: Parquet files of new versions.
        target: The list, written if it has a row; ``None``: nobody wants it.

    Returns:
        How many.
    """
    days = sorted(set(connection.execute(select(ScoreRun.as_of)).scalars()))
    if not days:
        return 0
    candidates = [row for file in records for row in _known_by(file, days)]
    standing = _with_standing(connection, sorted({row[0] for row in candidates}))
    rows = [row for row in candidates if row[0] in standing]
    if rows and target:
        _write(rows, target)
    return len(rows)


def _known_by(file: Path, days: Sequence[date]) -> Iterator[Row]:
    """Records that were known on a scored day, with the first such day."""
    columns = list(HEAD[:-1])
    table = pq.read_table(file, columns=columns, filters=[("known_on", "<=", days[-1])])
    for row in table.to_pylist():
        scored_on = days[bisect_left(days, row["known_on"])]
        yield row["enterprise_id"], row["record_id"], row["kind"], row["known_on"], scored_on


def _with_standing(connection: Connection, enterprise_ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for some_ids in in_parts(enterprise_ids):
        query = select(Standing.enterprise_id).where(Standing.enterprise_id.in_(some_ids))
        known.update(connection.execute(query).scalars())
    return known


def _write(rows: Sequence[Row], target: Path) -> None:
    private_file(target)
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD)
        writer.writerows([*map(spreadsheet_cell, row[:3]), *row[3:]] for row in rows)
