"""What one source brings that a store does not hold yet.

Nothing that is derived is kept: the store keeps facts as they came.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection as Connection

from scoring.disk import disk_faults
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, Progress, silent
from scoring.errors import InputError
from scoring.records.link.accounting import SourceCounts, count_sources, write_rejects
from scoring.records.link.already_stored import LATEST, FactStore, Revision, columns_given, merge_stored
from scoring.records.link.remarks import write_remarks
from scoring.records.link.resolve import (
    FILE_BITS,
    gather_created,
    give_rows,
    live_rows,
    of_assumed_days,
    refuse_unknown_enterprises,
    resolve_staged,
    same_source_row,
)
from scoring.records.link.said_anew import Changes, list_changes
from scoring.records.map.source_map import SourceMap
from scoring.records.map.sources import SourceSpec
from scoring.records.read.canonical_rows import map_rows
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS
from scoring.records.read.staging import DAMAGED, Source, open_staging, read_files
from scoring.sql.literals import literal

Overdue = tuple[Sequence[str], date]
"""Kinds, and the oldest day from which a record of them may still be kept."""
ROW_GROUP = 50_000


@dataclass(frozen=True)
class NewVersions:
    """What a source brings that the store does not hold.

    Attributes:
        enterprises: Parquet of canonical columns and ``created``, ordered by ``enterprise_id``,
            ``known_on``.
        records: Parquet of canonical columns, ordered by ``enterprise_id``, ``record_id``,
            ``known_on``.
        rejects: CSV of refused rows.
        corrections: Parquet of canonical columns and ``ground``: what rows say anew that were
            accepted as corrections.
        continued: Parquet of the ids of records with several versions, or with some in the store already.
        remarks: CSV of what is remarkable, if there is any.
        changes: CSV of what is new, changed, contradicting or missing.
        changed: How many of these there are.
        counts: What became of the rows.
        n_enterprises: Rows of ``enterprises``.
        n_records: Rows of ``records``.
        n_known: Versions that the store held already.
        n_corrections: Rows of ``corrections``.
    """

    enterprises: Path
    records: Path
    rejects: Path
    corrections: Path
    continued: Path
    remarks: Path | None
    changes: Path
    changed: Changes
    counts: SourceCounts
    n_enterprises: int
    n_records: int
    n_known: int
    n_corrections: int


@dataclass(frozen=True)
class ReadingOptions:
    """How a source is compared with a store.

    Attributes:
        accept_corrections: Whether a row with an assumed day that says something new is a
            correction, and no conflict.
        again: Whether its map was imported before.
        threads: Threads of DuckDB.
        memory: Its buffers.
    """

    accept_corrections: bool = False
    again: bool = False
    threads: int = 2
    memory: str = "600MB"


def read_new_versions(
    spec: SourceSpec,
    out: Path,
    open_store: Callable[[], FactStore],
    overdue: Sequence[Overdue],
    day: date,
    source_map: SourceMap,
    options: ReadingOptions = ReadingOptions(),
    progress: Progress = silent,
) -> NewVersions:
    """Reads one source and compares it with what the store holds.

    A version that the store holds is merged; one with the id and day of a stored one and other
    content contradicts it and is refused. An enterprise listed anew without a day and with other
    content has changed: it is a new version, known from the day of the import.

    Args:
        spec: The source.
        out: An existing folder; nothing outside it is written.
        open_store: Gives the store once the source is read, so that a lock is not taken before it
            is needed.
        overdue: What the law has deleted by now: such rows are refused.
        day: The day of the import.
        source_map: The map of the source.
        options: How it is compared.
        progress: Called with a step and the share done.

    Raises:
        InputError: A file is damaged or does not fit its map.
        EnvironmentRefusedError: Memory or disk do not suffice.
    """
    source, work = Source(spec, source_map, day), out / ".work"
    try:
        with disk_faults(out):
            work.mkdir(parents=True, exist_ok=True)
            with open_staging(work, options.threads, options.memory) as connection:
                progress("read", 0.0)
                read_files(source, work, 0)
                map_rows(connection, source, work)
                progress("read", 1.0)
                comparison = _Comparison(open_store(), overdue, day, options)
                return _find_new(connection, source, out, comparison, progress)
    except DAMAGED as error:
        raise InputError("data_file_unreadable", reason=str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Comparison(NamedTuple):
    """A store, and how a source is compared with it (``read_new_versions``)."""

    store: FactStore
    overdue: Sequence[Overdue]
    day: date
    options: ReadingOptions


def _find_new(
    connection: Connection,
    source: Source,
    out: Path,
    comparison: _Comparison,
    progress: Progress,
) -> NewVersions:
    """Writes what is new of a source whose rows are staged."""
    store, day = comparison.store, comparison.day
    enterprises, records = out / "enterprises.parquet", out / "records.parquet"
    rejects, corrections = out / "rejects.csv", out / "corrections.parquet"
    continued = out / "continued.parquet"
    progress("match", 0.0)
    _resolve_enterprises(connection, source)
    known = merge_stored(connection, "enterprises", store)
    _write(connection, _new_enterprises(day), "enterprise_id, known_on NULLS FIRST", enterprises)
    progress("match", 0.3)
    staged = source.staged(enterprises=False)
    assumed = of_assumed_days([source])
    _resolve_records(connection, staged, comparison, assumed)
    accept = comparison.options.accept_corrections
    revision = Revision(assumed, columns_given(source.map), accept)
    known += merge_stored(connection, "records", store, revision)
    new_records = f"""
        SELECT {", ".join(RECORD_COLUMNS)}
        FROM ({live_rows(connection, staged, "records")}) t
        ANTI JOIN merged_records g USING (_rid)
        ANTI JOIN changed_records c USING (_rid)
        """
    _write(connection, new_records, "enterprise_id, record_id, known_on NULLS FIRST", records)
    _write(connection, _corrections(source, day), "enterprise_id, record_id", corrections)
    _write(connection, _continued([records, corrections]), "record_id", continued)
    progress("match", 0.9)
    counts = count_sources(connection, [source])[str(source.spec)]
    write_rejects(connection, [source], rejects)
    remarks = write_remarks(connection, [source], out / "remarks.csv")
    changes = out / "changes.csv"
    changed = list_changes(connection, source, store, changes, again=comparison.options.again)
    progress("match", 1.0)
    sizes = [pq.read_metadata(path).num_rows for path in (enterprises, records, corrections)]
    return NewVersions(
        enterprises,
        records,
        rejects,
        corrections,
        continued,
        remarks,
        changes,
        changed,
        counts,
        n_enterprises=sizes[0],
        n_records=sizes[1],
        n_known=known,
        n_corrections=sizes[2],
    )


def _corrections(source: Source, day: date) -> str:
    """Accepted corrections, known from the day on, with their file and row as ``ground``.

    What the map does not give, such as a restoration, stays as the latest stored version has it.
    """
    given = {"record_id", "enterprise_id", "source", *columns_given(source.map)}
    columns = [f"t.{column}" if column in given else f"h.{column}" for column in RECORD_COLUMNS]
    columns[columns.index("h.known_on")] = f"DATE '{day}' AS known_on"
    columns[columns.index("h.known_until")] = "NULL::DATE AS known_until"
    names = " ".join(f"WHEN {file.number} THEN {literal(file.name)}" for file in source.all_files())
    row_number = f"(t._rid >> {EMIT_BITS}) & {(1 << ROW_BITS) - 1}"
    return f"""
        SELECT {", ".join(columns)}, CASE t._rid >> {FILE_BITS} {names} END || ':' || ({row_number}) AS ground
        FROM given_records t
        SEMI JOIN changed_records c USING (_rid)
        JOIN (
            SELECT DISTINCT ON (record_id) *
            FROM stored_records
            ORDER BY record_id, {LATEST}
        ) h USING (record_id)
        """


def _continued(files: Sequence[Path]) -> str:
    """The records in some files that have several versions, there or with those that are stored."""
    rows = f"read_parquet([{', '.join(literal(str(file)) for file in files)}], union_by_name = true)"
    # A hash picks the few that are then compared exactly.
    hashes = f"SELECT hash(record_id) AS h FROM {rows} GROUP BY 1 HAVING count(*) > 1"
    several = (
        f"SELECT record_id FROM {rows} WHERE hash(record_id) IN ({hashes}) GROUP BY 1 HAVING count(*) > 1"
    )
    stored = f"SELECT record_id FROM stored_records SEMI JOIN {rows} USING (record_id)"
    return f"SELECT DISTINCT record_id FROM (({several}) UNION ALL ({stored}))"


def _resolve_enterprises(connection: Connection, source: Source) -> None:
    """Makes ``resolved_enterprises`` of one source, with ``created``, and what is under it."""
    staged = source.staged(enterprises=True)
    listed, created = ([], staged) if source.map.create_enterprises else (staged, [])
    resolve_staged(connection, listed, "enterprises")
    gather_created(connection, created)
    columns = ", ".join(ENTERPRISE_COLUMNS)
    connection.execute(
        f"""
        CREATE VIEW resolved_enterprises AS
        SELECT {columns}, _rid, FALSE AS created
        FROM given_enterprises
        ANTI JOIN merged_enterprises USING (_rid)
        UNION ALL
        SELECT {columns}, _rid, TRUE
        FROM created_enterprises
        """
    )


def _new_enterprises(day: date) -> str:
    """Enterprises that are neither refused nor stored; changed ones are known from the day on."""
    has_changed = "EXISTS (SELECT 1 FROM changed_enterprises m WHERE m._rid = r._rid)"
    known_on = f"CASE WHEN {has_changed} THEN DATE '{day}' ELSE known_on END AS known_on"
    columns = ", ".join(known_on if column == "known_on" else column for column in ENTERPRISE_COLUMNS)
    return f"""
        SELECT {columns}, created
        FROM resolved_enterprises r
        WHERE NOT EXISTS (SELECT 1 FROM fault WHERE {same_source_row("fault.id", "r._rid")})
            AND NOT EXISTS (SELECT 1 FROM merged_created g WHERE g._rid = r._rid)
        """


def _resolve_records(
    connection: Connection,
    staged: Sequence[Path],
    comparison: _Comparison,
    assumed: str,
) -> None:
    """Makes ``given_records``: of known enterprises, and within their time of keeping."""
    connection.execute(
        "CREATE TABLE known_enterprises AS SELECT DISTINCT enterprise_id FROM resolved_enterprises"
    )
    give_rows(connection, staged, "records")
    _add_stored_enterprises(connection, comparison.store)
    refuse_unknown_enterprises(connection)
    for kinds, oldest in comparison.overdue:
        connection.execute(
            f"""
            INSERT INTO fault
            SELECT
                _rid, 'decided_on', 'retention_over',
                CAST(coalesce(decided_on, occurred_on) AS VARCHAR)
            FROM given_records
            WHERE kind IN ({", ".join(map(literal, kinds))})
                AND coalesce(decided_on, occurred_on) < DATE '{oldest}'
            """
        )
    resolve_staged(connection, staged, "records", assumed)


def _add_stored_enterprises(connection: Connection, store: FactStore) -> None:
    """Adds to ``known_enterprises`` those that records, branches or successors name and the store knows."""
    missing_ids = connection.execute(
        """
        SELECT enterprise_id
        FROM (
            SELECT enterprise_id FROM given_records
            UNION
            SELECT parent_id FROM resolved_enterprises WHERE parent_id IS NOT NULL
            UNION
            SELECT refers_to FROM given_records WHERE kind = 'succession' AND refers_to IS NOT NULL
        )
        ANTI JOIN known_enterprises USING (enterprise_id)
        """
    ).to_arrow_table()
    if missing_ids.num_rows:
        connection.register("stored_ids", store.known(missing_ids))
        connection.execute("INSERT INTO known_enterprises SELECT enterprise_id FROM stored_ids")


def _write(connection: Connection, rows: str, order: str, target: Path) -> None:
    connection.execute(
        f"""
        COPY ({rows} ORDER BY {order})
        TO {literal(str(target))} (FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE {ROW_GROUP})
        """
    )
