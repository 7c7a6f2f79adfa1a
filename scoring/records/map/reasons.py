"""Why a row or a column is refused, in words that say what to write instead.

The sentences of rejected rows stand in ``rules/wording/<language>/rejections.toml``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from scoring.disk import spreadsheet_cell
from scoring.entities import CODED_COLUMNS, codes
from scoring.errors import InputError, SourceMapError
from scoring.records.map.identifiers import OLD_PERSON, PERSON
from scoring.records.map.kinds import results_expected
from scoring.rules.wording import both, wording

SHOWN = 8
"""Codes of a list that a sentence names; the others are counted."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What a terminal may take for a command."""
NUMBER = re.compile(f"(?<![0-9])({PERSON}|{OLD_PERSON})(?![0-9])")
"""The identity number of a person inside a text."""


def why_rejected(code: str, column: str, value: str, units: Mapping[str, str]) -> dict[str, str]:
    """Why a row is rejected, in zh and en.

    Args:
        code: The code of the rejection, e.g. ``bad_date``.
        column: The canonical column, or empty.
        value: What stood there.
        units: Unit of each amount column in the source.
    """
    of_column = f"rejected_column_{code}_{column}"
    reason = both(of_column if of_column in wording("en") else f"rejected_{code}")
    if code == "unknown_code" and column in CODED_COLUMNS:
        return both("reason_expecting", reason=reason, expected=code_hint(column, value))
    if code == "result_not_of_kind":
        results = results_expected(value)
        expected = both("code_of_list", codes=list(results)) if results else both("no_result")
        return both("reason_expecting", reason=reason, expected=expected)
    if code == "bad_amount":
        amount = both(f"amount_in_{units.get(column, 'fen')}")
        return both("reason_expecting", reason=reason, expected=amount)
    return reason


def code_hint(column: str, value: str) -> dict[str, str]:
    """What a coded column may hold, in zh and en: the code with this label, else the first codes."""
    closed_list = codes()[CODED_COLUMNS[column]]
    written = value.strip().lower()
    for code, labels in closed_list.items():
        if written in (str(labels["zh"]), str(labels["en"]).lower()):
            return both("code_meant", code=code)
    shown_codes, codes_left_out = list(closed_list)[:SHOWN], len(closed_list) - SHOWN
    if codes_left_out <= 0:
        return both("code_of_list", codes=shown_codes)
    # Chinese says how many there are in all, English how many more.
    number = {"zh": len(closed_list), "en": codes_left_out}
    return both("code_of_long_list", codes=shown_codes, number=number)


def closest(word: str, known: Iterable[str]) -> str:
    """The known word nearest to ``word``; empty if none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def unknown_column(
    name: str,
    known: Iterable[str],
    place: str,
    error: type[InputError] = SourceMapError,
) -> InputError:
    """The error for a column that the canonical format does not have: names the nearest, or all."""
    if nearest := closest(name, known):
        hint = both("source_column_near", near=nearest)
    else:
        hint = both("source_columns_all", columns=list(known))
    return error("source_column_unknown", place=place, name=name, hint=hint)


def harmless(value: str) -> str:
    """A value that is safe to show: no formula, no command to a terminal, no identity number."""
    # A text around an identity number is likely to name the person too.
    return "" if NUMBER.search(value) else spreadsheet_cell(CONTROL.sub("?", value))
