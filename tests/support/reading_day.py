"""The day on which tests read a page: that of the results, so that none of them is out of date."""

from __future__ import annotations

from datetime import date


def day_of_result() -> date:
    """The day of the small district."""
    return date(2026, 9, 30)
