"""One source into canonical rows: its files read, looked up, mapped in DuckDB and written as staged Parquet, each row with its fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.errors import InputError, SourceMapError
from scoring.records.map.identifiers import BLANKS
from scoring.records.map.mapping import (
    SEPARATOR,
    Columns,
    RawType,
    condition,
    emit_columns,
    enums,
    is_person,
    s,
    text,
)
from scoring.records.map.sources import Condition, Emit, Join, SourceMap, SourceSpec, unknown_column
from scoring.records.read.csv_files import ROW
from scoring.records.read.files import Staged, check_named, resolve, stage
from scoring.sql.connect import connect
from scoring.sql.literals import literal, name_of

EMIT_BITS, ROW_BITS = 6, 38
"""A row of all sources is one BIGINT: file number, row of the file, emit. 2^18 files of 2^38 rows."""


@dataclass
class Source:
    """A source while it is read.

    Attributes:
        spec: As the caller named it.
        map: Its map.
        files: Staged files by the name of their entry in the map.
        numbers: Number of each staged file in the run, in the same order.
        stages: Staged Parquet of canonical rows: (entry, path, is enterprises).
        unmatched: Rows that no emit or join used, by file number.
    """

    spec: SourceSpec
    map: SourceMap
    files: dict[str, list[Staged]] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    stages: list[tuple[str, Path, bool]] = field(default_factory=list)
    unmatched: dict[int, int] = field(default_factory=dict)

    def numbered(self) -> list[tuple[int, Staged]]:
        """Its files with their numbers, in the order they were read."""
        return [
            pair
            for name, numbers in self.numbers.items()
            for pair in zip(numbers, self.files[name], strict=True)
        ]

    def types(self, name: str) -> dict[str, RawType]:
        """Column types of a file entry; columns that differ between its files are read as text."""
        every = [staged.columns for staged in self.files[name]]
        columns = dict.fromkeys(column for one in every for column in one)
        return {c: every[0][c] if len({one.get(c) for one in every}) == 1 else "text" for c in columns}


def open_staging(work: Path, threads: int, memory: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB that spills into ``work``, counts days in Shanghai and never reaches for the network."""
    con = connect(threads, memory, work / "spill")
    con.execute("SET TimeZone = 'Asia/Shanghai'")
    con.execute("CREATE TABLE fault (id BIGINT, col VARCHAR, code VARCHAR, val VARCHAR)")
    for statement in enums():
        con.execute(statement)
    return con


def read_files(source: Source, work: Path, first_number: int) -> int:
    """Stages all files of a source; returns the next free file number.

    Raises:
        InputError: The folder has none of the files, or one of them is damaged.
        SourceMapError: A file lacks columns that the map names, or has unknown ones where the map is strict.
    """
    root = source.spec.path
    if not root.exists():
        raise InputError(f"路径不存在：{root}", f"no such file or folder: {root}", str(root))
    found = {name: resolve(spec, root) for name, spec in source.map.files.items()}
    looked_up = {join.file for join in source.map.join if found[join.to]}
    wanted = {
        name for name, spec in source.map.files.items() if not (spec.optional or root.is_file())
    } | looked_up
    missing = [spec for name, spec in source.map.files.items() if name in wanted and not found[name]]
    if missing or not any(found.values()):
        patterns = ", ".join(path for spec in missing or source.map.files.values() for path in spec.paths)
        raise SourceMapError(
            f"这里没有映射 {source.map.id!r} 要读取的文件：{patterns}",
            f"nothing here of what the map {source.map.id!r} reads: {patterns}",
            str(root),
        )
    number = first_number
    for name, paths in found.items():
        for path in paths:
            staged = stage(
                path,
                source.map.files[name],
                _chooser(source.map, name, str(path)),
                work / f"raw-{number}.parquet",
            )
            source.files.setdefault(name, []).append(staged)
            source.numbers.setdefault(name, []).append(number)
            number += 1
    return number


def _chooser(source: SourceMap, name: str, place: str) -> Callable[[list[str]], list[str]]:
    """From the columns that a file has to those that are kept: only what the map names ever leaves the file."""
    emits = [emit for emit in source.emits() if emit.source == name]
    same = [emit for emit in emits if emit.columns == "same"]

    def choose(names: list[str]) -> list[str]:
        if same:
            enterprises = same[0] in source.enterprises
            known = ENTERPRISE_COLUMNS if enterprises else RECORD_COLUMNS
            unknown = [one for one in names if one not in known]
            if unknown and source.strict_columns:
                raise unknown_column(unknown[0], known, place)
            needed = ("enterprise_id", "name") if enterprises else ("record_id", "enterprise_id", "kind")
            return check_named(names, needed, [one for one in known if one not in needed], place)
        optional = source.files[name].optional_columns
        named = _named(source, name)
        return check_named(
            names, [c for c in named if c not in optional], [c for c in named if c in optional], place
        )

    return choose


