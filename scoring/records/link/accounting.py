"""Where every input row went: counts that add up, and the file of refused rows with a sentence for each."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from scoring.records.map.identifiers import check_digit_fails
from scoring.records.map.reasons import harmless, sentence
from scoring.records.map.reasons import reasons as reasons
from scoring.records.read.staging import EMIT_BITS, ROW_BITS, Source
from scoring.sql.literals import literal

FILE_BITS = ROW_BITS + EMIT_BITS
HEADER = ("source", "file", "row", "column", "value", "code", "sentence_zh", "sentence_en")


@dataclass(frozen=True)
class FileCounts:
    """What became of the rows of one file: ``rows_in`` is the sum of the other four."""

    rows_in: int
    accepted: int
    rejected: int
    merged: int
    out_of_scope: int


@dataclass(frozen=True)
class SourceCounts:
    """What became of the rows of one source: ``rows_in = accepted + rejected + merged + out_of_scope``, always.

    Attributes:
        records: Canonical records that its accepted rows gave; a row may give several.
        enterprises: Canonical enterprises (versions) that it gave.
        rejected_by: Refused rows by code.
        warnings: Accepted but remarkable things by code.
        assumed: Columns whose dates are assumptions of the map.
        files: The same counts by file name.
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


def count_sources(con: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> dict[str, SourceCounts]:
    """Counts of all sources after clustering, keyed by their spec; every bucket is counted on its own.

    Raises:
        RuntimeError: The buckets do not add up, which no input may cause.
    """
    con.execute(
        f"CREATE TABLE refused AS SELECT id >> {EMIT_BITS} AS row, arg_min(code, id) AS code FROM fault GROUP BY 1"
    )
    con.execute("CREATE TABLE gone AS SELECT _rid FROM rec_gone UNION ALL SELECT _rid FROM ent_gone")
    refused = _by_file(con, f"SELECT row >> {ROW_BITS}, count(*) FROM refused GROUP BY 1")
    return {str(source.spec): _count(con, source, refused) for source in sources}


def _by_file(con: duckdb.DuckDBPyConnection, query: str) -> dict[int, int]:
    return {int(number): int(count) for number, count in con.execute(query).fetchall()}


def _count(con: duckdb.DuckDBPyConnection, source: Source, refused: Mapping[int, int]) -> SourceCounts:
    accepted: dict[int, int] = {}
    merged: dict[int, int] = {}
    given = {True: 0, False: 0}
    for name, numbers in source.numbers.items():
        stages = [(path, is_ent) for entry, path, is_ent in source.stages if entry == name]
        if not stages:  # only looked up: what joined is accepted
            for number, staged in zip(numbers, source.files[name], strict=True):
                accepted[number] = staged.rows - source.unmatched.get(number, 0) - refused.get(number, 0)
            continue
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW sound AS {_sound([path for path, _ in stages], bool(refused))}"
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE twins AS SELECT _rid FROM sound SEMI JOIN gone USING (_rid)"
        )
        twins = bool(con.execute("SELECT EXISTS (FROM twins)").fetchall()[0][0])
        kept = "sound ANTI JOIN twins USING (_rid)" if twins else "sound"
        distinct = "count(*)" if len(stages) == 1 else f"count(DISTINCT _rid >> {EMIT_BITS})"
        accepted |= _by_file(con, f"SELECT _rid >> {FILE_BITS}, {distinct} FROM {kept} GROUP BY 1")
        if twins:  # a row is merged when every record it gives was there already
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE lost AS SELECT DISTINCT _rid >> {EMIT_BITS} AS row FROM twins"
            )
            alive = f"SELECT _rid >> {EMIT_BITS} AS row FROM {kept} WHERE _rid >> {EMIT_BITS} IN (SELECT row FROM lost)"
            merged |= _by_file(
                con,
                f"SELECT row >> {ROW_BITS}, count(*) FROM lost ANTI JOIN ({alive}) USING (row) GROUP BY 1",
            )
        for index, (_, is_enterprise) in enumerate(stages):
            if not (is_enterprise and source.map.create_enterprises):
                mine = f" WHERE _rid & {(1 << EMIT_BITS) - 1} = {index}" if len(stages) > 1 else ""
                given[is_enterprise] += _by_file(con, f"SELECT 0, count(*) FROM {kept}{mine}")[0]
    return _add_up(con, source, accepted, merged, refused, given)


