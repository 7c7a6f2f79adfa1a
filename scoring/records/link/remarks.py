"""What was taken in but is remarkable, or fell out of scope: counted, and listed row by row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection as Connection

from scoring.entities.authorities import register
from scoring.records.link.resolve import FILE_BITS, live_rows
from scoring.records.map.document_numbers import document_key
from scoring.records.map.identifiers import check_digit_fails
from scoring.records.map.kinds import has_foreign_field, lacks_severity
from scoring.records.map.reasons import harmless
from scoring.records.read.not_taken import NotTaken
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS
from scoring.records.read.staging import Source
from scoring.rules.wording import both
from scoring.sql.literals import literal

HEADER = ("source", "file", "row", "rows", "column", "value", "code", "sentence_zh", "sentence_en")
BATCH_ROWS = 10_000
REMARK_TABLE = "CREATE TABLE remark (id BIGINT, rows BIGINT, col VARCHAR, code VARCHAR, val VARCHAR)"
"""The table of what is remarkable (see ``records.link``)."""


def find_remarks(connection: Connection, source: Source) -> dict[str, int]:
    """Adds the remarks about a source to the table ``remark``; returns how many by code.

    Of enterprises they are counted once each, however many rows name them; of records row by row.
    """
    counts = _about_enterprises(connection, source)
    counts |= _about_records(connection, source)
    counts |= _about_successions(connection, source)
    counts |= _about_authorities(connection, source)
    counts |= _about_scope(connection, source)
    return {code: count for code, count in counts.items() if count}


def _about_enterprises(connection: Connection, source: Source) -> dict[str, int]:
    files = source.all_files()
    first_id, end_id = files[0].number << FILE_BITS, (files[-1].number + 1) << FILE_BITS
    known_ids = "SELECT enterprise_id FROM known_enterprises"
    tests = {
        "uscc_check_digit": ("enterprise_id", check_digit_fails("enterprise_id")),
        "unknown_parent": ("parent_id", f"parent_id IS NOT NULL AND parent_id NOT IN ({known_ids})"),
    }
    staged = live_rows(connection, source.staged(enterprises=True), "enterprises")
    counts: dict[str, int] = {}
    for code, (column, test) in tests.items():
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE remarkable AS
            SELECT DISTINCT enterprise_id
            FROM resolved_enterprises
            WHERE _rid >= {first_id} AND _rid < {end_id} AND {test}
            """
        )
        counts[code] = int(connection.execute("SELECT count(*) FROM remarkable").fetchall()[0][0])
        if counts[code]:
            connection.execute(
                f"""
                INSERT INTO remark
                SELECT _rid, 1, {literal(column)}, {literal(code)}, {column}
                FROM ({staged})
                SEMI JOIN remarkable USING (enterprise_id)
                WHERE {test}
                """
            )
    return counts


def _about_records(connection: Connection, source: Source) -> dict[str, int]:
    staged = live_rows(connection, source.staged(enterprises=False), "records")
    tests = {
        "severity_missing": ("severity", lacks_severity(), "kind"),
        "foreign_field": ("field", has_foreign_field(), "kind || ': ' || field"),
    }
    counts: dict[str, int] = {}
    for code, (column, test, shown) in tests.items():
        inserted = connection.execute(
            f"""
            INSERT INTO remark
            SELECT _rid, 1, {literal(column)}, {literal(code)}, {shown}
            FROM ({staged})
            WHERE {test}
            """
        )
        counts[code] = int(inserted.fetchall()[0][0])
    return counts


