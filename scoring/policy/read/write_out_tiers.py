"""Turns the table ``[tiers]`` of a policy into caps, one for each pair of grades that is not in the best band.

What does not have the form of such a table is left as it is: the form is checked afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scoring.entities import code_label, codes
from scoring.policy.language.measures import levels
from scoring.policy.language.selection import UNKNOWN
from scoring.policy.read.finding import TomlPath
from scoring.policy.read.locate import Locator
from scoring.rules.wording import LANGUAGES

PREFIX = "tier__"
"""Prefix of the ids of the caps that such a table makes."""


@dataclass(frozen=True, kw_only=True)
class TiersLines(Locator):
    """Lines of a policy whose table of tiers was written out: a cap that it made lies in the table.

    Attributes:
        written: Lines of the policy as it is written.
        given: How many caps are written.
        rows: Row of each cap that the table made.
    """

    written: Locator
    given: int
    rows: tuple[str, ...]

    def place(self, path: TomlPath) -> str:
        """Where a part of the policy is written."""
        return self.written.place(self._in_table(path))

    def _in_table(self, path: TomlPath) -> TomlPath:
        match path:
            case ("caps", int(position), *inner) if position >= self.given:
                if inner[:1] == ["legal"]:
                    return ("tiers", *inner)
                if inner[-1:] == ["indicator"]:
                    return ("tiers", "columns" if inner[1] else "rows")
                return ("tiers", "table", self.rows[position - self.given])
        return path


def with_tiers_written_out(data: dict[str, Any], locator: Locator) -> tuple[dict[str, Any], Locator]:
    """The parsed policy with the caps that its table of tiers stands for, and its lines."""
    tiers, bands, given = data.get("tiers"), data.get("bands"), data.get("caps", [])
    if not isinstance(tiers, dict) or not isinstance(bands, list) or not bands or not isinstance(given, list):
        return data, locator
    caps = list(_caps(tiers, bands[0], _labels(data)))
    if not caps:
        return data, locator
    rows = tuple(row for row, _, _ in _limited(tiers, bands[0]))
    lines = TiersLines(lines=locator.lines, path=locator.path, written=locator, given=len(given), rows=rows)
    return {**data, "caps": [*given, *caps]}, lines


def _labels(data: Mapping[str, Any]) -> Mapping[str, Any]:
    indicators = data.get("indicators", [])
    entries = (
        [entry for entry in indicators if isinstance(entry, dict)] if isinstance(indicators, list) else []
    )
    return {str(entry.get("id")): entry.get("label") for entry in entries}


def _caps(tiers: Mapping[str, Any], best: object, labels: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row, column, band in _limited(tiers, best):
        conditions = [_condition(tiers.get("rows"), row), _condition(tiers.get("columns"), column)]
        yield {
            "id": f"{PREFIX}{row}__{column}",
            "label": {
                lang: _pair(lang, labels, (tiers.get("rows"), row), (tiers.get("columns"), column))
                for lang in LANGUAGES
            },
            "all": conditions,
            "band": band,
            "legal": tiers.get("legal", []),
        }


def _limited(tiers: Mapping[str, Any], best: object) -> Iterator[tuple[str, str, str]]:
    """Pairs that are not in the best band."""
    best_id = best.get("id") if isinstance(best, dict) else None
    return (pair for pair in pairs(tiers.get("table")) if pair[2] != best_id)


def pairs(table: object) -> Iterator[tuple[str, str, str]]:
    """(grade of the row, grade of the column, band) of a table."""
    for row, by_column in (table if isinstance(table, dict) else {}).items():
        for column, band in (by_column if isinstance(by_column, dict) else {}).items():
            yield str(row), str(column), band


def _condition(indicator: object, grade: str) -> dict[str, object]:
    if grade == UNKNOWN:
        return {"indicator": indicator, "unknown": True}
    level = levels("grade").get(grade, 0)
    return {"indicator": indicator, "at_least": level, "at_most": level}


def _pair(lang: Any, labels: Mapping[str, Any], *graded: tuple[object, str]) -> str:
    parts = []
    for indicator, grade in graded:
        label = labels.get(str(indicator))
        name = label.get(lang, "") if isinstance(label, dict) else str(indicator)
        known = grade in codes()["results"]
        said = code_label("results", grade, lang) if known else {"zh": "不详", "en": "unknown"}[lang]
        parts.append(f"{name} {said}" if lang == "zh" else f"{name}: {said}")
    return ("，" if lang == "zh" else "; ").join(parts)
