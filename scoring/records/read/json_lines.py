"""JSON Lines to Parquet: rows that carry their names, read twice, first for the names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from scoring.errors import InputError, at
from scoring.records.read.budgets import MAX_COLUMNS, check_columns
from scoring.records.read.encodings import TextLook, open_file
from scoring.records.read.header import Wanted, kept_columns
from scoring.records.read.row_writer import MalformedRow, RowWriter, Transcoded
from scoring.records.read.sheet_rows import cell_text


class JsonRow(NamedTuple):
    """A row with its number in the file and its cells by name; ``None`` for a malformed one."""

    number: int
    cells: Mapping[str, object] | None


class _NameTwice(ValueError):
    """An object names a value twice."""


def json_rows(path: Path, encoding: str) -> Iterator[JsonRow]:
    """Rows of a JSON Lines file; lines that are no object, or name a value twice, are malformed.

    Args:
        path: The file, perhaps gzipped.
        encoding: Its encoding as a whole.

    Raises:
        InputError: A line is nested without end.
    """
    codec_name = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_file(path) as lines:
        for number, raw in enumerate(lines, 1):
            line = raw.decode(codec_name).strip()
            if line:
                yield JsonRow(number, _object(line, path, number))


def _object(line: str, path: Path, number: int) -> Mapping[str, object] | None:
    try:
        # Numbers stay text: a double would round 33.500328.
        cells = json.loads(
            line, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_unique
        )
    except (json.JSONDecodeError, _NameTwice):
        return None
    except RecursionError as error:
        raise InputError("json_line_nested", place=at(path, number), line=number) from error
    # Half of a pair of surrogates is no character and cannot be written.
    if "\\u" in line and not _is_text(cells):
        return None
    return cells if isinstance(cells, dict) else None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    cells = dict(pairs)
    if len(cells) < len(pairs):
        raise _NameTwice
    return cells


def _is_text(cells: object) -> bool:
    try:
        json.dumps(cells, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def write_json_lines(path: Path, look: TextLook, wanted: Wanted, target: Path) -> Transcoded:
    """Transcodes one file; a row with an object or list in a kept column is malformed.

    Args:
        path: The file, perhaps gzipped.
        look: What its text is.
        wanted: What the map wants of it.
        target: Parquet to write.

    Raises:
        InputError: It has no rows, or too many names.
    """
    names = _names(path, look)
    if not names:
        raise InputError("file_without_rows", place=str(path))
    kept = kept_columns(names, wanted, path)
    malformed: list[MalformedRow] = []
    row_count = 0
    with RowWriter(target, kept, wanted.texts, str(path)) as writer:
        for row in json_rows(path, look.encoding):
            row_count += 1
            cells = None if row.cells is None else [row.cells.get(name) for name in kept]
            if cells is None or any(isinstance(cell, dict | list) for cell in cells):
                malformed.append(MalformedRow(row.number, ""))
            else:
                writer.add(row.number, [cell_text(cell) for cell in cells])
    return Transcoded(kept, row_count, malformed, writer.cleaned)


def _names(path: Path, look: TextLook) -> list[str]:
    """All names that occur, in the order in which they occur first."""
    names: dict[str, None] = {}
    letters = 0
    for row in json_rows(path, look.encoding):
        for name in row.cells or ():
            if name not in names:
                names[name] = None
                letters += len(name)
        # Names that are texts of a megabyte are no names of columns.
        check_columns(max(len(names), letters // MAX_COLUMNS), path)
    return list(names)
