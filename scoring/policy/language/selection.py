"""Selections: which records an indicator looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from scoring.policy.language.forms import Code, Form

RecordScope = Literal["own", "branch"]
RecordState = Literal["open", "mended", "agreed"]
UNKNOWN = "unknown"
"""Among severities, fields, results and occasions: that a record has none."""
SelectedColumn = Literal["kind", "severity", "result", "field", "info_class", "occasion", "scope", "state"]
UNKNOWN_COLUMNS: tuple[SelectedColumn, ...] = ("severity", "field", "result", "occasion")
"""Columns of which ``unknown`` may be asked for."""
SELECTED_COLUMNS: tuple[SelectedColumn, ...] = get_args(SelectedColumn)
"""Coded columns that a selection may test."""
RECORD_CODES: tuple[SelectedColumn, ...] = tuple(name for name in SELECTED_COLUMNS if name != "state")
"""Those that a record has; its state is found out day by day, from its relations."""


_MEANT_BY_NULL: Mapping[SelectedColumn, str] = {
    "scope": "own",
    **dict.fromkeys(UNKNOWN_COLUMNS, UNKNOWN),
}


class Select(Form):
    """Which records an indicator sees: lists are *any of*, keys are *and*, a null never matches.

    The severity, field, result or occasion ``unknown`` is that of records without one. Without ``scope`` only the
    enterprise's own records count; a policy that wants branches says so. ``occasion`` is why a visit took
    place (by draw, by plan, after a complaint and so on). ``state`` needs a set of
    relations: it asks whether a finding stands open or was mended, or a visit agreed with a statement.
    """

    LATER = frozenset({"occasion", "state"})

    kind: Annotated[tuple[Code, ...], Field(min_length=1)]
    field: tuple[Code, ...] | None = None
    result: tuple[Code, ...] | None = None
    severity: tuple[Code, ...] | None = None
    info_class: tuple[Code, ...] | None = None
    occasion: tuple[Code, ...] | None = None
    scope: tuple[RecordScope, ...] = ("own",)
    state: tuple[RecordState, ...] | None = None

    def takes(self, column: SelectedColumn, code: str | None) -> bool:
        """Whether records with this code are selected as far as the column goes.

        This is the one definition of what a selection looks at: the engine compiles it,
        explanations ask it. A null never matches, but for ``scope``, where it means ``own``.
        """
        wanted = getattr(self, column)
        # sources without branches leave the scope out: what is filed under an enterprise is its own
        meant = code or _MEANT_BY_NULL.get(column)
        return wanted is None or meant in wanted

    def tells_apart(self, column: SelectedColumn) -> bool:
        """Whether the column can decide about a record."""
        if column != "scope":
            return getattr(self, column) is not None
        # one scope may be written twice, or none at all
        return set(self.scope) != set(get_args(RecordScope))

    def looks_at(self, record: Mapping[str, Any]) -> bool:
        """Whether the selection looks at a record, whatever its age and state."""
        return all(self.takes(column, record[column]) for column in RECORD_CODES)
