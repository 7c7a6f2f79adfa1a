"""Rows as Parquet: one file, or a folder of the same name with a file for each bucket of enterprises."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from scoring.entities.buckets import HASH_BITS
from scoring.sql.literals import literal


def write_rows(connection: duckdb.DuckDBPyConnection, rows: str, target: Path) -> None:
    """Writes the rows of a query to a Parquet file, in their order."""
    connection.execute(f"COPY ({rows}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")


def bucket_of(enterprise_id: str, count: int) -> str:
    """The bucket of an enterprise among so many (``entities.buckets``), in SQL."""
    if count == 1:
        return "0"
    first_bits = f"CAST('0x' || left(sha256({enterprise_id}), {HASH_BITS // 4}) AS BIGINT)"
    return f"CAST({first_bits} * {count} >> {HASH_BITS} AS INTEGER)"


def new_bucket_files(place: Path, count: int) -> list[Path]:
    """The files to write for so many buckets: one bucket is the file of this name, several are in a folder.

    What stood there is removed; it may be a link to somebody's input.
    """
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    if count == 1:
        return [place]
    place.mkdir()
    return [place / f"{number:05}.parquet" for number in range(count)]


def bucket_files(place: Path) -> list[Path]:
    """The files of a table, one a bucket, in order of their numbers."""
    return sorted(place.glob("*.parquet")) if place.is_dir() else [place]


def rows_of(place: Path) -> str:
    """All rows of a table as a relation of DuckDB."""
    return rows_in(bucket_files(place))


def rows_in(files: list[Path]) -> str:
    """All rows of some files as a relation of DuckDB."""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}])"
