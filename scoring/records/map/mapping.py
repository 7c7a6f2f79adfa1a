"""From a source map to SQL: each canonical column one expression, each fault of a row one branch.

Pure text, nothing runs here. Source columns appear as ``"s:name"``, parsed dates as ``"p:name"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from scoring.entities import (
    CODED_COLUMNS,
    ENTERPRISE_COLUMNS,
    MAX_AMOUNT_FEN,
    RECORD_COLUMNS,
    ColumnType,
    codes,
)
from scoring.records.map.column_values import Value
from scoring.records.map.days import days_among, read_day
from scoring.records.map.document_numbers import act_id
from scoring.records.map.identifiers import canonical_id, enterprise_defaults, is_unwieldy, is_valid_id
from scoring.records.map.kinds import equated_result, result_of_another_kind
from scoring.records.map.record_ids import normalised_id
from scoring.records.map.row_faults import Fault, enterprise_faults, record_faults
from scoring.records.map.source_cells import (
    ID_COLUMNS,
    RawTypes,
    as_decimal,
    as_text,
    given_text,
    is_not_stated,
    mapped_text,
    source_column,
)
from scoring.records.map.source_map import Emit, SourceMap
from scoring.sql.literals import literal, name_of

NO_DATE = ("长期", "无期限", "无处罚期限")
"""Words that mean *not stated* in a column of days; null is not *for ever*."""
SENTINEL_DAYS = ("1900-01-01", "9999-09-09", "9999-12-31")
"""Days that mean *not stated* in published files."""
EARLIEST, LATEST = "1900-01-01", "2200-12-31"
"""Days outside of these are slips of a pen or a spreadsheet."""
PER_UNIT = {"fen": 1, "yuan": 100, "wan_yuan": 1_000_000}
"""Fen per unit of an amount."""
SQL_TYPES: Mapping[ColumnType, str] = {"text": "VARCHAR", "date": "DATE", "int": "BIGINT"}


@dataclass(frozen=True)
class Columns:
    """What an emit gives: each layer in SQL by name over the layer before.

    Attributes:
        parsed: Helper columns over the source columns.
        canonical: The canonical columns.
        derived: Those that replace a canonical column because they follow from others.
        faults: What can be wrong with a row, in the order in which it is reported.
    """

    parsed: Mapping[str, str]
    canonical: Mapping[str, str]
    derived: Mapping[str, str]
    faults: tuple[Fault, ...]


class _Made(NamedTuple):
    """One canonical column in SQL, what can be wrong with it, and the helper column under it."""

    sql: str
    faults: tuple[Fault, ...] = ()
    helper: str | None = None


def emit_columns(
    emit: Emit, source: SourceMap, types: RawTypes, plain: Mapping[str, str] = MappingProxyType({})
) -> Columns:
    """All canonical columns of an emit, those that are not given as nulls or defaults.

    Args:
        emit: The emit, of enterprises or of records.
        source: Its map.
        types: Type of every source column that is at hand.
        plain: What those columns hold of which every cell stands as it should (``read.plain_columns``).
    """
    is_enterprise = emit in source.enterprises
    column_types = ENTERPRISE_COLUMNS if is_enterprise else RECORD_COLUMNS
    given_values = emit.made_of(column_types, types)
    derived = {
        column: f"{name_of(value.after)} + {value.days}"
        for column, value in given_values.items()
        if value.after
    }
    canonical = {column: f"NULL::{SQL_TYPES[kind]}" for column, kind in column_types.items()}
    parsed: dict[str, str] = {}
    faults: list[Fault] = []
    for column in column_types:
        if column in plain:
            canonical[column] = plain[column]
            if column_types[column] == "date":
                parsed[_helper_name(column)] = plain[column]
        elif column in given_values and column not in derived:
            made = _make(column, column_types[column], given_values[column], source, types)
            canonical[column] = made.sql
            faults += made.faults
            if made.helper:
                parsed[_helper_name(column)] = made.helper
    if "record_id" in given_values and source.makes_ids(emit):
        canonical["record_id"] = normalised_id(given_values, types, parsed)
    if is_enterprise and source.create_enterprises:
        # Records do not tell since when their enterprise is there: it is always known.
        canonical["known_on"] = canonical["known_until"] = "NULL::DATE"
    canonical["source"] = f"coalesce({canonical['source']}, {literal(source.id)})"
    faults += enterprise_faults() if is_enterprise else [*record_faults(), result_of_another_kind()]
    stated = {column: value for column, value in given_values.items() if column not in plain}
    faults += _unwieldy_ids(stated, types)
    for column in ID_COLUMNS:
        if column in stated:
            written_id = mapped_text(stated[column], types)
            is_none = is_not_stated(written_id, source.sentinels)
            # Asked once, and not within the id: its expression names the text many times.
            stated_id = canonical_id(written_id, source.scheme)
            canonical[column] = f"CASE WHEN {is_none} THEN NULL ELSE {stated_id} END"
            # Neither a code by its form nor local to a scheme.
            is_invalid = f"NOT {is_valid_id(name_of(column))}"
            faults.append(Fault(is_invalid, column, "bad_enterprise_id", written_id))
    if is_enterprise:
        derived |= enterprise_defaults(source.default_entity_type)
    else:
        derived |= {"act_id": act_id(), "result": equated_result("kind", "result")}
    return Columns(parsed, canonical, derived, tuple(faults))


def _make(column: str, column_type: ColumnType, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    if column_type == "date":
        return _make_date(column, value, source, types)
    if column_type == "int":
        return _make_integer(column, value, source, types)
    return _make_text(column, value, source, types)


def _make_text(column: str, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    """A text; a fault where its value table or the closed list of its column does not know it."""
    mapped = mapped_text(value, types, source.sentinels)
    if value.values is not None or value.containing is not None:
        source_text = given_text(value, types, source.sentinels)
        is_unknown = f"{source_text} IS NOT NULL AND ({mapped}) IS NULL"
        fault = Fault(is_unknown, column, "unknown_code", source_text)
        return _Made(f"nullif({mapped}, '')", (fault,))
    if column in CODED_COLUMNS and value.constant is None:
        # Words that mean *not stated* are no codes, so they need not be looked for in every cell.
        written = mapped_text(value, types)
        is_unknown = f"{written} IS NOT NULL AND {name_of(column)} IS NULL"
        is_unknown += f" AND NOT {is_not_stated(written, source.sentinels)}"
        fault = Fault(is_unknown, column, "unknown_code", written)
        return _Made(f"CAST(TRY_CAST({written} AS {enum_of(column)}) AS VARCHAR)", (fault,))
    return _Made(mapped)


def _make_date(column: str, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    """A day; null where the source writes that there is none, else a fault."""
    parsed_day = _helper_name(column)
    source_text = given_text(value, types)
    faults: list[Fault] = []
    if value.column and types[value.column] in ("date", "timestamp"):
        helper = f"CAST({source_column(value.column)} AS DATE)"
        unread = "FALSE"
    else:
        read = read_day(source_text, value.formats)
        helper = f"CASE WHEN {source_text} IS NOT NULL THEN {read.day} END"
        is_lost = f"{parsed_day} IS NULL AND {source_text} IS NOT NULL"
        unread = f"({is_lost} AND NOT {is_not_stated(source_text, (*NO_DATE, *source.sentinels))})"
        faults.append(Fault(f"{unread} AND {read.is_ambiguous}", column, "ambiguous_date", source_text))
    day_words = (*SENTINEL_DAYS, *days_among(source.sentinels))
    no_days = ", ".join(f"DATE {literal(day)}" for day in dict.fromkeys(day_words))
    outside = f"({name_of(column)} < DATE '{EARLIEST}' OR {name_of(column)} > DATE '{LATEST}')"
    faults.append(Fault(f"{unread} OR {outside}", column, "bad_date", source_text))
    known_day = f"CASE WHEN {parsed_day} NOT IN ({no_days}) THEN {parsed_day} END"
    return _Made(known_day, tuple(faults), helper)


def _helper_name(column: str) -> str:
    return name_of(f"p:{column}")


def _make_integer(column: str, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    """An exact integer: DECIMAL all the way, because 33.500328 万元 has no exact double."""
    if value.constant is not None:
        return _Made(f"{int(value.constant)}::BIGINT")
    texts = [as_text(source, types) for source in value.sources()]
    numbers = [as_decimal(source, types) for source in value.sources()]
    is_money = column == "amount_fen"
    factor = PER_UNIT[value.unit] if is_money else value.scale
    scaled = f"(({_total(value, numbers)}) * {factor})"
    unread = " OR ".join(
        f"({number} IS NULL AND {text} IS NOT NULL AND NOT {is_not_stated(text, source.sentinels)})"
        for text, number in zip(texts, numbers, strict=True)
    )
    # Half a fen or a negative amount is no amount; other numbers may be negative.
    negative = f" OR {scaled} < 0" if is_money else ""
    bad, too_large = ("bad_amount", "amount_too_large") if is_money else ("bad_number", "bad_number")
    shown_text = f"concat_ws(' + ', {', '.join(texts)})" if len(texts) > 1 else texts[0]
    faults = (
        Fault(f"{unread} OR {scaled} <> trunc({scaled}){negative}", column, bad, shown_text),
        Fault(f"abs({scaled}) > {MAX_AMOUNT_FEN}", column, too_large, shown_text),
    )
    is_empty = " AND ".join(f"{number} IS NULL" for number in numbers)
    return _Made(f"CASE WHEN NOT ({is_empty}) THEN TRY_CAST({scaled} AS BIGINT) END", faults)


def _total(value: Value, numbers: list[str]) -> str:
    """The first of several numbers or their sum, of which empty ones are 0."""
    if value.first is not None:
        return f"coalesce({', '.join(numbers)})"
    if len(numbers) == 1:
        return numbers[0]
    return " + ".join(f"coalesce({number}, 0)" for number in numbers)


def _unwieldy_ids(given: Mapping[str, Value], types: RawTypes) -> list[Fault]:
    """Ids of records and acts that no one can see or type."""
    columns = [column for column in ("record_id", "act_id") if column in given]
    written_ids = {column: mapped_text(given[column], types) for column in columns}
    return [Fault(is_unwieldy(text), column, "bad_id", text) for column, text in written_ids.items()]


def enum_of(column: str) -> str:
    """The ENUM type of a coded column; a cast to it is the quickest look-up in a closed list."""
    return name_of(f"code_{CODED_COLUMNS[column]}")


def enum_statements() -> list[str]:
    """Statements that create the ENUM types of all closed lists."""
    lists = sorted(set(CODED_COLUMNS.values()))
    quoted = {name: ", ".join(map(literal, codes()[name])) for name in lists}
    return [f"CREATE TYPE {name_of('code_' + name)} AS ENUM ({quoted[name]})" for name in lists]
