"""The stored facts as Arrow: all of them, those of some ids, or as they stood at a ``seq``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from scoring.records.link.resolve import COLUMNS, KEYS, Fact
from scoring.store.facts.disputes import as_files_know, open_marks
from scoring.store.tables.bulk import read_rows
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord, visible_in_sql

_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
TABLES: Mapping[Fact, str] = {"enterprises": "enterprise_version", "records": "record_version"}
SEEN: Mapping[Fact, str] = {
    "enterprises": visible_in_sql(VisibleEnterprise),
    "records": visible_in_sql(VisibleRecord),
}
"""In the place of a table's name: its rows without those of an import that is still going in."""
MANY = 50_000
"""From so many ids on, reading a whole table is quicker than looking each of them up."""


def schema(fact: Fact, *, canonical: bool = False) -> pa.Schema:
    """Columns of a version: the canonical ones, between ``seq`` and (of enterprises) ``created``.

    Args:
        fact: Enterprises or records.
        canonical: Whether the canonical ones stand alone.
    """
    fields = [(column, _TYPES[column_type]) for column, column_type in COLUMNS[fact].items()]
    if canonical:
        return pa.schema(fields)
    created = [("created", pa.bool_())] if fact == "enterprises" else []
    return pa.schema([("seq", pa.int64()), *fields, *created])


def versions(
    connection: Connection, fact: Fact, seq: int | None = None, without: Collection[int] = ()
) -> Iterator[pa.Table]:
    """All versions, or those there at ``seq``, in the order of ``seq``; those ``without`` are left out."""
    form = schema(fact)
    condition = "" if seq is None else f" WHERE v.visible_seq <= {int(seq)}"
    statement = f"SELECT {', '.join(form.names)} FROM {SEEN[fact]} v{condition} ORDER BY v.seq"
    yield from _without(read_rows(connection, statement, form), without)


def versions_of(
    connection: Connection, fact: Fact, enterprise_ids: Collection[str], without: Collection[int] = ()
) -> Iterator[pa.Table]:
    """All versions of some enterprises, or of the records that they have or had, in the order of ``seq``.

    Args:
        connection: The store.
        fact: Enterprises or records.
        enterprise_ids: The enterprises.
        without: Versions to leave out.
    """
    form = schema(fact)
    list_wanted(connection, sorted(enterprise_ids))
    key = KEYS[fact]
    of_enterprises = f"SELECT v.{key} FROM wanted w JOIN {SEEN[fact]} v ON v.enterprise_id = w.id"
    # By record: one of them may have been another enterprise's before, and its versions close each other.
    statement = f"SELECT {', '.join(form.names)} FROM {SEEN[fact]} v WHERE v.{key} IN ({of_enterprises}) ORDER BY v.seq"
    yield from _without(read_rows(connection, statement, form), without)


def _without(tables: Iterable[pa.Table], without: Collection[int]) -> Iterator[pa.Table]:
    """The same versions but some."""
    left_out = pa.array(without, pa.int64())
    for table in tables:
        yield table.filter(pc.invert(pc.is_in(table["seq"], left_out))) if without else table


def list_wanted(connection: Connection, ids: Sequence[str]) -> None:
    """Lets the table ``wanted`` of a connection hold some ids."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS wanted")
    connection.exec_driver_sql("CREATE TEMP TABLE wanted (id TEXT PRIMARY KEY)")
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    rows = [(wanted_id,) for wanted_id in ids]
    if rows:
        connection.exec_driver_sql(f"INSERT INTO wanted VALUES ({mark})", rows)


_BY_FILE = "v.event IN (SELECT a.seq FROM audit_event a WHERE a.kind IN ('import', 'import part')) AS by_file"

_SAID_WITH = """coalesce(
    (SELECT p.begun FROM import_part p WHERE p.event = v.event), v.event
) AS event"""
"""The log entry with which a version came; of one that came in parts, the entry with which its import began."""


class StoredFacts:
    """What the store holds of some ids (``scoring.records.link.already_stored.FactStore``)."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def versions(self, fact: Fact, ids: pa.Table) -> Iterable[pa.Table]:
        """All versions of these ids, without what an open case disputes: no file says so."""
        marks = open_marks(self.connection) if fact == "records" else {}
        versions = self._versions(fact, ids)
        return as_files_know(marks, versions) if marks else versions

    def _versions(self, fact: Fact, ids: pa.Table) -> Iterable[pa.Table]:
        table, form = SEEN[fact], schema(fact)
        columns = ", ".join([*(f"v.{name}" for name in form.names), _SAID_WITH, _BY_FILE])
        form = form.append(pa.field("event", pa.int64())).append(pa.field("by_file", pa.bool_()))
        # The first import of all compares with nothing.
        if not self._has_rows(TABLES[fact]):
            return ()
        if ids.num_rows >= MANY:
            return read_rows(self.connection, f"SELECT {columns} FROM {table} v", form)
        list_wanted(self.connection, ids.column(0).to_pylist())
        statement = f"SELECT {columns} FROM wanted w JOIN {table} v ON v.{KEYS[fact]} = w.id"
        return read_rows(self.connection, statement, form)

    def known(self, ids: pa.Table) -> pa.Table:
        """Those of the enterprise ids that the store knows."""
        list_wanted(self.connection, ids.column(0).to_pylist())
        known = f"SELECT 1 FROM {SEEN['enterprises']} v WHERE v.enterprise_id = w.id"
        text = f"SELECT w.id FROM wanted w WHERE EXISTS ({known})"
        form = pa.schema([("enterprise_id", pa.string())])
        return pa.concat_tables([form.empty_table(), *read_rows(self.connection, text, form)])

    def of_source(self, source: str) -> pa.Table:
        """The records of a source of which the latest version is not withdrawn."""
        mark = "?" if self.connection.dialect.name == "sqlite" else "%s"
        statement = f"""
            SELECT v.record_id, v.enterprise_id
            FROM {SEEN["records"]} v
            WHERE v.source = {mark} AND v.withdrawn_on IS NULL AND NOT EXISTS (
                SELECT 1 FROM {SEEN["records"]} w WHERE w.record_id = v.record_id AND w.seq > v.seq
            )
            """
        form = pa.schema([("record_id", pa.string()), ("enterprise_id", pa.string())])
        rows = self.connection.exec_driver_sql(statement, (source,)).all()
        return pa.Table.from_pylist([dict(zip(form.names, row, strict=True)) for row in rows], schema=form)

    def _has_rows(self, table: str) -> bool:
        return self.connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None
