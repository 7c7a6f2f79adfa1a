"""A simulation as ``moves.csv`` and ``simulation.xlsx``.

Both are streamed, have the same bytes when written twice, and no cell that runs as a formula.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from scoring.analysis.impact.bands import Place, places
from scoring.disk import spreadsheet_cell
from scoring.entities import code_label
from scoring.explain.words.code_names import coded_labels
from scoring.explain.words.disclosures import in_one, notices, order_notice
from scoring.explain.words.grades import band_of, short_name
from scoring.explain.words.grounds import points_notice
from scoring.explain.words.marks import mark_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, say

MOVES = "moves.csv"
WORKBOOK = "simulation.xlsx"
COLUMN_WIDTHS: Mapping[str, int] = {
    "enterprise_id": 22,
    "name": 34,
    "district": 18,
    "industry": 30,
    "size": 12,
    "old_band": 18,
    "new_band": 18,
    "direction": 18,
    "old_points": 11,
    "new_points": 11,
    "because_zh": 60,
    "because_en": 60,
    "rules": 40,
    "notice": 60,
}
"""Columns of the moves, with their width in the workbook."""
MOVE_COLUMNS = tuple(COLUMN_WIDTHS)
DIRECTIONS = ("better", "worse", "aside", "newly_rated", "no_longer_rated")

Value = str | int | float | None

_BOLD, _HEAD_FILL = Font(bold=True), PatternFill("solid", fgColor="E6EBF2")
# A ZIP has a time for each part; 1980-01-01 is the first that it can say.
_FIRST_TIME = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def write_moves(
    simulation: Mapping[str, Any],
    moves: Iterable[Mapping[str, Any]],
    old: ResolvedPolicy,
    new: ResolvedPolicy,
    folder: Path,
) -> None:
    """Writes both files in one pass over the moves.

    Args:
        simulation: The totals of the simulation.
        moves: Each enterprise that moves, with ``because`` in both languages.
        old: The policy in use.
        new: The policy that is tried.
        folder: Where to write.
    """
    # Moves may be many: rows go to the disk as they come.
    workbook = Workbook(write_only=True)
    row_places, column_places = places(old.policy), places(new.policy)
    said = (*notices(new, fictitious=simulation["fictitious"]), *order_notice(new), points_notice(new))
    notice = " ".join(in_one(said, lang) for lang in LANGUAGES)
    _matrix_sheet(workbook, simulation["matrix"], row_places, column_places, notice)
    for dimension, groups in simulation["by"].items():
        _group_sheet(workbook, dimension, groups, row_places, column_places)
    worksheet = _sheet(workbook, "moves", list(COLUMN_WIDTHS.values()))
    worksheet.append([_head(worksheet, _in_both(f"m_col_{column_name}")) for column_name in MOVE_COLUMNS])
    with (folder / MOVES).open("w", encoding="utf-8-sig", newline="") as csv_file:
        writer = csv.writer(csv_file)
        writer.writerow(MOVE_COLUMNS)
        for move in moves:
            writer.writerow([*map(_safe, _line(move, old, new)), notice])
            worksheet.append([*map(_safe, _line(_in_words(move, old, new), old, new)), notice])
    workbook.save(folder / WORKBOOK)
    _settle(folder / WORKBOOK, simulation["as_of"])


def _line(move: Mapping[str, Any], old: ResolvedPolicy, new: ResolvedPolicy) -> list[Value]:
    """A move by the columns of ``MOVE_COLUMNS``, the notice apart."""
    return [
        *(move[column_name] for column_name in MOVE_COLUMNS[:8]),
        _printed_points(move["old_points"], old),
        _printed_points(move["new_points"], new),
        move["because"]["zh"],
        move["because"]["en"],
        ";".join(map(_rule_id, move["rules"])),
    ]


def _in_words(move: Mapping[str, Any], old: ResolvedPolicy, new: ResolvedPolicy) -> Mapping[str, Any]:
    """A move as people read it: words for codes, those that are looked up with the code behind."""
    return {
        **move,
        "district": _group_word("district", move["district"]),
        "industry": _group_word("industry", move["industry"]),
        "size": _group_word("size", move["size"]),
        "old_band": _band_word(move["old_band"], old),
        "new_band": _band_word(move["new_band"], new),
        "direction": _in_both(f"m_{move['direction']}"),
    }


def _group_word(dimension: str, code: str | None) -> str | None:
    """A group in both languages: ``零售业 Retail (F52)``, ``微型 Micro``."""
    if code is None:
        return None
    if dimension == "size":
        return " ".join(code_label("size_bands", code, lang) for lang in LANGUAGES)
    names = [name for name in dict.fromkeys(coded_labels(dimension, code).values()) if name != code]
    return " ".join([*names, f"({code})"]) if names else code


def _band_word(band_id: str | None, version: ResolvedPolicy) -> str:
    """A band in both languages: ``蓝码 Blue (A)``."""
    band = band_of(band_id, version.policy)
    if band is None:
        return _in_both("not_rated")
    words = dict.fromkeys(short_name(band.colour, band.label).values())
    return " ".join([*words, f"({band.id})"])


def _rule_id(rule: Mapping[str, Any]) -> str:
    """A rule and what became of it as a programme reads them, e.g. ``cap:low:appeared``."""
    return ":".join(part for part in (rule["kind"], rule["id"], rule["state"]) if part)


def _printed_points(points: int | None, version: ResolvedPolicy) -> int | float | None:
    """Points as they are printed."""
    unit = version.policy.scale.per_point
    return points if points is None or unit == 1 else points / unit


def _safe(value: Value) -> Value:
    """Text without what a workbook cannot hold and without what would run."""
    if not isinstance(value, str):
        return value
    return spreadsheet_cell(ILLEGAL_CHARACTERS_RE.sub("", value))


def _in_both(text_id: str) -> str:
    return " ".join(say(lang, text_id) for lang in LANGUAGES)


def _sheet(workbook: Workbook, subject: str, widths: Sequence[int]) -> Any:
    worksheet = workbook.create_sheet(_in_both(f"m_sheet_{subject}"))
    for number, width in enumerate(widths, start=1):
        worksheet.column_dimensions[get_column_letter(number)].width = width
    worksheet.freeze_panes = "B2"
    return worksheet


def _head(worksheet: Any, text: str, place: Place | None = None) -> Any:
    """A cell of a header; that of a band has its hue, as its word does not stand alone."""
    cell = WriteOnlyCell(worksheet, value=_safe(text))
    cell.font, cell.fill = _BOLD, _HEAD_FILL
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if place is not None:
        mark = mark_of(place.band.colour if place.band else None, rated=place.band is not None)
        cell.fill = PatternFill("solid", fgColor=mark.fill[1:])
        cell.font = Font(bold=True, color=mark.ink[1:])
    return cell


def _place_head(worksheet: Any, place: Place) -> Any:
    words = dict.fromkeys(place.word(lang) for lang in LANGUAGES)
    return _head(worksheet, " ".join(words), place)


def _matrix_sheet(
    workbook: Workbook,
    matrix: Sequence[Sequence[int]],
    row_places: Sequence[Place],
    column_places: Sequence[Place],
    notice: str,
) -> None:
    worksheet = _sheet(workbook, "matrix", [34, *[24] * len(column_places), 14])
    corner, total = _head(worksheet, _in_both("m_old_new")), _in_both("m_sum")
    heads = [_place_head(worksheet, place) for place in column_places]
    worksheet.append([corner, *heads, _head(worksheet, total)])
    for place, counts in zip(row_places, matrix, strict=True):
        worksheet.append([_place_head(worksheet, place), *counts, sum(counts)])
    sums = [sum(column) for column in zip(*matrix, strict=True)]
    worksheet.append([_head(worksheet, total), *sums, sum(sums)])
    worksheet.append([])
    worksheet.append([notice])


def _group_sheet(
    workbook: Workbook,
    dimension: str,
    groups: Sequence[Mapping[str, Any]],
    row_places: Sequence[Place],
    column_places: Sequence[Place],
) -> None:
    """One line a group: how many, how many move and how, then every cell of its matrix."""
    moves = [_move_word(before, after) for before, after in product(row_places, column_places)]
    worksheet = _sheet(workbook, dimension, [30, 12, *[12] * len(DIRECTIONS), *[13] * len(moves)])
    heads = [f"m_col_{dimension}", "m_enterprises", *(f"m_{direction}" for direction in DIRECTIONS)]
    worksheet.append([_head(worksheet, text) for text in (*map(_in_both, heads), *moves)])
    for group in groups:
        counts = list(chain.from_iterable(group["matrix"]))
        moved = [group["moved"].get(direction, 0) for direction in DIRECTIONS]
        name = _safe(_group_word(dimension, group["value"])) or "–"
        worksheet.append([name, sum(counts), *moved, *counts])


def _move_word(before: Place, after: Place) -> str:
    """From which band to which, in both languages."""
    return " ".join(f"{before.word(lang)} → {after.word(lang)}" for lang in LANGUAGES)


def _settle(path: Path, as_of: str) -> None:
    """Writes the package again without the hour at which it was made, so that its bytes repeat."""
    with zipfile.ZipFile(path) as package:
        parts = [(info.filename, package.read(info)) for info in package.infolist()]
    stamp = rb"\g<1>" + f"{as_of}T00:00:00Z".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part_name, content in parts:
            settled = _MODIFIED.sub(stamp, content) if part_name == "docProps/core.xml" else content
            package.writestr(zipfile.ZipInfo(part_name, _FIRST_TIME), settled, zipfile.ZIP_DEFLATED)
