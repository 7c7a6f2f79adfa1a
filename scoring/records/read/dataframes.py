"""The contract of DataFrames: which columns they may have and what may stand in them, checked as a whole before anything is read."""

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
from scoring.records.map.reasons import code_hint, harmless
from scoring.records.map.sources import unknown_column
from scoring.records.read.json_and_excel import cell_text

with (
    warnings.catch_warnings()
):  # pandera looks for Spark, which complains of pandas, when imported and at its first use
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
EXPECTED: Mapping[ColumnType, tuple[str, str]] = {
    "text": ("文字，例如 '91330802YY1X3UP27J'", "a text, e.g. '91330802YY1X3UP27J'"),
    "date": (
        "日期，例如 date(2026, 3, 31) 或 '2026-03-31'",
        "a date, e.g. date(2026, 3, 31) or '2026-03-31'",
    ),
    "int": ("整数，例如 200000（分）", "a whole number, e.g. 200000 (fen)"),
}


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
        found = cells.astype(object) if isinstance(cells.dtype, pd.CategoricalDtype) else cells
        if pd.api.types.infer_dtype(found, skipna=True) in PLAIN[kind]:
            return True
        return pd.Series([is_cell(kind, cell) for cell in found], index=found.index, dtype=bool)

    return check


def _code_checks(name: str) -> list[pandera.Check]:
    if name not in CODED_COLUMNS:
        return []
    allowed = set(codes()[CODED_COLUMNS[name]]) | {""}
    known = lambda cells: cells.map(lambda cell: not isinstance(cell, str) or cell.strip() in allowed).astype(
        bool
    )
    return [pandera.Check(known, name="code")]


def arrow_of(frame: object, table: str) -> pa.Table:
    """The frame as an Arrow table, its index left out, after the contract.

    Args:
        frame: A DataFrame of enterprises or records.
        table: ``enterprises`` or ``records``.

    Raises:
        InputError: A column is unknown, missing or there twice; a cell does not fit its column. Rows are counted from 1.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"应为 DataFrame，收到 {type(frame).__name__}",
            f"expected a DataFrame, got {type(frame).__name__}",
            table,
        )
    twice = [str(name) for name in frame.columns[frame.columns.duplicated()]]
    if twice:
        raise InputError(
            f"列 {twice[0]!r} 出现了两次", f"the column {twice[0]!r} is there twice", f"DataFrame {table}"
        )
    frame = frame.reset_index(drop=True)
    try:
        schema(table).validate(frame, lazy=True)
    except errors.SchemaErrors as error:
        raise _explain(error.failure_cases, table) from error
    mixed = [
        name
        for name in frame.columns
        if pd.api.types.infer_dtype(frame[name], skipna=True) not in PLAIN[COLUMNS[table][name]]
    ]
    texts = {name: frame[name].map(cell_text, na_action="ignore").astype("string") for name in mixed}
    return pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)


def _explain(cases: pd.DataFrame, table: str) -> InputError:
    """The first failure as a sentence: columns before cells, cells in order of row."""
    place = f"DataFrame {table}"
    for check, (zh, en) in {
        "column_in_schema": ("", ""),
        "column_in_dataframe": ("缺少列 {0!r}", "there is no column {0!r}"),
    }.items():
        found = cases[cases["check"] == check]
        if len(found):
            name = str(found["failure_case"].iloc[0])
            known = list(COLUMNS[table])
            return (
                InputError(zh.format(name), en.format(name), place)
                if zh
                else _as_input(unknown_column(name, known, place))
            )
    first = cases.sort_values("index", kind="stable").iloc[0]
    column, row, cell = (
        str(first["column"]),
        int(first["index"]) + 1,
        harmless(str(first["failure_case"])[:200]),
    )
    more = len(cases) - 1
    zh, en = code_hint(column, cell) if first["check"] == "code" else EXPECTED[COLUMNS[table][column]]
    return InputError(
        f"第 {row} 行 {column}={cell}：应为{zh}" + (f"；另有 {more} 处" if more else ""),
        f"row {row}, {column}={cell}: expected {en}" + (f"; and {more} more" if more else ""),
        place,
    )


def _as_input(error: InputError) -> InputError:
    return InputError(error.zh, error.en, error.place)
