"""Queries that DuckDB keeps prepared, over tables whose rows are replaced between two runs.

Planning costs more than answering where few rows are looked at. A plan over a *table* must not be
kept: DuckDB 1.5.6 returned wrong rows from one after its table had changed. Here the rows are a stream
of which DuckDB knows nothing but the columns.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import count

import duckdb
import pyarrow as pa

MOST_PLANS = 16
"""Plans kept at a time: a policy has one or two for its cases, an explanation some more."""


class SwappableRows:
    """Rows that DuckDB scans under one name: it takes a stream of them anew in every scan."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)


class PreparedQueries:
    """The kept plans of one connection, which one thread uses at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._bound: dict[str, dict[pa.Schema, SwappableRows]] = {}
        self._plan_names: OrderedDict[str, str] = OrderedDict()
        self._numbers = count()

    def bind(self, name: str, rows: pa.Table) -> str:
        """Puts other rows in place of those of a name.

        Args:
            name: What the rows are.
            rows: The rows; those of other columns stand beside each other.

        Returns:
            The relation's name in SQL.
        """
        # Under a kept plan the columns may not change their types, so each schema has a name of its own.
        by_schema = self._bound.setdefault(name, {})
        if rows.schema in by_schema:
            by_schema[rows.schema].rows = rows
        else:
            by_schema[rows.schema] = SwappableRows(rows)
            self._connection.register(f"{name}_{len(by_schema) - 1}", by_schema[rows.schema])
        return f"{name}_{list(by_schema).index(rows.schema)}"

    def execute(self, text: str) -> pa.Table:
        """The rows of a query over swappable rows alone; it is planned in its first run."""
        if text not in self._plan_names:
            self._make_room()
            plan_name = f"plan_{next(self._numbers)}"
            self._connection.execute(f"PREPARE {plan_name} AS {text}")
            self._plan_names[text] = plan_name
        self._plan_names.move_to_end(text)
        return self._connection.execute(f"EXECUTE {self._plan_names[text]}").to_arrow_table()

    def _make_room(self) -> None:
        """Forgets the plan that was used longest ago, once there are as many as may be kept."""
        if len(self._plan_names) >= MOST_PLANS:
            _, plan_name = self._plan_names.popitem(last=False)
            self._connection.execute(f"DEALLOCATE {plan_name}")
