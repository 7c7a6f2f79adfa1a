"""The rows of each bucket of enterprises, and those of other buckets that its records follow from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from duckdb import DuckDBPyConnection as Connection

from scoring.records.link.resolve import has_rows
from scoring.sql.literals import literal
from scoring.sql.parquet_files import bucket_of, rows_in


@dataclass(frozen=True)
class StagedBuckets:
    """Staged Parquet of all sources, bucket by bucket.

    Attributes:
        listed: Enterprises that sources list.
        created: Enterprises that maps create from records, used where no source lists them.
        records: Records.
    """

    listed: list[list[Path]]
    created: list[list[Path]]
    records: list[list[Path]]

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return len(self.records)


def all_files(by_bucket: Sequence[Sequence[Path]]) -> list[Path]:
    """The files of all buckets."""
    return list(chain.from_iterable(by_bucket))


@contextmanager
def tables_dropped(connection: Connection) -> Iterator[None]:
    """The tables and views that are made within it are gone at its end."""
    # A transaction would do too, but DuckDB joins tables in a bad order of which it does not know the size.
    connection.execute("CREATE SCHEMA of_bucket")
    connection.execute("SET search_path = 'of_bucket,main'")
    try:
        yield
    finally:
        connection.execute("SET search_path = 'main'")
        connection.execute("DROP SCHEMA of_bucket CASCADE")


def stage_guests(connection: Connection, staged: StagedBuckets, work: Path) -> list[list[Path]]:
    """Makes ``guests``, and copies their records into the buckets in which they are needed; gives the files.

    Args:
        connection: Connection with ``given_records`` and ``branches``.
        staged: What is staged.
        work: A folder.
    """
    count, folder = staged.count, work / "guests"
    # Who has taken over records of somebody takes over of those whom that one had taken over from; a legal person gets
    # copies of what its branches have, be it taken over.
    connection.execute(
        f"""
        CREATE TABLE guests AS
        WITH RECURSIVE named AS (
            SELECT DISTINCT enterprise_id AS successor, refers_to AS predecessor
            FROM given_records
            WHERE kind = 'succession' AND refers_to IS NOT NULL
        ), needed AS (
            SELECT successor AS enterprise_id, predecessor AS guest FROM named
            UNION
            SELECT n.enterprise_id, m.predecessor FROM needed n JOIN named m ON m.successor = n.guest
        ), of_families AS (
            SELECT enterprise_id, guest FROM needed
            UNION ALL
            SELECT parent_id, enterprise_id FROM branches
            UNION ALL
            SELECT b.parent_id, n.guest FROM branches b JOIN needed n ON n.enterprise_id = b.enterprise_id
        )
        SELECT DISTINCT bucket_needed AS bucket, enterprise_id
        FROM (
            SELECT
                {bucket_of("enterprise_id", count)} AS bucket_needed, {bucket_of("guest", count)} AS bucket_own,
                guest AS enterprise_id
            FROM of_families
        )
        WHERE bucket_needed <> bucket_own
        """
    )
    if count == 1 or not has_rows(connection, "guests"):
        return [[] for _ in range(count)]
    connection.execute(
        f"""
        COPY (
            SELECT s.* EXCLUDE (bucket), g.bucket
            FROM {rows_in(all_files(staged.records))} s
            JOIN guests g USING (enterprise_id)
        )
        TO {literal(str(folder))} (FORMAT parquet, COMPRESSION lz4, PARTITION_BY (bucket), ROW_GROUP_SIZE 8192)
        """
    )
    return [sorted(folder.glob(f"bucket={number}/*.parquet")) for number in range(count)]


def without_guests(bucket: int) -> str:
    """The linked records of a bucket, as a relation."""
    return f"""(
        SELECT *
        FROM linked_records r
        WHERE _rid < 0 OR NOT EXISTS (
            SELECT 1 FROM guests g WHERE g.bucket = {bucket} AND g.enterprise_id = r.enterprise_id
        )
    )"""
