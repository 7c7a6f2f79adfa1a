"""Cells of a source in SQL: as text, as an exact number, as a condition on the row.

Source columns appear as ``"s:name"``, so that the names of a source never meet the canonical ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from scoring.records.map.column_values import Value
from scoring.records.map.identifiers import is_id_number, narrow
from scoring.records.map.source_map import Emit, RowCondition
from scoring.sql.literals import literal, name_of

RawType = Literal["text", "date", "timestamp", "number", "other"]
"""Type of a column as its file has it."""
RawTypes = Mapping[str, RawType]

NUMBER = "'[+-]?[0-9]{1,18}([.][0-9]{1,20})?'"
"""Numbers as text, in SQL; 1e9, NaN and thousands separators are kept out, for they differ between writers."""
ID_COLUMNS = ("enterprise_id", "parent_id")


def source_column(column: str) -> str:
    """The name of a source column in SQL: cleaned text, or what its own type is."""
    return name_of(f"s:{column}")


def as_text(column: str, types: RawTypes) -> str:
    """A source column as text."""
    cell = source_column(column)
    return cell if types[column] == "text" else f"CAST({cell} AS VARCHAR)"


def as_decimal(column: str, types: RawTypes) -> str:
    """A source column as an exact number, null where it is none."""
    cell = source_column(column)
    if types[column] != "text":
        return f"TRY_CAST({cell} AS DECIMAL(30, 10))"
    # Ten decimals, rounded: files published by way of doubles hold 0.44562299999999994 for 0.445623.
    return f"CASE WHEN regexp_full_match({cell}, {NUMBER}) THEN CAST({cell} AS DECIMAL(30, 10)) END"


def given_text(value: Value, types: RawTypes) -> str:
    """The source text of a value, before any table, prefix or suffix."""
    if value.constant is not None:
        return literal(str(value.constant))
    cells = [as_text(column, types) for column in value.sources()]
    if value.first is not None:
        return f"coalesce({', '.join(cells)})"
    if len(cells) == 1:
        return cells[0]
    return f"nullif(concat_ws({literal(value.separator)}, {', '.join(cells)}), '')"


def mapped_text(value: Value, types: RawTypes) -> str:
    """The text of a value after its table, prefix or suffix."""
    given = given_text(value, types)
    otherwise = "NULL" if value.otherwise is None else literal(str(value.otherwise))
    if value.values is not None:
        cases = " ".join(
            f"WHEN {literal(known)} THEN {literal(str(result))}" for known, result in value.values.items()
        )
        return f"CASE WHEN {given} IS NULL THEN NULL ELSE CASE {given} {cases} ELSE {otherwise} END END"
    if value.containing is not None:
        cases = " ".join(
            f"WHEN contains({given}, {literal(fragment)}) THEN {literal(str(result))}"
            for fragment, result in value.containing
        )
        return f"CASE WHEN {given} IS NULL THEN NULL {cases} ELSE {otherwise} END"
    if value.prefix or value.suffix:
        return f"{literal(value.prefix)} || {given} || {literal(value.suffix)}"
    return given


def condition(test: RowCondition, types: RawTypes) -> str:
    """A condition as SQL that is true or false, never null."""
    given = as_text(test.column, types)
    if test.not_empty:
        return f"{given} IS NOT NULL"
    if test.equals is not None:
        return f"coalesce({given} = {literal(str(test.equals))}, FALSE)"
    if test.one_of is not None:
        return f"coalesce({given} IN ({_literals(test.one_of)}), FALSE)"
    if test.unless is not None:
        return f"coalesce({given} NOT IN ({_literals(test.unless)}), TRUE)"
    sign, limit = (">=", test.at_least) if test.at_least is not None else ("<=", test.at_most)
    return f"coalesce({as_decimal(test.column, types)} {sign} {limit}, FALSE)"


def _literals(values: Sequence[str | int]) -> str:
    return ", ".join(literal(str(value)) for value in values)


def is_person(emits: Sequence[Emit], declared: RowCondition | None, types: RawTypes) -> str:
    """Whether a row is about a natural person, in SQL that is never null.

    Args:
        emits: What the row gives; an id that is an identity number is a person's.
        declared: What the map says of it.
        types: Types of the source columns.
    """
    tests = [condition(declared, types)] if declared else []
    for emit in emits:
        given = emit.made_of(ID_COLUMNS, types)
        ids = [mapped_text(given[column], types) for column in ID_COLUMNS if column in given]
        tests += [is_id_number(narrow(enterprise_id)) for enterprise_id in ids]
    return f"({' OR '.join(dict.fromkeys(tests)) or 'FALSE'})"
