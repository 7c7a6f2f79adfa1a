"""Staged rows of all sources are linked and sorted into two clustered Parquet files.

Memory stays bounded: nothing here looks at all rows at once but streaming scans, group-bys on
64-bit hashes and one external sort. What needs exactness is decided exactly, but only over the few
rows that a hash has picked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import (
    ENTERPRISE_COLUMNS,
    LINKED_COLUMNS,
    MAX_RECORDS,
    RECORD_COLUMNS,
    RelationSet,
)
from scoring.errors import InputError
from scoring.records.link.acts import link_records, resolve_records
from scoring.records.link.clustered_files import empty_columns, make_mark, narrow_types, write_sorted
from scoring.records.link.resolve import NOT_ASSUMED, resolve_enterprises
from scoring.sql.literals import literal


def cluster_enterprises(
    connection: Connection,
    listed: Sequence[Path],
    created: Sequence[Path],
    target: Path,
    covers: frozenset[str],
    relations: RelationSet | None = None,
) -> int:
    """Resolves the enterprises of all sources and writes them to ``target``.

    Args:
        connection: Connection with the table ``fault``.
        listed: Staged Parquet of enterprises that sources list.
        created: Staged Parquet of enterprises that maps create from records, used where no source
            lists them.
        target: Parquet to write, sorted by ``enterprise_id``, ``known_on``.
        covers: Kinds that the sources cover, for the mark.
        relations: How records stand to each other, for the mark.

    Returns:
        Number of enterprises; the mark of both files is set from it.
    """
    count = resolve_enterprises(connection, listed, created)
    connection.execute("SET VARIABLE mark = ?", [make_mark(covers, count, relations)])
    order = "enterprise_id, known_on NULLS FIRST"
    write_sorted(connection, "resolved_enterprises", ENTERPRISE_COLUMNS, order, target)
    return count


def cluster_records(
    connection: Connection,
    stages: Sequence[Path],
    target: Path,
    assumed: str = NOT_ASSUMED,
    relations: RelationSet | None = None,
) -> None:
    """Resolves the records of all sources and writes them, by enterprise, record and version.

    Args:
        connection: Connection on which ``cluster_enterprises`` has run.
        stages: Staged Parquet of records.
        target: Parquet to write.
        assumed: Which records became known on a day that is assumed (``resolve_versions``).
        relations: How records stand to each other.

    Raises:
        InputError: An enterprise has more records than sums of 64 bits are sure to hold.
    """
    resolve_records(connection, stages, relations, assumed)
    link_records(connection, relations, narrow_types(connection))
    columns = (*RECORD_COLUMNS, *LINKED_COLUMNS)
    order = "enterprise_id, record_id, known_on NULLS FIRST"
    write_sorted(connection, "linked_records", columns, order, target, empty_columns(connection, stages))
    _refuse_too_many(connection, target)


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
