"""What a database consists of beside its rows: tables, columns, indexes, triggers and the like.

A forged index hides rows from whoever reads by it, and a trigger changes what is written: so the
whole schema is compared with the one that the migrations make.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Table, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import StaticPool

from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.tables import migrate
from scoring.store.tables.orm import METADATA


class SchemaObject(NamedTuple):
    """One object of a schema: the table that it belongs to, what it is, and its name."""

    table: str
    kind: str
    name: str


Schema = Mapping[SchemaObject, str]
"""Object -> its definition."""

_STATED = f"SELECT version_num FROM {migrate.OURS}"
_SQLITE_OBJECTS = "SELECT tbl_name, type, name, sql FROM sqlite_master"
_SQLITE_COLUMNS = """
SELECT m.name, 'column', c.name, c.type || '|' || c."notnull" || '|' || COALESCE(c.dflt_value, '')
    || '|' || c.pk || '|' || c.hidden
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
WHERE m.type = 'table'
"""
_OF_NO_EXTENSION = """NOT EXISTS (
    SELECT 1 FROM pg_depend d WHERE d.classid = '{catalogue}'::regclass AND d.objid = o.oid AND d.deptype = 'e'
)"""
_HERE = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
_POSTGRES = f"""
SELECT o.relname, 'table', o.relname, concat_ws('|', o.relkind, o.relrowsecurity, o.relispartition)
FROM pg_class o
WHERE o.relnamespace = {_HERE} AND o.relkind NOT IN ('i', 'I', 't')
    AND {_OF_NO_EXTENSION.format(catalogue="pg_class")}
UNION ALL
SELECT o.relname, 'column', a.attname, concat_ws(
    '|', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity,
    pg_get_expr(e.adbin, e.adrelid)
)
FROM pg_class o
JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef e ON e.adrelid = o.oid AND e.adnum = a.attnum
WHERE o.relnamespace = {_HERE} AND o.relkind IN ('r', 'p') AND {_OF_NO_EXTENSION.format(catalogue="pg_class")}
UNION ALL
SELECT t.relname, 'index', o.relname, concat_ws(
    '|', replace(pg_get_indexdef(o.oid), ' ON ' || quote_ident(current_schema()) || '.', ' ON '),
    x.indisvalid AND x.indisready AND x.indislive
)
FROM pg_index x JOIN pg_class o ON o.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = {_HERE} AND {_OF_NO_EXTENSION.format(catalogue="pg_class")}
UNION ALL
SELECT COALESCE(t.relname, ''), 'constraint', o.conname, pg_get_constraintdef(o.oid)
FROM pg_constraint o LEFT JOIN pg_class t ON t.oid = o.conrelid
WHERE o.connamespace = {_HERE} AND o.contype <> 'n' AND {_OF_NO_EXTENSION.format(catalogue="pg_constraint")}
UNION ALL
SELECT t.relname, 'trigger', o.tgname, pg_get_triggerdef(o.oid)
FROM pg_trigger o JOIN pg_class t ON t.oid = o.tgrelid
WHERE t.relnamespace = {_HERE} AND NOT o.tgisinternal
UNION ALL
SELECT t.relname, 'rule', o.rulename, pg_get_ruledef(o.oid)
FROM pg_rewrite o JOIN pg_class t ON t.oid = o.ev_class
WHERE t.relnamespace = {_HERE} AND o.rulename <> '_RETURN'
UNION ALL
SELECT t.relname, 'policy', o.polname, ''
FROM pg_policy o JOIN pg_class t ON t.oid = o.polrelid
WHERE t.relnamespace = {_HERE}
UNION ALL
SELECT '', 'function', o.oid::regprocedure::text, ''
FROM pg_proc o
WHERE o.pronamespace = {_HERE} AND {_OF_NO_EXTENSION.format(catalogue="pg_proc")}
UNION ALL
SELECT '', 'operator', o.oid::regoperator::text, ''
FROM pg_operator o
WHERE o.oprnamespace = {_HERE} AND {_OF_NO_EXTENSION.format(catalogue="pg_operator")}
"""
_POSTGRES_NAMES = {"varchar": "character varying"}
"""What PostgreSQL calls a type that it was asked for under another name."""


def schema_findings(connection: Connection, revision: str) -> list[AuditFinding]:
    """Where a database is not as the migrations make it: what lacks, what is foreign, what is another."""
    present, expected = present_schema(connection), expected_schema(connection, revision)
    findings = [_finding("lacking", item) for item in expected if item not in present]
    findings += [_finding("foreign", item) for item in present if item not in expected]
    both = present.keys() & expected.keys()
    findings += [_finding("altered", item) for item in both if present[item] != expected[item]]
    stated = stated_revision(connection) if _has_version(present) else ""
    if stated != revision:
        findings.append(AuditFinding("revision", migrate.OURS, stated or "—", revision))
    return findings


def stated_revision(connection: Connection) -> str:
    """The number that a database says its schema has, whatever that is."""
    return ", ".join(str(row[0]) for row in connection.exec_driver_sql(_STATED))


def is_of_another_version(connection: Connection) -> bool:
    """Whether another version of this programme made the database: it is whole, and says so itself."""
    if not _has_version(present_schema(connection)):
        return False
    stated, newest = stated_revision(connection), migrate.newest()
    if stated not in migrate.revisions():
        # A newer programme's number, and more than the number is unknown here.
        is_newer = stated.isdecimal() and stated > newest
        return is_newer and any(finding.what != "revision" for finding in schema_findings(connection, newest))
    return stated != newest and not schema_findings(connection, stated)


def unreadable(findings: Iterable[AuditFinding]) -> bool:
    """Whether tables or columns are missing, so that the rows cannot be looked at as they should be."""
    return any(finding.what == "lacking" and finding.more in ("table", "column") for finding in findings)


def _finding(what: Literal["lacking", "foreign", "altered"], item: SchemaObject) -> AuditFinding:
    return AuditFinding(what, item.table, item.name, item.kind)


def _has_version(present: Schema) -> bool:
    return SchemaObject(migrate.OURS, "column", "version_num") in present


def present_schema(connection: Connection) -> dict[SchemaObject, str]:
    """What a database consists of."""
    if connection.dialect.name == "sqlite":
        return {**_read(connection, _SQLITE_OBJECTS), **_read(connection, _SQLITE_COLUMNS)}
    return _read(connection, _POSTGRES.replace("%", "%%"))


def expected_schema(connection: Connection, revision: str) -> Schema:
    """What a database of that schema consists of, as the migrations make it.

    On PostgreSQL it is read off the models, which the migrations agree with: an auditor's account
    makes no tables there.
    """
    return _migrated(revision) if connection.dialect.name == "sqlite" else dict(_modelled())


@cache
def _migrated(revision: str) -> Schema:
    """The schema that the migrations make in an empty SQLite database."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            migrate.migrate_on(connection, revision)
            return present_schema(connection)
    finally:
        engine.dispose()


