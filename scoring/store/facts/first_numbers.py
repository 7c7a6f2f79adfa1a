"""Which versions are one record: each holds the number of the record's first version.

So a lawful deletion can show that it took a record whole, and say no word of which record it was.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        continued: Parquet of the ids of records with several versions, or with some in the store already.
    """

    def __init__(self, continued: Path) -> None:
        # They are few; a list of all would not fit into memory.
        self._continued = pq.read_table(continued, columns=["record_id"]).column(0).combine_chunks()

    def add_to(self, connection: Connection, rows: pa.Table) -> pa.Table:
        """Numbered versions with ``first_seq`` as a further column.

        Args:
            connection: One that sees all versions stored before them.
            rows: The versions.
        """
        record_ids, numbers = rows.column("record_id"), rows.column("seq").to_pylist()
        first = _first_numbers(
            connection, record_ids.filter(pc.is_in(record_ids, self._continued)).to_pylist()
        )
        of_each = [
            first.setdefault(*version) for version in zip(record_ids.to_pylist(), numbers, strict=True)
        ]
        return rows.append_column("first_seq", pa.array(of_each, pa.int64()))


def _first_numbers(connection: Connection, record_ids: Sequence[str]) -> dict[str, int]:
    """Record -> number of its first version, of those that are stored."""
    columns, first = table_of(RecordVersion).c, dict[str, int]()
    for some_ids in in_parts(record_ids):
        query = select(columns.record_id, columns.first_seq).where(columns.record_id.in_(some_ids))
        first.update(map(tuple, connection.execute(query)))
    return first
