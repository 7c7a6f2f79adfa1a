"""Working days of mainland China, and the days on which decisions become final.

Public holidays and make-up working days come from the ``chinesecalendar`` package (State Council
notices); in years it does not know yet, Monday to Friday work.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

from scoring.errors import UsageError

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""The days that can be reckoned with: periods before and after them stay within the calendar."""
_DAY = timedelta(days=1)


def require_day(day: date) -> date:
    """The day, if it can be reckoned with.

    Raises:
        UsageError: It is before the first or after the last of these days.
    """
    if FIRST_DAY <= day <= LAST_DAY:
        return day
    raise UsageError("day_out_of_range", day=day, first=FIRST_DAY, last=LAST_DAY)


# to explain one enterprise asks about three years of days, sixteen times each
@lru_cache(maxsize=16_384)
def is_workday(day: date) -> bool:
    """Whether ``day`` is a working day in mainland China."""
    try:
        return bool(chinese_calendar.is_workday(day))
    # The State Council announces a year in the autumn before; for later ones nothing is known.
    except NotImplementedError:
        return day.weekday() < 5


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last day of a shorter month (Civil Code art. 202)."""
    years, months_from_january = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, months_from_january + 1
    last_of_month = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last_of_month))


def add_workdays(day: date, workdays: int) -> date:
    """The day on which so many working days after ``day`` are over."""
    while workdays > 0:
        day += _DAY
        workdays -= is_workday(day)
    return day


def last_day_of_period(start: date, months: int) -> date:
    """Last day of a period of months counted from ``start``; a day off moves to the next working day."""
    # Administrative Litigation Law arts. 46 and 101 with Civil Procedure Law art. 85.
    day = add_months(start, months)
    while not is_workday(day):
        day += _DAY
    return day


@lru_cache(maxsize=4096)
def lapsed_if_served_by(as_of: date, months: int) -> date:
    """Latest service date whose period of ``months`` is over before ``as_of``.

    So the engine compares two dates and needs no calendar: ``last_day_of_period(served, months)`` is
    before ``as_of`` exactly if ``served`` is not after this day.
    """
    last = as_of - _DAY
    while not is_workday(last):
        last -= _DAY
    # Ends of months differ by at most three days: from four days later on, no day is passed over.
    served = add_months(last, -months) + 4 * _DAY
    while add_months(served, months) > last:
        served -= _DAY
    return served


@lru_cache(maxsize=4096)
def due_if_reported_by(as_of: date, workdays: int) -> date:
    """Latest day from which on so many working days are over before ``as_of``.

    ``add_workdays(reported, workdays)`` is before ``as_of`` exactly if ``reported`` is not after it.
    """
    day = as_of - _DAY
    while workdays > 0:
        workdays -= is_workday(day)
        day -= _DAY
    return day


def presumed_final_on(served: date, months: int) -> date:
    """First day on which an uncontested decision served on ``served`` is final."""
    return last_day_of_period(served, months) + _DAY
