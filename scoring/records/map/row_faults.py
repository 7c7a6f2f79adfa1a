"""What can be wrong with a row of a source, each thing as one branch of a CASE in DuckDB."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.sql.literals import literal, name_of

SEPARATOR = "\x1f"
"""Stands between column, code and value in the text of a fault."""
DATED = ("occurred_on", "decided_on", "served_on", "final_on")


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong with a row.

    Attributes:
        when: The condition under which it is wrong, in SQL.
        column: The canonical column.
        code: The code of the rejection, worded as ``rejected_<code>``.
        value: What is reported, in SQL.
    """

    when: str
    column: str
    code: str
    value: str

    def branch(self) -> str:
        """The fault as a branch of a CASE: column, code and value in one text."""
        place = literal(self.column + SEPARATOR + self.code + SEPARATOR)
        return f"WHEN {self.when} THEN {place} || left(coalesce(({self.value})::VARCHAR, ''), 200)"


def enterprise_faults() -> list[Fault]:
    """What any enterprise can lack or contradict, over the canonical columns."""
    return [_missing("enterprise_id"), _reversed()]


def record_faults() -> list[Fault]:
    """What any record can lack or contradict; one with a date must say when it became known."""
    needed = [_missing(column) for column in ("record_id", "enterprise_id", "kind")]
    unknown_since = f"known_on IS NULL AND coalesce({', '.join(DATED)}) IS NOT NULL"
    return [*needed, Fault(unknown_since, "known_on", "missing_value", "NULL"), _reversed()]


def _missing(column: str) -> Fault:
    return Fault(f"{name_of(column)} IS NULL", column, "missing_value", "NULL")


def _reversed() -> Fault:
    return Fault("known_until <= known_on", "known_until", "reversed_versions", "known_until")
