"""An explanation as plain data: the JSON of the command line and the twin of every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any

from scoring.entities import Cause, Evidence, Explanation, Outlook, Step
from scoring.explain.outlook.lifetime import to_end
from scoring.explain.words.contacts import contact_of, whom_to_ask
from scoring.explain.words.exclusion import article_of, not_held
from scoring.explain.words.figures import labels
from scoring.explain.words.grounds import points_notice
from scoring.explain.words.proposal_words import described
from scoring.explain.words.remedies import remedies
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

# Free text may name persons.
_OFFICERS_ONLY = frozenset({"officer_note"})


def as_dict(explanation: Explanation, resolved: ResolvedPolicy, *, officer: bool = False) -> dict[str, Any]:
    """The explanation as JSON values; days as ISO text.

    Its readers are the enterprise itself and officers: both see whom to ask, what the law offers against
    a record, and the records that did not count.

    Args:
        explanation: What to present.
        resolved: The policy that gave it; it tells which rule dropped a record.
        officer: Whether free text is included. Least by default.
    """
    written = _Writer(explanation, resolved, frozenset() if officer else _OFFICERS_ONLY)
    plain: dict[str, Any] = written.plain(replace(explanation, proposal=None))
    if explanation.proposal:
        plain["proposal"] = described(explanation.proposal)
    plain["points_note"] = points_notice(resolved)
    plain["ask"] = whom_to_ask(explanation)
    return plain


def withheld(explanation: Explanation, *, own: bool = False, records: bool = True) -> Explanation:
    """The explanation without what an audience may not see.

    That is records that did not count, here, in what is proposed and in what is to come.

    Args:
        explanation: The whole explanation.
        own: Whether records that did not count may be seen: by the enterprise itself and by officers.
        records: Whether any record may be seen in what is to come.
    """
    if explanation.proposal and not records:
        explanation = replace(explanation, proposal=explanation.proposal.without_records())
    if explanation.proposed:
        proposed = withheld(explanation.proposed, own=own, records=records)
        explanation = replace(explanation, proposed=proposed)
    if own and records:
        return explanation
    uncounted = frozenset(record.record_id for record, _ in explanation.excluded)
    outlook = explanation.outlook
    if outlook is not None:
        visible = VisibleRecords(uncounted, any_record=records, as_of=explanation.score.as_of)
        outlook = visible.in_outlook(outlook)
    return replace(explanation, excluded=(), joined=(), outlook=outlook)


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


class _Writer:
    """Writes an explanation as JSON values, and beside each record whom to ask and what the law offers."""

    def __init__(self, explanation: Explanation, resolved: ResolvedPolicy, hidden: frozenset[str]) -> None:
        self._explanation, self._resolved, self._hidden = explanation, resolved, hidden
        self._day = explanation.score.as_of

    def plain(self, value: Any) -> Any:
        """A value as JSON has it."""
        if isinstance(value, Evidence):
            return {**self._fields(value), **self._helped(value)}
        if isinstance(value, Explanation):
            return {**self._fields(value), "excluded": list(map(self._excluded, value.excluded))}
        if is_dataclass(value) and not isinstance(value, type):
            return self._fields(value)
        if isinstance(value, Mapping):
            return {key: self.plain(item) for key, item in value.items()}
        if isinstance(value, (tuple, list)):
            return [self.plain(item) for item in value]
        return value.isoformat() if isinstance(value, date) else value

    def _fields(self, value: Any) -> dict[str, Any]:
        names = [field.name for field in fields(value) if field.name not in self._hidden]
        return {name: self.plain(getattr(value, name)) for name in names}

    def _helped(self, record: Evidence) -> dict[str, Any]:
        authority, made_up = record.authority, self._explanation.fictitious
        return {
            "contact": contact_of(authority, fictitious=made_up) if authority else None,
            "remedies": remedies(record, self._day),
        }

    def _excluded(self, pair: tuple[Evidence, str]) -> dict[str, Any]:
        record, code = pair
        return {
            "record": self.plain(record),
            "rule": code,
            "why": not_held(code, self._resolved),
            "legal": self.plain(article_of(record, code, self._resolved, self._day)),
        }
