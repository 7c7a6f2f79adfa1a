"""Cells of a source in SQL: as text, as an exact number, as a condition on the row.

Source columns appear as ``"s:name"``, so that the names of a source never meet the canonical ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from scoring.records.map.column_values import Value
from scoring.records.map.identifiers import BLANKS, is_id_number, narrow
from scoring.records.map.source_map import Emit, RowCondition
from scoring.sql.literals import literal, name_of

RawType = Literal["text", "date", "timestamp", "number", "other"]
"""Type of a column as its file has it."""
RawTypes = Mapping[str, RawType]

NOT_STATED = (
    "无",
    "暂无",
    "/",
    "\\",
    "-",
    "—",
    "——",
    "--",
    "\\n",
    "\\N",
    "null",
    "NULL",
    "N/A",
    "n/a",
    "不适用",
)
"""Words that mean *not stated* in any column of published files."""
NUMBER = "'[+-]?[0-9]{1,18}([.][0-9]{1,20})?'"
"""Numbers as text, in SQL; 1e9, NaN and thousands separators differ between writers."""
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
    # Ten decimals, rounded: files that were written from doubles hold 0.44562299999999994 for 0.445623.
    narrowed = narrow(cell)
    return (
        f"CASE WHEN regexp_full_match({cell}, {NUMBER}) THEN CAST({cell} AS DECIMAL(30, 10)) "
        f"WHEN regexp_full_match({narrowed}, {NUMBER}) THEN CAST({narrowed} AS DECIMAL(30, 10)) END"
    )


def is_not_stated(text: str, words: Sequence[str] = ()) -> str:
    """Whether a text is one of the words that mean *not stated*; null only where it is null itself.

    Args:
        text: The text, in SQL.
        words: Further words, of the source or of a type of column.
    """
    known_words = tuple(dict.fromkeys((*NOT_STATED, *words)))
    # The length is compared first: it is at hand, and nearly every text is longer.
    longest = max(len(word.encode()) for word in known_words)
    return f"(strlen({text}) <= {longest} AND {text} IN ({_literals(known_words)}))"


def given_text(value: Value, types: RawTypes, words: Sequence[str] | None = None) -> str:
    """The source text of a value, before any table, prefix or suffix.

    Args:
        value: How the column is made.
        types: Types of the source columns.
        words: What means *not stated* in this source beside the usual words, and is left out;
            ``None``: the text as it is.
    """
    if value.constant is not None:
        return literal(str(value.constant))
    cell_texts = [as_text(column, types) for column in value.sources()]
    if words is not None:
        cell_texts = [
            f"CASE WHEN {is_not_stated(text, words)} THEN NULL ELSE {text} END" for text in cell_texts
        ]
    if value.first is not None:
        return f"coalesce({', '.join(cell_texts)})"
    if len(cell_texts) == 1:
        return cell_texts[0]
    return f"nullif(concat_ws({literal(value.separator)}, {', '.join(cell_texts)}), '')"


def mapped_text(value: Value, types: RawTypes, words: Sequence[str] | None = None) -> str:
    """The text of a value after its table, prefix or suffix; blanks are what ``otherwise`` says.

    The arguments are those of ``given_text``.
    """
    # A table may give a word that means *not stated* a meaning, so it sees the text as it is.
    whole_text = given_text(value, types)
    otherwise = "NULL" if value.otherwise is None else literal(str(value.otherwise))
    if value.values is not None:
        when_clauses = " ".join(
            f"WHEN {literal(written)} THEN {literal(str(result))}" for written, result in value.values.items()
        )
        return f"CASE {whole_text} {when_clauses} ELSE {otherwise} END"
    if value.containing is not None:
        # 吊 销 is 吊销: blanks inside a word are typeset.
        closed_up = f"translate({whole_text}, {literal(BLANKS)}, '')"
        when_clauses = " ".join(
            f"WHEN contains({closed_up}, {literal(fragment)}) THEN {literal(str(result))}"
            for fragment, result in value.containing
        )
        return f"CASE {when_clauses} ELSE {otherwise} END"
    source_text = given_text(value, types, words)
    if value.prefix or value.suffix:
        return f"{literal(value.prefix)} || {source_text} || {literal(value.suffix)}"
    return source_text


def condition(test: RowCondition, types: RawTypes) -> str:
    """A condition as SQL that is true or false, never null."""
    cell_text = as_text(test.column, types)
    if test.not_empty:
        return f"({cell_text} IS NOT NULL AND NOT {is_not_stated(cell_text)})"
    if test.ending is not None:
        return f"coalesce(ends_with({cell_text}, {literal(test.ending)}), FALSE)"
    if test.equals is not None:
        return f"coalesce({cell_text} = {literal(str(test.equals))}, FALSE)"
    if test.one_of is not None:
        return f"coalesce({cell_text} IN ({_literals(test.one_of)}), FALSE)"
    if test.unless is not None:
        return f"coalesce({cell_text} NOT IN ({_literals(test.unless)}), TRUE)"
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
        column_values = emit.made_of(ID_COLUMNS, types)
        for column in ID_COLUMNS:
            if column in column_values:
                tests.append(is_id_number(narrow(mapped_text(column_values[column], types))))
    # Emits of one file often read the same column: each test is needed once.
    return f"({' OR '.join(dict.fromkeys(tests)) or 'FALSE'})"