def _named(source: SourceMap, name: str) -> list[str]:
    """Columns of a file that the map reads, those that a join brings from elsewhere left out."""
    joins = [join for join in source.join if join.to == name]
    brought = {column for join in joins for column in (*join.columns, *join.count)}
    named: list[str] = []
    for emit in source.emits():
        if emit.source == name and emit.columns != "same":
            named += [column for value in emit.columns.values() for column in value.sources()] + [
                test.column for test in emit.when
            ]
    person = source.files[name].natural_person
    named += [person.column] if person else []
    named += [left for join in joins for left in join.on]
    for join in source.join:
        if join.file == name:
            named += [
                *join.on.values(),
                *join.columns,
                *(column for test in join.count.values() for column in test),
            ]
    return [column for column in dict.fromkeys(named) if column not in brought]


def map_rows(con: duckdb.DuckDBPyConnection, source: Source, work: Path) -> None:
    """Writes the canonical rows of a source to staged Parquet, and its faults to the table ``fault``."""
    for join in source.map.join:
        if join.to in source.files:
            _check_keys(con, source, join)
    for name in source.files:
        for number, staged in zip(source.numbers[name], source.files[name], strict=True):
            rows = [
                ((number << ROW_BITS | row) << EMIT_BITS, "", "bad_row", cells) for row, cells in staged.bad
            ]
            if rows:
                con.executemany("INSERT INTO fault VALUES (?, ?, ?, ?)", rows)
        emits = [emit for emit in source.map.emits() if emit.source == name]
        joins = [join for join in source.map.join if join.to == name]
        types = source.types(name) | {c: t for join in joins for c, t in _brought(source, join).items()}
        types |= {c: "text" for c in source.map.files[name].optional_columns if c not in types}
        relation = _joined(source, name, joins)
        person = is_person(emits, source.map.files[name].natural_person, types)
        persons = _refuse_persons(con, relation, person) if emits else 0
        for index, emit in enumerate(emits):
            path = work / f"stage-{source.numbers[name][0]}-{index}.parquet"
            tests = [condition(test, types) for test in emit.when] + ([f"NOT {person}"] if persons else [])
            mapped = _mapped(
                relation, emit_columns(emit, source.map, types), " AND ".join(tests) or "TRUE", index
            )
            con.execute(f"COPY ({mapped}) TO {literal(str(path))} (COMPRESSION lz4)")
            con.execute(
                f"INSERT INTO fault SELECT _rid, f[1], f[2], f[3] FROM (SELECT _rid, string_split(_err, {literal(SEPARATOR)}) AS f "
                f"FROM read_parquet({literal(str(path))}) WHERE _err IS NOT NULL)"
            )
            source.stages.append((name, path, emit in source.map.enterprises))
        _count_unmatched(con, source, name, emits, relation, types)


def _relation(source: Source, name: str) -> str:
    """All rows of a file entry, cleaned: ``"s:column"`` and ``_id`` (file number and data row)."""
    types = source.types(name) | {
        c: "text" for c in source.map.files[name].optional_columns if c not in source.types(name)
    }
    parts = []
    for number, staged in zip(source.numbers[name], source.files[name], strict=True):
        columns = ", ".join(
            f"{_clean(c, kind, staged.columns.get(c))} AS {s(c)}" for c, kind in types.items()
        )
        row = name_of(ROW) if staged.transcoded else "file_row_number + 1"
        rows = f"read_parquet({literal(str(staged.parquet))}, file_row_number = TRUE)"
        parts.append(f"SELECT {columns}, {number << ROW_BITS} + {row} AS _id FROM {rows}")
    return " UNION ALL ".join(parts)


def _clean(column: str, kind: RawType, have: RawType | None) -> str:
    if have is None:
        return "NULL::VARCHAR"
    if kind != "text":
        return name_of(column)
    raw = name_of(column) if have == "text" else f"CAST({name_of(column)} AS VARCHAR)"
    return f"nullif(trim({raw}, {literal(BLANKS)}), '')"


def _brought(source: Source, join: Join) -> dict[str, RawType]:
    there = source.types(join.file) if join.file in source.files else {}
    return {column: there[column] for column in join.columns} | dict.fromkeys(join.count, "number")