def _read(connection: Connection, statement: str) -> dict[SchemaObject, str]:
    """Objects by what and where they are."""
    objects = dict[SchemaObject, str]()
    for table, kind, name, definition in connection.exec_driver_sql(statement):
        item, words = SchemaObject(str(table), str(kind), str(name)), _plain(str(definition or ""))
        # Whoever writes the schema by hand can write one name twice.
        objects[item] = f"{objects[item]} and {words}" if item in objects else words
    return objects


def _plain(definition: str) -> str:
    """A definition without what another version of a library may write differently: blanks, quotes."""
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(definition.replace('"', "").split()))


def _modelled() -> Iterator[tuple[SchemaObject, str]]:
    """What the models are in PostgreSQL."""
    for item, definition in _of_models():
        yield item, _plain(definition)


def _of_models() -> Iterator[tuple[SchemaObject, str]]:
    yield from _version_table()
    for table in chain.from_iterable(metadata.sorted_tables for metadata in METADATA):
        yield SchemaObject(table.name, "table", table.name), "r|f|f"
        yield from _columns_of(table)
        keys = ", ".join(column.name for column in table.primary_key)
        key_name = str(table.primary_key.name)
        yield from _key_of(table.name, key_name, keys)
        for index in table.indexes:
            columns = ", ".join(column.name for column in index.columns)
            create = "CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX"
            definition = f"{create} {index.name} ON {table.name} USING btree ({columns})|t"
            yield SchemaObject(table.name, "index", str(index.name)), definition


def _columns_of(table: Table) -> Iterator[tuple[SchemaObject, str]]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for column in table.columns:
        name, *length = column.type.compile(dialect).lower().partition("(")
        kind = _POSTGRES_NAMES.get(name, name) + "".join(length)
        yield SchemaObject(table.name, "column", column.name), f"{kind}|{'f' if column.nullable else 't'}||"


def _key_of(table: str, name: str, columns: str) -> Iterator[tuple[SchemaObject, str]]:
    yield SchemaObject(table, "constraint", name), f"PRIMARY KEY ({columns})"
    yield (
        SchemaObject(table, "index", name),
        f"CREATE UNIQUE INDEX {name} ON {table} USING btree ({columns})|t",
    )


def _version_table() -> Iterator[tuple[SchemaObject, str]]:
    """The table in which Alembic keeps the schema's number."""
    yield SchemaObject(migrate.OURS, "table", migrate.OURS), "r|f|f"
    yield SchemaObject(migrate.OURS, "column", "version_num"), "character varying(32)|t||"
    yield from _key_of(migrate.OURS, f"{migrate.OURS}_pkc", "version_num")
