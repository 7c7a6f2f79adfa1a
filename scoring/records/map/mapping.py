"""From a source map to SQL: every canonical column as one DuckDB expression, every fault of a row as one CASE branch.

Pure text, nothing runs here. Source columns appear as ``"s:name"`` (cleaned text, or typed), parsed dates as ``"p:name"``, so that the
names of a source never meet the canonical ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scoring.entities import (
    CODED_COLUMNS,
    ENTERPRISE_COLUMNS,
    MAX_AMOUNT_FEN,
    RECORD_COLUMNS,
    ColumnType,
    codes,
)
from scoring.records.map.identifiers import (
    canonical_id,
    document_key,
    is_id_number,
    is_plausible,
    is_unwieldy,
    is_valid_id,
    narrow,
    uscc_type,
)
from scoring.records.map.sources import Condition, Emit, SourceMap, Value
from scoring.sql.literals import literal, name_of

RawType = Literal["text", "date", "timestamp", "number", "other"]

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
PER_UNIT = {"fen": 1, "yuan": 100, "wan_yuan": 1_000_000}
NO_NUMBER_KINDS = ("inspection", "sampling_test", "self_inspection")
"""Kinds that are never one act for having the same document number: two visits are two visits."""
SQL_TYPES: Mapping[ColumnType, str] = {"text": "VARCHAR", "date": "DATE", "int": "BIGINT"}
DATED = ("occurred_on", "decided_on", "served_on", "final_on")
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong with a row: ``when`` (SQL condition), the column, the code, and the value to report (SQL)."""

    when: str
    column: str
    code: str
    value: str

    def branch(self) -> str:
        """The fault as a branch of a CASE: column, code and value in one text."""
        place = literal(self.column + SEPARATOR + self.code + SEPARATOR)
        return f"WHEN {self.when} THEN {place} || left(coalesce(({self.value})::VARCHAR, ''), 200)"


@dataclass(frozen=True)
class Columns:
    """What an emit gives, each layer in SQL by name over the layer before, and faults in the order they are reported.

    Attributes:
        parsed: Helper columns over the source columns.
        canonical: The canonical columns.
        derived: Those that replace a canonical column because they follow from others.
        faults: What can be wrong with a row.
    """

    parsed: Mapping[str, str]
    canonical: Mapping[str, str]
    derived: Mapping[str, str]
    faults: tuple[Fault, ...]


def s(column: str) -> str:
    """A source column in SQL."""
    return name_of(f"s:{column}")


def text(column: str, types: Mapping[str, RawType]) -> str:
    """A source column as text."""
    return s(column) if types[column] == "text" else f"CAST({s(column)} AS VARCHAR)"


def emit_columns(emit: Emit, source: SourceMap, types: Mapping[str, RawType]) -> Columns:
    """All canonical columns of an emit, those that are not given as nulls or defaults.

    Args:
        emit: The emit, of enterprises or of records.
        source: Its map.
        types: Type of every source column that is at hand.
    """
    is_enterprise = emit in source.enterprises
    kinds = ENTERPRISE_COLUMNS if is_enterprise else RECORD_COLUMNS
    given = same(kinds, types) if emit.columns == "same" else emit.columns
    parsed: dict[str, str] = {}
    canonical: dict[str, str] = {}
    derived = {c: f"{name_of(v.after)} + {v.days}" for c, v in given.items() if v.after}
    faults: list[Fault] = []
    for column, kind in kinds.items():
        if column not in given or column in derived:
            canonical[column] = f"NULL::{SQL_TYPES[kind]}"
            continue
        _column(column, kind, given[column], source, types, (parsed, canonical, faults))
    if source.create_enterprises and is_enterprise:
        canonical["known_on"] = canonical["known_until"] = "NULL::DATE"
    canonical["source"] = f"coalesce({canonical['source']}, {literal(source.id)})"
    faults += _enterprise_faults() if is_enterprise else _record_faults()
    faults += [
        Fault(is_unwieldy(got := _text(given[c], types)), c, "bad_id", got)
        for c in ("record_id", "act_id")
        if c in given
    ]
    _ids(given, source, types, canonical, faults)
    if is_enterprise:
        derived |= enterprise_defaults()
    else:
        derived["act_id"] = act_id()
    return Columns(parsed, canonical, derived, tuple(faults))


def same(kinds: Mapping[str, ColumnType], types: Mapping[str, RawType]) -> dict[str, Value]:
    """The columns of the canonical format: each from the source column of its own name."""
    return {column: Value(column=column) for column in kinds if column in types}


def _column(
    column: str,
    kind: ColumnType,
    value: Value,
    source: SourceMap,
    types: Mapping[str, RawType],
    into: tuple[dict[str, str], dict[str, str], list[Fault]],
) -> None:
    _, canonical, faults = into
    if kind == "date":
        _date(column, value, source, types, into)
    elif kind == "int":
        canonical[column], more = _integer(column, value, types)
        faults += more
    else:
        got = _text(value, types)
        canonical[column] = got
        if value.values is not None or value.containing is not None:
            whole = _input(value, types)
            canonical[column] = f"nullif({got}, '')"
            faults.append(Fault(f"{whole} IS NOT NULL AND ({got}) IS NULL", column, "unknown_code", whole))
        elif column in CODED_COLUMNS and value.constant is None:
            canonical[column] = f"CAST(TRY_CAST({got} AS {enum_of(column)}) AS VARCHAR)"
            faults.append(
                Fault(f"{got} IS NOT NULL AND {name_of(column)} IS NULL", column, "unknown_code", got)
            )


