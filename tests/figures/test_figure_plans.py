"""What the figures read does not grow with the store: no great table is read from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from figure_stores import VERSION, FigureStore, departments
from sqlalchemy import Engine, event

from scoring.administration.figures.filters import FigureFilters
from scoring.administration.figures.whole_figures import figures_of
from scoring.store.people.grants import Grant

GREAT = ("record_version", "enterprise_version", "assessment", "standing", "visit", "audit_event")
"""Tables with a row or more for each enterprise; the directory is looked through by its index."""
SCANNED = re.compile(rf"SCAN ({'|'.join(GREAT)})(_\d+)?( |$)")
GRANTS = {
    "everything": [Grant("", "supervisor", "")],
    "a district": [Grant("", "supervisor", "", frozenset({"330802"}))],
    "a department": [Grant("", "supervisor", "", None, departments("market"))],
}


@contextmanager
def heard(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed meanwhile, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def hear(connection: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    yield statements
    event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("grants", GRANTS)
@pytest.mark.parametrize("field", [None, "food"])
def test_no_great_table_is_read_whole(shown: FigureStore, grants: str, field: str | None) -> None:
    """Every statement of the five figures finds its rows by an index or a key."""
    filters = FigureFilters(GRANTS[grants], "2025-11", "2026-10", date(2026, 10, 30), field=field)
    with shown.database.read() as connection:
        with heard(shown.database.engine) as statements:
            figures_of(connection, VERSION, filters, steps=1)
        whole = []
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            whole += [row[3] for row in plan if SCANNED.match(row[3])]
    assert len(statements) >= 8 and [] == whole
