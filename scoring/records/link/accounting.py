"""Where every input row went: counts that add up, and the file of rejected rows with reasons."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import ENTERPRISE_COLUMNS, RelationSet
from scoring.records.link.remarks import REMARK_TABLE, find_remarks
from scoring.records.link.resolve import FILE_BITS, count_rows, has_rows
from scoring.records.link.unjoined import count_unjoined
from scoring.records.map.reasons import harmless, why_rejected
from scoring.records.read.files import StagedFile
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS
from scoring.records.read.staging import Source, StagedRows
from scoring.sql.parquet_files import rows_in

HEADER = ("source", "file", "row", "column", "value", "code", "sentence_zh", "sentence_en")
BATCH_ROWS = 10_000


@dataclass(frozen=True)
class FileCounts:
    """What became of the rows of one file: ``rows_in`` is the sum of the other four."""

    rows_in: int
    accepted: int
    rejected: int
    merged: int
    out_of_scope: int

    def add_up(self) -> bool:
        """Whether every row has gone somewhere, and only once."""
        return self.rows_in == self.accepted + self.rejected + self.merged + self.out_of_scope


@dataclass(frozen=True)
class SourceCounts:
    """What became of the rows of one source.

    Always ``rows_in = accepted + rejected + merged + out_of_scope``.

    Attributes:
        records: Canonical records that its accepted rows gave; a row may give several.
        enterprises: Canonical enterprises (versions) that it gave.
        rejected_by: Rejected rows by code.
        warnings: Remarkable things by code, though nothing was refused for them.
        assumed: Columns whose dates are assumptions of the map.
        files: The same counts by file name.
        remarks: What else is to be said of its files, in each language.
        unjoined: How many of its records could be joined to nothing (``unjoined.count_unjoined``).
    """

    rows_in: int
    accepted: int
    rejected: int
    merged: int
    out_of_scope: int
    records: int
    enterprises: int
    rejected_by: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    files: dict[str, FileCounts] = field(default_factory=dict)
    remarks: tuple[Mapping[str, str], ...] = ()
    unjoined: dict[str, int] = field(default_factory=dict)


@dataclass
class _Tally:
    """Rows of one source by what became of them and by file number, and what they gave."""

    rejected: Mapping[int, int]
    accepted: dict[int, int] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    records: int = 0
    enterprises: int = 0

    def of_file(self, file: StagedFile, out_of_scope: Mapping[int, int]) -> FileCounts:
        """The counts of one file."""
        buckets = (self.accepted, self.rejected, self.merged, out_of_scope)
        return FileCounts(file.rows, *(bucket.get(file.number, 0) for bucket in buckets))


def count_sources(
    connection: Connection, sources: Sequence[Source], relations: RelationSet | None = None
) -> dict[str, SourceCounts]:
    """Counts of all sources after linking, keyed by their spec; every bucket is counted on its own.

    Args:
        connection: The connection.
        sources: The sources.
        relations: How records stand to each other.

    Raises:
        RuntimeError: The buckets do not add up, which no input may cause.
    """
    connection.execute(REMARK_TABLE)
    connection.execute(
        f"""
        CREATE TABLE rejected_rows AS
        SELECT id >> {EMIT_BITS} AS row, arg_min(code, id) AS code
        FROM fault
        GROUP BY 1
        """
    )
    connection.execute(
        """
        CREATE TABLE merged_ids AS
        SELECT _rid FROM merged_records
        UNION ALL
        SELECT _rid FROM merged_enterprises
        """
    )
    rejected = _by_file(
        connection,
        f"""
        SELECT row >> {ROW_BITS}, count(*)
        FROM rejected_rows
        GROUP BY 1
        """,
    )
    counts = {str(source.spec): _count(connection, source, rejected) for source in sources}
    return {
        str(source.spec): replace(
            counts[str(source.spec)], unjoined=count_unjoined(connection, source, relations)
        )
        for source in sources
    }


def _by_file(connection: Connection, query: str) -> dict[int, int]:
    return {int(number): int(count) for number, count in connection.execute(query).fetchall()}


def _count(connection: Connection, source: Source, rejected: Mapping[int, int]) -> SourceCounts:
    tally = _Tally(rejected)
    for entry, files in source.files.items():
        stages = [staged for staged in source.stages if staged.entry == entry]
        if stages:
            _count_staged(connection, source, stages, tally)
            continue
        # Of a file that is only looked up, the rows that others have used are accepted.
        for file in files:
            unused = source.unmatched.get(file.number, 0) + rejected.get(file.number, 0)
            tally.accepted[file.number] = file.rows - unused
    return _add_up(connection, source, tally)


def _count_staged(
    connection: Connection, source: Source, stages: Sequence[StagedRows], tally: _Tally
) -> None:
    """Counts the rows of one entry of a map that its emits have staged."""
    sound_ids = _sound_ids(stages, any_rejected=bool(tally.rejected))
    connection.execute(f"CREATE OR REPLACE TEMP VIEW sound_ids AS {sound_ids}")
    if source.map.create_enterprises:
        _merge_created(connection, stages)
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE twin_ids AS
        SELECT _rid
        FROM sound_ids
        SEMI JOIN merged_ids USING (_rid)
        """
    )
    has_twins = has_rows(connection, "twin_ids")
    kept_ids = "sound_ids ANTI JOIN twin_ids USING (_rid)" if has_twins else "sound_ids"
    # A row that several emits have taken is one row.
    distinct = "count(*)" if len(stages) == 1 else f"count(DISTINCT _rid >> {EMIT_BITS})"
    accepted = _by_file(
        connection,
        f"""
        SELECT _rid >> {FILE_BITS}, {distinct}
        FROM {kept_ids}
        GROUP BY 1
        """,
    )
    tally.accepted |= accepted
    if has_twins:
        tally.merged |= _merged_by_file(connection, kept_ids)
    # Enterprises that a map creates are counted as they are gathered, one for many rows.
    for index, staged in enumerate(stages):
        of_emit = f"{kept_ids} WHERE _rid & {(1 << EMIT_BITS) - 1} = {index}"
        given = sum(accepted.values()) if len(stages) == 1 else count_rows(connection, of_emit)
        if not staged.is_enterprise:
            tally.records += given
        elif not source.map.create_enterprises:
            tally.enterprises += given


