"""How a source map makes one canonical column, and which ways fit which type of column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoring.entities import CODED_COLUMNS, ColumnType, codes
from scoring.records.map.reasons import closest

Unit = Literal["fen", "yuan", "wan_yuan"]
Scalar = str | int

CONSTANTS: Mapping[ColumnType, str] = {
    "text": ".*",
    "int": r"[+-]?[0-9]{1,13}",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
"""What a constant of each type looks like."""
EXAMPLES: Mapping[ColumnType, str] = {
    "text": 'e.g. { column = "CF_WSH" } or { constant = "inspection" }',
    "int": 'e.g. { column = "CF_NR_FK", unit = "wan_yuan" } or { constant = 100 }',
    "date": 'e.g. { column = "CF_JDRQ" } or { after = "decided_on", days = 7, assumed = true }',
}
"""How a column of each type is made."""
DATE_FORMAT = r"([^%]|%%|%-?[YymdHMSfjbBaApI])+"


class Strict(BaseModel):
    """Base of the tables of a map: a word that is not known is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Strict):
    """How one canonical column is made.

    In exactly one way of: column, columns, first, sum, constant, after.

    Attributes:
        column: Take this source column.
        columns: Join these source columns with ``separator``; empty ones are left out.
        first: The first of these source columns that is not empty.
        sum: The sum of these amounts (empty counts as 0 unless all are empty).
        constant: The same value on every row.
        after: A canonical date of the same row, plus ``days`` calendar days.
        values: Value table on the source text. A text that is not in it is refused unless
            ``otherwise`` is given; ``""`` as a value leaves the column empty.
        containing: Ordered pairs (fragment, value): the first fragment that the text contains
            decides.
        otherwise: The value for any other text, and for none.
        prefix: Put in front of a text (makes local ids unique).
        suffix: Put behind a text.
        formats: Date formats (``%Y-%m-%d``); default: the usual ones.
        unit: Unit of an amount in the source.
        scale: Factor of a number (``value_x100`` of a score: 100).
        assumed: The date is an assumption of the map and is reported as such.
        unique: The number of a record is its source's alone; without it the enterprise is part of
            the id.
    """

    column: str | None = None
    columns: tuple[str, ...] | None = None
    first: tuple[str, ...] | None = None
    sum: tuple[str, ...] | None = None
    constant: Scalar | None = None
    after: Literal["occurred_on", "decided_on"] | None = None
    days: Annotated[int, Field(ge=0, le=3660)] = 0
    separator: str = ":"
    values: dict[str, Scalar] | None = None
    containing: tuple[tuple[str, Scalar], ...] | None = None
    otherwise: Scalar | None = None
    prefix: str = ""
    suffix: str = ""
    formats: tuple[str, ...] | None = None
    unit: Unit = "fen"
    scale: Annotated[int, Field(ge=1, le=10_000)] = 1
    assumed: bool = False
    unique: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Value:
        ways = (self.column, self.columns, self.first, self.sum, self.constant, self.after)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "exactly one of column, columns, first, sum, constant, after is needed, "
                'e.g. { column = "CF_WSH" }'
            )
        return self

    def sources(self) -> tuple[str, ...]:
        """Source columns that the value reads."""
        return (self.column,) if self.column else (self.columns or self.first or self.sum or ())

    def results(self) -> list[str]:
        """Values that the map itself puts into the column, as text; empty ones are left out."""
        results = [self.constant, self.otherwise, *(self.values or {}).values()]
        results += [result for _, result in self.containing or ()]
        return [str(result) for result in results if result not in (None, "")]


def check_value(column: str, column_type: ColumnType, value: Value) -> None:
    """Refuses what cannot work on any row: it fails when the map is loaded, not when a row is read.

    Args:
        column: The canonical column.
        column_type: Its type.
        value: How the map makes it.

    Raises:
        ValueError: A way that the type does not allow, a constant or date format that is none, an
            unknown code.
    """
    if way := _unfit_way(column_type, value):
        problem = f"{way!r} does not make a column of type {column_type}"
        raise ValueError(f"{column}: {problem}; {EXAMPLES[column_type]}")
    constant = value.constant
    if constant is not None and not re.fullmatch(CONSTANTS[column_type], str(constant), re.DOTALL):
        problem = f"the constant {constant!r} is no {column_type}"
        raise ValueError(f"{column}: {problem}; {EXAMPLES[column_type]}")
    for date_format in value.formats or ():
        if not re.fullmatch(DATE_FORMAT, date_format) or "%" not in date_format:
            example = 'write %Y, %m, %d, %H, %M, %S, e.g. "%d.%m.%Y"'
            raise ValueError(f"{column}: {date_format!r} is no date format; {example}")
    if column in CODED_COLUMNS:
        _check_codes(column, value)


def _unfit_way(column_type: ColumnType, value: Value) -> str | None:
    """The first key of a value that does not make a column of this type."""
    unfit = {
        "after": value.after is not None and column_type != "date",
        "formats": value.formats is not None and column_type != "date",
        "sum": value.sum is not None and column_type != "int",
        "values": value.values is not None and column_type != "text",
        "containing": value.containing is not None and column_type != "text",
        "columns": value.columns is not None and column_type != "text",
        "prefix": bool(value.prefix or value.suffix) and column_type != "text",
    }
    return next((way for way, is_unfit in unfit.items() if is_unfit), None)


def _check_codes(column: str, value: Value) -> None:
    list_name = CODED_COLUMNS[column]
    listed = codes()[list_name]
    for code in value.results():
        if code not in listed:
            hint = did_you_mean(code, listed)
            raise ValueError(f"{column}: {code!r} is no code of {list_name}{hint}")


def did_you_mean(word: str, known: Mapping[str, object]) -> str:
    """The end of an error about a word of a map: the known word that is near, or nothing."""
    nearest = closest(word, known)
    return f"; did you mean {nearest!r}?" if nearest else ""
