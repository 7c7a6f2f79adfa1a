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
from scoring.explain.words.marks import mark_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, say

MOVES = "moves.csv"
WORKBOOK = "simulation.xlsx"
COLUMN_WIDTHS: Mapping[str, int] = {
    "enterprise_id": 22,
    "name": 34,
    "district": 11,
    "industry": 10,
    "size": 10,
    "old_band": 16,
    "new_band": 16,
    "direction": 18,
    "old_points": 11,
    "new_points": 11,
    "because_zh": 60,
    "because_en": 60,
    "rules": 40,
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
    book = Workbook(write_only=True)
    rows, columns = places(old.policy), places(new.policy)
    _matrix_sheet(book, simulation["matrix"], rows, columns)
    for dimension, groups in simulation["by"].items():
        _group_sheet(book, dimension, groups, rows, columns)
    sheet = _sheet(book, "moves", list(COLUMN_WIDTHS.values()))
    sheet.append([_head(sheet, _in_both(f"m_col_{name}")) for name in MOVE_COLUMNS])
    with (folder / MOVES).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(MOVE_COLUMNS)
        for move in moves:
            line = [_safe(value) for value in _line(move, old, new)]
            writer.writerow(line)
            sheet.append(line)
    book.save(folder / WORKBOOK)
    _settle(folder / WORKBOOK, simulation["as_of"])


def _line(move: Mapping[str, Any], old: ResolvedPolicy, new: ResolvedPolicy) -> list[Value]:
    """A move by the columns of ``MOVE_COLUMNS``."""
    return [
        *(move[name] for name in MOVE_COLUMNS[:8]),
        _printed_points(move["old_points"], old),
        _printed_points(move["new_points"], new),
        move["because"]["zh"],
        move["because"]["en"],
        ";".join(map(_rule_id, move["rules"])),
    ]


def _rule_id(rule: Mapping[str, Any]) -> str:
    """A rule and what became of it as a programme reads them, e.g. ``cap:low:appeared``."""
    return ":".join(part for part in (rule["kind"], rule["id"], rule["state"]) if part)


def _printed_points(points: int | None, version: ResolvedPolicy) -> int | float | None:
    """Points as they are printed."""
    unit = version.policy.scale.per_point
    return points if points is None or unit == 1 else points / unit


def _safe(value: Value) -> Value:
    """Text without what a workbook cannot hold and without what would run."""
    return spreadsheet_cell(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value


def _in_both(text_id: str) -> str:
    return " ".join(say(lang, text_id) for lang in LANGUAGES)


def _sheet(book: Workbook, name: str, widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(_in_both(f"m_sheet_{name}"))
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "B2"
    return sheet


def _head(sheet: Any, text: str, place: Place | None = None) -> Any:
    """A cell of a header; that of a band has its hue, as its word does not stand alone."""
    cell = WriteOnlyCell(sheet, value=_safe(text))
    cell.font, cell.fill, cell.alignment = _BOLD, _HEAD_FILL, Alignment(wrap_text=True, vertical="top")
    if place is not None:
        mark = mark_of(place.band.colour if place.band else None, rated=place.band is not None)
        cell.fill = PatternFill("solid", fgColor=mark.fill[1:])
        cell.font = Font(bold=True, color=mark.ink[1:])
    return cell


def _place_head(sheet: Any, place: Place) -> Any:
    words = dict.fromkeys(place.word(lang) for lang in LANGUAGES)
    return _head(sheet, " ".join(words), place)


def _matrix_sheet(
    book: Workbook, matrix: Sequence[Sequence[int]], rows: Sequence[Place], columns: Sequence[Place]
) -> None:
    sheet = _sheet(book, "matrix", [34, *[24] * len(columns), 14])
    corner, total = _head(sheet, _in_both("m_old_new")), _in_both("m_sum")
    sheet.append([corner, *(_place_head(sheet, place) for place in columns), _head(sheet, total)])
    for place, counts in zip(rows, matrix, strict=True):
        sheet.append([_place_head(sheet, place), *counts, sum(counts)])
    sums = [sum(column) for column in zip(*matrix, strict=True)]
    sheet.append([_head(sheet, total), *sums, sum(sums)])


def _group_sheet(
    book: Workbook,
    dimension: str,
    groups: Sequence[Mapping[str, Any]],
    rows: Sequence[Place],
    columns: Sequence[Place],
) -> None:
    """One line a group: how many, how many move and how, then every cell of its matrix."""
    moves = [f"{before.id or '–'} → {after.id or '–'}" for before, after in product(rows, columns)]
    sheet = _sheet(book, dimension, [16, 12, *[12] * len(DIRECTIONS), *[13] * len(moves)])
    heads = [f"m_col_{dimension}", "m_enterprises", *(f"m_{direction}" for direction in DIRECTIONS)]
    sheet.append([_head(sheet, text) for text in (*map(_in_both, heads), *moves)])
    for group in groups:
        counts = list(chain.from_iterable(group["matrix"]))
        moved = [group["moved"].get(direction, 0) for direction in DIRECTIONS]
        sheet.append([_safe(group["value"]) or "–", sum(counts), *moved, *counts])


def _settle(path: Path, as_of: str) -> None:
    """Writes the package again without the hour at which it was made: the same simulation gives the same bytes."""
    with zipfile.ZipFile(path) as book:
        parts = [(info.filename, book.read(info)) for info in book.infolist()]
    stamp = rb"\g<1>" + f"{as_of}T00:00:00Z".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts:
            settled = _MODIFIED.sub(stamp, content) if name == "docProps/core.xml" else content
            book.writestr(zipfile.ZipInfo(name, _FIRST_TIME), settled, zipfile.ZIP_DEFLATED)
