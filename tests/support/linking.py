"""Records linked all together, as a batch does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, RelationSet
from scoring.records.link.versions import cluster_versions

TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
Row = dict[str, Any]


def linked_together(
    rows: Iterable[Row], firms: Iterable[str], folder: Path, relations: RelationSet | None
) -> dict[str, list[Row]]:
    """What each of some enterprises has: canonical columns, and what linking adds."""
    numbers = count(1)
    enterprises = [{"enterprise_id": e, "name": e, "created": False, "seq": next(numbers)} for e in firms]
    records = [{**given, "seq": next(numbers)} for given in rows]
    tables = _table(enterprises, ENTERPRISE_COLUMNS, created=pa.bool_()), _table(records, RECORD_COLUMNS)
    _enterprises, linked = cluster_versions(
        [tables[0]], [tables[1]], frozenset(), folder, relations=relations
    )
    by_owner: dict[str, list[Row]] = {row["enterprise_id"]: [] for row in enterprises}
    for record in pq.read_table(linked).to_pylist():
        by_owner[record["enterprise_id"]].append(record)
    return by_owner


def _table(rows: list[Row], columns: Mapping[str, str], **more: pa.DataType) -> pa.Table:
    fields = [("seq", pa.int64()), *((name, TYPES[kind]) for name, kind in columns.items()), *more.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))
