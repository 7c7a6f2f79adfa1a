"""What speaks against an enterprise: records of adverse kinds, and results that are evidence of a problem."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func

from scoring.entities import codes
from scoring.store.tables.visible import VisibleRecord

_KINDS = frozenset(kind for kind, known in codes()["kinds"].items() if known["direction"] == "adverse")
_PROBLEMS = frozenset(
    result for result, known in codes()["results"].items() if known["evidence"] == "problem"
)


def is_adverse(kind: object, result: object) -> bool:
    """Whether a record of this kind and result speaks against its enterprise."""
    return kind in _KINDS or result in _PROBLEMS


def speaks_against() -> ColumnElement[bool]:
    """The same as a condition on ``VisibleRecord``."""
    # A record without a result has none that speaks against anybody.
    return VisibleRecord.kind.in_(_KINDS) | func.coalesce(VisibleRecord.result, "").in_(_PROBLEMS)
