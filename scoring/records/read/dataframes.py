"""The contract of DataFrames: their columns and cells are checked before anything is read."""

from __future__ import annotations

import datetime
import decimal
import numbers
import warnings
from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd
import pyarrow as pa

from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType, codes
from scoring.errors import InputError
from scoring.records.map.reasons import code_hint, harmless, unknown_column
from scoring.records.read.sheet_rows import cell_text
from scoring.records.read.staging import NEEDED_COLUMNS
from scoring.rules.wording import both

with warnings.catch_warnings():
    # pandera looks for Spark, which complains of pandas, when imported and at its first use
    warnings.simplefilter("ignore")
    import pandera.pandas as pandera
    from pandera import errors

    pandera.DataFrameSchema().validate(pd.DataFrame())

COLUMNS = {"enterprises": ENTERPRISE_COLUMNS, "records": RECORD_COLUMNS}
PLAIN: Mapping[ColumnType, tuple[str, ...]] = {
    "text": ("string", "empty", "integer"),
    "date": ("date", "datetime", "datetime64", "string", "empty"),
    "int": ("integer", "floating", "decimal", "string", "empty"),
}
"""Kinds of whole columns, as pandas infers them, whose cells need no look to become each type."""
SHOWN = 200
"""Characters of a cell that an error shows."""


def is_cell(column_type: ColumnType, cell: object) -> bool:
    """Whether one cell can stand in a column of a type; its text is checked when it is read."""
    if column_type == "text":
        return isinstance(cell, str)
    if column_type == "date":
        return isinstance(cell, datetime.date | str)
    return isinstance(cell, numbers.Number | decimal.Decimal | str) and not isinstance(cell, bool)


@cache
def schema(table: str) -> pandera.DataFrameSchema:
    """The schema of ``enterprises`` or ``records``: the canonical columns and the closed lists."""
    columns = {
        column: pandera.Column(
            None,
            [pandera.Check(_type_check(column_type), name="type"), *_code_checks(column)],
            nullable=True,
            required=column in NEEDED_COLUMNS[table],
        )
        for column, column_type in COLUMNS[table].items()
    }
    return pandera.DataFrameSchema(columns, strict=True, unique_column_names=True)


def _type_check(column_type: ColumnType) -> Callable[[pd.Series], pd.Series | bool]:
    def check(cells: pd.Series) -> pd.Series | bool:
        """Whether the whole column passes, or which of its cells do."""
        # Of categories pandas tells no kind but that they are such.
        plain_cells = cells.astype(object) if isinstance(cells.dtype, pd.CategoricalDtype) else cells
        if _is_plain(plain_cells, column_type):
            return True
        fitting = [is_cell(column_type, cell) for cell in plain_cells]
        return pd.Series(fitting, index=plain_cells.index, dtype=bool)

    return check


def _code_checks(column: str) -> list[pandera.Check]:
    """The check of a coded column: its texts are codes of the closed list, or empty."""
    if column not in CODED_COLUMNS:
        return []
    allowed = set(codes()[CODED_COLUMNS[column]]) | {""}

    def check(cells: pd.Series) -> pd.Series:
        """Which cells are no texts or listed codes."""
        known = cells.map(lambda cell: not isinstance(cell, str) or cell.strip() in allowed)
        return known.astype(bool)

    return [pandera.Check(check, name="code")]


def arrow_of(frame: object, table: str) -> pa.Table:
    """The frame as an Arrow table, its index left out, after the contract.

    Args:
        frame: A DataFrame of enterprises or records.
        table: ``enterprises`` or ``records``.

    Raises:
        InputError: A column is unknown, missing or there twice; a cell does not fit its column.
            Rows are counted from 1.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError("dataframe_expected", place=table, type=type(frame).__name__)
    repeated = [str(column) for column in frame.columns[frame.columns.duplicated()]]
    if repeated:
        raise InputError("dataframe_column_twice", place=f"DataFrame {table}", name=repeated[0])
    frame = frame.reset_index(drop=True)
    try:
        schema(table).validate(frame, lazy=True)
    except errors.SchemaErrors as error:
        raise _first_failure(error.failure_cases, table) from error
    texts: dict[str, pd.Series] = {}
    for column in frame.columns:
        # Arrow has no type for a column of dates and texts, say: its cells are read from text.
        if not _is_plain(frame[column], COLUMNS[table][column]):
            texts[column] = frame[column].map(cell_text, na_action="ignore").astype("string")
    return pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)


def _is_plain(cells: pd.Series, column_type: ColumnType) -> bool:
    return pd.api.types.infer_dtype(cells, skipna=True) in PLAIN[column_type]


def _first_failure(cases: pd.DataFrame, table: str) -> InputError:
    """The first failure in words: columns before cells, cells in order of row."""
    place = f"DataFrame {table}"
    unknown = cases[cases["check"] == "column_in_schema"]
    if len(unknown):
        name = str(unknown["failure_case"].iloc[0])
        # The frame is at fault, not a map.
        return unknown_column(name, COLUMNS[table], place, InputError)
    missing = cases[cases["check"] == "column_in_dataframe"]
    if len(missing):
        name = str(missing["failure_case"].iloc[0])
        return InputError("dataframe_column_missing", place=place, name=name)
    first = cases.sort_values("index", kind="stable").iloc[0]
    column = str(first["column"])
    cell = harmless(str(first["failure_case"])[:SHOWN])
    if first["check"] == "code":
        expected = code_hint(column, cell)
    else:
        expected = both(f"dataframe_cell_{COLUMNS[table][column]}")
    return InputError(
        "dataframe_cell_invalid",
        place=place,
        row=int(first["index"]) + 1,
        column=column,
        cell=cell,
        expected=expected,
        more=both("dataframe_more", count=len(cases) - 1) if len(cases) > 1 else "",
    )
