"""Cells of Parquet files, looked at where they lie: damaged pages, invisible characters, rounded ids."""

from __future__ import annotations

from collections.abc import Container, Iterable

import duckdb
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import CODED_COLUMNS
from scoring.errors import InputError, at
from scoring.records.read.clean_text import INVISIBLE, QUOTED
from scoring.records.read.files import StagedFile
from scoring.records.read.rounded_numbers import ROUNDED
from scoring.records.read.sheet_rows import EXACT
from scoring.rules.wording import both
from scoring.sql.literals import literal, name_of

LOOKED_FOR = f"[{INVISIBLE}]|^(?:{QUOTED.pattern})$"
"""What is left out of a text."""


def look_at_parquet(
    connection: Connection, file: StagedFile, plain: Container[str] = ()
) -> dict[str, str] | None:
    """Looks at the kept texts of a Parquet file, and at numbers that stand for ids.

    Args:
        connection: The connection.
        file: The file.
        plain: Its columns that are known to hold nothing of the kind.

    Returns:
        What is to be said of invisible characters in it, in each language; ``None`` without any.

    Raises:
        InputError: A number that is read as text has more digits than a number keeps, or has lost some.
    """
    rows = f"read_parquet({literal(str(file.parquet))})"
    # A code of a closed list is refused in words if anything is in it that nobody sees.
    looked_at = [column for column in file.columns if column not in CODED_COLUMNS and column not in plain]
    texts = [name_of(column) for column in looked_at if file.columns[column] == "text"]
    for column in file.inexact:
        test = f"abs({name_of(column)}) >= 1e{EXACT}"
        if connection.execute(f"SELECT 1 FROM {rows} WHERE {test} LIMIT 1").fetchone():
            raise InputError("parquet_number_rounded", place=str(file.parquet), name=column)
    _refuse_rounded(connection, rows, file, plain)
    if not texts:
        return None
    # One look at a row as a whole costs little more than reading it.
    test = f"regexp_matches(concat_ws(chr(10), {', '.join(texts)}), {literal('(?m)' + LOOKED_FOR)})"
    counts = connection.execute(f"SELECT count(*) FROM {rows} WHERE {test}").fetchone()
    count = int(counts[0]) if counts else 0
    return both("remark_cleaned", file=file.name, count=count) if count else None


def _refuse_rounded(connection: Connection, rows: str, file: StagedFile, plain: Container[str]) -> None:
    """Refuses a rounded number among texts in which a number is a name; few texts have an E or e at all."""
    for column in file.names:
        if column in plain:
            continue
        text = name_of(column)
        is_rounded = (
            f"(contains({text}, 'E') OR contains({text}, 'e')) AND regexp_matches({text}, {literal(ROUNDED)})"
        )
        if not connection.execute(f"SELECT 1 FROM {rows} WHERE {is_rounded} LIMIT 1").fetchone():
            continue
        numbered = f"SELECT row_number() OVER () AS row_number, {text} FROM {rows}"
        first = f"SELECT min(row_number) FROM ({numbered}) WHERE {is_rounded}"
        (row,) = connection.execute(first).fetchone() or (1,)
        raise InputError("text_number_rounded", place=at(file.parquet, row), row=row, name=column)


def cleaned_text(text: str) -> str:
    """A text in SQL without invisible characters and the marks that keep it a text."""
    visible = f"regexp_replace({text}, {literal(f'[{INVISIBLE}]')}, '', 'g')"
    return f"regexp_replace({visible}, {literal(f'^(?:{QUOTED.pattern})$')}, '\\1\\2')"


def name_damaged(connection: Connection, files: Iterable[StagedFile], error: duckdb.Error) -> None:
    """Reads Parquet files as a whole, after an error, to name the one that is damaged.

    Raises:
        InputError: One of them is.
    """
    for file in files:
        if file.transcoded:
            continue
        columns = ", ".join(map(name_of, file.columns))
        rows = f"read_parquet({literal(str(file.parquet))})"
        try:
            connection.execute(f"SELECT bit_xor(hash({columns})) FROM {rows}").fetchall()
        except (duckdb.OutOfMemoryException, duckdb.InterruptException):
            continue
        except duckdb.Error as damage:
            place, reason = str(file.parquet), str(damage).partition("\n")[0]
            raise InputError("parquet_damaged", place=place, reason=reason) from error
