"""Days as files write them, read as DuckDB expressions: dates, instants, serial numbers of spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from scoring.records.map.identifiers import narrow
from scoring.sql.literals import literal

FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y年%m月%d号",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
)
"""The usual ways of writing a day, for columns whose map gives no ``formats``."""
PLAIN_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT = (
    r"([0-9]{4})[-/]?([0-9]{1,2})[-/]?([0-9]{1,2})[T ]([0-9]{1,2}):?([0-9]{2})(?::?[0-9]{2}(?:[.,][0-9]+)?)?"
    r" ?([+-][0-9]{2}):?([0-9]{2})"
)
"""A moment with its distance from Greenwich: year, month, day, hour, minute, and that distance."""
MILLISECONDS = "[1-9][0-9]{12}|(1[0-8]|[2-9][1-9])[0-9]{10}"
SECONDS = "1[0-8][0-9]{8}"
"""Moments counted from 1970. Fewer digits, or 19 and 20 in front, may be a written date."""
SERIAL = "[2-7][0-9]{4}([.][0-9]+)?"
"""A day as spreadsheets count it, from 1954 to 2118."""
AMBIGUOUS = "[0-9]{7}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{1,4}( .*)?"
"""2026111 is 11 January or 1 November; 04/05/2026 and 26-05-04 do not tell their order."""


class ReadDay(NamedTuple):
    """A day that a text stands for, in SQL, and whether the text may stand for several."""

    day: str
    is_ambiguous: str


def read_day(text: str, formats: Sequence[str] | None) -> ReadDay:
    """The day of a text; null where it is none, or several.

    Args:
        text: The text, in SQL.
        formats: How the source writes its days; by default the usual ways. An instant is read
            whatever they are: it says itself what it is, and its day is that of Shanghai.
    """
    narrowed = narrow(text)
    listed = ", ".join(map(literal, formats or FORMATS))
    written = f"CAST(try_strptime({narrowed}, [{listed}]) AS DATE)"
    if formats:
        return ReadDay(f"CASE {_instants(narrowed)} ELSE {written} END", "FALSE")
    is_ambiguous = f"regexp_full_match({narrowed}, {literal(AMBIGUOUS)})"
    # Most files write plain days, which are read without trying every form.
    day = f"""CASE
        WHEN regexp_full_match({text}, {literal(PLAIN_DAY)}) THEN TRY_CAST({text} AS DATE)
        WHEN regexp_full_match({narrowed}, {literal(SERIAL)}) THEN {_serial_day(narrowed)}
        WHEN regexp_full_match({narrowed}, {literal(SECONDS)})
            THEN {_day_in_shanghai(f"epoch_ms(CAST({narrowed} AS BIGINT) * 1000) AT TIME ZONE 'UTC'")}
        {_instants(narrowed)}
        WHEN regexp_full_match({narrowed}, '[0-9]{{1,7}}') OR {is_ambiguous} THEN NULL
        ELSE {written} END"""
    return ReadDay(day, f"coalesce({is_ambiguous}, FALSE)")


def _instants(narrowed: str) -> str:
    """Branches of a CASE for moments that tell their zone, or count from 1970."""
    # Z and UTC are the hour of Greenwich, and +08 is +08:00.
    with_zone = f"regexp_replace(upper({narrowed}), ' ?(Z|UTC|GMT)$', '+00:00')"
    with_minutes = f"regexp_replace({with_zone}, '([0-9][+-][0-9]{{2}}|[0-9] [+-][0-9]{{2}})$', '\\1:00')"
    rebuilt = literal(r"\1-\2-\3 \4:\5:00\6:\7")
    moment = f"TRY_CAST(regexp_replace({with_minutes}, {literal(INSTANT)}, {rebuilt}) AS TIMESTAMPTZ)"
    milliseconds = f"epoch_ms(CAST({narrowed} AS BIGINT)) AT TIME ZONE 'UTC'"
    ends_in_zone = literal(r".*:?[0-9]{2}([.,][0-9]+)? ?([zZ]|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)")
    is_instant = f"regexp_full_match({with_minutes}, {literal(INSTANT)})"
    return (
        f"WHEN regexp_full_match({narrowed}, {ends_in_zone}) AND {is_instant} "
        f"THEN {_day_in_shanghai(moment)} "
        f"WHEN regexp_full_match({narrowed}, {literal(MILLISECONDS)}) "
        f"THEN {_day_in_shanghai(milliseconds)}"
    )


def _day_in_shanghai(moment: str) -> str:
    """The calendar day of a moment (TIMESTAMPTZ) where the enterprises are."""
    return f"CAST(({moment}) AT TIME ZONE 'Asia/Shanghai' AS DATE)"


def _serial_day(narrowed: str) -> str:
    """The day of a spreadsheet's number: 1 is 1 January 1900, with a 29 February that there was not."""
    return f"(DATE '1899-12-30' + CAST(floor(CAST({narrowed} AS DOUBLE)) AS INTEGER))"


def days_among(texts: Sequence[str]) -> list[str]:
    """Those of some words that are days, as ISO dates, whatever time of the day stands behind."""
    matches = (re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", text) for text in texts)
    return [f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}" for m in matches if m]
