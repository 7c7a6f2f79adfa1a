"""Points, values, amounts and shares as people read them: exact, with unit, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from scoring.entities import code_label
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.measures import levelled_code
from scoring.policy.language.schema import Indicator
from scoring.rules.wording import LANGUAGES, both


def decimal(number: int, divisor: int = 1) -> str:
    """``number / divisor`` with separators and no needless zeros: ``1,560,000 / 100`` is ``15,600``."""
    text = f"{Decimal(number) / divisor:,f}"
    # A true minus sign: a hyphen would let the number break across lines.
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def signed(points: int, per_point: int) -> str:
    """Points with their sign, e.g. ``+15``, ``−60``, ``0``."""
    return ("+" if points > 0 else "") + decimal(points, per_point)


MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def prose_day(day: date | None, today: date | None = None) -> dict[str, str]:
    """A day inside a sentence: ``2026 年 10 月 20 日``, ``20 October 2026``; tables have ISO days.

    With the day on which it is read, a day that is past by then is marked.
    """
    if day is None:
        return both("no_date")
    zh, en = f"{day.year} 年 {day.month} 月 {day.day} 日", f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    written = {"zh": zh, "en": en}
    return both("is_past", day=written) if today and day < today else written


def permille(part: int, whole: int) -> int:
    """``part`` of ``whole`` in thousandths, halves up; 0 of nothing."""
    return (2000 * part + whole) // (2 * whole) if whole else 0


def percent(part: int, whole: int) -> str:
    """``part`` of ``whole`` in percent with one decimal, halves up, e.g. ``12.4%``."""
    tenths = permille(part, whole)
    return f"{tenths // 10}.{tenths % 10}%"


def money(fen: int | None) -> dict[str, str] | None:
    """An amount in yuan, ``None`` when there is none."""
    return both("value_money", n=decimal(fen, 100)) if fen else None


def labels(table: str, code: str | None) -> dict[str, str] | None:
    """Label of a code of the closed lists in both languages, ``None`` when there is no code."""
    return {lang: code_label(table, code, lang) for lang in LANGUAGES} if code else None


def value(indicator: Indicator, number: int | None) -> dict[str, str]:
    """An indicator's value with its unit; unknown is a word, never a zero."""
    if number is None:
        return both("value_unknown")
    levelled = levelled_code(indicator.of, indicator.select.kind, number)
    if levelled is not None:
        return labels(*levelled) or both("value_unknown")
    aggregate = AGGREGATES[indicator.aggregate]
    # Where gravity or state weighs too, "by age" would be wrong.
    unit = f"{aggregate.unit}_graded" if indicator.weights else aggregate.unit
    return both(unit, n=decimal(number, aggregate.divisor))