def _joined(source: Source, name: str, joins: Sequence[Join]) -> str:
    """The rows of a file with what its joins bring."""
    selects, clauses = ["l.*"], []
    left_types = source.types(name)
    for index, join in enumerate(joins):
        right_types = source.types(join.file)
        keys = [text(right, right_types) for right in join.on.values()]
        named = ", ".join(f"{key} AS k{i}" for i, key in enumerate(keys))
        groups = ", ".join(str(i + 1) for i in range(len(keys)))
        if join.columns:
            brought = ", ".join(f"any_value({s(c)}) AS {s(c)}" for c in join.columns)
            having = " HAVING count(*) = 1"
        else:
            tests = {
                n: " AND ".join(_is(c, v, right_types) for c, v in test.items())
                for n, test in join.count.items()
            }
            brought = ", ".join(f"count(*) FILTER ({test})::BIGINT AS {s(n)}" for n, test in tests.items())
            having = ""
        on = " AND ".join(f"{_of('l', left, left_types)} = j{index}.k{i}" for i, left in enumerate(join.on))
        right_side = (
            f"SELECT {named}, {brought} FROM ({_relation(source, join.file)}) GROUP BY {groups}{having}"
        )
        clauses.append(f"LEFT JOIN ({right_side}) j{index} ON {on}")
        bring = [f"coalesce(j{index}.{s(c)}, 0) AS {s(c)}" for c in join.count] or [
            f"j{index}.{s(c)}" for c in join.columns
        ]
        selects += bring
    return f"SELECT {', '.join(selects)} FROM ({_relation(source, name)}) l {' '.join(clauses)}"


def _is(column: str, value: str | int, types: Mapping[str, RawType]) -> str:
    return condition(Condition(column=column, equals=value), types)


def _of(table: str, column: str, types: Mapping[str, RawType]) -> str:
    return f"{table}.{s(column)}" if types[column] == "text" else f"CAST({table}.{s(column)} AS VARCHAR)"


def _refuse_persons(con: duckdb.DuckDBPyConnection, relation: str, person: str) -> int:
    """Refuses the rows about natural persons before anything of them is staged; returns how many."""
    fault = f"SELECT _id << {EMIT_BITS}, '', 'natural_person', '' FROM ({relation}) WHERE {person}"
    return int(con.execute(f"INSERT INTO fault {fault}").fetchall()[0][0])


def map_row(relation: str, columns: Columns) -> str:
    """The canonical rows of a relation of cleaned columns (``"s:column"`` and ``_id``), as a query."""
    return _mapped(relation, columns, "TRUE", 0)


def _mapped(relation: str, columns: Columns, when: str, index: int) -> str:
    """The canonical rows of an emit, layer by layer, with ``_rid`` and ``_err`` (column, code, value of the first fault, or null)."""
    parsed = "".join(f", {sql} AS {name}" for name, sql in columns.parsed.items())
    canonical = ", ".join(f"{sql} AS {name_of(name)}" for name, sql in columns.canonical.items())
    replaced = ", ".join(f"{sql} AS {name_of(name)}" for name, sql in columns.derived.items())
    branches = " ".join(fault.branch() for fault in columns.faults)
    names = ", ".join(name_of(name) for name in columns.canonical)
    return (
        f"SELECT {names}, (_id << {EMIT_BITS}) + {index} AS _rid, CASE {branches} END AS _err "
        f"FROM (SELECT * REPLACE ({replaced}) FROM (SELECT *, {canonical} FROM (SELECT *{parsed} FROM ({relation}) WHERE {when})))"
    )


def _count_unmatched(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    name: str,
    emits: Sequence[Emit],
    relation: str,
    types: Mapping[str, RawType],
) -> None:
    """Rows of a file that no emit takes: out of scope. A file that is only looked up is counted by what joins it."""
    if any(not emit.when for emit in emits):
        return
    used = [f"({' AND '.join(condition(test, types) for test in emit.when)})" for emit in emits]
    for join in source.map.join:
        if join.file == name and join.to in source.files:
            left, right = source.types(join.to), source.types(name)
            on = " AND ".join(f"{_of('o', a, left)} = {_of('l', b, right)}" for a, b in join.on.items())
            used.append(f"EXISTS (SELECT 1 FROM ({_relation(source, join.to)}) o WHERE {on})")
    refused = f"_id IN (SELECT id >> {EMIT_BITS} FROM fault)"
    rows = con.execute(
        f"SELECT _id >> {ROW_BITS}, count(*) FROM ({relation}) l WHERE NOT ({' OR '.join([*used, refused])}) GROUP BY 1"
    ).fetchall()
    source.unmatched |= {int(number): int(count) for number, count in rows}


def _check_keys(con: duckdb.DuckDBPyConnection, source: Source, join: Join) -> None:
    """Rows of a looked-up file whose key is not unique are refused; what needs them then lacks a value and is refused too."""
    if not join.columns:
        return
    types = source.types(join.file)
    keys = ", ".join(text(right, types) for right in join.on.values())
    shown = f"concat_ws(':', {keys})"
    con.execute(
        f"INSERT INTO fault SELECT _id << {EMIT_BITS}, {literal(next(iter(join.on.values())))}, 'duplicate_key', {shown} "
        f"FROM ({_relation(source, join.file)}) WHERE {shown} IS NOT NULL QUALIFY count(*) OVER (PARTITION BY {keys}) > 1"
    )
