"""Names and values inside SQL text, so that no value of a file or map becomes a command."""

from __future__ import annotations


def literal(text: str) -> str:
    """A text literal.

    NUL, which no id or name holds and which would end the statement, is left out.
    """
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def name_of(column: str) -> str:
    """A quoted identifier."""
    return '"' + column.replace('"', '""') + '"'


def spark_literal(text: str) -> str:
    """A text as Spark writes it; where a sign of it might escape, by its bytes.

    Whether a backslash escapes is a setting of the cluster.
    """
    if "'" in text or "\\" in text:
        return f"CAST(X'{text.encode().hex()}' AS STRING)"
    return f"'{text}'"
