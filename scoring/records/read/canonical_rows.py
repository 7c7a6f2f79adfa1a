"""Staged files of a source become canonical rows: looked up, mapped, written, faults apart."""

from __future__ import annotations

import shutil
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection as Connection

from scoring.records.map.mapping import Columns, emit_columns
from scoring.records.map.row_faults import SEPARATOR
from scoring.records.map.source_cells import RawTypes, condition, is_person
from scoring.records.map.source_map import Emit
from scoring.records.read.files import LISTED, StagedFile
from scoring.records.read.not_taken import rows_not_taken
from scoring.records.read.parquet_cells import look_at_parquet, name_damaged
from scoring.records.read.plain_columns import PlainCell, look_for_plain, plain_cells, plain_values
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS
from scoring.records.read.source_rows import SourceRows, is_looked_up, joined_rows, refuse_twin_keys
from scoring.records.read.staging import Source, StagedRows
from scoring.records.read.text_contract import MASK, SUSPECT, TextContract, text_contract
from scoring.rules.wording import both
from scoring.sql.connect import short_lists
from scoring.sql.literals import literal, name_of
from scoring.sql.parquet_files import bucket_of, rows_in

STAGED_AT_ONCE = 500_000
"""Rows that wait in memory for their row groups, in all buckets together."""


def map_rows(connection: Connection, source: Source, work: Path) -> None:
    """Writes the canonical rows of a source to Parquet, and its faults to the table ``fault``.

    Raises:
        InputError: A Parquet file is damaged, or has ids that were rounded.
    """
    try:
        _map_rows(connection, source, work)
    except duckdb.Error as error:
        name_damaged(connection, source.all_files(), error)
        raise


def _map_rows(connection: Connection, source: Source, work: Path) -> None:
    for entry, files in source.files.items():
        cells: list[PlainCell] = []
        for emit in source.map.emits_of(entry):
            cells += plain_cells(emit, source.map, source.types(entry)).values()
        for file in files:
            _look_at_file(connection, source, file, cells)
    # First, for the rows that need such a key are refused when they are mapped.
    for join in source.map.join:
        if join.to in source.files:
            refuse_twin_keys(connection, source, join)
    for entry, files in source.files.items():
        _report_malformed(connection, files)
        relation = joined_rows(source, entry)
        _stage_emits(connection, source, entry, relation, work)
        _count_unmatched(connection, source, entry, relation)
        source.not_taken += rows_not_taken(connection, source.map, entry, relation.query, relation.types)


def _look_at_file(
    connection: Connection, source: Source, file: StagedFile, cells: Sequence[PlainCell]
) -> None:
    """Notes which columns of a file are plain, and whether others have to be cleaned."""
    holding = source.plain[file.number] = look_for_plain(connection, file, cells)
    plain = source.plain_columns[file.number] = {cell.column for cell in cells if cell.test in holding}
    remark = None if file.transcoded else look_at_parquet(connection, file, plain)
    if remark:
        source.unclean.add(file.number)
        source.remarks.append(remark)


def _report_malformed(connection: Connection, files: Sequence[StagedFile]) -> None:
    for file in files:
        faults = [
            ((file.number << ROW_BITS | row.number) << EMIT_BITS, "", row.code, row.cells)
            for row in file.malformed
        ]
        if faults:
            connection.executemany("INSERT INTO fault VALUES (?, ?, ?, ?)", faults)


def _stage_emits(
    connection: Connection, source: Source, entry: str, relation: SourceRows, work: Path
) -> None:
    """Writes the rows of all emits of an entry; those about natural persons are refused before."""
    emits = source.map.emits_of(entry)
    if not emits:
        return
    about_person = is_person(emits, source.map.files[entry].natural_person, relation.types)
    has_persons = _refuse_persons(connection, relation, about_person) > 0
    for index, emit in enumerate(emits):
        staged = StagedRows(
            entry, work / f"stage-{source.files[entry][0].number}-{index}", emit in source.map.enterprises
        )
        tests = [condition(test, relation.types) for test in emit.when]
        # Asking every row again costs time that most files need not spend.
        tests += [f"NOT {about_person}"] if has_persons else []
        cells = plain_cells(emit, source.map, source.types(entry))
        plain = plain_values(cells, source.files[entry], source.plain)
        columns = emit_columns(emit, source.map, relation.types, plain)
        contract = _contract(emit, source, relation.types, plain)
        # Masks are costly and hardly ever needed: only where a row is suspect is it all mapped again.
        for kept in ({"source": "source"}, contract.kept):
            masking = replace(contract, kept=kept)
            mapped = _mapped(relation.query, columns, masking, " AND ".join(tests) or "TRUE", index)
            _write_staged(connection, mapped, staged, source.buckets)
            if not _has_suspects(connection, staged):
                break
        _count_masked(connection, source, staged, contract)
        connection.execute(
            f"""
            INSERT INTO fault
            SELECT _rid, parts[1], parts[2], parts[3]
            FROM (
                SELECT _rid, string_split(_err, {literal(SEPARATOR)}) AS parts
                FROM {rows_in(staged.files())}
                WHERE _err IS NOT NULL
            )
            """
        )
        source.stages.append(staged)


