"""What ``max`` and ``latest`` can measure of a record: its gravity, its grade, or a number.

Gravities and grades are codes with a level in ``rules/kinds.toml``, so that the greater is the graver
and the worse; shown is the code's label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from scoring.entities import codes
from scoring.policy.language.selection import SelectedColumn

Measure = Literal["severity", "grade", "value_x100"]


class _Levelled(NamedTuple):
    """Where codes with a level stand.

    Attributes:
        column: Column of the record.
        table: Closed list of its codes.
    """

    column: SelectedColumn
    table: str


_LEVELLED: Mapping[Measure, _Levelled] = {
    "severity": _Levelled("severity", "severities"),
    "grade": _Levelled("result", "results"),
}


def coded_column(of: Measure | None) -> SelectedColumn | None:
    """Column of the code whose level is measured; ``None`` where a number is."""
    return _LEVELLED[of].column if of is not None and of in _LEVELLED else None


def levels(of: Measure | None, kinds: Sequence[str] = ()) -> Mapping[str, int]:
    """Levels by code of what is measured, for records of some kinds (none: of all); empty for a number."""
    if of is None or of not in _LEVELLED:
        return {}
    by_code = {}
    for code, row in codes()[_LEVELLED[of].table].items():
        of_kinds = row.get("of")
        fits = not kinds or not isinstance(of_kinds, list) or bool(set(kinds) & set(map(str, of_kinds)))
        if "level" in row and fits:
            by_code[code] = int(str(row["level"]))
    return by_code


def levelled_code(of: Measure | None, kinds: Sequence[str], level: int) -> tuple[str, str] | None:
    """Closed list and code of a level; ``None`` for a number or a level that no code has."""
    for code, of_code in levels(of, kinds).items():
        if of is not None and of_code == level:
            return _LEVELLED[of].table, code
    return None
