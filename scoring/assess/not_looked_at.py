"""Records that nothing of a policy can see, whatever the day: listed with the column that hides them.

A record that no indicator selects and that no rule of the law leaves out would be lost without a
word: it counts for nothing, and no explanation names it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.policy.language.selection import RECORD_CODES, Select
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.connect import connect
from scoring.sql.literals import literal
from scoring.sql.parquet_files import bucket_files, rows_of

NOT_LOOKED_AT = "not_looked_at.csv"
"""The file: record_id, enterprise_id, kind, and the column and value for which nothing sees the record."""
Codes = Mapping[str, str | None]
"""What a record holds in the columns that selections test."""


def list_not_looked_at(records: Path | str, version: ResolvedPolicy, target: Path) -> list[dict[str, Any]]:
    """Writes the records that the policy cannot see, one a row; no file without any.

    A record that is copied to a legal person or to a successor is judged once, where it came from; one that
    a court hides is listed for nobody.

    Args:
        records: Clustered records as a table of files, or linked ones as a relation of DuckDB.
        version: The policy.
        target: The file.

    Returns:
        Kind, column, value and number of records (``records``), the most frequent first.
    """
    columns = ", ".join(RECORD_CODES)
    # What an import brings is not linked yet: nothing of it is a copy.
    is_linked = isinstance(records, str) or "inherited_from" in pq.read_schema(bucket_files(records)[0]).names
    not_copied = "AND inherited_from IS NULL" if is_linked else ""
    current = f"""
        SELECT record_id, enterprise_id, {columns}
        FROM {records if isinstance(records, str) else rows_of(records)}
        WHERE known_until IS NULL AND scope IS DISTINCT FROM 'branch'
            AND masked_from IS NULL {not_copied}
        """
    with connect() as connection:
        combinations = connection.execute(f"SELECT DISTINCT {columns} FROM ({current})").to_arrow_table()
        unseen = _unseen(combinations.to_pylist(), version)
        if not unseen:
            return []
        text_columns = [*RECORD_CODES, "hiding", "value"]
        schema = pa.schema([(column, pa.string()) for column in text_columns])
        connection.register("unseen", pa.Table.from_pylist(unseen, schema=schema))
        same_codes = " AND ".join(f"r.{column} IS NOT DISTINCT FROM u.{column}" for column in RECORD_CODES)
        connection.execute(
            f"""
            CREATE TABLE listed AS
            SELECT r.record_id, r.enterprise_id, r.kind, u.hiding AS "column", u.value
            FROM ({current}) r
            JOIN unseen u ON {same_codes}
            """
        )
        rows = target.with_suffix(".rows")
        connection.execute(f"COPY (FROM listed ORDER BY ALL) TO {literal(str(rows))} (FORMAT csv, HEADER)")
        _with_mark(rows, target)
        return list(
            connection.execute(
                """
                SELECT kind, "column", value, count(*) AS records
                FROM listed
                GROUP BY ALL
                ORDER BY records DESC, kind, "column", value
                """
            )
            .to_arrow_table()
            .to_pylist()
        )


def _unseen(combinations: Sequence[Codes], version: ResolvedPolicy) -> list[dict[str, str | None]]:
    """Those combinations of codes that nothing sees, each with the column that hides it and its value."""
    unseen: list[dict[str, str | None]] = []
    selects = _selects(version)
    for codes in combinations:
        # Most are seen, which is found out much sooner than what would hide them.
        if any(select.looks_at(codes) for select in selects):
            continue
        if hiding := hiding_column(codes, version):
            unseen.append({**codes, "hiding": hiding[0], "value": hiding[1]})
    return unseen


def _with_mark(rows: Path, target: Path) -> None:
    """Puts the mark of UTF-8 in front, by which Excel reads the file right."""
    with rows.open("rb") as read, target.open("wb") as to:
        to.write(b"\xef\xbb\xbf")
        shutil.copyfileobj(read, to)
    rows.unlink()


def hiding_column(codes: Codes, version: ResolvedPolicy) -> tuple[str, str] | None:
    """Why nothing of a policy sees a record with these codes: the columns and their values.

    Of several selections of its kind the one that lacks the least is asked. ``None``: something
    sees it, or a rule of the law says that it never counts.
    """
    if any(
        codes["kind"] in never.kinds and never.unless and codes["result"] not in never.unless
        for never in version.law.finality.never
    ):
        return None
    hiding = [_not_taken_by(select, codes) for select in _selects(version)]
    fewest = min(hiding, key=lambda columns: ("kind" in columns, len(columns)))
    if not fewest:
        return None
    shown = ["kind"] if "kind" in fewest else fewest
    return ", ".join(shown), ", ".join(codes[column] or "" for column in shown)


def _not_taken_by(select: Select, codes: Codes) -> list[str]:
    """The columns for which a selection does not look at these codes."""
    return [column for column in RECORD_CODES if not select.takes(column, codes[column])]


def _selects(version: ResolvedPolicy) -> Sequence[Select]:
    """What the indicators of a policy look at, those of its models by their inputs."""
    looked_at = chain.from_iterable(map(version.inputs_of, version.policy.indicators))
    selects: list[Select] = []
    for looking in looked_at:
        selects += [looking.select, looking.among or looking.select]
    return selects
