"""Staged files of a source into canonical rows, in DuckDB: looked up, mapped, and written as Parquet, faults apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from scoring.records.map.identifiers import BLANKS
from scoring.records.map.mapping import Columns, emit_columns
from scoring.records.map.row_faults import SEPARATOR
from scoring.records.map.source_cells import (
    RawType,
    RawTypes,
    as_text,
    condition,
    is_person,
    source_column,
)
from scoring.records.map.source_map import Emit, Join, RowCondition
from scoring.records.read.csv_files import ROW
from scoring.records.read.files import StagedFile
from scoring.records.read.staging import EMIT_BITS, ROW_BITS, Source, StagedRows
from scoring.sql.literals import literal, name_of


class _Relation(NamedTuple):
    """A query of cleaned source rows (``"s:column"`` and ``_id``) and the types of its columns."""

    query: str
    types: RawTypes


def map_rows(connection: duckdb.DuckDBPyConnection, source: Source, work: Path) -> None:
    """Writes the canonical rows of a source to staged Parquet, and its faults to the table ``fault``."""
    for join in source.map.join:
        if join.to in source.files:
            _refuse_twin_keys(connection, source, join)
    for entry, files in source.files.items():
        _report_malformed(connection, files)
        relation = _joined_rows(source, entry)
        _stage_emits(connection, source, entry, relation, work)
        _count_unmatched(connection, source, entry, relation)


def _report_malformed(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile]) -> None:
    for file in files:
        faults = [
            ((file.number << ROW_BITS | row.number) << EMIT_BITS, "", "bad_row", row.cells)
            for row in file.malformed
        ]
        if faults:
            connection.executemany("INSERT INTO fault VALUES (?, ?, ?, ?)", faults)


def _stage_emits(
    connection: duckdb.DuckDBPyConnection, source: Source, entry: str, relation: _Relation, work: Path
) -> None:
    """Writes the rows of all emits of an entry; rows about natural persons are refused before any is written."""
    emits = source.map.emits_of(entry)
    if not emits:
        return
    about_person = is_person(emits, source.map.files[entry].natural_person, relation.types)
    has_persons = _refuse_persons(connection, relation, about_person) > 0
    for index, emit in enumerate(emits):
        path = work / f"stage-{source.files[entry][0].number}-{index}.parquet"
        tests = [condition(test, relation.types) for test in emit.when]
        tests += [f"NOT {about_person}"] if has_persons else []
        columns = emit_columns(emit, source.map, relation.types)
        mapped = _mapped(relation.query, columns, " AND ".join(tests) or "TRUE", index)
        connection.execute(f"COPY ({mapped}) TO {literal(str(path))} (COMPRESSION lz4)")
        connection.execute(
            f"""
            INSERT INTO fault
            SELECT _rid, parts[1], parts[2], parts[3]
            FROM (
                SELECT _rid, string_split(_err, {literal(SEPARATOR)}) AS parts
                FROM read_parquet({literal(str(path))})
                WHERE _err IS NOT NULL
            )
            """
        )
        source.stages.append(StagedRows(entry, path, emit in source.map.enterprises))


def _refuse_persons(connection: duckdb.DuckDBPyConnection, relation: _Relation, about_person: str) -> int:
    """Refuses the rows about natural persons before anything of them is staged; returns how many."""
    inserted = connection.execute(
        f"""
        INSERT INTO fault
        SELECT _id << {EMIT_BITS}, '', 'natural_person', ''
        FROM ({relation.query})
        WHERE {about_person}
        """
    )
    return int(inserted.fetchall()[0][0])


def map_row(relation: str, columns: Columns) -> str:
    """The canonical rows of a relation of cleaned columns (``"s:column"`` and ``_id``), as a query."""
    return _mapped(relation, columns, "TRUE", 0)


def _mapped(relation: str, columns: Columns, when: str, index: int) -> str:
    """The canonical rows of an emit, layer by layer.

    With ``_rid``, the number of the row and the emit, and ``_err``: column, code and value of the first fault, or null.
    """
    parsed = "".join(f", {sql} AS {name}" for name, sql in columns.parsed.items())
    canonical = ", ".join(f"{sql} AS {name_of(name)}" for name, sql in columns.canonical.items())
    replaced = ", ".join(f"{sql} AS {name_of(name)}" for name, sql in columns.derived.items())
    branches = " ".join(fault.branch() for fault in columns.faults)
    names = ", ".join(name_of(name) for name in columns.canonical)
    return f"""
        SELECT {names}, (_id << {EMIT_BITS}) + {index} AS _rid, CASE {branches} END AS _err
        FROM (
            SELECT * REPLACE ({replaced})
            FROM (SELECT *, {canonical} FROM (SELECT *{parsed} FROM ({relation}) WHERE {when}))
        )
        """


def _count_unmatched(
    connection: duckdb.DuckDBPyConnection, source: Source, entry: str, relation: _Relation
) -> None:
    """Counts the rows of an entry that no emit takes: out of scope; what joins a looked-up row uses it."""
    emits = source.map.emits_of(entry)
    if any(not emit.when for emit in emits):
        return
    used = [_all_conditions(emit, relation.types) for emit in emits]
    for join in source.map.join:
        if join.file == entry and join.to in source.files:
            used.append(_is_looked_up(source, join))
    refused = f"_id IN (SELECT id >> {EMIT_BITS} FROM fault)"
    counts = connection.execute(
        f"""
        SELECT _id >> {ROW_BITS}, count(*)
        FROM ({relation.query}) l
        WHERE NOT ({" OR ".join([*used, refused])})
        GROUP BY 1
        """
    ).fetchall()
    source.unmatched |= {int(number): int(count) for number, count in counts}


def _all_conditions(emit: Emit, types: RawTypes) -> str:
    return f"({' AND '.join(condition(test, types) for test in emit.when)})"


def _is_looked_up(source: Source, join: Join) -> str:
    """Whether some row of the file that a join adds to has the key of this row ``l``."""
    adding, added = source.types(join.file), source.types(join.to)
    same_key = " AND ".join(
        f"{_key('o', left, added)} = {_key('l', right, adding)}" for left, right in join.on.items()
    )
    return f"EXISTS (SELECT 1 FROM ({_cleaned_rows(source, join.to)}) o WHERE {same_key})"


def _cleaned_rows(source: Source, entry: str) -> str:
    """All rows of an entry, cleaned: ``"s:column"`` and ``_id`` (file number and row)."""
    types = _with_optional(source, entry, source.types(entry))
    queries = []
    for file in source.files[entry]:
        columns = ", ".join(
            f"{_cleaned(column, kind, file.columns.get(column))} AS {source_column(column)}"
            for column, kind in types.items()
        )
        row = name_of(ROW) if file.transcoded else "file_row_number + 1"
        rows = f"read_parquet({literal(str(file.parquet))}, file_row_number = TRUE)"
        queries.append(f"SELECT {columns}, {file.number << ROW_BITS} + {row} AS _id FROM {rows}")
    return " UNION ALL ".join(queries)


def _with_optional(source: Source, entry: str, types: RawTypes) -> dict[str, RawType]:
    """Types of columns, those that the map calls optional and that no file has as text."""
    optional: dict[str, RawType] = dict.fromkeys(source.map.files[entry].optional_columns, "text")
    return {**types, **{column: kind for column, kind in optional.items() if column not in types}}


def _cleaned(column: str, kind: RawType, given: RawType | None) -> str:
    """A cell of type ``kind`` from one that the file gives so, or not at all."""
    if given is None:
        return "NULL::VARCHAR"
    if kind != "text":
        return name_of(column)
    raw = name_of(column) if given == "text" else f"CAST({name_of(column)} AS VARCHAR)"
    return f"nullif(trim({raw}, {literal(BLANKS)}), '')"


def _joined_rows(source: Source, entry: str) -> _Relation:
    """The rows of an entry with what its joins bring."""
    types = source.types(entry)
    selected, clauses = ["l.*"], []
    for index, join in enumerate(source.map.joins_to(entry)):
        clauses.append(_join_clause(source, entry, join, index))
        if join.count:
            selected += [
                f"coalesce(j{index}.{source_column(name)}, 0) AS {source_column(name)}" for name in join.count
            ]
        else:
            selected += [f"j{index}.{source_column(name)}" for name in join.columns]
        types |= _brought_types(source, join)
    query = f"SELECT {', '.join(selected)} FROM ({_cleaned_rows(source, entry)}) l {' '.join(clauses)}"
    return _Relation(query, _with_optional(source, entry, types))


def _brought_types(source: Source, join: Join) -> dict[str, RawType]:
    if not join.columns:
        return dict.fromkeys(join.count, "number")
    types = source.types(join.file)
    return {column: types[column] for column in join.columns}


def _join_clause(source: Source, entry: str, join: Join, index: int) -> str:
    """The look-up of a join as ``j<index>``: one row per key, with values where the key is unique, or with counts."""
    added, adding = source.types(entry), source.types(join.file)
    keys = [as_text(right, adding) for right in join.on.values()]
    named = ", ".join(f"{key} AS k{place}" for place, key in enumerate(keys))
    groups = ", ".join(str(place) for place, _ in enumerate(keys, 1))
    if join.columns:
        brought = [f"any_value({source_column(name)}) AS {source_column(name)}" for name in join.columns]
        having = " HAVING count(*) = 1"
    else:
        brought = [_counted(name, test, adding) for name, test in join.count.items()]
        having = ""
    same_key = " AND ".join(
        f"{_key('l', left, added)} = j{index}.k{place}" for place, left in enumerate(join.on)
    )
    looked_up = f"SELECT {named}, {', '.join(brought)} FROM ({_cleaned_rows(source, join.file)}) GROUP BY {groups}{having}"
    return f"LEFT JOIN ({looked_up}) j{index} ON {same_key}"


def _counted(name: str, test: dict[str, str | int], types: RawTypes) -> str:
    tests = [condition(RowCondition(column=column, equals=value), types) for column, value in test.items()]
    return f"count(*) FILTER ({' AND '.join(tests)})::BIGINT AS {source_column(name)}"


def _key(table: str, column: str, types: RawTypes) -> str:
    """A column of a join as text."""
    cell = f"{table}.{source_column(column)}"
    return cell if types[column] == "text" else f"CAST({cell} AS VARCHAR)"


def _refuse_twin_keys(connection: duckdb.DuckDBPyConnection, source: Source, join: Join) -> None:
    """Refuses rows of a looked-up file whose key is not unique.

    What needs them then lacks a value and is refused too.
    """
    if not join.columns:
        return
    types = source.types(join.file)
    keys = ", ".join(as_text(right, types) for right in join.on.values())
    shown = f"concat_ws(':', {keys})"
    connection.execute(
        f"""
        INSERT INTO fault
        SELECT _id << {EMIT_BITS}, {literal(next(iter(join.on.values())))}, 'duplicate_key', {shown}
        FROM ({_cleaned_rows(source, join.file)})
        WHERE {shown} IS NOT NULL
        QUALIFY count(*) OVER (PARTITION BY {keys}) > 1
        """
    )
