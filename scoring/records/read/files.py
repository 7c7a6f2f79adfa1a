"""One file as Parquet that DuckDB reads: CSV, JSON Lines and Excel are transcoded, streamed.

Only the columns that a map names are kept; every cell is text. Parquet itself is used where it
lies, with its own types.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.disk import REFUSALS
from scoring.errors import InputError
from scoring.records.map.source_cells import RawType
from scoring.records.map.source_map import FileSpec
from scoring.records.read.csv_files import MalformedRow, Transcoded, Wanted, refuse_twins, write_csv
from scoring.records.read.encodings import Encoding
from scoring.records.read.json_and_excel import excel_rows, json_rows, write_rows

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".xlsx", ".parquet")


@dataclass(frozen=True)
class StagedFile:
    """One file, ready for DuckDB.

    Attributes:
        number: Its number in the run.
        name: Its file name, as shown to people.
        parquet: Where its rows are.
        columns: Names as in the file, without blanks around, and types.
        rows: Data rows of the file, malformed ones included.
        malformed: Rows that are not in ``parquet``.
        transcoded: Whether ``parquet`` was made here and has the column ``ROW``.
    """

    number: int
    name: str
    parquet: Path
    columns: Mapping[str, RawType]
    rows: int
    malformed: Sequence[MalformedRow] = field(default=())
    transcoded: bool = True


def resolve(spec: FileSpec, root: Path) -> list[Path]:
    """Files of the folder (or the single file) ``root`` that ``spec`` describes, in order of name.

    Returns:
        The files; an empty list where there is none.

    Raises:
        InputError: Several alternatives of one file are present, so that it is not clear which is
            meant.
    """
    if root.is_file():
        return [root] if any(fnmatch(root.name, pattern) for pattern in spec.paths) else []
    alternatives = [_files(root, pattern) for pattern in spec.paths]
    present = [paths for paths in alternatives if paths]
    if len(present) > 1:
        first_names = ", ".join(paths[0].name for paths in present)
        raise InputError("file_versions_several", place=str(root), names=first_names)
    return present[0] if present else []


def _files(root: Path, pattern: str) -> list[Path]:
    return sorted(path for path in root.glob(pattern) if path.is_file())


def stage(path: Path, number: int, spec: FileSpec, wanted: Wanted, work: Path) -> StagedFile:
    """Makes one file readable.

    Args:
        path: The file.
        number: Its number in the run.
        spec: Its description in the map.
        wanted: From the columns of the file to those to keep; raises if they do not fit the map.
        work: Folder to write Parquet to, unless the file is Parquet.

    Raises:
        InputError: The file is damaged, empty, or of no known format.
    """
    suffix = _suffix(path)
    target = work / f"raw-{number}.parquet"
    try:
        if suffix == ".parquet":
            return _parquet(path, number, wanted)
        transcoded = _transcode(path, suffix, spec.encoding, wanted, target)
    except (pa.ArrowException, OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno in REFUSALS:
            raise
        raise InputError("file_damaged", place=str(path), reason=str(error)) from error
    types: dict[str, RawType] = dict.fromkeys(transcoded.columns, "text")
    return StagedFile(number, path.name, target, types, transcoded.rows, transcoded.malformed)


def _suffix(path: Path) -> str:
    """The suffix that tells the format of a file."""
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise InputError("file_format_unknown", place=str(path), name=path.name, suffixes=SUFFIXES)


def _transcode(path: Path, suffix: str, declared: Encoding, wanted: Wanted, target: Path) -> Transcoded:
    if suffix.startswith(".csv"):
        return write_csv(path, declared, wanted, target)
    return write_rows(path, excel_rows if suffix == ".xlsx" else json_rows, wanted, target)


def _parquet(path: Path, number: int, wanted: Wanted) -> StagedFile:
    with pq.ParquetFile(path) as file:
        names = list(file.schema_arrow.names)
        refuse_twins(names, path)
        types = {name: _raw_type(file.schema_arrow.field(name).type) for name in wanted(names)}
        return StagedFile(number, path.name, path, types, file.metadata.num_rows, transcoded=False)


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
