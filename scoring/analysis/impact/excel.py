"""A simulation as ``moves.csv`` and ``simulation.xlsx``: streamed, the same bytes twice, and no cell that runs as a formula."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
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
HEADER = (
    "enterprise_id",
    "name",
    "district",
    "industry",
    "size",
    "old_band",
    "new_band",
    "direction",
    "old_points",
    "new_points",
    "because_zh",
    "because_en",
    "rules",
)
WIDTHS = (22, 34, 11, 10, 10, 16, 16, 18, 11, 11, 60, 60, 40)

_BOLD, _HEAD = Font(bold=True), PatternFill("solid", fgColor="E6EBF2")
_STAMP = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def write_moves(
    found: Mapping[str, Any],
    moves: Iterable[Mapping[str, Any]],
    old: ResolvedPolicy,
    new: ResolvedPolicy,
    folder: Path,
) -> None:
    """Writes both files in one pass over the moves.

    Args:
        found: The totals of the simulation.
        moves: Each enterprise that moves, with ``because`` in both languages.
        old: The policy in use.
        new: The policy that is tried.
        folder: Where to write.
    """
    book = Workbook(write_only=True)
    rows, columns = places(old.policy), places(new.policy)
    _matrix_sheet(book, found["matrix"], rows, columns)
    for dimension in ("district", "industry", "size"):
        _group_sheet(book, dimension, found["by"][dimension], rows, columns)
    sheet = _sheet(book, "moves", WIDTHS)
    sheet.append([_head(sheet, _both(f"m_col_{name}")) for name in HEADER])
    with (folder / MOVES).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for move in moves:
            line = [_safe(value) for value in _line(move, old, new)]
            writer.writerow(line)
            sheet.append(line)
    book.save(folder / WORKBOOK)
    _settle(folder / WORKBOOK, found["as_of"])


def _line(
    move: Mapping[str, Any], old: ResolvedPolicy, new: ResolvedPolicy
) -> list[str | int | float | None]:
    rules = ";".join(
        ":".join(part for part in (r["kind"], r["id"], r["state"]) if part) for r in move["rules"]
    )
    return [
        *(move[name] for name in HEADER[:8]),
        _number(move["old_points"], old),
        _number(move["new_points"], new),
        move["because"]["zh"],
        move["because"]["en"],
        rules,
    ]


def _number(points: int | None, version: ResolvedPolicy) -> int | float | None:
    """Points as they are printed."""
    unit = version.policy.scale.per_point
    return points if points is None or unit == 1 else points / unit


def _safe(value: str | int | float | None) -> str | int | float | None:
    """Text without what a workbook cannot hold and without what would run."""
    return spreadsheet_cell(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value


def _both(text_id: str) -> str:
    return " ".join(say(lang, text_id) for lang in LANGUAGES)


def _sheet(book: Workbook, name: str, widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(f"{say('zh', f'm_sheet_{name}')} {say('en', f'm_sheet_{name}')}")
    for n, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(n)].width = width
    sheet.freeze_panes = "B2"
    return sheet


def _head(sheet: Any, text: str, place: Place | None = None) -> Any:
    """A cell of a header; that of a band has its hue, as its word does not stand alone."""
    made = WriteOnlyCell(sheet, value=_safe(text))
    made.font, made.fill, made.alignment = _BOLD, _HEAD, Alignment(wrap_text=True, vertical="top")
    if place is not None:
        mark = mark_of(place.band.colour if place.band else None, rated=place.band is not None)
        made.fill, made.font = (
            PatternFill("solid", fgColor=mark.fill[1:]),
            Font(bold=True, color=mark.ink[1:]),
        )
    return made


def _word(place: Place) -> str:
    return " ".join(dict.fromkeys(place.word(lang) for lang in LANGUAGES))


def _matrix_sheet(
    book: Workbook, matrix: Sequence[Sequence[int]], rows: Sequence[Place], columns: Sequence[Place]
) -> None:
    sheet = _sheet(book, "matrix", [34, *[24] * len(columns), 14])
    sheet.append(
        [
            _head(sheet, _both("m_old_new")),
            *(_head(sheet, _word(p), p) for p in columns),
            _head(sheet, _both("m_sum")),
        ]
    )
    for place, numbers in zip(rows, matrix, strict=True):
        sheet.append([_head(sheet, _word(place), place), *numbers, sum(numbers)])
    sums = [sum(column) for column in zip(*matrix, strict=True)]
    sheet.append([_head(sheet, _both("m_sum")), *sums, sum(sums)])


def _group_sheet(
    book: Workbook,
    dimension: str,
    groups: Sequence[Mapping[str, Any]],
    rows: Sequence[Place],
    columns: Sequence[Place],
) -> None:
    """One line a group: how many, how many move and how, then every cell of its matrix."""
    directions = ("better", "worse", "aside", "newly_rated", "no_longer_rated")
    sheet = _sheet(book, dimension, [16, 12, *[12] * len(directions), *[13] * (len(rows) * len(columns))])
    names = [f"{a.id or '–'} → {b.id or '–'}" for a in rows for b in columns]
    heads = [f"m_col_{dimension}", "m_enterprises", *(f"m_{d}" for d in directions)]
    sheet.append(
        [*(_head(sheet, _both(text_id)) for text_id in heads), *(_head(sheet, name) for name in names)]
    )
    for group in groups:
        cells = [n for row in group["matrix"] for n in row]
        sheet.append(
            [
                _safe(group["value"]) or "–",
                sum(cells),
                *(group["moved"].get(d, 0) for d in directions),
                *cells,
            ]
        )


def _settle(path: Path, as_of: str) -> None:
    """Writes the package again without the hour at which it was made, so that the same simulation gives the same bytes."""
    with zipfile.ZipFile(path) as book:
        parts = [(info.filename, book.read(info)) for info in book.infolist()]
    stamp = rb"\g<1>" + f"{as_of}T00:00:00Z".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts:
            settled = _MODIFIED.sub(stamp, content) if name == "docProps/core.xml" else content
            book.writestr(zipfile.ZipInfo(name, _STAMP), settled, zipfile.ZIP_DEFLATED)
