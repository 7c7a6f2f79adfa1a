"""From a source map to SQL: each canonical column one expression, each fault of a row one branch.

Pure text, nothing runs here. Source columns appear as ``"s:name"``, parsed dates as ``"p:name"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from scoring.records.map.identifiers import (
    act_id,
    canonical_id,
    enterprise_defaults,
    is_unwieldy,
    is_valid_id,
)
from scoring.records.map.row_faults import Fault, enterprise_faults, record_faults
from scoring.records.map.source_cells import (
    ID_COLUMNS,
    RawTypes,
    as_decimal,
    as_text,
    given_text,
    mapped_text,
    source_column,
)
from scoring.records.map.source_map import Emit, SourceMap
from scoring.sql.literals import literal, name_of

FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
)
SENTINELS = ("暂无", "无", "/", "长期", "-", "—", "\\n", "\\N", "无期限", "无处罚期限", "null", "NULL")
SENTINEL_DAYS = ("1900-01-01", "9999-09-09", "9999-12-31")
"""Texts and days that mean *not stated* in published files; null is not *for ever*."""
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


def emit_columns(emit: Emit, source: SourceMap, types: RawTypes) -> Columns:
    """All canonical columns of an emit, those that are not given as nulls or defaults.

    Args:
        emit: The emit, of enterprises or of records.
        source: Its map.
        types: Type of every source column that is at hand.
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
        if column in given_values and column not in derived:
            made = _make(column, column_types[column], given_values[column], source, types)
            canonical[column] = made.sql
            faults += made.faults
            if made.helper:
                parsed[_helper_name(column)] = made.helper
    if is_enterprise and source.create_enterprises:
        # Records do not tell since when their enterprise is there: it is always known.
        canonical["known_on"] = canonical["known_until"] = "NULL::DATE"
    canonical["source"] = f"coalesce({canonical['source']}, {literal(source.id)})"
    faults += enterprise_faults() if is_enterprise else record_faults()
    faults += _unwieldy_ids(given_values, types)
    for column in ID_COLUMNS:
        if column in given_values:
            written_id = mapped_text(given_values[column], types)
            canonical[column] = canonical_id(written_id, source.scheme)
            # Neither a code by its form nor local to a scheme.
            is_invalid = f"NOT {is_valid_id(name_of(column))}"
            faults.append(Fault(is_invalid, column, "bad_enterprise_id", written_id))
    derived |= enterprise_defaults() if is_enterprise else {"act_id": act_id()}
    return Columns(parsed, canonical, derived, tuple(faults))


def _make(column: str, column_type: ColumnType, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    if column_type == "date":
        return _make_date(column, value, source, types)
    if column_type == "int":
        return _make_integer(column, value, types)
    return _make_text(column, value, types)


def _make_text(column: str, value: Value, types: RawTypes) -> _Made:
    """A text; a fault where its value table or the closed list of its column does not know it."""
    mapped = mapped_text(value, types)
    if value.values is not None or value.containing is not None:
        source_text = given_text(value, types)
        is_unknown = f"{source_text} IS NOT NULL AND ({mapped}) IS NULL"
        fault = Fault(is_unknown, column, "unknown_code", source_text)
        return _Made(f"nullif({mapped}, '')", (fault,))
    if column in CODED_COLUMNS and value.constant is None:
        is_unknown = f"{mapped} IS NOT NULL AND {name_of(column)} IS NULL"
        fault = Fault(is_unknown, column, "unknown_code", mapped)
        return _Made(f"CAST(TRY_CAST({mapped} AS {enum_of(column)}) AS VARCHAR)", (fault,))
    return _Made(mapped)


def _make_date(column: str, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    """A day; null where the source writes that there is none, else a fault."""
    parsed_day = _helper_name(column)
    source_text = given_text(value, types)
    if value.column and types[value.column] in ("date", "timestamp"):
        helper = f"CAST({source_column(value.column)} AS DATE)"
        unread = "FALSE"
    else:
        formats = ", ".join(map(literal, value.formats or FORMATS))
        sentinels = ", ".join(map(literal, (*SENTINELS, *source.sentinels)))
        read_day = f"CAST(try_strptime({source_text}, [{formats}]) AS DATE)"
        is_given = f"{source_text} IS NOT NULL"
        helper = f"CASE WHEN {is_given} THEN {read_day} END"
        unread = f"({parsed_day} IS NULL AND {is_given} AND {source_text} NOT IN ({sentinels}))"
    no_days = ", ".join(f"DATE {literal(day)}" for day in SENTINEL_DAYS)
    outside = f"({name_of(column)} < DATE '{EARLIEST}' OR {name_of(column)} > DATE '{LATEST}')"
    fault = Fault(f"{unread} OR {outside}", column, "bad_date", source_text)
    known_day = f"CASE WHEN {parsed_day} NOT IN ({no_days}) THEN {parsed_day} END"
    return _Made(known_day, (fault,), helper)


def _helper_name(column: str) -> str:
    return name_of(f"p:{column}")


def _make_integer(column: str, value: Value, types: RawTypes) -> _Made:
    """An exact integer: DECIMAL all the way, because 33.500328 万元 has no exact double."""
    if value.constant is not None:
        return _Made(f"{int(value.constant)}::BIGINT")
    texts = [as_text(source, types) for source in value.sources()]
    numbers = [as_decimal(source, types) for source in value.sources()]
    is_money = column == "amount_fen"
    factor = PER_UNIT[value.unit] if is_money else value.scale
    scaled = f"(({_total(value, numbers)}) * {factor})"
    unread = " OR ".join(
        f"({text} IS NOT NULL AND {number} IS NULL)" for text, number in zip(texts, numbers, strict=True)
    )
    # Half a fen or a negative amount is no amount; other numbers may be negative.
    negative = f" OR {scaled} < 0" if is_money else ""
    bad, too_large = ("bad_amount", "amount_too_large") if is_money else ("bad_number", "bad_number")
    shown_text = f"concat_ws(' + ', {', '.join(texts)})" if len(texts) > 1 else texts[0]
    faults = (
        Fault(f"{unread} OR {scaled} <> trunc({scaled}){negative}", column, bad, shown_text),
        Fault(f"abs({scaled}) > {MAX_AMOUNT_FEN}", column, too_large, shown_text),
    )
    is_empty = " AND ".join(f"{text} IS NULL" for text in texts)
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