def _sound(paths: Sequence[Path], refused: bool) -> str:
    """Ids of the staged rows that were not refused."""
    where = (
        f"WHERE NOT EXISTS (SELECT 1 FROM refused r WHERE r.row = s._rid >> {EMIT_BITS})" if refused else ""
    )
    return f"SELECT _rid FROM read_parquet([{', '.join(literal(str(path)) for path in paths)}]) s {where}"


def _add_up(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    accepted: Mapping[int, int],
    merged: Mapping[int, int],
    refused: Mapping[int, int],
    given: Mapping[bool, int],
) -> SourceCounts:
    per_file: dict[str, FileCounts] = {}
    every = source.numbered()
    for number, staged in every:
        counts = FileCounts(
            staged.rows, *(of.get(number, 0) for of in (accepted, refused, merged, source.unmatched))
        )
        if counts.rows_in != counts.accepted + counts.rejected + counts.merged + counts.out_of_scope:
            raise RuntimeError(f"rows of {staged.name} do not add up: {counts}")
        per_file[staged.name] = counts
    low, high = (every[0][0], every[-1][0])
    mine = f"BETWEEN {low << FILE_BITS} AND {((high + 1) << FILE_BITS) - 1}"
    made = con.execute(f"SELECT count(*) FROM made WHERE _rid {mine}").fetchall()[0][0]
    codes = con.execute(
        f"SELECT code, count(*) FROM refused WHERE row >> {ROW_BITS} BETWEEN {low} AND {high} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return SourceCounts(
        rows_in=sum(one.rows_in for one in per_file.values()),
        accepted=sum(one.accepted for one in per_file.values()),
        rejected=sum(one.rejected for one in per_file.values()),
        merged=sum(one.merged for one in per_file.values()),
        out_of_scope=sum(one.out_of_scope for one in per_file.values()),
        records=given[False],
        enterprises=given[True] + int(made),
        rejected_by={str(code): int(count) for code, count in codes},
        warnings=_warnings(con, mine),
        assumed=source.map.assumed(),
        files=per_file,
    )


def _warnings(con: duckdb.DuckDBPyConnection, mine: str) -> dict[str, int]:
    queries = {
        "uscc_check_digit": check_digit_fails("enterprise_id"),
        "unknown_parent": "parent_id IS NOT NULL AND parent_id NOT IN (SELECT enterprise_id FROM known)",
    }
    count = f"SELECT count(DISTINCT enterprise_id) FROM resolved WHERE _rid {mine} AND "
    found = {code: int(con.execute(count + test).fetchall()[0][0]) for code, test in queries.items()}
    return {code: count for code, count in found.items() if count}


def write_rejects(con: duckdb.DuckDBPyConnection, sources: Sequence[Source], target: Path) -> None:
    """Writes the refused rows, one line each, in order of source, file and row; UTF-8 with BOM, so that Excel opens it.

    ``row`` is the row of the file as a spreadsheet counts it: the header of CSV and Excel is row 1; lines of JSON Lines and rows of
    Parquet, which have no header, count from 1.
    """
    places = {
        number: (str(source.spec), staged.name) for source in sources for number, staged in source.numbered()
    }
    units = {number: source.map.units() for source in sources for number, _ in source.numbered()}
    cursor = con.execute(
        f"SELECT id >> {FILE_BITS}, (id >> {EMIT_BITS}) & {(1 << ROW_BITS) - 1}, col, val, code FROM fault "
        f"QUALIFY row_number() OVER (PARTITION BY id >> {EMIT_BITS} ORDER BY id, col) = 1 ORDER BY id"
    )
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        while rows := cursor.fetchmany(10_000):
            for number, row, column, value, code in rows:
                why = sentence(code, column, value or "", units[number])
                writer.writerow((*places[number], row, column, harmless(value or ""), code, *why))
