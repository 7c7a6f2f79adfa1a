"""An explanation as plain data: the JSON of the command line and the twin of every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

from scoring.entities import Cause, Explanation, Outlook, Step
from scoring.explain.outlook.lifetime import to_end
from scoring.explain.words.exclusion import why_excluded
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

_OFFICERS_ONLY = frozenset({"officer_note", "excluded"})


def as_dict(explanation: Explanation, resolved: ResolvedPolicy, *, officer: bool = False) -> dict[str, Any]:
    """The explanation as JSON values; days as ISO text.

    Args:
        explanation: What to present.
        resolved: The policy that gave it; it tells officers which rule dropped a record.
        officer: Whether free text and records that did not count are included. Least by default.
    """
    hidden = frozenset() if officer else _OFFICERS_ONLY
    plain: dict[str, Any] = _plain(withheld(explanation, officer=officer), hidden)
    if officer:
        ruled = [(code, why_excluded(code, resolved)) for _, code in explanation.excluded]
        plain["excluded"] = [
            {"record": record, "rule": code, "why": why}
            for (record, _), (code, why) in zip(plain["excluded"], ruled, strict=True)
        ]
    return plain


def withheld(explanation: Explanation, *, officer: bool = False, records: bool = True) -> Explanation:
    """The explanation without what an audience may not see: records that did not count, here and in what is to come.

    Args:
        explanation: The whole explanation.
        officer: Whether records that did not count may be seen.
        records: Whether any record may be seen in what is to come.
    """
    if officer and records:
        return explanation
    uncounted = {record.record_id for record, _ in explanation.excluded}
    day = explanation.score.as_of
    outlook = explanation.outlook and _outlook(
        explanation.outlook, lambda record_id: records and record_id not in uncounted, day
    )
    return replace(explanation, excluded=(), outlook=outlook)


def _outlook(outlook: Outlook, seen: Callable[[str], bool], as_of: date) -> Outlook:
    turns = tuple(
        replace(turn, causes=tuple(_cause(cause, seen) for cause in turn.causes)) for turn in outlook.turns
    )
    path = outlook.path and replace(
        outlook.path, steps=tuple(_step(step, seen, as_of) for step in outlook.path.steps)
    )
    return replace(outlook, turns=turns, path=path)


def _cause(cause: Cause, seen: Callable[[str], bool]) -> Cause:
    return replace(cause, records=tuple(record_id for record_id in cause.records if seen(record_id)))


def _step(step: Step, seen: Callable[[str], bool], as_of: date) -> Step:
    """A step on a record that may not be seen says what to do, not on which record."""
    if step.record_id is None or step.early_end is None or seen(step.record_id):
        return step
    return replace(step, record_id=None, label=to_end(step.early_end, both("one_record"), as_of))


def _plain(value: Any, hidden: frozenset[str]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), hidden) for f in fields(value) if f.name not in hidden}
    if isinstance(value, Mapping):
        return {key: _plain(item, hidden) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item, hidden) for item in value]
    return value.isoformat() if isinstance(value, date) else value
