"""One record typed in by a person, checked and normalised as a row of a canonical file is."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from scoring.entities import RECORD_COLUMNS
from scoring.errors import InputError
from scoring.records.map.mapping import emit_columns, enum_statements
from scoring.records.map.reasons import harmless, unknown_column, why_rejected
from scoring.records.map.row_faults import SEPARATOR
from scoring.records.map.source_cells import RawType
from scoring.records.map.sources import load_source_map
from scoring.records.read.canonical_rows import map_row
from scoring.sql.connect import connect
from scoring.sql.prepared import PreparedQueries


class RecordReader:
    """Reads single records; many threads may use one."""

    def __init__(self) -> None:
        connection = connect(threads=1)
        # The optimizer makes joins of lists of words, which one row does not repay.
        connection.execute("PRAGMA disable_optimizer")
        for statement in enum_statements():
            connection.execute(statement)
        self._queries, self._lock = PreparedQueries(connection), threading.Lock()
        cells = [(f"s:{column}", pa.string()) for column in RECORD_COLUMNS]
        self._schema = pa.schema([*cells, ("_id", pa.int64())])
        typed = self._queries.bind("typed", self._schema.empty_table())
        source = load_source_map("canonical")
        types: dict[str, RawType] = dict.fromkeys(RECORD_COLUMNS, "text")
        columns = emit_columns(source.emit[0], source, types)
        self._mapped = map_row(f"SELECT * FROM {typed}", columns)

    def read(self, columns: Mapping[str, str | None]) -> dict[str, Any]:
        """The canonical row of what was typed.

        Args:
            columns: Canonical columns as text; days and amounts are written as in a file.

        Raises:
            InputError: A column is unknown or a value does not fit it: what was got, what was
                expected.
        """
        for column_name in columns:
            if column_name not in RECORD_COLUMNS:
                raise unknown_column(column_name, RECORD_COLUMNS, "")
        typed_cells = [[columns.get(column_name) or None] for column_name in RECORD_COLUMNS]
        with self._lock:
            self._queries.bind("typed", pa.table([*typed_cells, [0]], schema=self._schema))
            row: dict[str, Any] = self._queries.execute(self._mapped).to_pylist()[0]
        if row["_err"] is not None:
            column, code, value = row["_err"].split(SEPARATOR)
            reason = why_rejected(code, column, value, units={})
            shown = harmless(value)
            raise InputError("typed_value_rejected", column=column, value=shown, reason=reason)
        return {column_name: row[column_name] for column_name in RECORD_COLUMNS}
