"""Names and literals in SQL text, so that no value of a file or map can end a quotation."""

from __future__ import annotations


def literal(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def name_of(column: str) -> str:
    """A quoted identifier."""
    return '"' + column.replace('"', '""') + '"'
