"""One file as Parquet that DuckDB reads: CSV, JSON Lines and Excel are transcoded, streamed.

Only the columns that a map names are kept; every cell is text. Parquet itself is used where it
lies, with its own types.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.disk import REFUSALS
from scoring.errors import InputError
from scoring.records.map.source_cells import RawType
from scoring.records.map.source_map import FileSpec
from scoring.records.read.budgets import check_footer
from scoring.records.read.csv_files import write_csv
from scoring.records.read.encodings import look_at, refuse_other_format
from scoring.records.read.excel_files import sheets_to_read, write_sheet
from scoring.records.read.header import Wanted, kept_columns
from scoring.records.read.json_lines import write_json_lines
from scoring.records.read.row_writer import MalformedRow, Transcoded
from scoring.records.read.source_files import SUFFIXES, FolderFiles
from scoring.records.read.workbook import open_workbook
from scoring.rules.wording import both

LISTED = 5
"""Names that a remark lists; the others are counted."""


@dataclass(frozen=True)
class StagedFile:
    """One file, or one sheet of it, ready for DuckDB.

    Attributes:
        number: Its number in the run.
        name: Its file name, and the sheet if several are read, as shown to people.
        parquet: Where its rows are.
        columns: Names as in the file, without blanks around, and types.
        rows: Data rows of the file, malformed ones included.
        malformed: Rows that are not in ``parquet``.
        transcoded: Whether ``parquet`` was made here and has the column ``ROW``.
        remarks: What else is to be said of it, in each language.
        inexact: Columns of floating numbers that are read as text.
        names: Columns of text of a Parquet file in which a number is a name.
    """

    number: int
    name: str
    parquet: Path
    columns: Mapping[str, RawType]
    rows: int
    malformed: Sequence[MalformedRow] = field(default=())
    transcoded: bool = True
    remarks: Sequence[Mapping[str, str]] = field(default=())
    inexact: Sequence[str] = field(default=())
    names: Sequence[str] = field(default=())


def resolve(spec: FileSpec, root: Path) -> list[Path]:
    """Files of the folder (or the single file) ``root`` that ``spec`` describes, in order of name.

    Returns:
        The files; an empty list where there is none.

    Raises:
        InputError: Several alternatives of one file are present, so that it is not clear which is
            meant; or what has its name is no file, or a workbook of another format.
    """
    return FolderFiles(root).of(spec)


def stage(
    path: Path, name: str, number: int, spec: FileSpec, wanted: Wanted, work: Path
) -> Iterator[StagedFile]:
    """Makes one file readable: gives itself, or each of its sheets that is read.

    Args:
        path: The file.
        name: What it is called in tables.
        number: Its number in the run, from which its sheets are counted.
        spec: Its description in the map.
        wanted: What the map wants of it; raises if the columns do not fit the map.
        work: Folder to write Parquet to, unless the file is Parquet.

    Raises:
        InputError: The file is damaged, empty, or of no known format.
    """
    suffix = _suffix(path)
    with damages_in_words(path):
        if suffix == ".parquet":
            yield _parquet(path, name, number, wanted)
        elif suffix == ".xlsx":
            yield from _sheets(path, name, number, spec, wanted, work)
        else:
            target = work / f"raw-{number}.parquet"
            yield _staged(number, name, target, _text_file(path, suffix, spec, wanted, target))


@contextmanager
def damages_in_words(path: Path) -> Iterator[None]:
    """Turns what a library says of a damaged file into a refusal that names the file.

    Raises:
        InputError: The file is damaged.
    """
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, zlib.error, csv.Error, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno in REFUSALS:
            raise
        raise InputError("file_damaged", place=str(path), reason=str(error)) from error


def _suffix(path: Path) -> str:
    """The suffix that tells the format of a file."""
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise InputError("file_format_unknown", place=str(path), name=path.name, suffixes=SUFFIXES)


def _text_file(path: Path, suffix: str, spec: FileSpec, wanted: Wanted, target: Path) -> Transcoded:
    look = look_at(path, spec.encoding)
    if suffix.startswith(".csv"):
        return write_csv(path, look, spec.header_row, wanted, target)
    return write_json_lines(path, look, wanted, target)


def _sheets(
    path: Path, name: str, number: int, spec: FileSpec, wanted: Wanted, work: Path
) -> Iterator[StagedFile]:
    """The sheets of a workbook that are read."""
    with path.open("rb") as file:
        beginning = file.read(1000)
    if not beginning.startswith(b"PK"):
        refuse_other_format(beginning, path)
    with open_workbook(path) as book:
        sheets, hidden = sheets_to_read(book, spec.sheet_names)
        remarks = [both("remark_hidden_sheets", file=name, sheets=hidden)] if hidden else []
        for index, sheet in enumerate(sheets):
            target = work / f"raw-{number + index}.parquet"
            transcoded = write_sheet(book, sheet, spec.header_row, wanted, target)
            called = f"{name}[{sheet.name}]" if len(sheets) > 1 else name
            yield _staged(number + index, called, target, transcoded, remarks)
            remarks = []


def _staged(
    number: int,
    name: str,
    target: Path,
    transcoded: Transcoded,
    remarks: Sequence[Mapping[str, str]] = (),
) -> StagedFile:
    more = list(remarks)
    if transcoded.cleaned:
        more.append(both("remark_cleaned", file=name, count=transcoded.cleaned))
    if transcoded.filled:
        more.append(both("remark_filled", file=name, count=transcoded.filled))
    types: dict[str, RawType] = dict.fromkeys(transcoded.columns, "text")
    rows, malformed = transcoded.rows, transcoded.malformed
    return StagedFile(number, name, target, types, rows, malformed, remarks=more)


def _parquet(path: Path, name: str, number: int, wanted: Wanted) -> StagedFile:
    with pq.ParquetFile(path) as file:
        check_footer(file.metadata, path)
        kept = kept_columns(file.schema_arrow.names, wanted, path)
        kinds = {column: file.schema_arrow.field(column).type for column in kept}
        types = {column: _raw_type(kind) for column, kind in kinds.items()}
        inexact = [
            column for column, kind in kinds.items() if pa.types.is_floating(kind) and column in wanted.texts
        ]
        names = [column for column in kept if types[column] == "text" and column in wanted.texts]
        return StagedFile(
            number,
            name,
            path,
            types,
            file.metadata.num_rows,
            transcoded=False,
            inexact=inexact,
            names=names,
        )


def _raw_type(kind: pa.DataType) -> RawType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return "other"