def enum_of(column: str) -> str:
    """Name of the ENUM type of a coded column; a cast to it is the quickest look-up in a closed list."""
    return name_of(f"code_{CODED_COLUMNS[column]}")


def enums() -> list[str]:
    """Statements that create the ENUM types of all closed lists."""
    tables = sorted(set(CODED_COLUMNS.values()))
    return [
        f"CREATE TYPE {name_of('code_' + table)} AS ENUM ({', '.join(map(literal, codes()[table]))})"
        for table in tables
    ]


def _input(value: Value, types: Mapping[str, RawType]) -> str:
    """The source text of a value, before any table, prefix or suffix."""
    if value.constant is not None:
        return literal(str(value.constant))
    cells = [text(column, types) for column in value.sources()]
    if value.first is not None:
        return f"coalesce({', '.join(cells)})"
    return (
        cells[0]
        if len(cells) == 1
        else f"nullif(concat_ws({literal(value.separator)}, {', '.join(cells)}), '')"
    )


def _text(value: Value, types: Mapping[str, RawType]) -> str:
    got = _input(value, types)
    other = "NULL" if value.otherwise is None else literal(str(value.otherwise))
    if value.values is not None:
        pairs = " ".join(
            f"WHEN {literal(known)} THEN {literal(str(code))}" for known, code in value.values.items()
        )
        return f"CASE WHEN {got} IS NULL THEN NULL ELSE CASE {got} {pairs} ELSE {other} END END"
    if value.containing is not None:
        pairs = " ".join(
            f"WHEN contains({got}, {literal(part)}) THEN {literal(str(code))}"
            for part, code in value.containing
        )
        return f"CASE WHEN {got} IS NULL THEN NULL {pairs} ELSE {other} END"
    if value.prefix or value.suffix:
        return f"{literal(value.prefix)} || {got} || {literal(value.suffix)}"
    return got


def _date(
    column: str,
    value: Value,
    source: SourceMap,
    types: Mapping[str, RawType],
    into: tuple[dict[str, str], dict[str, str], list[Fault]],
) -> None:
    parsed, canonical, faults = into
    helper = name_of(f"p:{column}")
    days = ", ".join(f"DATE {literal(day)}" for day in SENTINEL_DAYS)
    got = _input(value, types)
    if value.column and types[value.column] in ("date", "timestamp"):
        parsed[helper] = f"CAST({s(value.column)} AS DATE)"
        unread = "FALSE"
    else:
        words = ", ".join(literal(word) for word in (*SENTINELS, *source.sentinels))
        formats = ", ".join(literal(one) for one in (value.formats or FORMATS))
        parsed[helper] = (
            f"CASE WHEN {got} IS NOT NULL THEN CAST(try_strptime({got}, [{formats}]) AS DATE) END"
        )
        unread = f"({helper} IS NULL AND {got} IS NOT NULL AND {got} NOT IN ({words}))"
    canonical[column] = f"CASE WHEN {helper} NOT IN ({days}) THEN {helper} END"
    outside = f"({name_of(column)} < DATE '1900-01-01' OR {name_of(column)} > DATE '2200-12-31')"
    faults.append(Fault(f"{unread} OR {outside}", column, "bad_date", got))


def _integer(column: str, value: Value, types: Mapping[str, RawType]) -> tuple[str, list[Fault]]:
    """An exact integer: DECIMAL all the way, because 33.500328 万元 has no exact double."""
    money = column == "amount_fen"
    factor = PER_UNIT[value.unit] if money else value.scale
    if value.constant is not None:
        return f"{int(value.constant)}::BIGINT", []
    cells = value.sources()
    raw = (
        f"concat_ws(' + ', {', '.join(text(c, types) for c in cells)})"
        if len(cells) > 1
        else text(cells[0], types)
    )
    numbers = [_decimal(cell, types) for cell in cells]
    if value.first is not None:
        total = f"coalesce({', '.join(numbers)})"
    else:
        total = " + ".join(f"coalesce({number}, 0)" for number in numbers) if len(numbers) > 1 else numbers[0]
    empty = " AND ".join(f"{text(cell, types)} IS NULL" for cell in cells)
    unread = " OR ".join(
        f"({text(cell, types)} IS NOT NULL AND {number} IS NULL)"
        for cell, number in zip(cells, numbers, strict=True)
    )
    scaled = f"(({total}) * {factor})"
    code = "bad_amount" if money else "bad_number"
    faults = [
        Fault(
            f"{unread} OR {scaled} <> trunc({scaled})" + (f" OR {scaled} < 0" if money else ""),
            column,
            code,
            raw,
        )
    ]
    faults.append(
        Fault(f"abs({scaled}) > {MAX_AMOUNT_FEN}", column, "amount_too_large" if money else "bad_number", raw)
    )
    return f"CASE WHEN NOT ({empty}) THEN TRY_CAST({scaled} AS BIGINT) END", faults


