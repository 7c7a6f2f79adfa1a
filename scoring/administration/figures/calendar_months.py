"""Months as text, ``2026-09``: they sort as they follow each other."""

from __future__ import annotations

import re
from datetime import date, timedelta

_FORM = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")


def read_month(text: str | None) -> str | None:
    """A month as somebody typed it; ``None``: it is none."""
    return text if text and _FORM.fullmatch(text) else None


def month_of(day: date) -> str:
    """The month of a day."""
    return f"{day:%Y-%m}"


def first_day(month: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    """The last day of a month."""
    return first_day(shifted(month, 1)) - timedelta(days=1)


def shifted(month: str, count: int) -> str:
    """The month that is so many later, or earlier."""
    year, number = int(month[:4]), int(month[5:])
    index = year * 12 + number - 1 + count
    return f"{index // 12:04}-{index % 12 + 1:02}"


def months_from(start: str, end: str) -> list[str]:
    """All months from one to another, both among them."""
    months = [start]
    while months[-1] < end:
        months.append(shifted(months[-1], 1))
    return months
