"""Names of codes that others define: divisions (GB/T 2260) and industries (GB/T 4754)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from stdnum import numdb

from scoring.entities import Lang
from scoring.rules import shipped_table

_INDUSTRY = re.compile(r"([A-T])?([0-9]{2})")


@cache
def district_name(code: str) -> str | None:
    """Chinese name of a division of six digits, as 柯城区; ``None`` where no division has the code."""
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    divisions = [division for _code, division in numdb.get("cn/loc").info(code)]
    # Divisions are renamed: of "[-1991]东郊区,[1992-]东丽区" the last is the present one.
    present_name = str(divisions[-1].get("county", "")).split(",")[-1]
    return re.sub(r"^\[[0-9-]*\]", "", present_name) or None


def industry_name(code: str, lang: Lang) -> str | None:
    """Name of the division of GB/T 4754 that a code begins with, as 零售业 for ``F52`` and ``F5212``.

    ``None`` where there is none.
    """
    match = _INDUSTRY.match(code)
    if match is None:
        return None
    section, number = match.groups()
    industry = _industries().get(number)
    if industry is None or section not in (None, industry["section"]):
        return None
    return str(industry[lang])


@cache
def _industries() -> Mapping[str, Mapping[str, object]]:
    """Names and section by the two digits of the division, which no other section has."""
    industries = shipped_table("industries")
    return {code[1:]: {**names, "section": code[0]} for code, names in industries.items()}


def coded_labels(column: str, code: str) -> dict[str, str]:
    """A district or an industry in words in both languages; the code itself where it has no name.

    Args:
        column: ``district`` or ``industry``.
        code: The code.
    """
    if column == "district":
        name = district_name(code) or code
        return {"zh": name, "en": name}
    return {"zh": industry_name(code, "zh") or code, "en": industry_name(code, "en") or code}
