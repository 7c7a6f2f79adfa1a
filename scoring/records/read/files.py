"""Files of a source as Parquet that DuckDB reads: CSV (UTF-8, GB18030, gzip), JSON Lines and Excel are transcoded, streamed.

Only the columns that a map names are kept; every cell is text. Parquet itself is used where it lies, with its own types.
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
from scoring.errors import InputError, SourceMapError
from scoring.records.map.mapping import RawType
from scoring.records.map.sources import FileSpec, closest
from scoring.records.read.csv_files import Wanted, refuse_twins, write_csv
from scoring.records.read.json_and_excel import excel_rows, json_rows, write_rows

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".xlsx", ".parquet")


@dataclass(frozen=True)
class Staged:
    """One file, ready for DuckDB.

    Attributes:
        parquet: Where its rows are.
        name: Its file name, as shown to people.
        columns: Names as in the file, without blanks around, and types.
        rows: Data rows of the file, malformed ones included.
        bad: Malformed rows that are not in ``parquet``: number in the file, and cells that they have / should have.
        transcoded: Whether ``parquet`` was made here and has the column ``ROW``.
    """

    parquet: Path
    name: str
    columns: Mapping[str, RawType]
    rows: int
    bad: Sequence[tuple[int, str]] = field(default=())
    transcoded: bool = True


def resolve(spec: FileSpec, root: Path) -> list[Path]:
    """Files of the folder (or the single file) ``root`` that ``spec`` describes, in order of name; none is an empty list.

    Raises:
        InputError: Several alternatives of one file are present, so that it is not clear which is meant.
    """
    if root.is_file():
        return [root] if any(fnmatch(root.name, pattern) for pattern in spec.paths) else []
    found = [sorted(path for path in root.glob(pattern) if path.is_file()) for pattern in spec.paths]
    present = [paths for paths in found if paths]
    if len(present) > 1:
        names = ", ".join(paths[0].name for paths in present)
        raise InputError(
            f"同一文件有多个版本：{names}；请只保留一个",
            f"several versions of one file: {names}; keep one",
            str(root),
        )
    return present[0] if present else []


def stage(path: Path, spec: FileSpec, wanted: Wanted, target: Path) -> Staged:
    """Makes one file readable.

    Args:
        path: The file.
        spec: Its description in the map.
        wanted: From the columns of the file to those to keep; raises if they do not fit the map.
        target: Parquet to write, unless the file is one.

    Raises:
        InputError: The file is damaged, empty, or of no known format.
    """
    suffix = next((s for s in SUFFIXES if path.name.lower().endswith(s)), None)
    if suffix is None:
        raise InputError(
            f"不认识的文件格式：{path.name}；可用 {'、'.join(SUFFIXES)}",
            f"unknown format: {path.name}; use one of {', '.join(SUFFIXES)}",
            str(path),
        )
    try:
        if suffix == ".parquet":
            return _parquet(path, wanted)
        if suffix.startswith(".csv"):
            keep, rows, bad = write_csv(path, spec.encoding, wanted, target)
        else:
            keep, rows, bad = write_rows(path, excel_rows if suffix == ".xlsx" else json_rows, wanted, target)
    except (pa.ArrowException, OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno in REFUSALS:
            raise
        raise InputError(
            f"文件损坏或格式不符：{error}",
            f"the file is damaged or is not what its name says: {error}",
            str(path),
        ) from error
    return Staged(target, path.name, dict.fromkeys(keep, "text"), rows, bad)


def _parquet(path: Path, wanted: Wanted) -> Staged:
    with pq.ParquetFile(path) as file:
        names = list(file.schema_arrow.names)
        refuse_twins(names, path)
        types = {name: _raw_type(file.schema_arrow.field(name).type) for name in wanted(names)}
        return Staged(path, path.name, types, file.metadata.num_rows, transcoded=False)


def _raw_type(kind: pa.DataType) -> RawType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return (
        "number"
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        else "other"
    )


def check_named(names: list[str], needed: Sequence[str], optional: Sequence[str], place: str) -> list[str]:
    """The needed columns and those of the optional ones that are there.

    Raises:
        SourceMapError: A needed column is absent; names the nearest that is there, or all that are absent and all that are there.
    """
    missing = [name for name in needed if name not in names]
    if not missing:
        return [*needed, *(name for name in optional if name in names)]
    near = closest(missing[0], names)
    raise SourceMapError(
        f"缺少列：{'、'.join(missing)}"
        + (f"；最接近 {missing[0]!r} 的是 {near!r}" if near else f"；文件的表头是：{'、'.join(names[:30])}")
        + "。请检查来源映射与文件是否相符",
        f"there is no column {', '.join(map(repr, missing))}"
        + (
            f"; the nearest to {missing[0]!r} is {near!r}"
            if near
            else f"; the header is {', '.join(names[:30])}"
        )
        + ". Does the map fit the file?",
        place,
    )
