"""Names and literals in SQL text and cells of a spreadsheet, so that no value of a file or map becomes a command."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in full width too: an East Asian Excel reads those as the same."""


def literal(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def name_of(column: str) -> str:
    """A quoted identifier."""
    return '"' + column.replace('"', '""') + '"'


def cell(value: str) -> str:
    """A text for a cell of CSV or Excel: what would run as a formula is shown as it is."""
    return "'" + value if value.startswith(FORMULA) else value
