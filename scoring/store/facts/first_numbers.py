"""Which versions are one record: each holds the number of the record's first version.

So a lawful deletion can show that it took a record whole, and say no word of which record it was.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import RecordVersion, table_of


def first_number(connection: Connection, record_id: str) -> int | None:
    """The number of a record's first version; ``None`` if the store has no version of it."""
    return _first_numbers(connection, [record_id]).get(record_id)


class FirstNumbers:
    """The numbers of the first versions of the records that one import brings.

    Args:
        connection: The one that stores them.
        records: Parquet of the new versions.
    """

    def __init__(self, connection: Connection, records: Path) -> None:
        self._connection = connection
        self._is_filled = connection.execute(select(RecordVersion.seq).limit(1)).first() is not None
        counts = pq.read_table(records, columns=["record_id"]).column(0).value_counts()
        ids, numbers = counts.field("values"), counts.field("counts")
        # Few records come with several versions at once; a list of all would not fit into memory.
        self._first: dict[str, int | None] = dict.fromkeys(ids.filter(pc.greater(numbers, 1)).to_pylist())

    def add_to(self, rows: pa.Table) -> pa.Table:
        """Numbered versions with ``first_seq`` as a further column."""
        record_ids, numbers = rows.column("record_id").to_pylist(), rows.column("seq").to_pylist()
        stored = _first_numbers(self._connection, record_ids) if self._is_filled else {}
        first = [
            self._first_of(record_id, number, stored.get(record_id))
            for record_id, number in zip(record_ids, numbers, strict=True)
        ]
        return rows.append_column("first_seq", pa.array(first, pa.int64()))

    def _first_of(self, record_id: str, number: int, stored: int | None) -> int:
        if record_id not in self._first:
            return stored or number
        known = self._first[record_id] or stored or number
        self._first[record_id] = known
        return known


def _first_numbers(connection: Connection, record_ids: list[str]) -> dict[str, int]:
    """Record -> number of its first version, of those that are stored."""
    columns, first = table_of(RecordVersion).c, dict[str, int]()
    for some_ids in in_parts(record_ids):
        query = select(columns.record_id, columns.first_seq).where(columns.record_id.in_(some_ids))
        first.update(map(tuple, connection.execute(query)))
    return first
