"""Rows of one id become versions: equal ones merge, later ones close earlier ones, others are faults.

Equal ids are found by 64-bit hashes first; what a hash has picked is then compared exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType
from scoring.records.map.mapping import SQL_TYPES
from scoring.records.map.source_map import Emit
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS
from scoring.records.read.staging import Source
from scoring.sql.literals import literal
from scoring.sql.parquet_files import bucket_of

FILE_BITS = ROW_BITS + EMIT_BITS
"""Bits of a ``_rid`` below the number of its file."""
Fact = Literal["enterprises", "records"]
KEYS: Mapping[Fact, str] = {"enterprises": "enterprise_id", "records": "record_id"}
COLUMNS: Mapping[Fact, Mapping[str, ColumnType]] = {
    "enterprises": ENTERPRISE_COLUMNS,
    "records": RECORD_COLUMNS,
}
NOT_ASSUMED = "FALSE"
"""That no day is assumed, in SQL."""
Stage = Path | str
"""Staged rows: Parquet files, or (alone) the name of a table in memory."""


def resolve_enterprises(
    connection: Connection, listed: Sequence[Stage], created: Sequence[Stage], buckets: int = 1
) -> int:
    """Makes ``resolved_enterprises``, ``known_enterprises`` and ``branches``.

    Args:
        connection: Connection with the table ``fault``.
        listed: Staged enterprises that sources list.
        created: Staged enterprises that maps create from records, used where no source lists them.
        buckets: How many buckets the enterprises are parted into.

    Returns:
        Number of enterprises.
    """
    resolve_staged(connection, listed, "enterprises")
    resolved = resolved_rows(connection, "enterprises")
    gather_created(
        connection, created, f"WHERE enterprise_id NOT IN (SELECT enterprise_id FROM ({resolved}))"
    )
    view_enterprises(connection)
    # The latest version of an enterprise says whose branch it is.
    connection.execute(
        """
        CREATE TABLE known_enterprises AS
        SELECT
            enterprise_id,
            max({'since': coalesce(known_on, DATE '0001-01-01'), 'id': parent_id}).id AS parent_id
        FROM resolved_enterprises
        GROUP BY enterprise_id
        """
    )
    connection.execute(
        f"""
        CREATE TABLE branches AS
        SELECT b.enterprise_id, b.parent_id, {bucket_of("b.parent_id", buckets)} AS bucket
        FROM known_enterprises b
        JOIN known_enterprises p ON p.enterprise_id = b.parent_id
        WHERE b.enterprise_id <> b.parent_id
        """
    )
    return count_rows(connection, "known_enterprises")


def view_enterprises(connection: Connection, created: str = "created_enterprises") -> None:
    """Makes the view ``resolved_enterprises`` of the versions given and of the enterprises created."""
    connection.execute(
        f"""
        CREATE OR REPLACE VIEW resolved_enterprises AS
        {resolved_rows(connection, "enterprises")}
        UNION ALL
        SELECT {", ".join(ENTERPRISE_COLUMNS)}, _rid FROM {created}
        """
    )


def gather_created(connection: Connection, stages: Sequence[Stage], where: str = "") -> None:
    """Makes ``created_enterprises``, a row for each that is known by its records alone."""
    columns = [column for column in ENTERPRISE_COLUMNS if column != "enterprise_id"]
    gathered = ", ".join(f"max({column}) AS {column}" for column in columns)
    connection.execute(
        f"""
        CREATE TABLE created_enterprises AS
        SELECT enterprise_id, {gathered}, min(_rid) AS _rid
        FROM ({live_rows(connection, stages, "enterprises")})
        {where}
        GROUP BY enterprise_id
        """
    )


def give_rows(connection: Connection, stages: Sequence[Stage], fact: Fact) -> None:
    """Makes the view ``given_<fact>``: staged rows without any fault so far."""
    rows = live_rows(connection, stages, fact)
    connection.execute(f"CREATE OR REPLACE VIEW given_{fact} AS {rows}")


def live_rows(connection: Connection, stages: Sequence[Stage], fact: Fact) -> str:
    """Staged rows without any fault so far, whatever emit it was in, as a query."""
    columns = COLUMNS[fact]
    if not stages:
        nulls = ", ".join(
            f"NULL::{SQL_TYPES[column_type]} AS {column}" for column, column_type in columns.items()
        )
        return f"SELECT {nulls}, NULL::BIGINT AS _rid WHERE FALSE"
    quoted_paths = ", ".join(literal(str(path)) for path in stages if isinstance(path, Path))
    source = f"read_parquet([{quoted_paths}])" if quoted_paths else str(stages[0])
    rows = f"SELECT {', '.join(columns)}, _rid FROM {source} s"
    # A look-up that finds nothing would still cost a join over all rows.
    if not has_rows(connection, "fault"):
        return rows
    faulty = f"(SELECT id >> {EMIT_BITS} AS row FROM fault)"
    return f"{rows} ANTI JOIN {faulty} f ON f.row = s._rid >> {EMIT_BITS}"


def of_assumed_days(sources: Sequence[Source]) -> str:
    """Whether the ``known_on`` of a staged record is an assumption of its map, in SQL over ``_rid``."""
    emits: list[int] = []
    for source in sources:
        for entry, files in source.files.items():
            assumed = [index for index, emit in enumerate(source.map.emits_of(entry)) if _assumes(emit)]
            emits += [(file.number << FILE_BITS) + index for file in files for index in assumed]
    if not emits:
        return NOT_ASSUMED
    # File and emit of a row, without its number.
    file_and_emit = f"((_rid >> {FILE_BITS} << {FILE_BITS}) + (_rid & {(1 << EMIT_BITS) - 1}))"
    return f"{file_and_emit} IN ({', '.join(map(str, emits))})"


def _assumes(emit: Emit) -> bool:
    """Whether an emit assumes on which day its records became known."""
    return emit.columns != "same" and "known_on" in emit.columns and emit.columns["known_on"].assumed


def same_source_row(row_id: str, other_id: str) -> str:
    """Whether two ids are of one row of a file, whatever the emits."""
    return f"{row_id} >> {EMIT_BITS} = {other_id} >> {EMIT_BITS}"


def has_rows(connection: Connection, table: str) -> bool:
    """Whether a table or view has any row."""
    return bool(connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchall()[0][0])


def count_rows(connection: Connection, rows: str) -> int:
    """Number of rows of a table, of a view, or of what follows FROM."""
    return int(connection.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0])


def refuse_unknown_enterprises(connection: Connection) -> None:
    """Refuses records of enterprises that are not among ``known_enterprises``."""
    connection.execute(
        """
        INSERT INTO fault
        SELECT _rid, 'enterprise_id', 'unknown_enterprise', enterprise_id
        FROM given_records g
        WHERE NOT EXISTS (SELECT 1 FROM known_enterprises k WHERE k.enterprise_id = g.enterprise_id)
        """
    )


def resolve_staged(
    connection: Connection, stages: Sequence[Stage], fact: Fact, assumed: str = NOT_ASSUMED
) -> None:
    """Makes ``given_<fact>`` of staged rows, and the tables of its versions (``resolve_versions``)."""
    give_rows(connection, stages, fact)
    resolve_versions(connection, fact, assumed)
    # Contradictions have become faults: what is given now is without them.
    give_rows(connection, stages, fact)


def resolve_versions(connection: Connection, fact: Fact, assumed: str = NOT_ASSUMED) -> None:
    """Merges equal rows of ``given_<fact>``, closes earlier versions and refuses contradictions.

    Leaves ``merged_<fact>`` (rows that others stand for) and ``closed_<fact>`` (rows that end when
    the next version begins).

    Args:
        connection: Connection with ``given_<fact>``.
        fact: Enterprises or records.
        assumed: Whether the ``known_on`` of a row is an assumption of its map, in SQL: nobody has
            said that such a row corrects an earlier one.
    """
    id_column = KEYS[fact]
    connection.execute(
        f"""
        CREATE TABLE twice_{fact}_hashes AS
        SELECT hash({id_column}) AS h
        FROM given_{fact}
        GROUP BY 1
        HAVING count(*) > 1
        """
    )
    # Most ids stand in one row: of the others all columns are read, and nothing but hashes is kept of those.
    connection.execute(
        f"""
        CREATE TABLE twice_{fact}_rows AS
        SELECT _rid
        FROM given_{fact}
        WHERE hash({id_column}) IN (SELECT h FROM twice_{fact}_hashes)
        """
    )
    connection.execute(
        f"CREATE TABLE twice_{fact} AS SELECT g.* FROM given_{fact} g JOIN twice_{fact}_rows USING (_rid)"
    )
    _compare_contents(connection, fact, assumed)
    connection.execute(
        f"""
        INSERT INTO fault
        SELECT unnest(rids), {literal(id_column)}, 'conflict', {id_column}
        FROM contents_of_{fact}
        WHERE clash
        """
    )
    connection.execute(
        f"""
        CREATE TABLE merged_{fact} AS
        SELECT rid AS _rid
        FROM (SELECT kept, unnest(rids) AS rid FROM contents_of_{fact} WHERE NOT clash)
        WHERE rid <> kept
        """
    )
    _close_earlier(connection, fact)
    connection.execute(f"DROP TABLE twice_{fact}")
    connection.execute(f"DROP TABLE distinct_{fact}")
    connection.execute(f"DROP TABLE contents_of_{fact}")


def _compare_contents(connection: Connection, fact: Fact, assumed: str) -> None:
    """Makes ``contents_of_<fact>``: what rows of one id say, and whether it contradicts.

    Two contents of one day do, and so does one that is later only by an assumption.
    """
    id_column = KEYS[fact]
    content = ", ".join(column for column in COLUMNS[fact] if column != "source")
    # A row of it is one content: the rows that have it, the one that is kept, whether others contradict.
    connection.execute(
        f"""
        CREATE TABLE distinct_{fact} AS
        SELECT
            {id_column}, known_on, known_until,
            list(_rid) AS rids,
            min({{'s': source, 'r': _rid}}).r AS kept,
            bool_and({assumed}) AS assumed
        FROM twice_{fact}
        GROUP BY {content}
        """
    )
    connection.execute(
        f"""
        CREATE TABLE contents_of_{fact} AS
        SELECT
            * EXCLUDE (earliest, assumed),
            count(*) OVER (PARTITION BY {id_column}, known_on) > 1
                OR bool_or(assumed AND known_on IS DISTINCT FROM earliest) OVER (PARTITION BY {id_column})
                AS clash
        FROM (
            SELECT *, min(known_on) OVER (PARTITION BY {id_column}) AS earliest
            FROM distinct_{fact}
        )
        """
    )


def _close_earlier(connection: Connection, fact: Fact) -> None:
    """Makes ``closed_<fact>``: a version ends on the day on which the next one becomes known."""
    connection.execute(
        f"""
        CREATE TABLE closed_{fact} AS
        SELECT kept AS _rid, later
        FROM (
            SELECT
                kept, known_until,
                lead(known_on) OVER (
                    PARTITION BY {KEYS[fact]}
                    ORDER BY known_on NULLS FIRST
                ) AS later
            FROM contents_of_{fact} c
            WHERE NOT clash
                AND NOT EXISTS (SELECT 1 FROM fault WHERE {same_source_row("fault.id", "c.kept")})
        )
        WHERE later < coalesce(known_until, DATE '9999-12-31')
        """
    )


def resolved_rows(connection: Connection, fact: Fact) -> str:
    """Rows of ``given_<fact>`` without the merged ones, earlier versions closed, as a query."""
    has_closed = has_rows(connection, f"closed_{fact}")
    columns = [f"v.{column}" for column in COLUMNS[fact]]
    closing = unless_merged = ""
    if has_closed:
        known_until = "coalesce(u.later, v.known_until) AS known_until"
        columns = [known_until if column == "v.known_until" else column for column in columns]
        closing = f" LEFT JOIN closed_{fact} u ON u._rid = v._rid"
    if has_rows(connection, f"merged_{fact}"):
        unless_merged = f" WHERE NOT EXISTS (SELECT 1 FROM merged_{fact} g WHERE g._rid = v._rid)"
    return f"SELECT {', '.join(columns)}, v._rid FROM given_{fact} v{closing}{unless_merged}"
