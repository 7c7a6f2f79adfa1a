"""The contract of DataFrames: which columns they may have and what may stand in them, checked before anything is read."""

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
from scoring.records.read.json_and_excel import cell_text
from scoring.rules.wording import both

with warnings.catch_warnings():
    # pandera looks for Spark, which complains of pandas, when imported and at its first use
    warnings.simplefilter("ignore")
    import pandera.pandas as pandera
    from pandera import errors

    pandera.DataFrameSchema().validate(pd.DataFrame())

COLUMNS = {"enterprises": ENTERPRISE_COLUMNS, "records": RECORD_COLUMNS}
NEEDED = {"enterprises": ("enterprise_id", "name"), "records": ("record_id", "enterprise_id", "kind")}
PLAIN: Mapping[ColumnType, tuple[str, ...]] = {
    "text": ("string", "empty", "integer"),
    "date": ("date", "datetime", "datetime64", "string", "empty"),
    "int": ("integer", "floating", "decimal", "string", "empty"),
}
"""Kinds of whole columns, as pandas infers them, that become each type without a look at the cells."""
SHOWN = 200
"""Characters of a cell that an error shows."""


def is_cell(kind: ColumnType, cell: object) -> bool:
    """Whether one cell can stand in a column of a type; what its text says is checked when it is read."""
    if kind == "text":
        return isinstance(cell, str)
    if kind == "date":
        return isinstance(cell, datetime.date | str)
    return isinstance(cell, numbers.Number | decimal.Decimal | str) and not isinstance(cell, bool)


@cache
def schema(table: str) -> pandera.DataFrameSchema:
    """The schema of ``enterprises`` or ``records``, made from the canonical columns and the closed lists."""
    columns = {
        name: pandera.Column(
            None,
            [pandera.Check(_type_check(kind), name="type"), *_code_checks(name)],
            nullable=True,
            required=name in NEEDED[table],
        )
        for name, kind in COLUMNS[table].items()
    }
    return pandera.DataFrameSchema(columns, strict=True, unique_column_names=True)


def _type_check(kind: ColumnType) -> Callable[[pd.Series], pd.Series | bool]:
    def check(cells: pd.Series) -> pd.Series | bool:
        """Whether the whole column passes, or which of its cells do."""
        plain = cells.astype(object) if isinstance(cells.dtype, pd.CategoricalDtype) else cells
        if pd.api.types.infer_dtype(plain, skipna=True) in PLAIN[kind]:
            return True
        return pd.Series([is_cell(kind, cell) for cell in plain], index=plain.index, dtype=bool)

    return check


def _code_checks(name: str) -> list[pandera.Check]:
    """The check of a coded column: its texts are codes of the closed list, or empty."""
    if name not in CODED_COLUMNS:
        return []
    allowed = set(codes()[CODED_COLUMNS[name]]) | {""}

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
        InputError: A column is unknown, missing or there twice; a cell does not fit its column. Rows are
            counted from 1.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError("dataframe_expected", place=table, type=type(frame).__name__)
    twice = [str(name) for name in frame.columns[frame.columns.duplicated()]]
    if twice:
        raise InputError("dataframe_column_twice", place=f"DataFrame {table}", name=twice[0])
    frame = frame.reset_index(drop=True)
    try:
        schema(table).validate(frame, lazy=True)
    except errors.SchemaErrors as error:
        raise _first_failure(error.failure_cases, table) from error
    mixed = [name for name in frame.columns if not _is_plain(frame[name], COLUMNS[table][name])]
    texts = {name: frame[name].map(cell_text, na_action="ignore").astype("string") for name in mixed}
    return pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)


def _is_plain(cells: pd.Series, kind: ColumnType) -> bool:
    return pd.api.types.infer_dtype(cells, skipna=True) in PLAIN[kind]


def _first_failure(cases: pd.DataFrame, table: str) -> InputError:
    """The first failure in words: columns before cells, cells in order of row."""
    place = f"DataFrame {table}"
    unknown = cases[cases["check"] == "column_in_schema"]
    if len(unknown):
        error = unknown_column(str(unknown["failure_case"].iloc[0]), COLUMNS[table], place)
        # The frame is at fault, not a map.
        return InputError(error.code, place=error.place, **error.parameters)
    missing = cases[cases["check"] == "column_in_dataframe"]
    if len(missing):
        return InputError("dataframe_column_missing", place=place, name=str(missing["failure_case"].iloc[0]))
    first = cases.sort_values("index", kind="stable").iloc[0]
    column = str(first["column"])
    cell = harmless(str(first["failure_case"])[:SHOWN])
    is_code = first["check"] == "code"
    return InputError(
        "dataframe_cell_invalid",
        place=place,
        row=int(first["index"]) + 1,
        column=column,
        cell=cell,
        expected=code_hint(column, cell) if is_code else both(f"dataframe_cell_{COLUMNS[table][column]}"),
        more=both("dataframe_more", count=len(cases) - 1) if len(cases) > 1 else "",
    )
