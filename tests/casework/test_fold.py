"""The state of a case as a fold: whatever legal steps come in whatever order, and whatever illegal ones are tried."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.administration.casework.case_state import FURTHER, CaseState, FiledStep, case_state
from scoring.administration.casework.procedures import procedures
from scoring.store.facts.disputes import CLOSING

DAYS = st.lists(st.integers(0, 40), max_size=12)
KINDS = st.lists(st.sampled_from(FURTHER), min_size=12, max_size=12)
NAMES = sorted(name for name, entry in procedures().items() if entry.opened_by)
OPENED = date(2026, 9, 28)


def filed(number: int, kind: str, on: date) -> FiledStep:
    """A step."""
    return FiledStep(number, kind, "anna", on, "x", "town:1", "tiny", content='{"outcome":"rejected"}')


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(NAMES), kinds=KINDS, pauses=DAYS)
def test_only_legal_steps_move_a_case(name: str, kinds: list[str], pauses: list[int]) -> None:
    """Steps are tried as they come; those that may follow are filed, the others change nothing.

    A case is open until it is closed and closed for good; its last day never comes nearer by being put off, it is
    late by no less the longer nobody answers, and nothing but a closing step gives it an outcome.
    """
    procedure, day, further = procedures()[name], OPENED, list[FiledStep]()
    opening = filed(1, name, OPENED)
    before: CaseState | None = None
    for pause, kind in zip(pauses, kinds, strict=False):
        day += timedelta(days=pause)
        state = case_state(procedure, opening, further, day)
        if before is not None and before.is_open and state.is_open:
            assert state.due_on >= before.due_on or state.stage != before.stage
        if kind not in state.may_follow:
            assert state == case_state(procedure, opening, further, day)
            continue
        assert state.is_open
        further.append(filed(len(further) + 2, kind, day))
        after = case_state(procedure, opening, further, day)
        assert after.is_open == (kind not in CLOSING)
        assert (after.outcome is None) == after.is_open
        assert after.to_act is None or after.is_open
        before = after
    last = case_state(procedure, opening, further, day)
    later = case_state(procedure, opening, further, day + timedelta(days=30))
    assert (last.is_open, last.outcome, last.due_on) == (later.is_open, later.outcome, later.due_on)
    assert later.overdue_by >= last.overdue_by
    assert not last.is_open or later.is_open