def _decimal(column: str, types: Mapping[str, RawType]) -> str:
    if types[column] == "text":
        # The pattern keeps out 1e9, NaN and thousands separators, which differ between writers. Ten decimals are kept, rounded: files
        # published by way of doubles hold 0.44562299999999994 for 0.445623.
        number = "'[+-]?[0-9]{1,18}([.][0-9]{1,20})?'"
        return f"CASE WHEN regexp_full_match({s(column)}, {number}) THEN CAST({s(column)} AS DECIMAL(30, 10)) END"
    return f"TRY_CAST({s(column)} AS DECIMAL(30, 10))"


def _missing(*columns: str) -> list[Fault]:
    return [Fault(f"{name_of(column)} IS NULL", column, "missing_value", "NULL") for column in columns]


def _reversed() -> Fault:
    return Fault("known_until <= known_on", "known_until", "reversed_versions", "known_until")


def _enterprise_faults() -> list[Fault]:
    return [*_missing("enterprise_id"), _reversed()]


def _record_faults() -> list[Fault]:
    dated = f"known_on IS NULL AND coalesce({', '.join(DATED)}) IS NOT NULL"
    return [
        *_missing("record_id", "enterprise_id", "kind"),
        Fault(dated, "known_on", "missing_value", "NULL"),
        _reversed(),
    ]


def _ids(
    given: Mapping[str, Value],
    source: SourceMap,
    types: Mapping[str, RawType],
    canonical: dict[str, str],
    faults: list[Fault],
) -> None:
    """Ids of enterprises: normalised, and refused if they are neither a code by form nor local to a scheme."""
    for column in ("enterprise_id", "parent_id"):
        if column in given:
            got = _text(given[column], types)
            canonical[column] = canonical_id(got, source.scheme)
            faults.append(Fault(f"NOT {is_valid_id(name_of(column))}", column, "bad_enterprise_id", got))


def enterprise_defaults() -> dict[str, str]:
    """Columns of an enterprise that follow from its code where the source is silent (SQL by name, over the canonical columns)."""
    local = "position(':' IN enterprise_id) > 0"
    district = f"coalesce(district_code, CASE WHEN NOT {local} THEN substr(enterprise_id, 3, 6) END)"
    return {
        "entity_type": f"coalesce(entity_type, CASE WHEN {local} THEN 'company' ELSE {uscc_type('enterprise_id')} END)",
        "status": "coalesce(status, 'active')",
        "district_code": district,
        "supervised_by": f"coalesce(supervised_by, {district})",
    }


def act_id() -> str:
    """The act of a record: as given, else by the number of the basis, else authority and number where plausible, else its own id."""
    office = f"coalesce({document_key('authority')}, '')"
    plain = f"kind NOT IN ({', '.join(map(literal, NO_NUMBER_KINDS))})"
    numbers = {
        "basis_document_no": "",
        "document_no": " AND authority IS NOT NULL",
    }  # two offices count from 1 every year
    branches = [
        f"WHEN {plain}{named} AND {is_plausible(no)} THEN {office} || '|' || {document_key(no)}"
        for no, named in numbers.items()
    ]
    return (
        f"CASE WHEN act_id IS NOT NULL THEN {document_key('act_id')} {' '.join(branches)} ELSE record_id END"
    )


def is_person(emits: Sequence[Emit], told: Condition | None, types: Mapping[str, RawType]) -> str:
    """Whether a row is about a natural person (SQL, never null): as the map tells, or by an id that is an identity number."""
    tests = [condition(told, types)] if told else []
    for emit in emits:
        given = (
            {c: Value(column=c) for c in ("enterprise_id", "parent_id") if c in types}
            if emit.columns == "same"
            else emit.columns
        )
        tests += [
            is_id_number(narrow(_text(given[c], types))) for c in ("enterprise_id", "parent_id") if c in given
        ]
    return f"({' OR '.join(dict.fromkeys(tests)) or 'FALSE'})"


def condition(test: Condition, types: Mapping[str, RawType]) -> str:
    """A condition as SQL that is true or false, never null."""
    got = text(test.column, types)
    if test.not_empty:
        return f"{got} IS NOT NULL"
    if test.equals is not None:
        return f"coalesce({got} = {literal(str(test.equals))}, FALSE)"
    if test.one_of is not None:
        return f"coalesce({got} IN ({', '.join(literal(str(one)) for one in test.one_of)}), FALSE)"
    if test.unless is not None:
        return f"coalesce({got} NOT IN ({', '.join(literal(str(one)) for one in test.unless)}), TRUE)"
    sign, limit = (">=", test.at_least) if test.at_least is not None else ("<=", test.at_most)
    return f"coalesce({_decimal(test.column, types)} {sign} {limit}, FALSE)"