def _write_staged(connection: Connection, mapped: str, staged: StagedRows, buckets: int) -> None:
    """Writes the rows of an emit, each into the bucket of its enterprise."""
    shutil.rmtree(staged.folder, ignore_errors=True)
    only_bucket = staged.folder / "bucket=0"
    only_bucket.mkdir(parents=True)
    target, options = only_bucket / "rows.parquet", "COMPRESSION lz4"
    if buckets > 1:
        # A row without an enterprise is refused, whatever its bucket.
        number = f"coalesce({bucket_of('enterprise_id', buckets)}, 0) AS bucket"
        mapped = f"SELECT *, {number} FROM ({mapped})"
        row_group = max(2_048, STAGED_AT_ONCE // buckets)
        target, options = (
            staged.folder,
            f"{options}, PARTITION_BY (bucket), OVERWRITE, ROW_GROUP_SIZE {row_group}",
        )
    with short_lists(connection):
        connection.execute(f"COPY ({mapped}) TO {literal(str(target))} (FORMAT parquet, {options})")


def _refuse_persons(connection: Connection, relation: SourceRows, about_person: str) -> int:
    """Refuses rows about natural persons before anything of them is staged; returns how many."""
    inserted = connection.execute(
        f"""
        INSERT INTO fault
        SELECT _id << {EMIT_BITS}, '', 'natural_person', ''
        FROM ({relation.query})
        WHERE {about_person}
        """
    )
    return int(inserted.fetchall()[0][0])


def _contract(emit: Emit, source: Source, types: RawTypes, plain: Container[str]) -> TextContract:
    is_enterprise = emit in source.map.enterprises
    given = emit.made_of((), types)
    assumed = frozenset(column for column, value in given.items() if value.after)
    return text_contract(is_enterprise, assumed, source.today, plain)


def _has_suspects(connection: Connection, staged: StagedRows) -> bool:
    rows = rows_in(staged.files())
    return connection.execute(f"SELECT 1 FROM {rows} WHERE _suspect LIMIT 1").fetchone() is not None


def _count_masked(connection: Connection, source: Source, staged: StagedRows, contract: TextContract) -> None:
    """Says in how many rows of an emit an identity number was masked."""
    texts = ", ".join(contract.kept)
    masked = connection.execute(
        f"""
        SELECT count(*)
        FROM {rows_in(staged.files())}
        WHERE _suspect AND contains(concat_ws(' ', {texts}), {literal(MASK)})
        """
    ).fetchall()[0][0]
    if masked:
        names = [file.name for file in source.files[staged.entry]]
        source.remarks.append(both("remark_masked", file=names[:LISTED], count=masked))


def map_row(relation: str, columns: Columns) -> str:
    """The canonical row of a record typed in (``"s:column"``, ``_id``), as a query."""
    return _mapped(relation, columns, text_contract(False, frozenset(), None), "TRUE", 0)


def _mapped(relation: str, columns: Columns, contract: TextContract, when: str, index: int) -> str:
    """The canonical rows of an emit, layer by layer.

    With ``_rid``, the number of the row and the emit, and ``_err``: column, code and value of the
    first fault, or null.
    """
    parsed = "".join(f", {expression} AS {column}" for column, expression in columns.parsed.items())
    canonical = _named(columns.canonical)
    derived = _named(columns.derived)
    kept = _named(contract.kept)
    branches = " ".join(fault.branch() for fault in (*columns.faults, *contract.faults))
    column_names = ", ".join(name_of(column) for column in columns.canonical)
    return f"""
        SELECT
            {column_names}, (_id << {EMIT_BITS}) + {index} AS _rid, CASE {branches} END AS _err,
            {SUSPECT} AS _suspect
        FROM (
            SELECT * REPLACE ({kept})
            FROM (
                SELECT *, {contract.suspect} AS {SUSPECT}
                FROM (
                    SELECT * REPLACE ({derived})
                    FROM (SELECT *, {canonical} FROM (SELECT *{parsed} FROM ({relation}) WHERE {when}))
                )
            )
        )
        """


def _named(expressions: Mapping[str, str]) -> str:
    return ", ".join(f"{expression} AS {name_of(column)}" for column, expression in expressions.items())


def _count_unmatched(connection: Connection, source: Source, entry: str, relation: SourceRows) -> None:
    """Counts rows that no emit takes and nothing looks up: out of scope."""
    emits = source.map.emits_of(entry)
    # An emit without conditions takes every row.
    if any(not emit.when for emit in emits):
        return
    used_rows = [_all_conditions(emit, relation.types) for emit in emits]
    for join in source.map.join:
        if join.file == entry and join.to in source.files:
            used_rows.append(is_looked_up(source, join))
    refused = f"_id IN (SELECT id >> {EMIT_BITS} FROM fault)"
    counts = connection.execute(
        f"""
        SELECT _id >> {ROW_BITS}, count(*)
        FROM ({relation.query}) l
        WHERE NOT ({" OR ".join([*used_rows, refused])})
        GROUP BY 1
        """
    ).fetchall()
    source.unmatched |= {int(number): int(count) for number, count in counts}


def _all_conditions(emit: Emit, types: RawTypes) -> str:
    return f"({' AND '.join(condition(test, types) for test in emit.when)})"
