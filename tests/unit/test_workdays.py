"""Working days, legal periods and their inverse."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scoring.workdays import (
    add_months,
    is_workday,
    lapsed_if_served_by,
    last_day_of_period,
    presumed_final_on,
)

DAY = timedelta(days=1)


def days(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + number * DAY for number in range((last - first).days + 1)]


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 5, 12), 6, date(2026, 11, 12)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2025, 12, 31), 6, date(2026, 6, 30)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -6, date(2025, 7, 15)),
        (date(2026, 7, 1), 0, date(2026, 7, 1)),
    ],
)
def test_add_months(start: date, months: int, expected: date) -> None:
    """A month later is the same day, or the last day of a shorter month."""
    assert expected == add_months(start, months)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday that makes up for the holiday
        (date(2026, 6, 27), False),  # a plain Saturday
        (date(2026, 6, 29), True),
        (date(2090, 6, 24), False),  # years without a notice: Monday to Friday
        (date(2090, 6, 26), True),
        (date(1990, 10, 1), True),
    ],
)
def test_is_workday(day: date, expected: bool) -> None:
    """Holidays and make-up days follow the published notices, other years the week."""
    assert expected == is_workday(day)


@pytest.mark.parametrize(
    ("served", "last", "final"),
    [
        (date(2026, 5, 12), date(2026, 11, 12), date(2026, 11, 13)),
        # A Saturday moves to Monday.
        (date(2026, 5, 14), date(2026, 11, 16), date(2026, 11, 17)),
        # National Day moves past the holiday.
        (date(2026, 4, 1), date(2026, 10, 8), date(2026, 10, 9)),
        # A Saturday that is worked does not move.
        (date(2026, 4, 10), date(2026, 10, 10), date(2026, 10, 11)),
        # The last of February, a worked Saturday.
        (date(2025, 8, 31), date(2026, 2, 28), date(2026, 3, 1)),
    ],
)
def test_presumed_final_on(served: date, last: date, final: date) -> None:
    """Six months from service, moved past days without work, and final on the day after."""
    assert (last, final) == (last_day_of_period(served, 6), presumed_final_on(served, 6))


@pytest.mark.parametrize("months", [0, 3, 6, 12])
def test_inverse_is_exact(months: int) -> None:
    """The latest service date whose period is over is found exactly, for every day of eight years."""
    served_days = days(date(2021, 1, 1), date(2030, 12, 31))
    ends = {served: last_day_of_period(served, months) for served in served_days}
    for as_of in days(date(2022, 7, 1), date(2029, 12, 31)):
        latest = lapsed_if_served_by(as_of, months)
        assert (True, False) == (ends[latest] < as_of, ends[latest + DAY] < as_of), as_of


def test_periods_never_overtake() -> None:
    """Later service never ends earlier, so one comparison of dates decides."""
    ends = [last_day_of_period(served, 6) for served in days(date(2021, 1, 1), date(2030, 12, 31))]
    assert sorted(ends) == ends
