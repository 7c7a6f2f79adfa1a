"""From a source map to SQL: every canonical column as one DuckDB expression, every fault of a row as one branch.

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
PER_UNIT = {"fen": 1, "yuan": 100, "wan_yuan": 1_000_000}
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
    kinds = ENTERPRISE_COLUMNS if is_enterprise else RECORD_COLUMNS
    given = emit.made_of(kinds, types)
    derived = {
        column: f"{name_of(value.after)} + {value.days}" for column, value in given.items() if value.after
    }
    canonical = {column: f"NULL::{SQL_TYPES[kind]}" for column, kind in kinds.items()}
    parsed: dict[str, str] = {}
    faults: list[Fault] = []
    for column in kinds:
        if column in given and column not in derived:
            made = _make(column, kinds[column], given[column], source, types)
            canonical[column] = made.sql
            faults += made.faults
            if made.helper:
                parsed[_helper_name(column)] = made.helper
    if is_enterprise and source.create_enterprises:
        canonical["known_on"] = canonical["known_until"] = "NULL::DATE"
    canonical["source"] = f"coalesce({canonical['source']}, {literal(source.id)})"
    faults += enterprise_faults() if is_enterprise else record_faults()
    faults += _unwieldy_ids(given, types)
    for column in ID_COLUMNS:
        if column in given:
            written = mapped_text(given[column], types)
            canonical[column] = canonical_id(written, source.scheme)
            # Neither a code by its form nor local to a scheme.
            faults.append(Fault(f"NOT {is_valid_id(name_of(column))}", column, "bad_enterprise_id", written))
    derived |= enterprise_defaults() if is_enterprise else {"act_id": act_id()}
    return Columns(parsed, canonical, derived, tuple(faults))


def _make(column: str, kind: ColumnType, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    if kind == "date":
        return _make_date(column, value, source, types)
    if kind == "int":
        return _make_integer(column, value, types)
    return _make_text(column, value, types)


def _make_text(column: str, value: Value, types: RawTypes) -> _Made:
    """A text; one that its value table or the closed list of its column does not know is a fault."""
    mapped = mapped_text(value, types)
    if value.values is not None or value.containing is not None:
        given = given_text(value, types)
        fault = Fault(f"{given} IS NOT NULL AND ({mapped}) IS NULL", column, "unknown_code", given)
        return _Made(f"nullif({mapped}, '')", (fault,))
    if column in CODED_COLUMNS and value.constant is None:
        fault = Fault(f"{mapped} IS NOT NULL AND {name_of(column)} IS NULL", column, "unknown_code", mapped)
        return _Made(f"CAST(TRY_CAST({mapped} AS {enum_of(column)}) AS VARCHAR)", (fault,))
    return _Made(mapped)


def _make_date(column: str, value: Value, source: SourceMap, types: RawTypes) -> _Made:
    """A day; null where the source writes that there is none, a fault where it writes anything else."""
    parsed = _helper_name(column)
    given = given_text(value, types)
    if value.column and types[value.column] in ("date", "timestamp"):
        helper = f"CAST({source_column(value.column)} AS DATE)"
        unread = "FALSE"
    else:
        formats = ", ".join(map(literal, value.formats or FORMATS))
        sentinels = ", ".join(map(literal, (*SENTINELS, *source.sentinels)))
        helper = f"CASE WHEN {given} IS NOT NULL THEN CAST(try_strptime({given}, [{formats}]) AS DATE) END"
        unread = f"({parsed} IS NULL AND {given} IS NOT NULL AND {given} NOT IN ({sentinels}))"
    no_days = ", ".join(f"DATE {literal(day)}" for day in SENTINEL_DAYS)
    outside = f"({name_of(column)} < DATE '{EARLIEST}' OR {name_of(column)} > DATE '{LATEST}')"
    fault = Fault(f"{unread} OR {outside}", column, "bad_date", given)
    return _Made(f"CASE WHEN {parsed} NOT IN ({no_days}) THEN {parsed} END", (fault,), helper)


def _helper_name(column: str) -> str:
    return name_of(f"p:{column}")


def _make_integer(column: str, value: Value, types: RawTypes) -> _Made:
    """An exact integer: DECIMAL all the way, because 33.500328 万元 has no exact double."""
    is_money = column == "amount_fen"
    if value.constant is not None:
        return _Made(f"{int(value.constant)}::BIGINT")
    cells = value.sources()
    texts = [as_text(cell, types) for cell in cells]
    numbers = [as_decimal(cell, types) for cell in cells]
    shown = f"concat_ws(' + ', {', '.join(texts)})" if len(cells) > 1 else texts[0]
    scaled = f"(({_total(value, numbers)}) * {PER_UNIT[value.unit] if is_money else value.scale})"
    unread = " OR ".join(
        f"({text} IS NOT NULL AND {number} IS NULL)" for text, number in zip(texts, numbers, strict=True)
    )
    broken = f"{unread} OR {scaled} <> trunc({scaled})" + (f" OR {scaled} < 0" if is_money else "")
    faults = (
        Fault(broken, column, "bad_amount" if is_money else "bad_number", shown),
        Fault(
            f"abs({scaled}) > {MAX_AMOUNT_FEN}",
            column,
            "amount_too_large" if is_money else "bad_number",
            shown,
        ),
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
    written = {
        column: mapped_text(given[column], types) for column in ("record_id", "act_id") if column in given
    }
    return [Fault(is_unwieldy(text), column, "bad_id", text) for column, text in written.items()]


def enum_of(column: str) -> str:
    """Name of the ENUM type of a coded column; a cast to it is the quickest look-up in a closed list."""
    return name_of(f"code_{CODED_COLUMNS[column]}")


def enum_statements() -> list[str]:
    """Statements that create the ENUM types of all closed lists."""
    return [
        f"CREATE TYPE {name_of('code_' + table)} AS ENUM ({', '.join(map(literal, codes()[table]))})"
        for table in sorted(set(CODED_COLUMNS.values()))
    ]
