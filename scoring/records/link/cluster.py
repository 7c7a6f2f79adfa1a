"""Staged rows of all sources are linked and sorted into two clustered tables, bucket by bucket.

Memory stays bounded: nothing here looks at all rows at once but streaming scans and group-bys on 64-bit hashes. What
needs exactness is decided exactly, but only over the few rows that a hash has picked. The records of a bucket are
linked and sorted in memory.
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import (
    ENTERPRISE_COLUMNS,
    LINKED_COLUMNS,
    MAX_RECORDS,
    RECORD_COLUMNS,
    Progress,
    RelationSet,
    silent,
)
from scoring.errors import InputError
from scoring.records.link.acts import link_records, resolve_records
from scoring.records.link.clustered_files import empty_columns, make_mark, narrow_types, write_sorted
from scoring.records.link.resolve import NOT_ASSUMED, give_rows, resolve_enterprises, view_enterprises
from scoring.records.link.staged_buckets import (
    StagedBuckets,
    all_files,
    stage_guests,
    tables_dropped,
    without_guests,
)
from scoring.sql.literals import literal
from scoring.sql.parquet_files import bucket_of, new_bucket_files


def cluster_enterprises(
    connection: Connection,
    staged: StagedBuckets,
    target: Path,
    covers: frozenset[str],
    relations: RelationSet | None = None,
) -> int:
    """Resolves the enterprises of all sources and writes them to ``target``.

    Args:
        connection: Connection with the table ``fault``.
        staged: What is staged.
        target: Parquet to write, bucket by bucket (``sql.parquet_files``), each sorted by ``enterprise_id``,
            ``known_on``.
        covers: Kinds that the sources cover, for the mark.
        relations: How records stand to each other, for the mark.

    Returns:
        Number of enterprises; the mark of all files is set from it.
    """
    buckets = staged.count
    count = resolve_enterprises(connection, all_files(staged.listed), all_files(staged.created), buckets)
    connection.execute("SET VARIABLE mark = ?", [make_mark(covers, count, relations, buckets)])
    for bucket, file in enumerate(new_bucket_files(target, buckets)):
        with tables_dropped(connection):
            give_rows(connection, staged.listed[bucket], "enterprises")
            is_there = f"{bucket_of('enterprise_id', buckets)} = {bucket}"
            view_enterprises(connection, f"created_enterprises WHERE {is_there}")
            order = "enterprise_id, known_on NULLS FIRST"
            write_sorted(connection, "resolved_enterprises", ENTERPRISE_COLUMNS, order, file)
    return count


def cluster_records(
    connection: Connection,
    staged: StagedBuckets,
    target: Path,
    work: Path,
    assumed: str = NOT_ASSUMED,
    relations: RelationSet | None = None,
    progress: Progress = silent,
) -> None:
    """Resolves the records of all sources and writes them, by enterprise, record and version.

    Args:
        connection: Connection on which ``cluster_enterprises`` has run.
        staged: What is staged.
        target: Parquet to write, bucket by bucket.
        work: A folder for records that several buckets need.
        assumed: Which records became known on a day that is assumed (``resolve_versions``).
        relations: How records stand to each other.
        progress: Called with the step and the share done.

    Raises:
        InputError: An enterprise has more records than sums of 64 bits are sure to hold.
    """
    resolve_records(connection, all_files(staged.records), relations, assumed)
    types = narrow_types(connection)
    guests = stage_guests(connection, staged, work)
    columns = (*RECORD_COLUMNS, *LINKED_COLUMNS)
    order = "enterprise_id, record_id, known_on NULLS FIRST"
    for bucket, file in enumerate(new_bucket_files(target, staged.count)):
        progress("cluster", 0.2 + 0.8 * bucket / staged.count)
        files = [*staged.records[bucket], *guests[bucket]]
        with tables_dropped(connection):
            give_rows(connection, files, "records")
            link_records(connection, relations, types, bucket)
            rows = without_guests(bucket) if guests[bucket] else "linked_records"
            write_sorted(connection, rows, columns, order, file, empty_columns(connection, files))
        _refuse_too_many(connection, file)


def _refuse_too_many(connection: Connection, records: Path) -> None:
    rows = f"read_parquet({literal(str(records))})"
    # Versions are counted first, which is quicker; of enterprises with many, the records.
    beyond = connection.execute(
        f"""
        SELECT enterprise_id, count(DISTINCT record_id) AS n
        FROM {rows}
        WHERE enterprise_id IN (
            SELECT enterprise_id FROM {rows} GROUP BY 1 HAVING count(*) > {MAX_RECORDS}
        )
        GROUP BY 1
        HAVING n > {MAX_RECORDS}
        ORDER BY 1
        LIMIT 1
        """
    ).fetchall()
    if beyond:
        enterprise, count = beyond[0]
        raise InputError(
            "enterprise_records_too_many",
            enterprise=enterprise,
            count=count,
            limit=MAX_RECORDS,
        )
