"""The stored facts as Arrow: all of them, those of some ids, or as they stood at a ``seq``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
from sqlalchemy import Connection

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType
from scoring.records.link.resolve import Fact
from scoring.store.tables.bulk import read_rows

_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
TABLES: Mapping[Fact, str] = {"enterprises": "enterprise_version", "records": "record_version"}
COLUMNS: Mapping[Fact, Mapping[str, ColumnType]] = {
    "enterprises": ENTERPRISE_COLUMNS,
    "records": RECORD_COLUMNS,
}
KEYS: Mapping[Fact, str] = {"enterprises": "enterprise_id", "records": "record_id"}
MANY = 50_000
"""From so many ids on, reading a whole table is quicker than looking each of them up."""


def schema(fact: Fact, *, canonical: bool = False) -> pa.Schema:
    """Columns of a version: ``seq`` and ``created`` (of enterprises) around the canonical ones, or these alone."""
    fields = [(name, _TYPES[kind]) for name, kind in COLUMNS[fact].items()]
    if canonical:
        return pa.schema(fields)
    return pa.schema(
        [("seq", pa.int64()), *fields, *([("created", pa.bool_())] if fact == "enterprises" else [])]
    )


def versions(connection: Connection, fact: Fact, seq: int | None = None) -> Iterator[pa.Table]:
    """All versions, or those up to ``seq``, in the order of ``seq``."""
    form = schema(fact)
    limit = "" if seq is None else f" WHERE seq <= {int(seq)}"
    yield from read_rows(
        connection, f"SELECT {', '.join(form.names)} FROM {TABLES[fact]}{limit} ORDER BY seq", form
    )


class StoredFacts:
    """What the store holds of some ids (``scoring.records.link.already_stored.FactStore``)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def versions(self, fact: Fact, ids: pa.Table) -> Iterable[pa.Table]:
        """All versions of these ids."""
        form, table, key = pa.schema(list(schema(fact))[1:]), TABLES[fact], KEYS[fact]
        columns = ", ".join(f"v.{name}" for name in form.names)
        if not any(True for _ in self._connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1")):
            return ()
        if ids.num_rows >= MANY:
            return read_rows(self._connection, f"SELECT {columns} FROM {table} v", form)
        self._ask(ids)
        return read_rows(
            self._connection, f"SELECT {columns} FROM asked a JOIN {table} v ON v.{key} = a.id", form
        )

    def known(self, ids: pa.Table) -> pa.Table:
        """Those of the enterprise ids that the store knows."""
        self._ask(ids)
        text = "SELECT a.id FROM asked a WHERE EXISTS (SELECT 1 FROM enterprise_version v WHERE v.enterprise_id = a.id)"
        form = pa.schema([("enterprise_id", pa.string())])
        return pa.concat_tables([form.empty_table(), *read_rows(self._connection, text, form)])

    def _ask(self, ids: pa.Table) -> None:
        """The table ``asked`` of this connection holds these ids."""
        self._connection.exec_driver_sql("DROP TABLE IF EXISTS asked")
        self._connection.exec_driver_sql("CREATE TEMP TABLE asked (id TEXT PRIMARY KEY)")
        mark = "?" if self._connection.dialect.name == "sqlite" else "%s"
        rows = [(value,) for value in ids.column(0).to_pylist()]
        if rows:
            self._connection.exec_driver_sql(f"INSERT INTO asked VALUES ({mark})", rows)
