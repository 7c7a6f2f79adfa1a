"""Working days of mainland China, and the days on which decisions become final.

Public holidays and make-up working days come from the ``chinesecalendar`` package (State Council
notices); in years it does not know yet, Monday to Friday work.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

_DAY = timedelta(days=1)


def is_workday(day: date) -> bool:
    """Whether ``day`` is a working day in mainland China."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last day of a shorter month (Civil Code art. 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def add_workdays(day: date, workdays: int) -> date:
    """The day on which so many working days after ``day`` are over."""
    while workdays > 0:
        day += _DAY
        workdays -= is_workday(day)
    return day


def last_day_of_period(start: date, months: int) -> date:
    """Last day of a period of months counted from ``start``.

    A day that is no working day moves to the next one.

    Administrative Litigation Law arts. 46 and 101 with Civil Procedure Law art. 85.
    """
    day = add_months(start, months)
    while not is_workday(day):
        day += _DAY
    return day


@lru_cache(maxsize=4096)
def lapsed_if_served_by(as_of: date, months: int) -> date:
    """Latest service date whose period of ``months`` is over before ``as_of``.

    ``last_day_of_period(served, months) < as_of`` holds exactly when ``served <=
    lapsed_if_served_by(as_of, months)``, so the engine compares two dates and needs no calendar.
    """
    last = as_of - _DAY
    while not is_workday(last):
        last -= _DAY
    served = add_months(last, -months) + 4 * _DAY  # month ends differ by at most three days
    while add_months(served, months) > last:
        served -= _DAY
    return served


def presumed_final_on(served: date, months: int) -> date:
    """First day on which an uncontested decision served on ``served`` is final."""
    return last_day_of_period(served, months) + _DAY
