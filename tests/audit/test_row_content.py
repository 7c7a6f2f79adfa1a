"""The bytes that a row's digest is over: the same ones from Python, from SQL and from both databases,
and no two rows give the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.sql.connect import connect
from scoring.store.log.row_content import RowForm
from scoring.store.log.sealing import RowSealer, content_in_sql
from scoring.store.log.verify_proof import ProofError, read_cells

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KINDS = {
    "text": (TEXTS, pa.string()),
    "number": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "day": (st.dates(), pa.date32()),
    "truth": (st.booleans(), pa.bool_()),
    "raw": (st.binary(max_size=9), pa.binary()),
}
COLUMNS = list(KINDS)
ROWS = st.lists(st.tuples(*(st.none() | cells for cells, _ in KINDS.values())), min_size=1, max_size=20)


def arrow(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows as Arrow."""
    cells = zip(zip(*rows, strict=True), KINDS.values(), strict=True)
    return pa.Table.from_arrays([pa.array(column, kind) for column, (_, kind) in cells], names=COLUMNS)


@given(ROWS)
def test_sql_writes_the_same_bytes(rows: list[tuple[Any, ...]]) -> None:
    """Any texts, numbers, days, truth values and bytes: SQL gives the content that Python gives."""
    form, table = RowForm(COLUMNS), arrow(rows)
    kinds = {name: table.schema.field(name).type for name in form.names}
    with connect(1) as connection:
        connection.register("rows_given", table)
        contents = connection.execute(f"SELECT {content_in_sql(kinds)} FROM rows_given").fetchall()
    assert [content for (content,) in contents] == [form.encode(row) for row in rows]


@given(ROWS, st.sampled_from([(), ("text", "day")]))
def test_sql_gives_the_same_digests(rows: list[tuple[Any, ...]], opened: tuple[str, ...]) -> None:
    """Of one part or of two, the digest in SQL is the digest in Python."""
    sealer = RowSealer(COLUMNS, opened)
    salts, digests = sealer.seal_table(arrow(rows))
    assert digests == [sealer.digest(salt, row) for salt, row in zip(salts, rows, strict=True)]


@given(ROWS)
def test_cells_are_read_back(rows: list[tuple[Any, ...]]) -> None:
    """Whatever a row holds, the script that is shipped alone reads it from the content, and so no
    two rows have one content.
    """
    for row in rows:
        text, number, day, truth, raw = row
        shown = {
            "text": text,
            "number": number,
            "day": None if day is None else day.isoformat(),
            "truth": None if truth is None else int(truth),
            "raw": None if raw is None else f"x{raw.hex()}",
        }
        wanted = {name: cell for name, cell in shown.items() if cell is not None}
        assert read_cells(RowForm(COLUMNS).encode(row)) == wanted


@pytest.mark.parametrize("content", [b"{}", b"a=1", b"a=3:ab\n", b"a=2:abc\n", b"a=\n", b"a=1.5\n", b"=1\n"])
def test_what_is_no_content_is_refused(content: bytes) -> None:
    """Content that no row has is not read as something else."""
    with pytest.raises(ProofError):
        read_cells(content)


def test_a_row_reads_the_same_from_both_databases() -> None:
    """A day and its ISO text, and true and 1, are the same cell: one database gives the one, one the
    other.
    """
    form = RowForm(["proposed", "day"])
    assert form.encode([True, date(2026, 4, 1)]) == form.encode([1, "2026-04-01"])
    assert form.encode([True, date(2026, 4, 1)]) == b"day=10:2026-04-01\nproposed=1\n"


@pytest.mark.parametrize("value", [1.5, datetime(2026, 4, 1, tzinfo=UTC), ["x"]])
def test_a_row_holds_no_other_types(value: Any) -> None:
    """A row with any other type is refused."""
    with pytest.raises(TypeError):
        RowForm(["a"]).encode([value])


def test_a_column_that_is_added_leaves_digests_alone() -> None:
    """Nulls are left out, so a row has the content that it had before a migration added a column."""
    assert RowForm(["b", "a"]).encode(["x", None]) == RowForm(["b"]).encode(["x"])
