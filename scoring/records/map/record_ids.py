"""Ids of records made of normalised cells and of their enterprise, as DuckDB expressions.

So the same record exported again, with its days or numbers written otherwise, has the same id, and a
number that is used for two enterprises makes two records.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from scoring.entities import RECORD_COLUMNS
from scoring.records.map.column_values import Value
from scoring.records.map.document_numbers import document_key, number_in_id
from scoring.records.map.identifiers import canonical_id, narrow
from scoring.records.map.source_cells import RawTypes, as_text, is_not_stated, mapped_text
from scoring.sql.literals import literal, name_of


def normalised_id(given: Mapping[str, Value], types: RawTypes, parsed: Collection[str]) -> str:
    """The id of a record: its cells in normal form, and its enterprise where they do not name it.

    Args:
        given: How each canonical column of the record is made.
        types: Types of the source columns.
        parsed: Helper columns that hold days which were read.
    """
    value = given["record_id"]
    if value.constant is not None or value.values is not None or value.containing is not None:
        return _id_of_one(value, given, types)
    parts = [_normalised(column, given, types, parsed) for column in value.sources()]
    if value.column:
        parts = [f"CASE WHEN {is_not_stated(as_text(value.column, types))} THEN NULL ELSE {parts[0]} END"]
    if value.first is not None:
        parts = [f"coalesce({', '.join(parts)})"]
    joined = f"nullif(concat_ws({literal(value.separator)}, {', '.join(parts)}), '')"
    whole = f"{literal(value.prefix)} || {joined} || {literal(value.suffix)}"
    return whole + _of_enterprise(given, types)


def _id_of_one(value: Value, given: Mapping[str, Value], types: RawTypes) -> str:
    return f"({mapped_text(value, types)})" + _of_enterprise(given, types)


def _of_enterprise(given: Mapping[str, Value], types: RawTypes) -> str:
    """The enterprise as the end of an id, unless the id names it or is the source's alone."""
    value, owner = given["record_id"], given["enterprise_id"]
    if value.unique or not owner.sources() or set(owner.sources()) <= set(value.sources()):
        return ""
    owners = [canonical_id(as_text(column, types), None) for column in owner.sources()]
    return f" || {literal(value.separator)} || concat_ws({literal(value.separator)}, {', '.join(owners)})"


def _normalised(column: str, given: Mapping[str, Value], types: RawTypes, parsed: Collection[str]) -> str:
    """A source column as a part of an id: as what the record has it for."""
    text = as_text(column, types)
    for canonical, value in given.items():
        if value.column != column or canonical == "record_id":
            continue
        day = name_of(f"p:{canonical}")
        if RECORD_COLUMNS[canonical] == "date" and day in parsed:
            return f"coalesce(CAST({day} AS VARCHAR), {text})"
        if canonical == "enterprise_id":
            return canonical_id(text, None)
        if canonical in ("document_no", "basis_document_no"):
            return number_in_id(text)
        if canonical == "authority":
            return document_key(text)
    return narrow(text)
