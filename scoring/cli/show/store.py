"""Tables of the store: who was found, and what falls due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from scoring.cli.show.run import STYLES
from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Lang, Score
from scoring.explain.words.code_names import district_name
from scoring.explain.words.figures import decimal
from scoring.explain.words.grades import band_of, grade_name
from scoring.policy.language.schema import Policy
from scoring.rules.wording import say

MOST_ROWS = 200
"""Rows that a terminal shows; the JSON form has all."""
DUE_COLUMNS = ("st_kind", "st_on", "st_who", "st_what", "st_waits")
LEAST_CODE, MOST_CODE = 18, 24
"""Columns of a code: of a unified social credit code, and of a longer id before it is torn."""
MOST_NAME = 30
"""Columns of a name where there is room."""


def band_word(band_id: str | None, policy: Policy, lang: Lang) -> str:
    """A band as people call it: ``黄码（第3级）``.

    *Not rated* where there is none; its id where the policy has no such band.
    """
    if band_id is None:
        return say(lang, "not_rated")
    band = band_of(band_id, policy)
    return grade_name(band)[lang] if band else band_id


def found_table(
    count: int, scores: Sequence[Score], districts: Mapping[str, str | None], policy: Policy, lang: Lang
) -> RenderableType:
    """Enterprises that were looked for: code, name, district, colour in effect and points.

    Args:
        count: How many there are in all.
        scores: Those that are shown.
        districts: Code of the district by enterprise.
        policy: The policy of the results.
        lang: Language.
    """
    if not scores:
        return Prose(say(lang, "nobody_found"))
    table = _table("st_found", len(scores), count, lang)
    ids = [score.enterprise_id for score in scores]
    _add_columns(table, ids, MOST_CODE, lang, ("st_code", "st_name", "st_district", "st_colour"))
    table.add_numbers(say(lang, "h_points"))
    for score in scores:
        points = "–" if score.points is None else decimal(score.points, policy.scale.per_point)
        table.add_row(
            score.enterprise_id,
            score.name or "",
            _district(districts.get(score.enterprise_id)),
            _coloured(score.band, policy, lang),
            points,
        )
    return table


def due_table(
    due: Sequence[Mapping[str, Any]], names: Mapping[str, str], policy: Policy, lang: Lang
) -> RenderableType:
    """What falls due: kind, day, enterprise, what, and what it still waits for."""
    if not due:
        return Prose(say(lang, "nothing_due"))
    shown = due[:MOST_ROWS]
    rows = [_due_row(entry, names.get(entry["enterprise_id"]), policy, lang) for entry in shown]
    # Mostly no day is known and nothing is waited for: an empty column says nothing.
    kept = [text_id for text_id in DUE_COLUMNS if _is_filled(rows, text_id)]
    table = _table("st_due", len(shown), len(due), lang)
    ids = [entry["enterprise_id"] for entry in shown]
    _add_columns(table, [*ids, *names.values()], MOST_NAME, lang, kept)
    for row in rows:
        table.add_row(*(row[text_id] for text_id in kept))
    return table


def _is_filled(rows: Sequence[Mapping[str, str | Text]], text_id: str) -> bool:
    return any(str(row[text_id]) for row in rows)


def _due_row(entry: Mapping[str, Any], name: str | None, policy: Policy, lang: Lang) -> dict[str, str | Text]:
    """What falls due, by column."""
    erased = entry["kind"] == "erasure"
    return {
        "st_kind": say(lang, f"due_{entry['kind']}"),
        "st_on": entry["on"] or "",
        "st_who": who_lines(entry["enterprise_id"], name),
        "st_what": entry["what"] if erased else _turned(entry["what"], policy, lang),
        "st_waits": say(lang, "d_and").join(say(lang, f"w_{reason}") for reason in entry["waits"]),
    }


def _turned(band_id: str, policy: Policy, lang: Lang) -> str:
    """What a colour turns to; ``—`` stands for no colour."""
    return say(lang, "st_turns", grade=band_word(None if band_id == "—" else band_id, policy, lang))


def _coloured(band_id: str | None, policy: Policy, lang: Lang) -> Text:
    colour = next((band.colour for band in policy.bands if band.id == band_id), None)
    return Prose(band_word(band_id, policy, lang), STYLES.get(str(colour), "bold"))


def _district(code: str | None) -> str:
    """Name of a district; its code where it has no name."""
    return district_name(code) or code if code else ""


def who_lines(enterprise_id: str, name: str | None) -> Text:
    """An enterprise by its name and, below it, its code."""
    return Prose.from_parts((f"{name}\n" if name else "", "bold"), enterprise_id)


def _table(title: str, shown: int, count: int, lang: Lang) -> Sheet:
    """A table that says in its title how many rows there are, and how many of them it shows."""
    return Sheet(title=counted_title(title, shown, count, lang), frame=False)


def counted_title(title: str, shown: int, count: int, lang: Lang) -> str:
    """The title of a table with how many rows there are, and how many of them it shows."""
    numbers = decimal(count) if shown == count else f"{decimal(shown)}/{decimal(count)}"
    return say(lang, "coded", label=say(lang, title), code=numbers)


def _add_columns(table: Sheet, who: Sequence[str], widest: int, lang: Lang, text_ids: Sequence[str]) -> None:
    """Columns that wrap; that of the enterprises is as wide as a code, so that none is torn.

    Args:
        table: The table.
        who: Codes and names of the enterprises.
        widest: The most that the enterprises get; a longer name wraps, and a longer id is torn.
        lang: Language of the heads.
        text_ids: The heads.
    """
    width = min(max(LEAST_CODE, *map(cell_len, who)), widest)
    for text_id in text_ids:
        table.add_column(say(lang, text_id), width=width if text_id in ("st_code", "st_who") else None)