def _about_successions(connection: Connection, source: Source) -> dict[str, int]:
    """Records of a succession by which less follows than they seem to say, or nothing."""
    staged = live_rows(connection, source.staged(enterprises=False), "records")
    inserted = connection.execute(
        f"""
        INSERT INTO remark
        WITH RECURSIVE named AS (
            SELECT _rid, enterprise_id AS successor, refers_to AS predecessor, result
            FROM ({staged})
            WHERE kind = 'succession'
        ), reached AS (
            SELECT successor, predecessor FROM named WHERE successor <> predecessor
            UNION
            SELECT r.successor, n.predecessor FROM reached r JOIN named n ON n.successor = r.predecessor
        ), remarked AS (
            SELECT
                _rid, coalesce(predecessor, '') AS val,
                CASE
                    WHEN successor = predecessor THEN 'succession_of_itself'
                    WHEN predecessor IS NULL
                        OR predecessor NOT IN (SELECT enterprise_id FROM known_enterprises)
                        THEN 'unknown_predecessor'
                    WHEN (predecessor, successor) IN (SELECT (successor, predecessor) FROM reached)
                        THEN 'succession_circle'
                    WHEN result IS NULL THEN 'succession_unsaid'
                END AS code
            FROM named
        )
        SELECT _rid, 1, CASE WHEN code = 'succession_unsaid' THEN 'result' ELSE 'refers_to' END, code, val
        FROM remarked
        WHERE code IS NOT NULL
        RETURNING code
        """
    )
    return dict(Counter(code for (code,) in inserted.fetchall()))


def _about_authorities(connection: Connection, source: Source) -> dict[str, int]:
    """Names that the register of authorities does not know: one remark a name, with how many records it has."""
    staged = live_rows(connection, source.staged(enterprises=False), "records")
    known = ", ".join(map(literal, register().keys))
    inserted = connection.execute(
        f"""
        INSERT INTO remark
        SELECT min(_rid), count(*), 'authority', 'unknown_authority', authority
        FROM ({staged})
        WHERE authority IS NOT NULL
        GROUP BY authority
        HAVING {document_key("authority")} NOT IN ({known})
        RETURNING rows
        """
    )
    return {"unknown_authority": sum(rows for (rows,) in inserted.fetchall())}


def _about_scope(connection: Connection, source: Source) -> dict[str, int]:
    """Rows that no emit took, and the covered kinds of which there is no record although rows fell out."""
    if not source.not_taken:
        return {}
    remarks = [_as_remark(group) for group in source.not_taken]
    first = source.not_taken[0]
    kinds = _covered_in_vain(connection, source)
    for kind in kinds:
        remarks.append((_row_id(first.file, first.first_row), 1, "kind", "covered_kind_empty", kind))
    connection.executemany("INSERT INTO remark VALUES (?, ?, ?, ?, ?)", remarks)
    rows = sum(group.rows for group in source.not_taken)
    return {"not_taken": rows, "covered_kind_empty": len(kinds)}


def _as_remark(group: NotTaken) -> tuple[int, int, str, str, str]:
    """A group of rows as a row of ``remark``."""
    shown = "; ".join(f"{column}={value}" for column, value in group.values.items())
    return (_row_id(group.file, group.first_row), group.rows, ", ".join(group.values), "not_taken", shown)


def _row_id(file: int, row: int) -> int:
    return (file << ROW_BITS | row) << EMIT_BITS


def _covered_in_vain(connection: Connection, source: Source) -> list[str]:
    """Kinds that the map names as covered, and of which its files gave no record."""
    staged = live_rows(connection, source.staged(enterprises=False), "records")
    given = {kind for (kind,) in connection.execute(f"SELECT DISTINCT kind FROM ({staged})").fetchall()}
    return sorted(set(source.map.covers) - given - {"*"})


def write_remarks(connection: Connection, sources: Sequence[Source], target: Path) -> Path | None:
    """Writes the remarks, in order of source, file and row; no file without any."""
    cursor = connection.execute(
        f"""
        SELECT DISTINCT
            id >> {FILE_BITS} AS file,
            (id >> {EMIT_BITS}) & {(1 << ROW_BITS) - 1} AS row,
            rows, col, coalesce(val, ''), code
        FROM remark
        ORDER BY ALL
        """
    )
    batch = cursor.fetchmany(BATCH_ROWS)
    if not batch:
        return None
    places: dict[int, tuple[str, str]] = {}
    for source in sources:
        places |= {file.number: (str(source.spec), file.name) for file in source.all_files()}
    with target.open("w", encoding="utf-8-sig", newline="") as remarks:
        writer = csv.writer(remarks)
        writer.writerow(HEADER)
        while batch:
            for file, row, rows, column, value, code in batch:
                said = both(f"warning_{code}")
                cells = (row, rows, column, harmless(value), code)
                writer.writerow((*places[file], *cells, said["zh"], said["en"]))
            batch = cursor.fetchmany(BATCH_ROWS)
    return target
