"""One record typed in by a person, through the same checks and the same normalising as a row of a canonical file."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from scoring.entities import RECORD_COLUMNS
from scoring.errors import InputError
from scoring.records.map.mapping import SEPARATOR, emit_columns, enums, s
from scoring.records.map.reasons import harmless, sentence
from scoring.records.map.sources import load_source_map, unknown_column
from scoring.records.read.staging import map_row
from scoring.sql.connect import connect
from scoring.sql.prepared import PreparedQueries


class RecordReader:
    """Reads single records; many threads may use one."""

    def __init__(self) -> None:
        connection = connect(threads=1)
        connection.execute(
            "PRAGMA disable_optimizer"
        )  # it makes joins of lists of words, which one row does not repay
        self._plans, self._lock = PreparedQueries(connection), threading.Lock()
        for statement in enums():
            connection.execute(statement)
        source_map = load_source_map("canonical")
        types = dict.fromkeys(RECORD_COLUMNS, "text")
        self._given = pa.schema(
            [*((s(name).strip('"'), pa.string()) for name in RECORD_COLUMNS), ("_id", pa.int64())]
        )
        given = self._plans.bind("given", self._given.empty_table())
        self._text = map_row(f"SELECT * FROM {given}", emit_columns(source_map.emit[0], source_map, types))  # type: ignore[arg-type]

    def read(self, columns: Mapping[str, str | None]) -> dict[str, Any]:
        """The canonical row of what was typed; days and amounts are written as in a file.

        Raises:
            InputError: A column is unknown or a value does not fit it: what was got, what was expected.
        """
        for name in columns:
            if name not in RECORD_COLUMNS:
                raise unknown_column(name, RECORD_COLUMNS, "")
        given = [*([columns.get(name) or None] for name in RECORD_COLUMNS), [0]]
        with self._lock:
            self._plans.bind("given", pa.table(given, schema=self._given))
            row: dict[str, Any] = self._plans.execute(self._text).to_pylist()[0]
        if row["_err"] is not None:
            column, code, value = row["_err"].split(SEPARATOR)
            zh, en = sentence(code, column, value, {})
            shown = harmless(value)
            raise InputError(f"{column}={shown}：{zh}", f"{column}={shown}: {en}")
        return {name: row[name] for name in RECORD_COLUMNS}
