"""The files of a source, staged: which are read, what is kept of them, how rows are numbered."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import duckdb
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.errors import InputError, SourceMapError
from scoring.records.map.mapping import enum_statements
from scoring.records.map.reasons import closest, unknown_column
from scoring.records.map.source_cells import RawType
from scoring.records.map.source_map import Join, SourceMap
from scoring.records.map.sources import SourceSpec
from scoring.records.read.files import LISTED, StagedFile, stage
from scoring.records.read.header import Wanted
from scoring.records.read.not_taken import NotTaken
from scoring.records.read.source_files import FolderFiles, refuse_no_file
from scoring.rules.wording import both
from scoring.sql.connect import connect

DAMAGED = (duckdb.Error,)
"""What DuckDB raises when a file that it reads is damaged: of a bit in a page, its base class."""
FAULT_TABLE = "CREATE TABLE fault (id BIGINT, col VARCHAR, code VARCHAR, val VARCHAR)"
"""The table of everything that is wrong with a row, of whatever step (see ``records.link``)."""
NEEDED_COLUMNS = {
    "enterprises": ("enterprise_id", "name"),
    "records": ("record_id", "enterprise_id", "kind"),
}
"""Columns that a table of the canonical format must have."""
MOST_FILES = 1 << 18
NAMES_SHOWN = 30
"""Columns of a header that an error names."""


class StagedRows(NamedTuple):
    """Canonical rows of one emit: the entry of the map that it reads, and the folder of their Parquet."""

    entry: str
    folder: Path
    is_enterprise: bool

    def files(self, bucket: int | None = None) -> list[Path]:
        """The Parquet of one bucket of enterprises (``entities.buckets``), or of all."""
        return sorted(self.folder.glob(f"bucket={'*' if bucket is None else bucket}/*.parquet"))


@dataclass
class Source:
    """A source while it is read.

    Attributes:
        spec: As the caller named it.
        map: Its map.
        today: The clock's day: nothing that happened may lie after it; without one any day may.
        buckets: How many buckets its rows are parted into.
        files: Staged files by the name of their entry in the map.
        stages: Staged canonical rows, an emit each.
        unmatched: Rows that no emit or join used, by file number.
        remarks: What is to be said of its files, in each language.
        plain: By file number, the tests of ``plain_columns`` that hold of all its rows.
        plain_columns: By file number, its columns in which nothing needs to be cleaned.
        unclean: Numbers of Parquet files with invisible characters.
        not_taken: Rows that no emit of records took, by the values of their ``when`` columns.
    """

    spec: SourceSpec
    map: SourceMap
    today: date | None = None
    buckets: int = 1
    files: dict[str, list[StagedFile]] = field(default_factory=dict)
    stages: list[StagedRows] = field(default_factory=list)
    unmatched: dict[int, int] = field(default_factory=dict)
    remarks: list[Mapping[str, str]] = field(default_factory=list)
    plain: dict[int, frozenset[str]] = field(default_factory=dict)
    plain_columns: dict[int, set[str]] = field(default_factory=dict)
    unclean: set[int] = field(default_factory=set)
    not_taken: list[NotTaken] = field(default_factory=list)

    def all_files(self) -> list[StagedFile]:
        """Its files in the order in which they were read, which is that of their numbers."""
        return list(chain.from_iterable(self.files.values()))

    def types(self, entry: str) -> dict[str, RawType]:
        """Column types of an entry; columns that differ between its files are read as text."""
        files = self.files[entry]
        columns = dict.fromkeys(chain.from_iterable(file.columns for file in files))
        return {column: _common_type(files, column) for column in columns}

    def staged(self, *, enterprises: bool, bucket: int | None = None) -> list[Path]:
        """Staged Parquet of its enterprises or of its records: of one bucket, or of all."""
        stages = [rows for rows in self.stages if rows.is_enterprise == enterprises]
        return list(chain.from_iterable(rows.files(bucket) for rows in stages))


def _common_type(files: Sequence[StagedFile], column: str) -> RawType:
    raw_types = {file.columns.get(column) for file in files}
    common_type = raw_types.pop()
    return common_type if common_type and not raw_types else "text"


def open_staging(work: Path, threads: int, memory: str) -> Connection:
    """A DuckDB that spills into ``work`` and counts days in Shanghai, with the table ``fault``."""
    connection = connect(threads, memory, work / "spill")
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    # Rows bear their numbers, so staged ones need no order, which takes three times as long.
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(FAULT_TABLE)
    for statement in enum_statements():
        connection.execute(statement)
    return connection


def read_files(source: Source, work: Path, first_number: int) -> int:
    """Stages all files of a source.

    Args:
        source: The source; its ``files`` are filled.
        work: Folder for what is transcoded.
        first_number: The number of its first file.

    Returns:
        The next free file number.

    Raises:
        InputError: The folder has none of the files, or one of them is damaged.
        SourceMapError: A file lacks columns that the map names, or has unknown ones where the map
            is strict.
    """
    location = source.spec.path
    if not os.path.lexists(location):
        raise InputError("source_path_missing", place=str(location), path=location)
    if not location.is_dir():
        refuse_no_file(location)
    folder = FolderFiles(location)
    paths_by_entry = {entry: folder.of(file_spec) for entry, file_spec in source.map.files.items()}
    _refuse_missing(source, paths_by_entry)
    number = first_number
    for entry, paths in paths_by_entry.items():
        for path in paths:
            wanted = _wanted(source.map, entry, str(path))
            file_spec, name = source.map.files[entry], _shown_name(path, location)
            for staged in stage(path, name, number, file_spec, wanted, work):
                source.files.setdefault(entry, []).append(staged)
                source.remarks += staged.remarks
                number += 1
                _refuse_too_many(number, location)
    folder.note_others(set(chain.from_iterable(paths_by_entry.values())))
    source.remarks += _remarks(folder)
    return number


def _shown_name(path: Path, location: Path) -> str:
    """The name of a file in tables, with its folder inside the source: two may be called alike."""
    return path.relative_to(location).as_posix() if location.is_dir() else path.name


def _refuse_too_many(number: int, location: Path) -> None:
    if number >= MOST_FILES:
        raise InputError("source_files_too_many", place=str(location), limit=MOST_FILES)


def _remarks(folder: FolderFiles) -> Iterator[Mapping[str, str]]:
    for remark, names in (("remark_locks", folder.locks), ("remark_unread", folder.unread)):
        if names:
            yield both(remark, count=len(names), names=names[:LISTED])


def _refuse_missing(source: Source, paths_by_entry: dict[str, list[Path]]) -> None:
    """Refuses a place without any file of the map, or without a file that it needs."""
    location, files = source.spec.path, source.map.files
    needed_entries = {join.file for join in source.map.join if paths_by_entry[join.to]}
    # A single file may stand for its source: the others need not be there.
    if not location.is_file():
        needed_entries |= {entry for entry, file_spec in files.items() if not file_spec.optional}
    missing_entries = [entry for entry in files if entry in needed_entries and not paths_by_entry[entry]]
    if missing_entries or not any(paths_by_entry.values()):
        patterns = chain.from_iterable(files[entry].paths for entry in missing_entries or files)
        raise SourceMapError(
            "source_files_missing",
            place=str(location),
            map=source.map.id,
            patterns=", ".join(patterns),
        )


def _wanted(source: SourceMap, entry: str, place: str) -> Wanted:
    """What a map wants of a file: only what the map names ever leaves it."""

    def choose(names: list[str]) -> list[str]:
        """The columns to keep of those that the file has."""
        for emit in source.emits_of(entry):
            if emit.columns == "same":
                return _canonical_columns(source, names, emit in source.enterprises, place)
        return _mapped_columns(source, names, entry, place)

    amounts, others = _numbers_and_others(source, entry)
    return Wanted(choose, frozenset(others), frozenset(amounts))


def _numbers_and_others(source: SourceMap, entry: str) -> tuple[set[str], set[str]]:
    """Columns of a file that are read as numbers, and those that are read as text or compared."""
    numbers, texts = set(), set()
    for emit in source.emits_of(entry):
        column_types = ENTERPRISE_COLUMNS if emit in source.enterprises else RECORD_COLUMNS
        for column, value in emit.made_of(column_types, column_types).items():
            if column_types[column] == "int":
                numbers |= set(value.sources())
            elif column_types[column] == "text":
                texts |= set(value.sources())
        texts |= {test.column for test in emit.when if test.at_least is None and test.at_most is None}
    for join in source.join:
        texts |= set(join.on) if join.to == entry else set()
        texts |= {*join.on.values(), *join.columns} if join.file == entry else set()
    return numbers, texts


def _mapped_columns(source: SourceMap, names: list[str], entry: str, place: str) -> list[str]:
    """The columns that the map reads among those of a file."""
    optional = source.files[entry].optional_columns
    named = dict.fromkeys(_named_columns(source, entry))
    needed = [column for column in named if column not in optional]
    return check_named(names, needed, [column for column in named if column in optional], place)


def _canonical_columns(source: SourceMap, names: list[str], is_enterprise: bool, place: str) -> list[str]:
    """The canonical columns among those of a file of the canonical format."""
    known = ENTERPRISE_COLUMNS if is_enterprise else RECORD_COLUMNS
    needed = NEEDED_COLUMNS["enterprises" if is_enterprise else "records"]
    unknown = [column for column in names if column and column not in known]
    # A misspelt column that is optional would be lost without a word.
    if unknown and source.strict_columns:
        raise unknown_column(unknown[0], known, place)
    return check_named(names, needed, [column for column in known if column not in needed], place)


def check_named(names: list[str], needed: Sequence[str], optional: Sequence[str], place: str) -> list[str]:
    """The needed columns and those of the optional ones that are there.

    Raises:
        SourceMapError: A needed column is absent; names the nearest that is there, or all that are
            absent and those that are there.
    """
    missing = [column for column in needed if column not in names]
    if not missing:
        return [*needed, *(column for column in optional if column in names)]
    if nearest := closest(missing[0], names):
        hint = both("source_header_near", missing=missing[0], near=nearest)
    else:
        hint = both("source_header_all", header=names[:NAMES_SHOWN])
    raise SourceMapError(
        "source_columns_missing",
        place=place,
        columns={"zh": "、".join(missing), "en": ", ".join(map(repr, missing))},
        hint=hint,
    )


def _named_columns(source: SourceMap, entry: str) -> Iterator[str]:
    """Columns of a file that the map reads, those that a join brings from elsewhere left out."""
    brought: set[str] = set()
    for join in source.joins_to(entry):
        brought |= {*join.columns, *join.count}
    yield from (column for column in _read_columns(source, entry) if column not in brought)


def _read_columns(source: SourceMap, entry: str) -> Iterator[str]:
    """Columns of a file that emits, tests and joins read, in that order."""
    for emit in source.emits_of(entry):
        if emit.columns != "same":
            for value in emit.columns.values():
                yield from value.sources()
            yield from (test.column for test in emit.when)
    if person := source.files[entry].natural_person:
        yield person.column
    for join in source.joins_to(entry):
        yield from join.on
    for join in source.join:
        if join.file == entry:
            yield from _looked_up_columns(join)


def _looked_up_columns(join: Join) -> Iterator[str]:
    yield from join.on.values()
    yield from join.columns
    for test in join.count.values():
        yield from test
