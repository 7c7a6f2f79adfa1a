"""Every procedure at its boundary days: counted by hand from its own rules, over holidays and adjusted working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scoring.administration.casework.case_state import CaseState, FiledStep, case_state
from scoring.administration.casework.procedures import Procedure, procedures

DAY = timedelta(days=1)
OPENINGS = {
    # 2026-09-30 Wednesday; National Day 1 to 7 October off, Saturday 10 October works.
    "before the holidays": date(2026, 9, 30),
    # 2026-02-13 Friday; Saturday 14 works, 15 to 23 off, Saturday 28 works.
    "before the spring festival": date(2026, 2, 13),
    "an ordinary Monday": date(2026, 6, 1),
}
WORKING = {
    "before the holidays": "10-08 10-09 10-10 10-12 10-13 10-14 10-15 10-16 10-19 10-20 10-21 10-22 10-23 10-26 10-27 10-28 "
    "10-29 10-30 11-02 11-03 11-04 11-05 11-06 11-09 11-10 11-11 11-12 11-13 11-16 11-17",
    "before the spring festival": "02-14 02-24 02-25 02-26 02-27 02-28 03-02 03-03 03-04 03-05 03-06 03-09 03-10 03-11 03-12 "
    "03-13 03-16 03-17 03-18 03-19 03-20 03-23 03-24 03-25 03-26 03-27 03-30 03-31 04-01 04-02",
    "an ordinary Monday": "06-02 06-03 06-04 06-05 06-08 06-09 06-10 06-11 06-12 06-15 06-16 06-17 06-18 06-22 06-23 06-24 "
    "06-25 06-26 06-29 06-30 07-01 07-02 07-03 07-06 07-07 07-08 07-09 07-10 07-13 07-14",
}
"""The working days that follow, written down from the notices of the State Council; Dragon Boat is 19 June 2026."""
PERIODS = {
    # accept, decide, extend: as rules/procedures.toml has them; a change there is to be seen here.
    "objection": (None, 5, 15),
    "recalculation": (None, 5, 5),
    "person_review": (None, 5, 5),
    "statement": (None, 5, 5),
    "recheck": (3, 10, None),
    "matter_request": (None, 5, 5),
    "confirmation": (None, 30, None),
    "registrar_task": (None, 20, None),
    "visit_difference": (None, 5, 5),
    **dict.fromkeys(("withdraw", "correct", "join", "part", "uphold"), (None, 3, None)),
}
ANSWERED = sorted(name for name, entry in procedures().items() if entry.every_days)


def step(number: int, kind: str, on: date, **more: object) -> FiledStep:
    """A step of a day."""
    return FiledStep(number, kind, "anna", on, "x", "town:1", "tiny", **more)  # type: ignore[arg-type]


def workday(when: str, number: int) -> date:
    """The working day of a number after an opening, the next one being 1."""
    opening = OPENINGS[when]
    return date.fromisoformat(f"{opening.year}-{WORKING[when].split()[number - 1]}")


def state(procedure: Procedure, when: str, day: date, *further: FiledStep) -> CaseState:
    """A case that was opened then, as it stands on a day."""
    return case_state(procedure, step(1, procedure.id, OPENINGS[when]), further, day)


def test_every_procedure_has_its_periods() -> None:
    """The table of this test and the rules name the same procedures and periods."""
    assert PERIODS == {
        name: (entry.accept, entry.decide, entry.extend) for name, entry in procedures().items()
    }


@pytest.mark.parametrize("when", OPENINGS)
@pytest.mark.parametrize("name", PERIODS)
def test_the_last_day_and_the_day_after(name: str, when: str) -> None:
    """On the last working day of its period a case is in time; on the next day it is late, by none or one working day."""
    procedure = procedures()[name]
    accept, decide, _extend = PERIODS[name]
    last = workday(when, accept or decide)
    on_last, after = state(procedure, when, last), state(procedure, when, last + DAY)
    assert (last, 0) == (on_last.due_on, on_last.overdue_by)
    # Thirty working days are written down above; the one after them is not.
    if decide < 30:
        following = workday(when, (accept or decide) + 1)
        assert int(last + DAY == following) == after.overdue_by
        assert 1 == state(procedure, when, following).overdue_by
    assert on_last.is_open and after.is_open


@pytest.mark.parametrize("when", OPENINGS)
@pytest.mark.parametrize("name", [name for name, period in PERIODS.items() if period[2]])
def test_put_off_once(name: str, when: str) -> None:
    """Put off, the whole period is the sum, from the day of opening; late or twice it cannot be put off."""
    procedure = procedures()[name]
    _accept, decide, extend = PERIODS[name]
    extended = step(2, "extended", workday(when, decide))
    longer = state(procedure, when, workday(when, decide), extended)
    assert (workday(when, decide + (extend or 0)), True) == (longer.due_on, longer.extended)
    assert "extended" not in longer.may_follow
    assert "extended" in state(procedure, when, workday(when, decide)).may_follow
    assert "extended" not in state(procedure, when, workday(when, decide) + DAY).may_follow


@pytest.mark.parametrize("when", OPENINGS)
def test_accepted_the_second_period_begins(when: str) -> None:
    """A re-check is accepted within three working days and answered within ten of its acceptance."""
    procedure = procedures()["recheck"]
    accepted = step(2, "accepted", workday(when, 2))
    running = state(procedure, when, workday(when, 2), accepted)
    assert ("deciding", workday(when, 12)) == (running.stage, running.due_on)


@pytest.mark.parametrize("name", ANSWERED)
def test_silence_escalates_weekly_and_never_agrees(name: str) -> None:
    """Late, it is to be reported on the next day and then every seven days, for as long as nobody answers."""
    procedure, when = procedures()[name], "an ordinary Monday"
    due = state(procedure, when, OPENINGS[when]).due_on
    assert due + DAY == state(procedure, when, due + DAY).escalates_on
    first = step(2, "escalated", due + 3 * DAY)
    again = state(procedure, when, due + 3 * DAY, first)
    assert (due + 10 * DAY, 1, True) == (again.escalates_on, again.escalations, again.is_open)
    years = state(procedure, when, due + 700 * DAY, first)
    assert (True, None) == (years.is_open, years.outcome)


@pytest.mark.parametrize("name", ["withdraw", "correct", "join", "part", "uphold"])
def test_a_claim_is_seconded_or_lapses(name: str) -> None:
    """Within its period a claim can only be seconded, afterwards only lapse."""
    procedure, when = procedures()[name], "before the holidays"
    assert ("second",) == state(procedure, when, workday(when, 3)).may_follow
    assert ("lapse",) == state(procedure, when, workday(when, 3) + DAY).may_follow
