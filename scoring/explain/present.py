"""An explanation as plain data: the JSON of the command line and the twin of every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any

from scoring.entities import Cause, Explanation, Outlook, Step
from scoring.explain.outlook.lifetime import to_end
from scoring.explain.words.exclusion import why_excluded
from scoring.explain.words.figures import labels
from scoring.explain.words.proposal_words import described
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

# Free text may name persons, and what did not count must not be held against anybody.
_OFFICERS_ONLY = frozenset({"officer_note", "excluded"})


def as_dict(explanation: Explanation, resolved: ResolvedPolicy, *, officer: bool = False) -> dict[str, Any]:
    """The explanation as JSON values; days as ISO text.

    Args:
        explanation: What to present.
        resolved: The policy that gave it; it tells officers which rule dropped a record.
        officer: Whether free text and records that did not count are included. Least by default.
    """
    hidden = frozenset() if officer else _OFFICERS_ONLY
    shown = withheld(explanation, officer=officer)
    plain: dict[str, Any] = _plain(replace(shown, proposal=None), hidden)
    if shown.proposal:
        plain["proposal"] = described(shown.proposal)
    if officer:
        with_codes = zip(plain["excluded"], explanation.excluded, strict=True)
        plain["excluded"] = [
            {"record": record, "rule": code, "why": why_excluded(code, resolved)}
            for (record, _), (_, code) in with_codes
        ]
    return plain


def withheld(explanation: Explanation, *, officer: bool = False, records: bool = True) -> Explanation:
    """The explanation without what an audience may not see.

    That is records that did not count, here, in what is proposed and in what is to come.

    Args:
        explanation: The whole explanation.
        officer: Whether records that did not count may be seen.
        records: Whether any record may be seen in what is to come.
    """
    if explanation.proposal and not records:
        explanation = replace(explanation, proposal=explanation.proposal.without_records())
    if explanation.proposed:
        proposed = withheld(explanation.proposed, officer=officer, records=records)
        explanation = replace(explanation, proposed=proposed)
    if officer and records:
        return explanation
    uncounted = frozenset(record.record_id for record, _ in explanation.excluded)
    outlook = explanation.outlook
    if outlook is not None:
        visible = VisibleRecords(uncounted, any_record=records, as_of=explanation.score.as_of)
        outlook = visible.in_outlook(outlook)
    return replace(explanation, excluded=(), outlook=outlook)


@dataclass(frozen=True)
class VisibleRecords:
    """Which records an audience may see in what is to come.

    Attributes:
        hidden: Ids of records that it may not see.
        any_record: Whether it may see any.
        as_of: Day of the explanation.
    """

    hidden: frozenset[str]
    any_record: bool
    as_of: date

    def shows(self, record_id: str) -> bool:
        """Whether the record may be seen."""
        return self.any_record and record_id not in self.hidden

    def in_outlook(self, outlook: Outlook) -> Outlook:
        """The outlook without the others."""
        visible_turns = []
        for turn in outlook.turns:
            visible_turns.append(replace(turn, causes=tuple(map(self.in_cause, turn.causes))))
        visible_path = outlook.path
        if visible_path is not None:
            visible_path = replace(visible_path, steps=tuple(map(self.in_step, visible_path.steps)))
        return replace(outlook, turns=tuple(visible_turns), path=visible_path)

    def in_cause(self, cause: Cause) -> Cause:
        """A cause that names the visible records alone."""
        return replace(cause, records=tuple(filter(self.shows, cause.records)))

    def in_step(self, step: Step) -> Step:
        """A step on a record that may not be seen says what to do, not on which record."""
        if step.record_id is None or self.shows(step.record_id):
            return step
        if step.early_end is None:
            field = labels("fields", step.field) or both("no_field")
            label = both("step_reinspect_any", field=field)
        else:
            label = to_end(step.early_end, both("one_record"), self.as_of)
        return replace(step, record_id=None, authority=None, label=label)


def _plain(value: Any, hidden: frozenset[str]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        field_names = [field.name for field in fields(value) if field.name not in hidden]
        return {field_name: _plain(getattr(value, field_name), hidden) for field_name in field_names}
    if isinstance(value, Mapping):
        return {key: _plain(item, hidden) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item, hidden) for item in value]
    return value.isoformat() if isinstance(value, date) else value
