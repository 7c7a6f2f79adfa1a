"""One record typed in by a person, through the same checks and the same normalising as a row of a canonical file."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from scoring.entities import RECORD_COLUMNS
from scoring.errors import InputError
from scoring.records.mapping import SEPARATOR, emit_columns, enums, s
from scoring.records.reasons import harmless, sentence
from scoring.records.sources import load_source_map, unknown_column
from scoring.records.staging import map_row


class RecordReader:
    """Reads single records; many threads may use one."""

    def __init__(self) -> None:
        self._con = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False})
        self._con.execute("PRAGMA disable_optimizer")  # it costs more than one row can repay
        self._lock = threading.Lock()
        for statement in enums():
            self._con.execute(statement)
        source_map = load_source_map("canonical")
        types = dict.fromkeys(RECORD_COLUMNS, "text")
        self._text = map_row("SELECT * FROM given", emit_columns(source_map.emit[0], source_map, types))  # type: ignore[arg-type]

    def read(self, columns: Mapping[str, str | None]) -> dict[str, Any]:
        """The canonical row of what was typed; days and amounts are written as in a file.

        Raises:
            InputError: A column is unknown or a value does not fit it: what was got, what was expected.
        """
        for name in columns:
            if name not in RECORD_COLUMNS:
                raise unknown_column(name, RECORD_COLUMNS, "")
        given = {s(name).strip('"'): pa.array([columns.get(name) or None], pa.string()) for name in RECORD_COLUMNS}
        with self._lock:
            self._con.register("given", pa.table({**given, "_id": pa.array([0], pa.int64())}))
            row: dict[str, Any] = self._con.execute(self._text).to_arrow_table().to_pylist()[0]
        if row["_err"] is not None:
            column, code, value = row["_err"].split(SEPARATOR)
            zh, en = sentence(code, column, value, {})
            shown = harmless(value)
            raise InputError(f"{column}={shown}：{zh}", f"{column}={shown}: {en}")
        return {name: row[name] for name in RECORD_COLUMNS}
