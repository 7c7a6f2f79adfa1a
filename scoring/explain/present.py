"""An explanation as plain data: the JSON of the command line and the twin of every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from scoring.entities import Explanation

_OFFICERS_ONLY = frozenset({"officer_note", "excluded"})


def as_dict(explanation: Explanation, *, officer: bool = False) -> dict[str, Any]:
    """The explanation as JSON values; days as ISO text.

    Args:
        explanation: What to present.
        officer: Whether free text and records that did not count are included. Least by default.
    """
    hidden = frozenset() if officer else _OFFICERS_ONLY
    plain: dict[str, Any] = _plain(explanation, hidden)
    return plain


def _plain(value: Any, hidden: frozenset[str]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), hidden) for f in fields(value) if f.name not in hidden}
    if isinstance(value, Mapping):
        return {key: _plain(item, hidden) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item, hidden) for item in value]
    return value.isoformat() if isinstance(value, date) else value