def _sound_ids(stages: Sequence[StagedRows], *, any_rejected: bool) -> str:
    """Ids of the staged rows that were not rejected, as a query."""
    unless_rejected = ""
    if any_rejected:
        same_row = f"r.row = s._rid >> {EMIT_BITS}"
        unless_rejected = f"WHERE NOT EXISTS (SELECT 1 FROM rejected_rows r WHERE {same_row})"
    return f"SELECT _rid FROM {_read(stages)} s {unless_rejected}"


def _merge_created(connection: Connection, stages: Sequence[StagedRows]) -> None:
    """Adds to ``merged_ids`` rows of created enterprises that say nothing of their own.

    Enterprises are gathered from many rows. Of a row that gives records these alone tell whether it
    is new; of another one, whether an earlier row gives the same enterprise.
    """
    created = _read([staged for staged in stages if staged.is_enterprise])
    records = _read([staged for staged in stages if not staged.is_enterprise])
    if created and records:
        connection.execute(
            f"""
            INSERT INTO merged_ids
            SELECT _rid
            FROM {created}
            WHERE _rid >> {EMIT_BITS} IN (
                SELECT _rid >> {EMIT_BITS} FROM {records} SEMI JOIN merged_ids USING (_rid)
            )
            """
        )
    if not created:
        return
    gives_records = (
        f"SELECT _rid >> {EMIT_BITS} AS row FROM {records}" if records else "SELECT 0 AS row LIMIT 0"
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE bare_ids AS
        SELECT _rid
        FROM (SELECT _rid, _rid >> {EMIT_BITS} AS row FROM {created})
        ANTI JOIN ({gives_records}) USING (row)
        """
    )
    if not has_rows(connection, "bare_ids"):
        return
    content = ", ".join(column for column in ENTERPRISE_COLUMNS if column != "source")
    connection.execute(
        f"""
        INSERT INTO merged_ids
        SELECT _rid
        FROM (
            SELECT _rid, row_number() OVER (PARTITION BY {content} ORDER BY _rid) AS place
            FROM {created}
            SEMI JOIN sound_ids USING (_rid)
        )
        SEMI JOIN bare_ids USING (_rid)
        WHERE place > 1
        """
    )


def _read(stages: Sequence[StagedRows]) -> str:
    """Staged rows as what stands behind FROM, empty without any."""
    files = list(chain.from_iterable(staged.files() for staged in stages))
    return rows_in(files) if files else ""


def _merged_by_file(connection: Connection, kept_ids: str) -> dict[int, int]:
    """Rows whose every record was there already: a row of which one record is new is accepted."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE twin_rows AS
        SELECT DISTINCT _rid >> {EMIT_BITS} AS row
        FROM twin_ids
        """
    )
    return _by_file(
        connection,
        f"""
        SELECT row >> {ROW_BITS}, count(*)
        FROM twin_rows
        ANTI JOIN (
            SELECT _rid >> {EMIT_BITS} AS row
            FROM {kept_ids}
            WHERE _rid >> {EMIT_BITS} IN (SELECT row FROM twin_rows)
        ) USING (row)
        GROUP BY 1
        """,
    )


def _add_up(connection: Connection, source: Source, tally: _Tally) -> SourceCounts:
    counts_by_file: dict[str, FileCounts] = {}
    for file in source.all_files():
        counts = counts_by_file[file.name] = tally.of_file(file, source.unmatched)
        # Every bucket was counted by a query of its own, so that a row that is lost is seen here.
        if not counts.add_up():
            raise RuntimeError(f"rows of {file.name} do not add up: {counts}")
    first_number, last_number = source.all_files()[0].number, source.all_files()[-1].number
    of_source = f"BETWEEN {first_number << FILE_BITS} AND {((last_number + 1) << FILE_BITS) - 1}"
    created = count_rows(connection, f"created_enterprises WHERE _rid {of_source}")
    rejected_by = connection.execute(
        f"""
        SELECT code, count(*)
        FROM rejected_rows
        WHERE row >> {ROW_BITS} BETWEEN {first_number} AND {last_number}
        GROUP BY 1
        ORDER BY 1
        """
    ).fetchall()
    return SourceCounts(
        rows_in=sum(counts.rows_in for counts in counts_by_file.values()),
        accepted=sum(counts.accepted for counts in counts_by_file.values()),
        rejected=sum(counts.rejected for counts in counts_by_file.values()),
        merged=sum(counts.merged for counts in counts_by_file.values()),
        out_of_scope=sum(counts.out_of_scope for counts in counts_by_file.values()),
        records=tally.records,
        enterprises=tally.enterprises + created,
        rejected_by={str(code): int(count) for code, count in rejected_by},
        warnings=find_remarks(connection, source),
        assumed=source.map.assumed(),
        files=counts_by_file,
        remarks=tuple(source.remarks),
    )


def write_rejects(connection: Connection, sources: Sequence[Source], target: Path) -> None:
    """Writes the rejected rows, one line each, in order of source, file and row.

    The file is UTF-8 with BOM, so that Excel opens it. ``row`` is the row of the file as a
    spreadsheet counts it: the header of CSV and Excel is row 1; lines of JSON Lines and rows of
    Parquet, which have no header, count from 1.
    """
    place_by_file: dict[int, tuple[str, str]] = {}
    units_by_file: dict[int, Mapping[str, str]] = {}
    for source in sources:
        for file in source.all_files():
            place_by_file[file.number] = (str(source.spec), file.name)
            units_by_file[file.number] = source.map.units()
    # Of a row with several faults the first is told.
    cursor = connection.execute(
        f"""
        SELECT id >> {FILE_BITS}, (id >> {EMIT_BITS}) & {(1 << ROW_BITS) - 1}, col, val, code
        FROM fault
        QUALIFY row_number() OVER (PARTITION BY id >> {EMIT_BITS} ORDER BY id, col) = 1
        ORDER BY id
        """
    )
    with target.open("w", encoding="utf-8-sig", newline="") as rejects:
        writer = csv.writer(rejects)
        writer.writerow(HEADER)
        while faults := cursor.fetchmany(BATCH_ROWS):
            for number, row, column, value, code in faults:
                reason = why_rejected(code, column, value or "", units_by_file[number])
                shown_cells = (row, column, harmless(value or ""), code)
                writer.writerow((*place_by_file[number], *shown_cells, reason["zh"], reason["en"]))
