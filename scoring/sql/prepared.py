"""PreparedQueries that DuckDB keeps, over rows that are exchanged between two questions.

Planning costs more than answering where few rows are asked. A plan over a *table* must not be kept:
DuckDB 1.5.6 returned wrong rows from one after its table had changed. Here the rows are a stream of
which DuckDB knows nothing but the columns.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import count

import duckdb
import pyarrow as pa

MOST_PLANS = 16
"""PreparedQueries kept at a time: a policy has one or two for its cases, an explanation some more."""


class SwappableRows:
    """Rows that DuckDB scans under one name: it asks for a stream of them anew in every scan."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)


class PreparedQueries:
    """The kept plans of one connection, which one thread uses at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._con = connection
        self._bound: dict[str, dict[pa.Schema, SwappableRows]] = {}
        self._names: OrderedDict[str, str] = OrderedDict()
        self._numbers = count()

    def bind(self, name: str, rows: pa.Table) -> str:
        """Puts other rows in place of those of a name.

        Args:
            name: What the rows are.
            rows: The rows; those of other columns stand beside each other.

        Returns:
            The relation's name in SQL.
        """
        forms = self._bound.setdefault(name, {})
        if rows.schema in forms:
            forms[rows.schema].rows = rows
        else:
            forms[rows.schema] = SwappableRows(rows)
            self._con.register(f"{name}_{len(forms) - 1}", forms[rows.schema])
        return f"{name}_{list(forms).index(rows.schema)}"

    def execute(self, text: str) -> pa.Table:
        """The rows of a query over exchanged rows alone.

        It is planned when it is asked for the first time.
        """
        if text not in self._names:
            if len(self._names) >= MOST_PLANS:
                self._con.execute(f"DEALLOCATE {self._names.popitem(last=False)[1]}")
            name = f"plan_{next(self._numbers)}"
            self._con.execute(f"PREPARE {name} AS {text}")
            self._names[text] = name
        self._names.move_to_end(text)
        return self._con.execute(f"EXECUTE {self._names[text]}").to_arrow_table()
