"""Why a row was refused, in words that say what to write instead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache

from scoring.disk import spreadsheet_cell
from scoring.entities import CODED_COLUMNS, codes
from scoring.records.map.identifiers import OLD_PERSON, PERSON
from scoring.rules import RULES

SHOWN = 8
NUMBER = re.compile(f"(?<![0-9])({PERSON}|{OLD_PERSON})(?![0-9])")
UNITS = {
    "fen": ("以分为单位的整数，例如 20000", "a whole number of fen, e.g. 20000"),
    "yuan": ("以元为单位的金额，例如 200 或 0.5", "an amount in yuan, e.g. 200 or 0.5"),
    "wan_yuan": ("以万元为单位的金额，例如 2 或 0.2", "an amount in 10,000 yuan, e.g. 2 or 0.2"),
}


@cache
def reasons() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Codes of ``rules/rejects.toml``: ``rejected``, ``columns`` (sentences of one column) and ``warnings``, in zh and en."""
    return tomllib.loads((RULES / "rejects.toml").read_text(encoding="utf-8"))


def sentence(code: str, column: str, value: str, units: Mapping[str, str]) -> tuple[str, str]:
    """Why a row is refused, in zh and en.

    Args:
        code: A code of ``rejected``.
        column: The canonical column, or empty.
        value: What stood there.
        units: Unit of each amount column in the source.
    """
    why = reasons()["columns"].get(f"{code}.{column}") or reasons()["rejected"][code]
    zh, en = why["zh"], why["en"]
    if code == "unknown_code" and column in CODED_COLUMNS:
        more = code_hint(column, value)
        return f"{zh}；应为{more[0]}", f"{en}; expected {more[1]}"
    if code == "bad_amount":
        more = UNITS[units.get(column, "fen")]
        return f"{zh}；应为{more[0]}", f"{en}; expected {more[1]}"
    return zh, en


def code_hint(column: str, value: str) -> tuple[str, str]:
    """What a coded column may hold, in zh and en: the code whose label the value is, else the first codes of the list."""
    table = codes()[CODED_COLUMNS[column]]
    meant = next(
        (
            code
            for code, row in table.items()
            if value.strip().lower() in (str(row["zh"]), str(row["en"]).lower())
        ),
        None,
    )
    if meant:
        return f"代码 {meant!r}", f"the code {meant!r}"
    some, rest = list(table)[:SHOWN], len(table) - SHOWN
    return (
        f"{'、'.join(some)}" + (f" 等 {len(table)} 个代码之一" if rest > 0 else " 之一"),
        f"one of {', '.join(some)}" + (f" and {rest} more" if rest > 0 else ""),
    )


def harmless(value: str) -> str:
    """A value that is safe to show: no formula that a spreadsheet would run, and nothing in which an identity number stands."""
    if NUMBER.search(value):
        return ""
    return spreadsheet_cell(value)
