"""Steps of relating as SQL: an expression that makes a table, and the table as the next step sees it."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from duckdb import DuckDBPyConnection as Connection

CANDIDATES = ibis.table(
    {
        "enterprise_id": "string",
        "record_id": "string",
        "own_id": "string",
        "kind": "string",
        "field": "string",
        "result": "string",
        "occasion": "string",
        "office": "string",
        "number": "string",
        "has_mark": "boolean",
        "basis": "string",
        "refers_to": "string",
        "refers_number": "string",
        "given_matter": "string",
        "given_act": "string",
        "dated_on": "date",
        "known_on": "date",
        "mended_on": "date",
        "report_due_on": "date",
        "falls": "boolean",
        "is_plain": "boolean",
        "gravity": "int64",
    },
    name="candidates",
)
"""The latest version of each record that may have a partner.

``own_id`` is the id that a record has where it came from, and here too unless it is a copy under a successor;
``office`` is the authority by its registered name as names are compared, ``report_due_on`` the day on which the
report of mending of ``mended_on`` has waited long enough. ``falls`` says that it was withdrawn, annulled, masked or
restored, ``is_plain`` that it has one version and nothing of that.
"""

HELD_POWERS = ibis.table(
    {"power": "string", "field": "string", "holder": "string", "begins": "date", "until": "date"},
    name="held_powers",
)
"""Whose power in a field another one holds, from a day until before another; ``until`` is never null."""
GRADES = ibis.table(
    {
        "enterprise_id": "string",
        "record_id": "string",
        "series": "string",
        "dated_on": "date",
        "known_on": "date",
        "is_plain": "boolean",
        "is_adverse": "boolean",
    },
    name="grades",
)
"""The latest version of every grade; ``series`` says of which kind, field and authority it is."""
FALLEN = ibis.table({"enterprise_id": "string", "record_id": "string"}, name="fallen")
"""Records that were withdrawn, annulled, masked or restored in any version."""


@dataclass(frozen=True, eq=False)
class MadeTable:
    """A table that a step makes.

    Attributes:
        name: Its name on the connection.
        sql: The query that makes it.
        table: What later steps read.
    """

    name: str
    sql: str
    table: ir.Table


def step(name: str, expression: ir.Table) -> MadeTable:
    """The step that makes a table of an expression."""
    sql = str(ibis.to_sql(expression, dialect="duckdb", pretty=False))
    return MadeTable(name, sql, ibis.table(expression.schema(), name=name))


def make(connection: Connection, made: MadeTable) -> None:
    """Runs a step."""
    connection.execute(f"CREATE OR REPLACE TABLE {made.name} AS {made.sql}")


def is_empty(connection: Connection, rows: str) -> bool:
    """Whether a table, or what follows FROM, has no row."""
    return not connection.execute(f"SELECT EXISTS (SELECT 1 FROM {rows})").fetchall()[0][0]
