"""Files of a source as Parquet that DuckDB reads: CSV (UTF-8, GB18030, gzip), JSON Lines and Excel are transcoded, streamed.

Only the columns that a map names are kept; every cell is text. Parquet itself is used where it lies, with its own types.
"""

from __future__ import annotations

import csv as text_csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.errors import InputError, SourceMapError
from scoring.records.mapping import RawType
from scoring.records.sources import FileSpec, closest

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".xlsx", ".parquet")
MAX_BAD_ROWS = 1_000
BATCH = 50_000


@dataclass(frozen=True)
class Staged:
    """One file, ready for DuckDB.

    Attributes:
        parquet: Where its rows are.
        name: Its file name, as shown to people.
        columns: Names as in the file, without blanks around, and types.
        rows: Data rows of the file, malformed ones included.
        bad: Malformed data rows (1-based, ascending) that are not in ``parquet``, with their text.
    """

    parquet: Path
    name: str
    columns: Mapping[str, RawType]
    rows: int
    bad: Sequence[tuple[int, str]] = field(default=())


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
        raise InputError(f"同一文件有多个版本：{names}；请只保留一个", f"several versions of one file: {names}; keep one", str(root))
    return present[0] if present else []


def stage(path: Path, spec: FileSpec, wanted: Callable[[list[str]], list[str]], target: Path) -> Staged:
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
            return _csv(path, spec, wanted, target)
        return _rows(path, _excel_rows if suffix == ".xlsx" else _json_rows, wanted, target)
    except (pa.ArrowException, OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"文件损坏或格式不符：{error}", f"the file is damaged or is not what its name says: {error}", str(path)) from error


def _parquet(path: Path, wanted: Callable[[list[str]], list[str]]) -> Staged:
    with pq.ParquetFile(path) as file:
        names = list(file.schema_arrow.names)
        types = {name: _raw_type(file.schema_arrow.field(name).type) for name in wanted(names)}
        return Staged(path, path.name, types, file.metadata.num_rows)


def _raw_type(kind: pa.DataType) -> RawType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return "number" if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) else "other"


def _csv(path: Path, spec: FileSpec, wanted: Callable[[list[str]], list[str]], target: Path) -> Staged:
    if spec.encoding != "auto":
        return _csv_in(path, spec.encoding, wanted, target)
    try:
        return _csv_in(path, "utf-8", wanted, target)
    except UnicodeDecodeError:
        pass
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise
    return _csv_in(path, "gb18030", wanted, target)


def _csv_in(path: Path, encoding: str, wanted: Callable[[list[str]], list[str]], target: Path) -> Staged:
    header = _header(path, encoding)
    clean = [name.strip() for name in header]
    keep = wanted(clean)
    bad: list[tuple[int, str]] = []

    def malformed(row: pa_csv.InvalidRow) -> str:
        bad.append((row.number - 1, row.text))  # Arrow counts the header as row 1
        if len(bad) > MAX_BAD_ROWS:
            return "error"
        return "skip"

    reader = pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(encoding=encoding, use_threads=False, block_size=8 << 20),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=malformed),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.string() for name in header},
            include_columns=[header[clean.index(name)] for name in keep],
            strings_can_be_null=False,
        ),
    )
    rows = 0
    with reader, pq.ParquetWriter(target, pa.schema([(name, pa.string()) for name in keep]), compression="lz4") as writer:
        for batch in reader:
            rows += batch.num_rows
            writer.write_batch(pa.record_batch(batch.columns, names=keep))
    return Staged(target, path.name, dict.fromkeys(keep, "text"), rows + len(bad), bad)


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")


def _header(path: Path, encoding: str) -> list[str]:
    with _open(path) as raw, io.TextIOWrapper(raw, "utf-8-sig" if encoding == "utf-8" else encoding, newline="") as lines:
        header = next(text_csv.reader(lines), [])
    if not header:
        raise InputError("文件为空，缺少表头", "the file is empty: it has no header row", str(path))
    double = sorted({name for name in header if header.count(name) > 1})
    if double:
        raise InputError(f"表头有重复的列：{double[0]!r}", f"the header names a column twice: {double[0]!r}", str(path))
    return header


Row = Mapping[str, object] | str
"""A row as a mapping, or the text of a malformed one."""


def _json_rows(path: Path) -> Iterator[Row]:
    with _open(path) as lines:
        for raw in lines:
            line = raw.decode("utf-8-sig", errors="replace").strip()
            if not line:
                continue
            try:
                row = json.loads(line, parse_float=str, parse_int=str)
            except json.JSONDecodeError:
                row = line
            yield row if isinstance(row, dict) else line


def _excel_rows(path: Path) -> Iterator[Row]:
    from openpyxl import load_workbook  # 50 ms that only Excel files need

    sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    rows = sheet.iter_rows(values_only=True)
    header = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
    for cells in rows:
        if any(cell is not None for cell in cells):
            yield {name: cell for name, cell in zip(header, cells, strict=False) if name}


def _rows(path: Path, read: Callable[[Path], Iterator[Row]], wanted: Callable[[list[str]], list[str]], target: Path) -> Staged:
    """Rows with names, read twice: for the names, which may first occur late, and for the cells."""
    names = list(dict.fromkeys(name for row in read(path) if not isinstance(row, str) for name in row))
    if not names:
        raise InputError("文件为空，没有数据", "the file is empty: it has no rows", str(path))
    keep = wanted(names)
    schema = pa.schema([(name, pa.string()) for name in keep])
    bad: list[tuple[int, str]] = []
    count = 0
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        rows = read(path)
        while part := list(islice(rows, BATCH)):
            bad += [(count + i, row) for i, row in enumerate(part, 1) if isinstance(row, str)]
            cells = [{name: cell_text(row.get(name)) for name in keep} for row in part if not isinstance(row, str)]
            writer.write_table(pa.Table.from_pylist(cells, schema=schema))
            count += len(part)
    return Staged(target, path.name, dict.fromkeys(keep, "text"), count, bad)


def cell_text(cell: object) -> str | None:
    """A cell as text: days as ISO dates, whole numbers without a point, true and false in small letters."""
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def check_named(names: list[str], needed: Sequence[str], optional: Sequence[str], place: str) -> list[str]:
    """The needed columns and those of the optional ones that are there.

    Raises:
        SourceMapError: A needed column is absent; names the nearest that is there.
    """
    for name in needed:
        if name not in names:
            near = closest(name, names)
            raise SourceMapError(
                f"缺少列 {name!r}；最接近的是 {near!r}。请检查来源映射与文件是否相符",
                f"there is no column {name!r}; the nearest is {near!r}. Does the map fit the file?",
                place,
            )
    return [*needed, *(name for name in optional if name in names)]
