"""Columns of a file whose cells stand as their canonical columns have them: nothing is to be done with them.

Nearly all columns of most files are such. One look at a file tells which they are; only the others pass through the
expressions of ``map.mapping``, which take ten times as long. A test that fails costs time and changes no result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, MAX_AMOUNT_FEN, RECORD_COLUMNS, codes
from scoring.records.map.column_values import Value
from scoring.records.map.days import PLAIN_DAY, days_among
from scoring.records.map.identifiers import PATTERN, PERSON
from scoring.records.map.mapping import EARLIEST, LATEST, SQL_TYPES
from scoring.records.map.source_cells import ID_COLUMNS, RawType, RawTypes, is_not_stated, source_column
from scoring.records.map.source_map import Emit, SourceMap
from scoring.records.read.clean_text import INVISIBLE, QUOTED
from scoring.records.read.files import StagedFile
from scoring.records.read.rounded_numbers import ROUNDED
from scoring.records.read.text_contract import AS_IDENTITY_NUMBER, MAX_TEXT
from scoring.sql.literals import literal, name_of

BLANK = "[ \u00a0\u3000]"
MARKED_TEXT = (
    rf"[\x00-\x1f\x7f-\x{{9f}}{INVISIBLE}]",
    f"^{BLANK}|{BLANK}$|^$",
    f"^(?:{QUOTED.pattern})$",
    ROUNDED,
    AS_IDENTITY_NUMBER,
)
"""What is cleaned, masked or refused in a text, as patterns."""
CODE_WITH_LETTER = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9]*[A-HJ-NPQRTUWXY][0-9A-HJ-NPQRTUWXY]+"
"""A code that is no identity number of a person, for these have a letter at their end alone."""


class PlainCell(NamedTuple):
    """How a canonical column is taken from a source column as it stands.

    Attributes:
        column: The source column.
        raw_type: Its type.
        test: Whether a cell is plain, in SQL over the column of a file; null where there is none.
        value: What the canonical column then holds, over the cleaned cell.
    """

    column: str
    raw_type: RawType
    test: str
    value: str


def plain_cells(emit: Emit, source: SourceMap, types: RawTypes) -> dict[str, PlainCell]:
    """How each canonical column of an emit can be taken as it stands; those that never can are left out.

    Args:
        emit: The emit.
        source: Its map.
        types: Type of every source column that is at hand.
    """
    column_types = ENTERPRISE_COLUMNS if emit in source.enterprises else RECORD_COLUMNS
    cells: dict[str, PlainCell] = {}
    for canonical, value in emit.made_of(column_types, types).items():
        column = value.column
        # What a map does to a cell, or puts in its place, is for its expression.
        if column is None or column not in types or not _is_bare(value):
            continue
        if canonical == "record_id" and source.makes_ids(emit):
            continue
        test = _test(canonical, name_of(column), types[column], source)
        if test:
            cells[canonical] = PlainCell(column, types[column], test, _value(canonical, column, source))
    return cells


def _value(canonical: str, column: str, source: SourceMap) -> str:
    """What a canonical column holds of a plain cell."""
    cell = source_column(column)
    column_type = {**ENTERPRISE_COLUMNS, **RECORD_COLUMNS}[canonical]
    if column_type != "text":
        return f"CAST({cell} AS {SQL_TYPES[column_type]})"
    if canonical in CODED_COLUMNS or canonical in ID_COLUMNS:
        return cell
    return f"CASE WHEN {is_not_stated(cell, source.sentinels)} THEN NULL ELSE {cell} END"


def _is_bare(value: Value) -> bool:
    return value == Value(column=value.column, unique=value.unique, assumed=value.assumed)


def _test(canonical: str, cell: str, raw_type: RawType, source: SourceMap) -> str | None:
    column_type = {**ENTERPRISE_COLUMNS, **RECORD_COLUMNS}[canonical]
    if column_type == "date":
        return _is_plain_day(cell, raw_type, source)
    if column_type == "int":
        return _is_plain_number(canonical, cell, raw_type)
    if raw_type != "text":
        return None
    if canonical in CODED_COLUMNS:
        return f"list_contains([{', '.join(map(literal, codes()[CODED_COLUMNS[canonical]]))}], {cell})"
    if canonical in ID_COLUMNS:
        return _is_plain_code(cell, source)
    # As a whole: of a dictionary DuckDB so looks at each entry once, and with ``regexp_matches`` at each row.
    marked = f"(?s).*(?:{'|'.join(MARKED_TEXT)}).*"
    return f"strlen({cell}) <= {MAX_TEXT} AND NOT regexp_full_match({cell}, {literal(marked)})"


def _is_plain_day(cell: str, raw_type: RawType, source: SourceMap) -> str | None:
    # The usual days that mean *not stated* lie outside, or are the first.
    no_days = [day for day in days_among(source.sentinels) if EARLIEST < day <= LATEST]
    day = cell if raw_type == "date" else f"TRY_CAST({cell} AS DATE)"
    is_stated = f"{day} > DATE '{EARLIEST}' AND {day} <= DATE '{LATEST}'"
    is_stated += "".join(f" AND {day} <> DATE '{no_day}'" for no_day in no_days)
    if raw_type == "date":
        return is_stated
    if raw_type != "text":
        return None
    return f"regexp_full_match({cell}, {literal(PLAIN_DAY)}) AND coalesce({is_stated}, FALSE)"


def _is_plain_number(canonical: str, cell: str, raw_type: RawType) -> str | None:
    if raw_type == "number":
        least = 0 if canonical == "amount_fen" else -MAX_AMOUNT_FEN
        return f"{cell} BETWEEN {least} AND {MAX_AMOUNT_FEN} AND {cell} = trunc({cell})"
    return f"regexp_full_match({cell}, '[0-9]{{1,12}}')" if raw_type == "text" else None


def _is_plain_code(cell: str, source: SourceMap) -> str | None:
    """Whether a cell is a unified social credit code in which no identity number of a person could be seen."""
    if any(re.fullmatch(PATTERN, word) for word in source.sentinels):
        return None
    has_letter = f"strlen({cell}) = 18 AND regexp_full_match({cell}, {literal(CODE_WITH_LETTER)})"
    is_code = f"regexp_full_match({cell}, {literal(PATTERN)})"
    is_person = f"regexp_full_match({cell}, {literal(PERSON)})"
    return f"CASE WHEN {has_letter} THEN TRUE ELSE {is_code} AND NOT {is_person} END"


def look_for_plain(connection: Connection, file: StagedFile, cells: Iterable[PlainCell]) -> frozenset[str]:
    """Looks at a file once, for those of some tests that hold of all its rows."""
    # A column that is not there, or has no row, holds nothing that is not plain.
    holding = {cell.test for cell in cells if cell.column not in file.columns}
    tests = list(dict.fromkeys(cell.test for cell in cells if file.columns.get(cell.column) == cell.raw_type))
    if tests:
        all_plain = ", ".join(f"coalesce(bool_and({test}), TRUE)" for test in tests)
        rows = f"read_parquet({literal(str(file.parquet))})"
        held = connection.execute(f"SELECT {all_plain} FROM {rows}").fetchall()[0]
        holding.update(test for test, holds in zip(tests, held, strict=True) if holds)
    return frozenset(holding)


def plain_values(
    cells: Mapping[str, PlainCell], files: Iterable[StagedFile], holding: Mapping[int, frozenset[str]]
) -> dict[str, str]:
    """By canonical column what it holds, of those that are plain in all of some files.

    Args:
        cells: How canonical columns can be taken as they stand.
        files: The files of one entry of a map.
        holding: By the number of a file, the tests that hold of all its rows.
    """
    tests = frozenset.intersection(*(holding[file.number] for file in files))
    return {canonical: cell.value for canonical, cell in cells.items() if cell.test in tests}
